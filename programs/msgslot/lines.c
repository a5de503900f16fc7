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

bool lines_unescape_channel(char *channel)
{
	size_t size;

	if (!*channel || !text_unescape(channel, &size) ||
	    memchr(channel, '\0', size))
		return false;
	channel[size] = '\0';
	return true;
}

const char *lines_unescape_message(char *message, size_t *size)
{
	if (!message)
		return "has no message behind the channel";
	if (!*message)
		return "has an empty message (msgslot clear takes one away)";
	if (!text_unescape(message, size))
		return "has a \\ that begins none of \\n \\t \\r \\xNN \\\\";
	return NULL;
}

/* Return: NULL, or what is wrong with the channel. */
static const char *find(struct lines *lines, char *channel)
{
	static char words[FAILURE_WORDS];
	int ret;

	if (!lines_unescape_channel(channel))
		return "begins with no channel";
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

bool lines_take(struct lines *lines)
{
	ssize_t length;

	while ((length = getline(&lines->text, &lines->room, stdin)) >= 0) {
		lines->number++;
		if (length && lines->text[length - 1] == '\n')
			lines->text[--length] = '\0';
		lines->rest = lines->text;
		if (strlen(lines->text) == (size_t)length)
			return true;
		lines_refuse(lines, "has a zero byte, which is \\x00");
	}
	if (ferror(stdin))
		die(STATUS_ERROR, "standard input: %s", strerror(errno));
	return false;
}

char *lines_take_word(struct lines *lines)
{
	char *word = lines->rest;
	size_t length;

	if (!word)
		return NULL;
	length = strcspn(word, " \t");
	lines->rest = word[length] ? word + length + 1 : NULL;
	word[length] = '\0';
	return word;
}

bool lines_next(struct lines *lines)
{
	const char *wrong;

	while (lines_take(lines)) {
		wrong = find(lines, lines_take_word(lines));
		if (!wrong)
			return true;
		lines_refuse(lines, wrong);
	}
	return false;
}

int lines_end(struct lines *lines)
{
	free(lines->text);
	return lines->status;
}
