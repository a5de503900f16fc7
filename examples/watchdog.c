// SPDX-License-Identifier: GPL-2.0
/*
 * A worker whose signs of life expire, in case it hangs, and whose will the kernel
 * makes its message when it dies; and a supervisor, which need not be its parent:
 *
 *	watchdog /dev/slot0	# supervises
 *	watchdog /dev/slot0 20	# works 20 s: kill -STOP, -CONT or -KILL it
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

static void claim_with_will(int fd, const char *will)
{
	int ret = msgslot_claim(fd, CHANNEL, MSG_SLOT_END_WILL, will,
				strlen(will));

	if (ret)
		error(EXIT_FAILURE, -ret, "claim");
}

static int work(int fd, int seconds)
{
	int ret;

	claim_with_will(fd, "dead"); /* Nobody else may write now. */
	for (; seconds > 0; seconds--) {
		ret = msgslot_put(fd, CHANNEL, "working", strlen("working"),
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
			n = msgslot_wait_change(fd, CHANNEL, record.version,
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

	if (argc != 2 && argc != 3)
		error(EXIT_FAILURE, 0, "usage: watchdog SLOT [SECONDS]");
	fd = msgslot_open(argv[1], O_RDWR);
	if (fd < 0)
		error(EXIT_FAILURE, -fd, "%s", argv[1]);
	return argc == 3 ? work(fd, atoi(argv[2])) : supervise(fd);
}
