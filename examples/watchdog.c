// SPDX-License-Identifier: GPL-2.0
/*
 * A worker whose signs of life expire, in case it hangs, and whose will the kernel
 * makes its message when it dies; and a supervisor, which need not be its parent:
 *
 *	watchdog robot worker		# supervises
 *	watchdog robot worker 20	# works 20 s: kill -STOP, -CONT or -KILL it
 *
 * after `mkdir /run/slots/robot`; or, with a device, watchdog /dev/slot0 1.
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

static void claim_with_will(int fd, const char *will)
{
	int ret = msgslot_claim(fd, ITS_CHANNEL, MSG_SLOT_END_WILL, will,
				strlen(will));

	if (ret)
		error(EXIT_FAILURE, -ret, "claim");
}

static int work(int fd, int seconds)
{
	int ret;

	claim_with_will(fd, "dead"); /* Nobody else may write now. */
	for (; seconds > 0; seconds--) {
		ret = msgslot_put(fd, ITS_CHANNEL, "working", strlen("working"),
				  2 * SECOND, NULL);
		if (ret)
			error(EXIT_FAILURE, -ret, "put");
		sleep(1); /* The work goes here. */
	}
	claim_with_will(fd, "done");
	return EXIT_SUCCESS;
}

static int supervise(int fd)
{
	char text[MSG_SLOT_MAX_MESSAGE + 1] = "";
	struct msg_slot_record record = { .version = 0 };
	ssize_t n;

	while (strcmp(text, "done") && strcmp(text, "dead")) {
		do {
			n = msgslot_wait_change(fd, ITS_CHANNEL, record.version,
						MSG_SLOT_FOREVER, text,
						sizeof(text) - 1, &record);
		} while (n == -EINTR);
		if (n < 0)
			error(EXIT_FAILURE, -n, "wait");
		text[n] = '\0';
		if (dprintf(1, "%s\n", *text ? text : "no sign of life") < 0)
			error(EXIT_FAILURE, errno, "standard output");
	}
	return strcmp(text, "done") ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	int fd;

	if (argc != 3 && argc != 4)
		error(EXIT_FAILURE, 0,
		      "usage: watchdog SLOT CHANNEL [SECONDS]");
	fd = msgslot_open_channel(argv[1], argv[2], O_RDWR | O_CREAT);
	if (fd < 0)
		error(EXIT_FAILURE, -fd, "%s, %s", argv[1], argv[2]);
	return argc == 4 ? work(fd, atoi(argv[3])) : supervise(fd);
}
