/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys: the names of channels as every engine takes them. Letters, digits, _ and - are
 * themselves, / is between levels, any other byte is = and two hexadecimal digits, as is a
 * slash where a level would be empty. Where that is longer than KEY_LONGEST, the key is
 * "=_" and a digest of the name, which is in the value.
 */
#ifndef BRIDGE_KEY_H
#define BRIDGE_KEY_H

#include <stdbool.h>
#include <stddef.h>

/* The longest key, and its end. */
#define KEY_LONGEST 250
#define KEY_ROOM (KEY_LONGEST + 1)

/* What no name becomes: who owns the keys beside it; and with a name behind it, who is there. */
#define KEY_OWNER "=owner"
#define KEY_PEER "=peer-"

void key_of_name(const char *name, char key[static KEY_ROOM]);

/* Whether the name has that key. */
bool key_is_of(const char *key, const char *name);

/* The same as key_of_name() without a limit. Return: for free(). */
char *key_escape(const char *name);

/*
 * The opposite, of @size bytes. Return: the name, for free(), or NULL if key_escape() would
 * not make that of it, as of a digest.
 */
char *key_unescape(const char *text, size_t size);

/* Whether a text has only what keys have, and ends a level if it is not empty. */
bool key_is_prefix(const char *text);

#endif /* BRIDGE_KEY_H */
