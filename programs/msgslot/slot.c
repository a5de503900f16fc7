// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "number.h"
#include "slot.h"
#include "timestamp.h"

int slot_open(struct slot *slot, const char *path, int mode)
{
	int fd = msgslot_open(path, mode);

	slot->path = path;
	slot->fd = fd;
	return fd < 0 ? fd : 0;
}

void slot_close(struct slot *slot)
{
	msgslot_close(slot->fd);
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

int slot_get(const struct slot *slot, uint32_t channel, struct message *message)
{
	ssize_t ret;

	do {
		ret = msgslot_get(slot->fd, channel, message->bytes,
				  message->room, &message->record);
	} while (ret == -ENOSPC &&
		 message_make_room(message, message->record.size));
	return ret < 0 ? ret : 0;
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
	uint64_t deadline = MSG_SLOT_FOREVER;
	ssize_t ret;

	if (timeout != MSG_SLOT_FOREVER)
		deadline = timestamp_now(CLOCK_MONOTONIC) + timeout;
	/* To be stopped and continued is a signal too. */
	do {
		ret = msgslot_wait(slot->fd, channel, version,
				   rest_of(deadline), message->bytes,
				   message->room, &message->record);
	} while (ret == -EINTR ||
		 (ret == -ENOSPC &&
		  message_make_room(message, message->record.size)));
	return ret < 0 ? ret : 0;
}
