// SPDX-License-Identifier: GPL-2.0
/* The client in stranger.c, as one who has the command as a number. */
#define MSG_SLOT_CHANNEL 0x4008eb00

#include "stranger.c"
