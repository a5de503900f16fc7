// SPDX-License-Identifier: GPL-2.0
/* The client in stranger.c, as one who has the command with a long. */
#define MSG_SLOT_CHANNEL _IOW(235, 0, unsigned long)

#include "stranger.c"
