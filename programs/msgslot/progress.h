/* SPDX-License-Identifier: GPL-2.0 */
/* How far something is, for a person who waits for longer than a second. */
#ifndef MSGSLOT_PROGRESS_H
#define MSGSLOT_PROGRESS_H

#include <stddef.h>

/* Says nothing unless standard error is a terminal. */
void progress_begin(void);

/* @of: how many there will be, or 0 if that is not known. */
void progress_tell(size_t done, size_t of);

/* Wipes what it said. */
void progress_end(void);

#endif /* MSGSLOT_PROGRESS_H */
