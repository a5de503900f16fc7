// SPDX-License-Identifier: GPL-2.0
/*
 * A service that takes its settings over as soon as they change: channel 1 is what
 * it says, channel 2 the milliseconds from one time to the next. Run it, and in
 * another terminal change them:
 *
 *	config /dev/slot0
 *	message_sender /dev/slot0 1 welcome
 *	message_sender /dev/slot0 2 250
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "message_slot.h"

enum { TEXT = 1, INTERVAL = 2 };

/* By channel; empty where there is no message. */
static char settings[3][MSG_SLOT_MAX_MESSAGE + 1];

/* First a watch tells what there is, then what was written or taken away. */
static void reload(int watch)
{
	__u64 events[1024]; /* Each begins at a multiple of 8 bytes. */
	ssize_t left = read(watch, events, sizeof(events));
	struct msg_slot_record *event = (void *)events;

	if (left < 0)
		err(EXIT_FAILURE, "watch");
	while (left > 0) {
		size_t size = MSG_SLOT_EVENT_SIZE(event->size);

		/* What was taken away has a size of 0. */
		snprintf(settings[event->channel], sizeof(*settings), "%.*s",
			 (int)event->size, (char *)(event + 1));
		event = (void *)((char *)event + size);
		left -= size;
	}
}

int main(int argc, char *argv[])
{
	__u32 channels[] = { TEXT, INTERVAL };
	struct msg_slot_watch watch = { (unsigned long)channels, 2, 0 };
	struct pollfd files[] = { { -1, POLLIN, 0 } }; /* Your sockets, too. */
	int slot, interval, ready;

	if (argc != 2)
		errx(EXIT_FAILURE, "usage: config SLOT");
	slot = open(argv[1], O_RDONLY);
	files[0].fd = slot < 0 ? slot : ioctl(slot, MSG_SLOT_WATCH, &watch);
	if (files[0].fd < 0)
		err(EXIT_FAILURE, "%s", argv[1]);
	for (;;) {
		interval = atoi(settings[INTERVAL]);
		ready = poll(files, 1, interval > 0 ? interval : 1000);
		if (ready < 0 && errno != EINTR)
			err(EXIT_FAILURE, "poll");
		if (ready > 0)
			reload(files[0].fd);
		else if (puts(*settings[TEXT] ? settings[TEXT] : "hello") < 0 ||
			 fflush(stdout))
			err(EXIT_FAILURE, "standard output");
	}
}
