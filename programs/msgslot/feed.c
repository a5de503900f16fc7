// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complaint.h"
#include "feed.h"

#define FEED_ROOM 65536

static void make_room(struct feed *feed, size_t room)
{
	feed->buffer = must_realloc(feed->buffer, room, 1);
	feed->room = room;
}

int feed_open(struct feed *feed, const struct slot *slot,
	      const uint32_t *channels, size_t count)
{
	*feed = (struct feed){ .fd = slot_watch(slot, channels, count) };
	if (feed->fd < 0)
		return feed->fd;
	make_room(feed, FEED_ROOM);
	return 0;
}

/* Return: 1 if there are events in the buffer now, 0 if there are none, -errno */
static int fill(struct feed *feed)
{
	ssize_t size;

	feed->taken = 0;
	feed->filled = 0;
	for (;;) {
		size = read(feed->fd, feed->buffer, feed->room);
		if (size >= 0)
			break;
		if (errno == EAGAIN)
			return 0;
		if (errno == ENOSPC)
			make_room(feed, 2 * feed->room);
		else if (errno != EINTR)
			return -errno;
	}
	feed->filled = size;
	return size > 0;
}

int feed_next(struct feed *feed, struct message *event)
{
	size_t left, size;
	int ret;

	if (feed->taken == feed->filled) {
		ret = fill(feed);
		if (ret <= 0)
			return ret;
	}
	left = feed->filled - feed->taken;
	if (left < sizeof(event->record))
		return -EPROTO;
	memcpy(&event->record, feed->buffer + feed->taken,
	       sizeof(event->record));
	size = MSG_SLOT_EVENT_SIZE(event->record.size);
	if (left < size)
		return -EPROTO;
	event->bytes = feed->buffer + feed->taken + sizeof(event->record);
	event->room = 0;
	feed->taken += size;
	return 1;
}

void feed_close(struct feed *feed)
{
	close(feed->fd);
	free(feed->buffer);
}
