/* SPDX-License-Identifier: GPL-2.0 */
/* The names of channels, for people and for other programs. */
#ifndef MSGSLOT_NAME_H
#define MSGSLOT_NAME_H

#include "slot.h"

/* From now on the slot remembers the names that it had, for those that are removed. */
void name_remember(struct slot *slot);

/*
 * Return: the channel's name, which is good until the next call; or NULL if it has none,
 * or none that you may know.
 */
const char *name_find(const struct slot *slot, uint32_t channel);

/* Likewise, but ends the program if that can't be known. */
const char *name_must_find(const struct slot *slot, uint32_t channel);

/*
 * The channel's name, else its number, for free(): without a character that can't be
 * printed, and cut to so many columns.
 */
char *name_text(const struct slot *slot, uint32_t channel, size_t columns);

/* Likewise, as a word, in which blanks are escaped, too. */
char *name_word(const struct slot *slot, uint32_t channel);

#endif /* MSGSLOT_NAME_H */
