/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of "msgslot doctor": each adds to the diagnosis. */
#ifndef MSGSLOT_CHECKUP_H
#define MSGSLOT_CHECKUP_H

#include <stdbool.h>

/* The module: its file, whether this kernel takes it, the one loaded, versions. */
void checkup_module(void);

/* What the kernel went through, and the limits of this process. */
void checkup_system(void);

/* Where slots are, and who may use them. */
void checkup_slots(void);

/*
 * Writes a message, reads it and clears it, in a slot made for that, or in @slot if that
 * is not NULL. Return: whether that worked.
 */
bool checkup_try(const char *slot);

#endif /* MSGSLOT_CHECKUP_H */
