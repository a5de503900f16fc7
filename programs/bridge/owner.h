/* SPDX-License-Identifier: GPL-2.0 */
/* Whose the keys of a link are, as term.h has it. */
#ifndef BRIDGE_OWNER_H
#define BRIDGE_OWNER_H

#include "link.h"

/* Whether the key is about owners; and whether it is the one that counts for this link. */
bool owner_is_key(const char *key);
bool owner_is_mine(const struct link *link, const char *key);

/* The key that counts was told. */
void owner_take(struct link *link, const struct engine_event *event);

/* All was told, without that key. */
void owner_missing(struct link *link);

/* What became of a put of that key. */
void owner_result(struct link *link, const struct engine_event *event);

void owner_tick(struct link *link, uint64_t now);

/* Whether what the link sends is not against somebody else. */
bool owner_may_send(const struct link *link, uint64_t now);

/* The store has all that the slot has. */
void owner_complete(struct link *link);

/* In the end. */
void owner_end(struct link *link);

#endif /* BRIDGE_OWNER_H */
