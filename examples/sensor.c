// SPDX-License-Identifier: GPL-2.0
/*
 * A sensor whose readings live for two seconds, and a display that never shows an
 * old reading as if it were the present one. In two terminals (then stop
 * the sensor, and see what the display says):
 *
 *	sensor /dev/slot0 display
 *	sensor /dev/slot0 measure
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

/* Each second a reading replaces the one before; without a next one it expires. */
static void measure(int fd)
{
	char text[32];
	struct msg_slot_put put = {
		.channel = CHANNEL,
		.buffer = (unsigned long)text,
		.ttl = 2000000000, /* nanoseconds */
	};

	for (unsigned int i = 0;; i++) {
		put.size = snprintf(text, sizeof(text), "%.1f degrees",
				    21.5 + i % 8 / 10.0);
		if (ioctl(fd, MSG_SLOT_PUT, &put))
			err(EXIT_FAILURE, "MSG_SLOT_PUT");
		sleep(1);
	}
}

/* Waits for what is newer than what it has shown, or for that to be gone. */
static void display(int fd)
{
	char text[MSG_SLOT_MAX_MESSAGE];
	struct msg_slot_wait wait = {
		.timeout = MSG_SLOT_FOREVER,
		.flags = MSG_SLOT_ANY_CHANGE,
		.get = { CHANNEL, sizeof(text), (unsigned long)text, {} },
	};
	const struct msg_slot_record *record = &wait.get.record;

	for (;; wait.version = record->version) {
		while (ioctl(fd, MSG_SLOT_WAIT, &wait))
			if (errno != EINTR)
				err(EXIT_FAILURE, "MSG_SLOT_WAIT");
		if (record->event == MSG_SLOT_WRITTEN)
			printf("%.*s (%llu ms old)\n", (int)record->size, text,
			       (unsigned long long)record->age / 1000000);
		else
			puts("stale");
		if (fflush(stdout))
			err(EXIT_FAILURE, "standard output");
	}
}

int main(int argc, char *argv[])
{
	int measures = argc == 3 && !strcmp(argv[2], "measure");
	int fd;

	if (!measures && (argc != 3 || strcmp(argv[2], "display")))
		errx(EXIT_FAILURE, "usage: sensor SLOT measure|display");
	fd = open(argv[1], measures ? O_WRONLY : O_RDONLY);
	if (fd < 0)
		err(EXIT_FAILURE, "%s", argv[1]);
	measures ? measure(fd) : display(fd);
}
