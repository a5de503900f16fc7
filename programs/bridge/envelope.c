// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../msgslot/complaint.h"
#include "../msgslot/duration.h"
#include "../msgslot/number.h"
#include "envelope.h"
#include "msgslot.h"

#define MAGIC "msgslot1"
#define WORDS 7
/* The longest line but for the name. */
#define LINE 256

unsigned char *envelope_write(const struct envelope *envelope, size_t *size)
{
	size_t room = LINE + envelope->name_size + envelope->size;
	char *value = must_realloc(NULL, room, 1);
	char ttl[24] = "-";
	int line;

	if (envelope->ttl != MSG_SLOT_FOREVER)
		snprintf(ttl, sizeof(ttl), "%lu", envelope->ttl);
	line = snprintf(value, room, "%s %s %lu %lu %lu %s %u/%u/%u %.*s\n",
			MAGIC, envelope->origin, envelope->term,
			envelope->version, envelope->age, ttl, envelope->uid,
			envelope->gid, envelope->pid, (int)envelope->name_size,
			envelope->name);
	memcpy(value + line, envelope->bytes, envelope->size);
	*size = line + envelope->size;
	return (unsigned char *)value;
}

static bool read_ids(struct envelope *envelope, char *text)
{
	char *gid = strchr(text, '/');
	char *pid = gid ? strchr(gid + 1, '/') : NULL;
	uint64_t ids[3];

	if (!pid)
		return false;
	*gid++ = '\0';
	*pid++ = '\0';
	if (!number_parse(text, UINT32_MAX, &ids[0]) ||
	    !number_parse(gid, UINT32_MAX, &ids[1]) ||
	    !number_parse(pid, UINT32_MAX, &ids[2]))
		return false;
	envelope->uid = ids[0];
	envelope->gid = ids[1];
	envelope->pid = ids[2];
	return true;
}

static bool read_words(struct envelope *envelope, char *words[static WORDS])
{
	if (strcmp(words[0], MAGIC) || !*words[1] ||
	    strlen(words[1]) > ENVELOPE_ORIGIN ||
	    words[1][strspn(words[1], ENVELOPE_NAME)] ||
	    !number_parse(words[2], UINT64_MAX, &envelope->term) ||
	    !number_parse(words[3], UINT64_MAX, &envelope->version) ||
	    !number_parse(words[4], DURATION_MAX, &envelope->age))
		return false;
	stpcpy(envelope->origin, words[1]);
	envelope->ttl = MSG_SLOT_FOREVER;
	if (strcmp(words[5], "-") &&
	    !number_parse(words[5], DURATION_MAX, &envelope->ttl))
		return false;
	return envelope->ttl && read_ids(envelope, words[6]);
}

/* Return: where the next word begins, and this one in @word; or NULL. */
static char *cut(char *line, char **word)
{
	char *blank = strchr(line, ' ');

	*word = line;
	if (!blank)
		return NULL;
	*blank = '\0';
	return blank + 1;
}

bool envelope_read(struct envelope *envelope, const unsigned char *value,
		   size_t size)
{
	const unsigned char *end = memchr(value, '\n', size);
	char line[LINE], *rest = line, *words[WORDS];
	size_t length, part, i;

	if (!end)
		return false;
	length = end - value;
	if (memchr(value, '\0', length))
		return false;
	/* The name may be longer than the line here, which has the words before it. */
	part = length < sizeof(line) ? length : sizeof(line) - 1;
	memcpy(line, value, part);
	line[part] = '\0';
	*envelope = (struct envelope){ 0 };
	for (i = 0; i < WORDS; i++) {
		rest = cut(rest, &words[i]);
		if (!rest)
			return false;
	}
	envelope->name = (const char *)value + (rest - line);
	envelope->name_size = (const char *)end - envelope->name;
	envelope->bytes = end + 1;
	envelope->size = size - length - 1;
	return envelope->size && envelope->name_size &&
	       read_words(envelope, words);
}
