// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "lines.h"
#include "number.h"

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

/* Return: whether the line begins with a channel. */
static bool split(struct lines *lines)
{
	char *blank = strpbrk(lines->text, " \t");
	uint64_t channel;

	lines->rest = NULL;
	if (blank) {
		*blank = '\0';
		lines->rest = blank + 1;
	}
	if (!number_parse(lines->text, UINT32_MAX, &channel) || !channel)
		return false;
	lines->channel = channel;
	return true;
}

/* Return: NULL, or what is wrong with the line, which has @length bytes. */
static const char *parse(struct lines *lines, size_t length)
{
	if (strlen(lines->text) != length)
		return "has a zero byte, which is \\x00";
	if (!split(lines))
		return "begins with no channel (1 to 4294967295)";
	return NULL;
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
