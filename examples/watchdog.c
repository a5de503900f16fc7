// SPDX-License-Identifier: GPL-2.0
/*
 * A worker whose signs of life expire, in case it hangs, and whose will the kernel
 * makes its message when it dies; and a supervisor, which need not be its parent:
 *
 *	watchdog /dev/slot0	# supervises
 *	watchdog /dev/slot0 20	# works 20 s: kill -STOP, -CONT or -KILL it
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

static void claim_with_will(int fd, const char *will)
{
	struct msg_slot_claim claim = { CHANNEL, MSG_SLOT_END_WILL,
					(unsigned long)will, strlen(will), 0 };

	if (ioctl(fd, MSG_SLOT_CLAIM, &claim))
		err(EXIT_FAILURE, "MSG_SLOT_CLAIM");
}

static int work(int fd, int seconds)
{
	struct msg_slot_put put = { .channel = CHANNEL,
				    .ttl = 2000000000,
				    .buffer = (unsigned long)"working",
				    .size = strlen("working") };

	claim_with_will(fd, "dead"); /* Nobody else may write now. */
	for (; seconds > 0; seconds--) {
		if (ioctl(fd, MSG_SLOT_PUT, &put))
			err(EXIT_FAILURE, "MSG_SLOT_PUT");
		sleep(1); /* The work goes here. */
	}
	claim_with_will(fd, "done");
	return EXIT_SUCCESS;
}

static int supervise(int fd)
{
	char text[MSG_SLOT_MAX_MESSAGE + 1] = "";
	struct msg_slot_wait wait = {
		.timeout = MSG_SLOT_FOREVER,
		.flags = MSG_SLOT_ANY_CHANGE,
		.get = { CHANNEL, sizeof(text) - 1, (unsigned long)text, {} }
	};

	while (strcmp(text, "done") && strcmp(text, "dead")) {
		while (ioctl(fd, MSG_SLOT_WAIT, &wait))
			if (errno != EINTR)
				err(EXIT_FAILURE, "MSG_SLOT_WAIT");
		text[wait.get.record.size] = '\0';
		if (dprintf(1, "%s\n", *text ? text : "no sign of life") < 0)
			err(EXIT_FAILURE, "standard output");
		wait.version = wait.get.record.version;
	}
	return strcmp(text, "done") ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	int fd;

	if (argc != 2 && argc != 3)
		errx(EXIT_FAILURE, "usage: watchdog SLOT [SECONDS]");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(EXIT_FAILURE, "%s", argv[1]);
	return argc == 3 ? work(fd, atoi(argv[2])) : supervise(fd);
}
