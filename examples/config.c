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
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <msgslot.h>

enum { TEXT = 1, INTERVAL = 2 };

/* By channel; empty where there is no message. */
static char settings[3][MSG_SLOT_MAX_MESSAGE + 1];

/* First a watch tells what there is, then what was written or taken away. */
static void reload(struct msgslot_watch *watch)
{
	struct msgslot_event event;
	int ret;

	while ((ret = msgslot_watch_next(watch, 0, &event)) == 1)
		/* What was taken away has a size of 0. */
		snprintf(settings[event.record.channel], sizeof(*settings),
			 "%.*s", (int)event.record.size,
			 (const char *)event.message);
	if (ret)
		error(EXIT_FAILURE, -ret, "watch");
}

static struct msgslot_watch *watch_settings(const char *path)
{
	const uint32_t channels[] = { TEXT, INTERVAL };
	struct msgslot_watch *watch;
	int slot = msgslot_open(path, O_RDONLY);
	int ret = slot < 0 ? slot :
			     msgslot_watch_open(slot, channels, 2, &watch);

	if (ret)
		error(EXIT_FAILURE, -ret, "%s", path);
	msgslot_close(slot); /* The watch goes on. */
	return watch;
}

int main(int argc, char *argv[])
{
	struct pollfd files[] = { { -1, POLLIN, 0 } }; /* Your sockets, too. */
	struct msgslot_watch *watch;
	int interval, ready;

	if (argc != 2)
		error(EXIT_FAILURE, 0, "usage: config SLOT");
	watch = watch_settings(argv[1]);
	files[0].fd = msgslot_watch_fd(watch);
	for (;;) {
		interval = atoi(settings[INTERVAL]);
		ready = poll(files, 1, interval > 0 ? interval : 1000);
		if (ready < 0 && errno != EINTR)
			error(EXIT_FAILURE, errno, "poll");
		if (ready > 0)
			reload(watch);
		else if (puts(*settings[TEXT] ? settings[TEXT] : "hello") < 0 ||
			 fflush(stdout))
			error(EXIT_FAILURE, errno, "standard output");
	}
}
