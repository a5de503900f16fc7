/* SPDX-License-Identifier: GPL-2.0 */
/* The conditions of RFC 9110. An entity tag is a version: "7". */
#ifndef MSGSLOT_SERVE_CONDITION_H
#define MSGSLOT_SERVE_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct condition - on what a channel is changed
 * @has_version: it must have @version, 0 for no message
 * @exists: it must have a message
 */
struct condition {
	bool has_version;
	bool exists;
	uint64_t version;
};

/*
 * Takes If-Match, one version or *, and If-None-Match, *; either may be NULL. Return: NULL or
 * what is wrong with them.
 */
const char *condition_parse(const char *match, const char *none_match,
			    struct condition *condition);

/* Whether a list of entity tags, or *, has this version. */
bool condition_lists(const char *tags, uint64_t version);

#endif /* MSGSLOT_SERVE_CONDITION_H */
