// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "failure.h"
#include "lines.h"
#include "text.h"

void lines_failed(struct lines *lines, int status)
{
	if (!lines->status)
		lines->status = status;
}

void lines_refuse(struct lines *lines, const char *what)
{
	complain("standard input, line %zu: %s", lines->number, what);
	lines_failed(lines, STATUS_ERROR);
}

/* Return: NULL, or what is wrong with the channel. */
static const char *find(struct lines *lines, char *channel)
{
	static char words[FAILURE_WORDS];
	size_t size;
	int ret;

	if (!*channel || !text_unescape(channel, &size) ||
	    memchr(channel, '\0', size))
		return "begins with no channel";
	channel[size] = '\0';
	if (lines->make)
		ret = slot_make(lines->slot, channel, &lines->channel);
	else
		ret = slot_find(lines->slot, channel, &lines->channel);
	if (!ret)
		return NULL;
	if (ret == -EINVAL)
		return "begins with no channel (1 to 4294967295, or a name)";
	failure_channel_words(lines->slot, channel, ret, words);
	return words;
}

/* Return: NULL, or what is wrong with the line, which has @length bytes. */
static const char *parse(struct lines *lines, size_t length)
{
	char *blank = strpbrk(lines->text, " \t");

	if (strlen(lines->text) != length)
		return "has a zero byte, which is \\x00";
	lines->rest = NULL;
	if (blank) {
		*blank = '\0';
		lines->rest = blank + 1;
	}
	return find(lines, lines->text);
}

bool lines_next(struct lines *lines)
{
	const char *wrong;
	ssize_t length;

	while ((length = getline(&lines->text, &lines->room, stdin)) >= 0) {
		lines->number++;
		if (length && lines->text[length - 1] == '\n')
			lines->text[--length] = '\0';
		wrong = parse(lines, length);
		if (!wrong)
			return true;
		lines_refuse(lines, wrong);
	}
	if (ferror(stdin))
		die(STATUS_ERROR, "standard input: %s", strerror(errno));
	return false;
}

int lines_end(struct lines *lines)
{
	free(lines->text);
	return lines->status;
}
