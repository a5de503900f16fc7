// SPDX-License-Identifier: GPL-2.0
/*
 * Any number of processes, of which one at a time leads: the one that has claimed
 * the channel. Its name is the channel's message. When it dies, however, the
 * kernel ends the claim and clears the channel; that wakes the others, and one of
 * them leads. Start some in a terminal each, and kill -9 the one that leads:
 *
 *	leader robot leader anna
 *	leader robot leader bert
 *
 * after `mkdir /run/slots/robot`; or, with a device, leader /dev/slot0 1 anna.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msgslot.h>

/* Of a descriptor that is one channel's. */
#define ITS_CHANNEL 0
#define SECOND 1000000000ULL

static void lead(int fd, const char *name)
{
	int ret = msgslot_put(fd, ITS_CHANNEL, name, strlen(name), 0, NULL);

	if (ret)
		error(EXIT_FAILURE, -ret, "%s", name);
	printf("%s leads\n", name);
	for (;;)
		pause(); /* The work of a leader goes here. */
}

/* Returns when the leader is gone, or has died before it could say its name. */
static void follow(int fd, const char *name)
{
	char leader[MSG_SLOT_MAX_MESSAGE];
	struct msg_slot_record record = { .version = 0 };
	uint64_t timeout = SECOND;
	ssize_t n;

	for (;;) {
		n = msgslot_wait_change(fd, ITS_CHANNEL, record.version,
					timeout, leader, sizeof(leader),
					&record);
		if (n == 0 || n == -ETIMEDOUT || n == -EINTR)
			return;
		if (n < 0)
			error(EXIT_FAILURE, -n, "wait");
		printf("%s follows %.*s\n", name, (int)n, leader);
		timeout = MSG_SLOT_FOREVER;
	}
}

int main(int argc, char *argv[])
{
	int fd, ret;

	if (argc != 4)
		error(EXIT_FAILURE, 0, "usage: leader SLOT CHANNEL NAME");
	setlinebuf(stdout);
	fd = msgslot_open_channel(argv[1], argv[2], O_RDWR | O_CREAT);
	if (fd < 0)
		error(EXIT_FAILURE, -fd, "%s, %s", argv[1], argv[2]);
	while ((ret = msgslot_claim(fd, ITS_CHANNEL, MSG_SLOT_END_CLEAR, NULL,
				    0))) {
		if (ret != -EBUSY)
			error(EXIT_FAILURE, -ret, "claim");
		follow(fd, argv[3]);
	}
	lead(fd, argv[3]);
}
