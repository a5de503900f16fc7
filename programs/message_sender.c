// SPDX-License-Identifier: GPL-2.0
/*
 * message_sender SLOT CHANNEL MESSAGE: replace a channel's message.
 *
 * Compiles alone beside message_slot.h, as the published contract has it, so
 * it repeats the few lines that message_reader has too.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "message_slot.h"

/* Return: the channel's id, or 0 if @text is no whole number from 1 to 2^32-1. */
static unsigned int parse_channel(const char *text)
{
	unsigned long long id;

	if (!*text || text[strspn(text, "0123456789")])
		return 0;
	errno = 0;
	id = strtoull(text, NULL, 10);
	return errno || id > 0xffffffff ? 0 : id;
}

/* In the errno's own words, which scripts look for, and then in ours, if any. */
static int fail(const char *what, int error, const char *why)
{
	fprintf(stderr, "message_sender: %s: %s%s%s%s\n", what, strerror(error),
		why ? " (" : "", why ? why : "", why ? ")" : "");
	return EXIT_FAILURE;
}

/* Not every file says ENOTTY to a command that it does not know. */
static const char *why_no_slot(int error)
{
	return error == ENOTTY || error == EINVAL ? "not a message slot" : NULL;
}

static const char *why_not_open(int error)
{
	return error == ENXIO || error == ENODEV ?
		       "is the module loaded? modprobe message_slot" :
		       NULL;
}

static const char *why_not_sent(int error, const char *message)
{
	if (error == EBUSY)
		return "another open file has claimed the channel";
	if (error == EMSGSIZE)
		return *message ? "the message is longer than the slot takes" :
				  "the message is empty";
	if (error == ENOSPC)
		return "the slot has no room for another channel";
	return NULL;
}

int main(int argc, char *argv[])
{
	unsigned int id;
	int fd;

	if (argc != 4)
		return fail("arguments", EINVAL,
			    "usage: message_sender SLOT CHANNEL MESSAGE");
	id = parse_channel(argv[2]);
	if (!id)
		return fail(argv[2], EINVAL, "channels are 1 to 4294967295");

	/* O_NONBLOCK, lest a FIFO given by mistake wait for its other end. */
	fd = open(argv[1], O_WRONLY | O_NONBLOCK);
	if (fd < 0)
		return fail(argv[1], errno, why_not_open(errno));
	if (ioctl(fd, MSG_SLOT_CHANNEL, id))
		return fail(argv[1], errno, why_no_slot(errno));
	if (write(fd, argv[3], strlen(argv[3])) < 0)
		return fail(argv[1], errno, why_not_sent(errno, argv[3]));
	close(fd);
	return EXIT_SUCCESS;
}
