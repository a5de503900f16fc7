// SPDX-License-Identifier: GPL-2.0
/*
 * Any number of processes, of which one at a time leads: the one that has claimed
 * the channel. Its name is the channel's message. When it dies, however, the
 * kernel ends the claim and clears the channel; that wakes the others, and one of
 * them leads. Start some in a terminal each, and kill -9 the one that leads:
 *
 *	leader /dev/slot0 anna
 *	leader /dev/slot0 bert
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "message_slot.h"

#define CHANNEL 1
#define SECOND 1000000000ULL

static void lead(int fd, const char *name)
{
	if (pwrite(fd, name, strlen(name), CHANNEL) < 0)
		err(EXIT_FAILURE, "%s", name);
	printf("%s leads\n", name);
	for (;;)
		pause(); /* The work of a leader goes here. */
}

/* Returns when the leader is gone, or has died before it could say its name. */
static void follow(int fd, const char *name)
{
	char leader[MSG_SLOT_MAX_MESSAGE];
	struct msg_slot_wait wait = {
		.timeout = SECOND,
		.flags = MSG_SLOT_ANY_CHANGE,
		.get = { CHANNEL, sizeof(leader), (unsigned long)leader, {} },
	};
	const struct msg_slot_record *record = &wait.get.record;

	while (!ioctl(fd, MSG_SLOT_WAIT, &wait)) {
		if (record->event != MSG_SLOT_WRITTEN)
			return;
		printf("%s follows %.*s\n", name, (int)record->size, leader);
		wait.version = record->version;
		wait.timeout = MSG_SLOT_FOREVER;
	}
	if (errno != ETIMEDOUT && errno != EINTR)
		err(EXIT_FAILURE, "MSG_SLOT_WAIT");
}

int main(int argc, char *argv[])
{
	struct msg_slot_claim claim = {
		.channel = CHANNEL,
		.end = MSG_SLOT_END_CLEAR,
	};
	int fd;

	if (argc != 3)
		errx(EXIT_FAILURE, "usage: leader SLOT NAME");
	setlinebuf(stdout);
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(EXIT_FAILURE, "%s", argv[1]);
	while (ioctl(fd, MSG_SLOT_CLAIM, &claim)) {
		if (errno != EBUSY)
			err(EXIT_FAILURE, "MSG_SLOT_CLAIM");
		follow(fd, argv[2]);
	}
	lead(fd, argv[2]);
}
