// SPDX-License-Identifier: GPL-2.0
/*
 * A service that takes its settings over as soon as they change: one is what it says,
 * the other the milliseconds from one time to the next. Run it, and in another
 * terminal change them:
 *
 *	mkdir /run/slots/robot; touch /run/slots/robot/text /run/slots/robot/interval
 *	config robot text interval
 *	echo welcome >/run/slots/robot/text
 *	echo 250 >/run/slots/robot/interval
 *
 * or, with a device, config /dev/slot0 1 2; message_sender /dev/slot0 1 welcome.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <msgslot.h>

enum { TEXT, INTERVAL, SETTINGS };

static uint32_t channels[SETTINGS];
/* Empty where there is no message. */
static char settings[SETTINGS][MSG_SLOT_MAX_MESSAGE + 1];

/* First a watch tells what there is, then what was written or taken away. */
static void reload(struct msgslot_watch *watch)
{
	struct msgslot_event event;
	char *setting;
	int ret;

	while ((ret = msgslot_watch_next(watch, 0, &event)) == 1) {
		setting = settings[event.record.channel == channels[INTERVAL]];
		/* What was taken away has a size of 0. */
		snprintf(setting, sizeof(*settings), "%.*s",
			 (int)event.record.size, (const char *)event.message);
		setting[strcspn(setting, "\n")] = '\0';
	}
	if (ret)
		error(EXIT_FAILURE, -ret, "watch");
}

static struct msgslot_watch *watch_settings(const char *path, char **names)
{
	struct msgslot_watch *watch;
	int slot = msgslot_open(path, O_RDONLY);
	int ret = slot < 0 ? slot : 0;

	for (int i = 0; !ret && i < SETTINGS; i++)
		ret = msgslot_channel_id(slot, names[i], &channels[i]);
	if (!ret)
		ret = msgslot_watch_open(slot, channels, SETTINGS, &watch);
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

	if (argc != 4)
		error(EXIT_FAILURE, 0, "usage: config SLOT TEXT INTERVAL");
	watch = watch_settings(argv[1], argv + 2);
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
