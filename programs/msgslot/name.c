// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "failure.h"
#include "name.h"
#include "text.h"

/**
 * struct names - the names that channels had
 * @tree: a tree of &struct known, by tsearch()
 */
struct names {
	void *tree;
};

struct known {
	uint32_t channel;
	char *name;
};

static int compare(const void *a, const void *b)
{
	uint32_t one = ((const struct known *)a)->channel;
	uint32_t other = ((const struct known *)b)->channel;

	return (one > other) - (one < other);
}

void name_remember(struct slot *slot)
{
	slot->names = must_realloc(NULL, 1, sizeof(*slot->names));
	slot->names->tree = NULL;
}

static struct known *find_known(const struct names *names, uint32_t channel)
{
	struct known key = { .channel = channel };
	struct known **found = tfind(&key, &names->tree, compare);

	return found ? *found : NULL;
}

static void keep(struct names *names, uint32_t channel, const char *name)
{
	struct known *known = find_known(names, channel);

	if (!known) {
		known = must_realloc(NULL, 1, sizeof(*known));
		*known = (struct known){ .channel = channel };
		if (!tsearch(known, &names->tree, compare))
			die(STATUS_ERROR, "not enough memory");
	}
	if (known->name && !strcmp(known->name, name))
		return;
	known->name = must_realloc(known->name, strlen(name) + 1, 1);
	stpcpy(known->name, name);
}

static const char *recall(const struct names *names, uint32_t channel)
{
	const struct known *known = names ? find_known(names, channel) : NULL;

	return known ? known->name : NULL;
}

/* Return: the name, or NULL and an error number in @err. */
static const char *ask(const struct slot *slot, uint32_t channel, ssize_t *err)
{
	static char name[MSG_SLOT_LONGEST_NAME + 1];

	*err = -ENOENT;
	if (slot->has_names && channel)
		*err = msgslot_channel_name(slot->fd, channel, name,
					    sizeof(name));
	return *err < 0 ? NULL : name;
}

const char *name_find(const struct slot *slot, uint32_t channel)
{
	ssize_t err;
	const char *name = ask(slot, channel, &err);

	if (slot->only && channel == slot->only_id)
		return slot->only;
	if (!name)
		return recall(slot->names, channel);
	if (slot->names)
		keep(slot->names, channel, name);
	return name;
}

const char *name_must_find(const struct slot *slot, uint32_t channel)
{
	ssize_t err;
	const char *name = ask(slot, channel, &err);

	if (!name && err != -ENOENT)
		failure_die_slot(slot, (int)err);
	return name;
}

char *name_text(const struct slot *slot, uint32_t channel, size_t columns)
{
	const char *name = name_find(slot, channel);
	char number[16];

	if (!name) {
		snprintf(number, sizeof(number), "%u", channel);
		name = number;
	}
	return text_escape((const unsigned char *)name, strlen(name), columns);
}

char *name_word(const struct slot *slot, uint32_t channel)
{
	char *text = name_text(slot, channel, SIZE_MAX);
	char *word = must_realloc(NULL, strlen(text) + 1, 4);
	const char *from = text;
	char *to = word;

	for (; *from; from++)
		to = *from == ' ' ? stpcpy(to, "\\x20") : stpncpy(to, from, 1);
	*to = '\0';
	free(text);
	return word;
}
