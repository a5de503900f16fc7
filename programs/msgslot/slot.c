// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "number.h"
#include "slot.h"
#include "timestamp.h"

static int begin(struct slot *slot, const char *path, int fd)
{
	struct stat file;

	*slot = (struct slot){ .path = path, .fd = fd };
	slot->has_names = !fstat(fd, &file) && !S_ISCHR(file.st_mode);
	return fd < 0 ? fd : 0;
}

int slot_open(struct slot *slot, const char *path, int mode)
{
	return begin(slot, path, msgslot_open(path, mode));
}

/* Its id is with its record, which is for those who may read. */
static void begin_only(struct slot *slot, const char *channel)
{
	struct msg_slot_record record = { 0 };

	slot->only = channel;
	msgslot_get(slot->fd, 0, NULL, 0, &record);
	slot->only_id = record.channel;
}

int slot_open_for(struct slot *slot, const char *path, const char *channel,
		  int mode)
{
	int ret = slot_open(slot, path, mode & ~O_CREAT);
	int fd;

	if (ret != -EACCES || !channel)
		return ret;
	fd = msgslot_open_channel(path, channel, mode);
	if (fd < 0)
		return fd == -EINVAL || fd == -ENOENT ? ret : fd;
	begin(slot, path, fd);
	begin_only(slot, channel);
	return 0;
}

void slot_close(struct slot *slot)
{
	msgslot_close(slot->fd);
}

static bool same_file(int fd, const char *path)
{
	struct stat by_fd, by_path;

	if (fstat(fd, &by_fd) || stat(path, &by_path))
		return false;
	if (S_ISCHR(by_fd.st_mode) && S_ISCHR(by_path.st_mode))
		return by_fd.st_rdev == by_path.st_rdev;
	return by_fd.st_dev == by_path.st_dev && by_fd.st_ino == by_path.st_ino;
}

/* Whether it is of the channel's file, which is beside the slot's door at @door. */
static bool is_channel(int fd, const char *door, const char *channel)
{
	const char *slash = strrchr(door, '/');
	char path[PATH_MAX];
	int length = slash ? slash - door + 1 : 0;

	return snprintf(path, sizeof(path), "%.*s%s", length, door, channel) <
		       (int)sizeof(path) &&
	       same_file(fd, path);
}

/* Return: the descriptor that a claim was passed on with, open for writing, or -1. */
static int passed_fd(void)
{
	const char *text = getenv(SLOT_CLAIMED_FD);
	uint64_t fd;
	int flags;

	if (!text || !number_parse(text, INT32_MAX, &fd))
		return -1;
	flags = fcntl(fd, F_GETFL);
	return flags < 0 || (flags & O_ACCMODE) == O_RDONLY ? -1 : (int)fd;
}

int slot_open_to_write(struct slot *slot, const char *path, const char *channel,
		       int mode)
{
	char file[PATH_MAX];
	int fd = passed_fd();

	if (fd >= 0 && !msgslot_path(path, file, sizeof(file))) {
		begin(slot, path, fd);
		if (same_file(fd, file))
			return 0;
		if (slot->has_names && channel &&
		    is_channel(fd, file, channel)) {
			begin_only(slot, channel);
			return 0;
		}
	}
	return slot_open_for(slot, path, channel, O_WRONLY | mode);
}

int slot_find(const struct slot *slot, const char *channel, uint32_t *id)
{
	uint64_t number;

	if (number_parse(channel, UINT32_MAX, &number)) {
		*id = number;
		return number ? 0 : -EINVAL;
	}
	if (slot->only) {
		*id = slot->only_id;
		return strcmp(channel, slot->only) ? -EPERM : 0;
	}
	return slot->has_names ? msgslot_channel_id(slot->fd, channel, id) :
				 -EINVAL;
}

int slot_make_file(const struct slot *slot, const char *channel, uint32_t *id)
{
	int fd = msgslot_open_channel(slot->path, channel, O_WRONLY | O_CREAT);

	if (fd < 0)
		return fd;
	msgslot_close(fd);
	return slot_find(slot, channel, id);
}

int slot_make(const struct slot *slot, const char *channel, uint32_t *id)
{
	int ret = slot_find(slot, channel, id);

	return ret == -ENOENT ? slot_make_file(slot, channel, id) : ret;
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
