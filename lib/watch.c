// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "call.h"

#define FIRST_ROOM 65536
#define SECOND 1000000000ull

/**
 * struct msgslot_watch - a watch
 * @fd: tells events, and never waits
 * @buffer: what was read of it last
 * @room: the size of @buffer
 * @filled: how much of it was read
 * @taken: how much of that was told
 */
struct msgslot_watch {
	int fd;
	unsigned char *buffer;
	size_t room;
	size_t filled;
	size_t taken;
};

static int open_fd(int slot, const uint32_t *channels, size_t count,
		   uint32_t flags)
{
	struct msg_slot_watch watch = {
		.channels = (uintptr_t)channels,
		.count = clamp_size(count),
		.flags = flags,
	};
	int fd = call(slot, MSG_SLOT_WATCH, &watch);
	int err;

	if (fd < 0 || !fcntl(fd, F_SETFL, O_RDONLY | O_NONBLOCK))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int make_room(struct msgslot_watch *watch, size_t room)
{
	unsigned char *buffer = realloc(watch->buffer, room);

	if (!buffer)
		return -ENOMEM;
	watch->buffer = buffer;
	watch->room = room;
	return 0;
}

int msgslot_watch_open_with(int fd, const uint32_t *channels, size_t count,
			    uint32_t flags, struct msgslot_watch **watch)
{
	struct msgslot_watch *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->fd = -1;
	err = make_room(new, FIRST_ROOM);
	if (!err) {
		new->fd = open_fd(fd, channels, count, flags);
		err = new->fd < 0 ? new->fd : 0;
	}
	if (err)
		msgslot_watch_close(new);
	else
		*watch = new;
	return err;
}

int msgslot_watch_open(int fd, const uint32_t *channels, size_t count,
		       struct msgslot_watch **watch)
{
	return msgslot_watch_open_with(fd, channels, count, 0, watch);
}

int msgslot_watch_fd(const struct msgslot_watch *watch)
{
	return watch->fd;
}

/* Return: 1 if there are events in the buffer now, 0 if there are none, -errno */
static int fill(struct msgslot_watch *watch)
{
	ssize_t size;
	int err = 0;

	watch->taken = 0;
	watch->filled = 0;
	do {
		size = read(watch->fd, watch->buffer, watch->room);
		if (size >= 0)
			break;
		if (errno == EAGAIN)
			return 0;
		err = errno == ENOSPC ? make_room(watch, 2 * watch->room) :
					-errno;
	} while (!err);
	if (err)
		return err;
	watch->filled = size;
	return size > 0;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

/* Return: 0 when there may be an event or the time is over, or -errno. */
static int sleep_until(const struct msgslot_watch *watch, uint64_t deadline)
{
	struct pollfd file = { .fd = watch->fd, .events = POLLIN };
	struct timespec rest;
	uint64_t time = now();

	if (deadline <= time)
		return 0;
	rest.tv_sec = (deadline - time) / SECOND;
	rest.tv_nsec = (deadline - time) % SECOND;
	return ppoll(&file, 1, &rest, NULL) < 0 ? -errno : 0;
}

static uint64_t deadline_in(uint64_t timeout)
{
	uint64_t time = timeout ? now() : 0;

	return timeout < INT64_MAX - time ? time + timeout : INT64_MAX;
}

/* As fill(), and waits for it. */
static int await(struct msgslot_watch *watch, uint64_t timeout)
{
	uint64_t deadline = 0;
	int ret = fill(watch);

	if (ret || !timeout)
		return ret;
	deadline = deadline_in(timeout);
	do {
		ret = sleep_until(watch, deadline);
		if (!ret)
			ret = fill(watch);
	} while (!ret && now() < deadline);
	return ret;
}

int msgslot_watch_next(struct msgslot_watch *watch, uint64_t timeout,
		       struct msgslot_event *event)
{
	size_t left;
	int ret;

	if (watch->taken == watch->filled) {
		ret = await(watch, timeout);
		if (ret <= 0)
			return ret;
	}
	left = watch->filled - watch->taken;
	if (left < sizeof(event->record))
		return -EPROTO;
	memcpy(&event->record, watch->buffer + watch->taken,
	       sizeof(event->record));
	if (left < MSG_SLOT_EVENT_SIZE(event->record.size))
		return -EPROTO;
	event->message = watch->buffer + watch->taken + sizeof(event->record);
	watch->taken += MSG_SLOT_EVENT_SIZE(event->record.size);
	return 1;
}

void msgslot_watch_close(struct msgslot_watch *watch)
{
	if (!watch)
		return;
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch->buffer);
	free(watch);
}
