// SPDX-License-Identifier: GPL-2.0
/*
 * message_reader SLOT CHANNEL: print a channel's message, its bytes and nothing
 * else.
 *
 * Compiles alone beside message_slot.h, as the published contract has it, so
 * it repeats the few lines that message_sender has too.
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
	fprintf(stderr, "message_reader: %s: %s%s%s%s\n", what, strerror(error),
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

static const char *why_not_read(int error)
{
	return error == EWOULDBLOCK ? "the channel has no message yet" : NULL;
}

int main(int argc, char *argv[])
{
	static char message[MSG_SLOT_LARGEST_MESSAGE];
	unsigned int id;
	ssize_t size;
	int fd;

	if (argc != 3)
		return fail("arguments", EINVAL,
			    "usage: message_reader SLOT CHANNEL");
	id = parse_channel(argv[2]);
	if (!id)
		return fail(argv[2], EINVAL, "channels are 1 to 4294967295");

	/* O_NONBLOCK, lest a FIFO given by mistake wait for its other end. */
	fd = open(argv[1], O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fail(argv[1], errno, why_not_open(errno));
	if (ioctl(fd, MSG_SLOT_CHANNEL, id))
		return fail(argv[1], errno, why_no_slot(errno));
	size = read(fd, message, sizeof(message));
	if (size < 0)
		return fail(argv[1], errno, why_not_read(errno));
	close(fd);

	if (fwrite(message, 1, size, stdout) != (size_t)size || fclose(stdout))
		return fail("standard output", errno, NULL);
	return EXIT_SUCCESS;
}
