/* SPDX-License-Identifier: GPL-2.0 */
/* Frames that the program makes: memfds with all seals. If it can't, it ends. */
#ifndef MSGSLOT_FRAME_H
#define MSGSLOT_FRAME_H

#include <stddef.h>

/* Return: a descriptor of it. */
int frame_of(const void *bytes, size_t size);

/* Likewise, of standard input, to its end. */
int frame_of_input(void);

#endif /* MSGSLOT_FRAME_H */
