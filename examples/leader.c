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
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <msgslot.h>

#define CHANNEL 1
#define SECOND 1000000000ULL

static void lead(int fd, const char *name)
{
	int ret = msgslot_put(fd, CHANNEL, name, strlen(name), 0, NULL);

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
		n = msgslot_wait_change(fd, CHANNEL, record.version, timeout,
					leader, sizeof(leader), &record);
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

	if (argc != 3)
		error(EXIT_FAILURE, 0, "usage: leader SLOT NAME");
	setlinebuf(stdout);
	fd = msgslot_open(argv[1], O_RDWR);
	if (fd < 0)
		error(EXIT_FAILURE, -fd, "%s", argv[1]);
	while ((ret = msgslot_claim(fd, CHANNEL, MSG_SLOT_END_CLEAR, NULL,
				    0))) {
		if (ret != -EBUSY)
			error(EXIT_FAILURE, -ret, "claim");
		follow(fd, argv[2]);
	}
	lead(fd, argv[2]);
}
