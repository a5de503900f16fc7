/* SPDX-License-Identifier: GPL-2.0 */
/* Standard input by lines, each of which is about a channel. */
#ifndef MSGSLOT_LINES_H
#define MSGSLOT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot;

/**
 * struct lines - the line that was read last
 * @slot: the slot whose channels they are
 * @make: names that are missing are made
 * @number: which it is, the first is 1
 * @channel: what it begins with, by lines_next()
 * @rest: what follows the words that were taken of it and a blank, without the newline;
 *	or NULL
 * @status: the exit status of the first line that failed, or 0
 * @text: the memory that it is in
 * @room: the size of @text
 */
struct lines {
	const struct slot *slot;
	bool make;
	size_t number;
	uint32_t channel;
	char *rest;
	int status;
	char *text;
	size_t room;
};

/* Takes the next line, and none of its words. Return: false at the end. */
bool lines_take(struct lines *lines);

/* Return: the next word of the line, which is empty between two blanks; or NULL. */
char *lines_take_word(struct lines *lines);

/* A word as the channel that it is, in place. Return: false if it can't be one. */
bool lines_unescape_channel(char *channel);

/* The rest of a line as the message that it is, likewise. Return: what is wrong, or NULL. */
const char *lines_unescape_message(char *message, size_t *size);

/*
 * Takes the next line that begins with a channel; of others it complains. Return:
 * false at the end of standard input.
 */
bool lines_next(struct lines *lines);

/* Notes that a line failed, of which is complained with its number. */
void lines_failed(struct lines *lines, int status);
void lines_refuse(struct lines *lines, const char *what);

/* Return: the exit status of it all. */
int lines_end(struct lines *lines);

#endif /* MSGSLOT_LINES_H */
