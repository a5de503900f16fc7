/* SPDX-License-Identifier: GPL-2.0 */
/* Rules: which channels of which slot go where, and whose word counts. */
#ifndef BRIDGE_RULE_H
#define BRIDGE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"

enum rule_direction { RULE_OUT, RULE_IN, RULE_SHARED };

/* What of values that are no envelopes: refuse them, or take them for messages. */
enum rule_foreign { FOREIGN_REFUSE, FOREIGN_PLAIN };

/* What becomes of copies whose owner's machine is dead. */
enum rule_stale { STALE_KEEP, STALE_CLEAR, STALE_WILL };

/**
 * struct rule - one of them
 * @slot: which slot
 * @channels: patterns of channels, NULL behind the last; or NULL for all
 * @engine: the name of the engine
 * @bucket: which bucket of it
 * @prefix: what the keys begin with
 * @direction: out: this slot is the truth; in: it has copies
 * @owner: with RULE_IN: whose values are believed; or NULL for whoever owns them
 * @foreign: see there
 * @stale: see there
 * @will: the message, with STALE_WILL
 * @lease: for how long an owner may be silent, in ns
 * @text: all of it as one text, which is the same for the same rule
 * @line: where it begins in the file, as @column
 * @column: see there
 */
struct rule {
	char *slot;
	char **channels;
	char *engine;
	char *bucket;
	char *prefix;
	enum rule_direction direction;
	char *owner;
	enum rule_foreign foreign;
	enum rule_stale stale;
	char *will;
	uint64_t lease;
	char *text;
	size_t line;
	size_t column;
};

/* Whether the rule is about the channel of that name, or number. */
bool rule_has(const struct rule *rule, const char *channel);

/* Whether the text can be a pattern. */
bool rule_pattern(const char *text);

/*
 * What two rules both have, in words, good until the next call: NULL if they can be side by
 * side. Of patterns it may be too strict.
 */
const char *rule_conflict(const struct rule *one, const struct rule *other);

void rule_free(struct rule *rule);

/* A list of texts with NULL behind it. */
void rule_free_list(char **list);

#endif /* BRIDGE_RULE_H */
