// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "number.h"
#include "slot.h"
#include "timestamp.h"

static int call(const struct slot *slot, unsigned long command, void *argument)
{
	return ioctl(slot->fd, command, argument) < 0 ? -errno : 0;
}

static int call_with_number(const struct slot *slot, unsigned long command,
			    unsigned long number)
{
	return ioctl(slot->fd, command, number) < 0 ? -errno : 0;
}

int slot_open(struct slot *slot, const char *path, int mode)
{
	slot->path = path;
	/* O_NONBLOCK, lest a FIFO given by mistake wait for its other end. */
	slot->fd = open(path, mode | O_NONBLOCK | O_CLOEXEC);
	if (slot->fd < 0)
		return -errno;
	return fcntl(slot->fd, F_SETFL, mode) ? -errno : 0;
}

void slot_close(struct slot *slot)
{
	close(slot->fd);
}

static bool same_device(int fd, const char *path)
{
	struct stat by_fd, by_path;

	return !fstat(fd, &by_fd) && !stat(path, &by_path) &&
	       S_ISCHR(by_fd.st_mode) && S_ISCHR(by_path.st_mode) &&
	       by_fd.st_rdev == by_path.st_rdev;
}

/* Return: the descriptor, or -1 if there is none for the slot at @path. */
static int claimed_fd(const char *path)
{
	const char *text = getenv(SLOT_CLAIMED_FD);
	uint64_t fd;

	if (!text || !number_parse(text, INT32_MAX, &fd))
		return -1;
	if (!same_device(fd, path))
		return -1;
	return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY ? -1 : (int)fd;
}

int slot_open_to_write(struct slot *slot, const char *path)
{
	slot->path = path;
	slot->fd = claimed_fd(path);
	return slot->fd < 0 ? slot_open(slot, path, O_WRONLY) : 0;
}

static void describe(struct msg_slot_get *get, uint32_t channel,
		     const struct message *message)
{
	*get = (struct msg_slot_get){
		.channel = channel,
		.room = message->room,
		.buffer = (uintptr_t)message->bytes,
	};
}

int slot_get(const struct slot *slot, uint32_t channel, struct message *message)
{
	struct msg_slot_get get;
	int ret;

	do {
		describe(&get, channel, message);
		ret = call(slot, MSG_SLOT_GET, &get);
	} while (ret == -ENOSPC && message_make_room(message, get.record.size));
	message->record = get.record;
	return ret;
}

/* Return: the rest of a time-out that is over at @deadline. */
static uint64_t rest_of(uint64_t deadline)
{
	uint64_t now = timestamp_now(CLOCK_MONOTONIC);

	if (deadline == MSG_SLOT_FOREVER)
		return MSG_SLOT_FOREVER;
	return deadline > now ? deadline - now : 0;
}

int slot_wait(const struct slot *slot, uint32_t channel, uint64_t version,
	      uint64_t timeout, struct message *message)
{
	struct msg_slot_wait wait = { .version = version };
	uint64_t deadline = MSG_SLOT_FOREVER;
	int ret;

	if (timeout != MSG_SLOT_FOREVER)
		deadline = timestamp_now(CLOCK_MONOTONIC) + timeout;
	/* To be stopped and continued is a signal too. */
	do {
		describe(&wait.get, channel, message);
		wait.timeout = rest_of(deadline);
		ret = call(slot, MSG_SLOT_WAIT, &wait);
	} while (ret == -EINTR ||
		 (ret == -ENOSPC &&
		  message_make_room(message, wait.get.record.size)));
	message->record = wait.get.record;
	return ret;
}

int slot_put(const struct slot *slot, struct msg_slot_put *put)
{
	return call(slot, MSG_SLOT_PUT, put);
}

int slot_clear(const struct slot *slot, struct msg_slot_clear *clear)
{
	return call(slot, MSG_SLOT_CLEAR, clear);
}

int slot_claim(const struct slot *slot, const struct msg_slot_claim *claim)
{
	return call(slot, MSG_SLOT_CLAIM, (void *)claim);
}

int slot_release(const struct slot *slot, uint32_t channel)
{
	return call_with_number(slot, MSG_SLOT_RELEASE, channel);
}

int slot_limits(const struct slot *slot, struct msg_slot_limits *limits)
{
	return call(slot, MSG_SLOT_GET_LIMITS, limits);
}

int slot_set_limits(const struct slot *slot,
		    const struct msg_slot_limits *limits)
{
	return call(slot, MSG_SLOT_SET_LIMITS, (void *)limits);
}

int slot_usage(const struct slot *slot, struct msg_slot_usage *usage)
{
	return call(slot, MSG_SLOT_GET_USAGE, usage);
}

int slot_watch(const struct slot *slot, const uint32_t *channels, size_t count)
{
	struct msg_slot_watch watch = {
		.channels = (uintptr_t)channels,
		.count = count,
	};
	int fd = ioctl(slot->fd, MSG_SLOT_WATCH, &watch);

	if (fd < 0)
		return -errno;
	if (!fcntl(fd, F_SETFL, O_RDONLY | O_NONBLOCK))
		return fd;
	close(fd);
	return -errno;
}

bool slot_is_one(const struct slot *slot)
{
	struct msg_slot_limits limits;
	int ret = slot_limits(slot, &limits);

	return !ret || ret == -EPERM;
}
