// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "condition.h"
#include "number.h"

/* Takes "VERSION", also as W/"VERSION". Return: what follows it, or NULL. */
static const char *take_tag(const char *text, uint64_t *version)
{
	char digits[24];
	const char *end;

	if (!strncmp(text, "W/", 2))
		text += 2;
	end = *text == '"' ? strchr(text + 1, '"') : NULL;
	if (!end || (size_t)(end - text) > sizeof(digits))
		return NULL;
	snprintf(digits, sizeof(digits), "%.*s", (int)(end - text - 1),
		 text + 1);
	return number_parse(digits, UINT64_MAX, version) ? end + 1 : NULL;
}

/* A tag that is no version is nobody's. */
static const char *next_tag(const char *text)
{
	const char *comma = strchr(text, ',');

	return comma ? comma + 1 + strspn(comma + 1, " \t") : NULL;
}

bool condition_lists(const char *tags, uint64_t version)
{
	uint64_t listed;

	if (!strcmp(tags, "*"))
		return true;
	for (; tags; tags = next_tag(tags))
		if (take_tag(tags, &listed) && listed == version)
			return true;
	return false;
}

const char *condition_parse(const char *match, const char *none_match,
			    struct condition *condition)
{
	const char *rest;

	*condition = (struct condition){ 0 };
	if (match && none_match)
		return "If-Match and If-None-Match exclude each other";
	if (none_match) {
		condition->has_version = true;
		return strcmp(none_match, "*") ? "If-None-Match can only be *" :
						 NULL;
	}
	if (!match)
		return NULL;
	if (!strcmp(match, "*")) {
		condition->exists = true;
		return NULL;
	}
	condition->has_version = true;
	rest = take_tag(match, &condition->version);
	return rest && !*rest ?
		       NULL :
		       "If-Match can only be * or one version, such as \"7\"";
}
