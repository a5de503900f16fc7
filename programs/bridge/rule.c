// SPDX-License-Identifier: GPL-2.0
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../msgslot/number.h"
#include "msgslot.h"
#include "rule.h"

#define WILD "*?["

/* Whether it is a number, or two with a dash between. */
static bool range(const char *text, uint64_t *first, uint64_t *last)
{
	const char *dash = strchr(text, '-');
	char number[16];

	if (number_parse(text, UINT32_MAX, first)) {
		*last = *first;
		return true;
	}
	if (!dash || dash - text >= (ptrdiff_t)sizeof(number))
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)(dash - text), text);
	return number_parse(number, UINT32_MAX, first) &&
	       number_parse(dash + 1, UINT32_MAX, last);
}

bool rule_pattern(const char *text)
{
	uint64_t first, last;

	if (range(text, &first, &last))
		return last && first <= last;
	return *text && *text != '/';
}

static bool matches(const char *pattern, const char *channel)
{
	uint64_t first, last, number;

	if (range(pattern, &first, &last))
		return number_parse(channel, UINT32_MAX, &number) &&
		       number >= first && number <= last;
	return !fnmatch(pattern, channel, 0);
}

bool rule_has(const struct rule *rule, const char *channel)
{
	char **pattern = rule->channels;

	if (!pattern)
		return true;
	while (*pattern && !matches(*pattern, channel))
		pattern++;
	return *pattern;
}

/* Of two patterns with wildcards: one begins like the other, up to the first of them. */
static bool may_meet(const char *one, const char *other)
{
	size_t length = strcspn(one, WILD), other_length = strcspn(other, WILD);

	if (!one[length])
		return matches(other, one);
	if (!other[other_length])
		return matches(one, other);
	return !strncmp(one, other,
			length < other_length ? length : other_length);
}

static bool meet(const char *one, const char *other)
{
	uint64_t first, last, other_first, other_last;
	bool is_range = range(one, &first, &last);
	bool other_is = range(other, &other_first, &other_last);

	if (is_range && other_is)
		return first <= other_last && other_first <= last;
	if (!is_range && !other_is)
		return may_meet(one, other);
	/* Names of digits only are numbers; a wildcard may stand for such. */
	if (is_range)
		one = other;
	return one[strcspn(one, WILD)] && strspn(one, "0123456789" WILD);
}

static const char *common_channel(const struct rule *one,
				  const struct rule *other)
{
	char **pattern, **against;

	if (!one->channels || !other->channels)
		return "all channels";
	for (pattern = one->channels; *pattern; pattern++)
		for (against = other->channels; *against; against++)
			if (meet(*pattern, *against))
				return *pattern;
	return NULL;
}

static bool same_slot(const char *one, const char *other)
{
	char path[PATH_MAX], other_path[PATH_MAX];

	if (msgslot_path(one, path, sizeof(path)) ||
	    msgslot_path(other, other_path, sizeof(other_path)))
		return !strcmp(one, other);
	return !strcmp(path, other_path);
}

static bool one_begins_the_other(const char *one, const char *other)
{
	size_t length = strlen(one), other_length = strlen(other);

	return !strncmp(one, other,
			length < other_length ? length : other_length);
}

const char *rule_conflict(const struct rule *one, const struct rule *other)
{
	static char words[256];
	const char *channel = NULL;

	if (one->direction != RULE_OUT || other->direction != RULE_OUT)
		if (same_slot(one->slot, other->slot))
			channel = common_channel(one, other);
	if (channel) {
		snprintf(words, sizeof(words), "'%s' of slot '%s'", channel,
			 one->slot);
		return words;
	}
	if (one->direction == RULE_IN || other->direction == RULE_IN ||
	    strcmp(one->engine, other->engine) ||
	    strcmp(one->bucket, other->bucket) ||
	    !one_begins_the_other(one->prefix, other->prefix))
		return NULL;
	snprintf(words, sizeof(words), "prefix '%s' of bucket '%s'",
		 one->prefix, one->bucket);
	return words;
}

void rule_free_list(char **list)
{
	char **text;

	for (text = list; text && *text; text++)
		free(*text);
	free(list);
}

void rule_free(struct rule *rule)
{
	free(rule->slot);
	rule_free_list(rule->channels);
	free(rule->engine);
	free(rule->bucket);
	free(rule->prefix);
	free(rule->owner);
	free(rule->will);
	free(rule->text);
}
