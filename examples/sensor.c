// SPDX-License-Identifier: GPL-2.0
/*
 * A sensor whose readings live for two seconds, and a display that never shows an
 * old reading as if it were the present one. In two terminals (then stop
 * the sensor, and see what the display says):
 *
 *	sensor robot temperature display
 *	sensor robot temperature measure
 *
 * after `mkdir /run/slots/robot`; or, with a device, sensor /dev/slot0 1 display.
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

/* Each second a reading replaces the one before; without a next one it expires. */
static void measure(int fd)
{
	char text[32];
	int n, ret;

	for (unsigned int i = 0;; i++) {
		n = snprintf(text, sizeof(text), "%.1f degrees",
			     21.5 + i % 8 / 10.0);
		ret = msgslot_put(fd, ITS_CHANNEL, text, n, 2 * SECOND, NULL);
		if (ret)
			error(EXIT_FAILURE, -ret, "put");
		sleep(1);
	}
}

/* Waits for what is newer than what it has shown, or for that to be gone. */
static void display(int fd)
{
	char text[MSG_SLOT_MAX_MESSAGE];
	struct msg_slot_record record = { .version = 0 };
	ssize_t n;

	for (;;) {
		do {
			n = msgslot_wait_change(fd, ITS_CHANNEL, record.version,
						MSG_SLOT_FOREVER, text,
						sizeof(text), &record);
		} while (n == -EINTR);
		if (n < 0)
			error(EXIT_FAILURE, -n, "wait");
		if (n > 0)
			printf("%.*s (%llu ms old)\n", (int)n, text,
			       (unsigned long long)record.age / 1000000);
		else
			puts("stale");
		if (fflush(stdout))
			error(EXIT_FAILURE, errno, "standard output");
	}
}

int main(int argc, char *argv[])
{
	int measures = argc == 4 && !strcmp(argv[3], "measure");
	int fd;

	if (!measures && (argc != 4 || strcmp(argv[3], "display")))
		error(EXIT_FAILURE, 0,
		      "usage: sensor SLOT CHANNEL measure|display");
	fd = msgslot_open_channel(argv[1], argv[2],
				  O_CREAT | (measures ? O_WRONLY : O_RDONLY));
	if (fd < 0)
		error(EXIT_FAILURE, -fd, "%s, %s", argv[1], argv[2]);
	measures ? measure(fd) : display(fd);
}
