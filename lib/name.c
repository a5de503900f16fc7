// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names: of slots, which are directories of a slotfs, and of channels, files in them. */
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "call.h"
#include "open.h"

#define MOUNT_POINT "/run/slots"
#define DOOR ".slot"

static bool is_device(const char *path)
{
	struct stat file;

	return !stat(path, &file) && S_ISCHR(file.st_mode);
}

/* A device file itself, for anybody can make a link in a folder that all may write. */
static bool is_own_device(const char *path)
{
	struct stat file;

	return !lstat(path, &file) && S_ISCHR(file.st_mode);
}

static bool is_directory(const char *path)
{
	struct stat file;

	return !stat(path, &file) && S_ISDIR(file.st_mode);
}

static bool exists(const char *path)
{
	struct stat file;

	return !lstat(path, &file);
}

/* A word: no path, and no entry that each directory or slot has. */
static bool is_name(const char *slot)
{
	return *slot && !strchr(slot, '/') && strcmp(slot, ".") &&
	       strcmp(slot, "..") && strcmp(slot, DOOR);
}

/* Return: 0, or -ENAMETOOLONG. */
static int write_path(char *path, size_t room, const char *directory,
		      const char *slot, const char *file)
{
	int length = snprintf(path, room, "%s%s%s%s%s", directory,
			      *directory ? "/" : "", slot, *file ? "/" : "",
			      file);

	return length < 0 || (size_t)length >= room ? -ENAMETOOLONG : 0;
}

int msgslot_path(const char *slot, char *path, size_t room)
{
	/* Who may set the environment may not lead a setuid program elsewhere. */
	const char *mounted = secure_getenv("MSGSLOT_DIR");
	int err;

	if (!mounted || !*mounted)
		mounted = MOUNT_POINT;
	if (is_name(slot) && !is_own_device(slot)) {
		err = write_path(path, room, mounted, slot, DOOR);
		if (err || exists(path) || !is_device(slot))
			return err;
	} else if (is_directory(slot)) {
		err = write_path(path, room, "", slot, DOOR);
		if (err || exists(path))
			return err;
	}
	return write_path(path, room, "", slot, "");
}

/*
 * Return: 0 and the number that @name is, or 0 if it is none; or -EINVAL for digits that
 * no channel has.
 */
static int parse_number(const char *name, uint32_t *number)
{
	unsigned long long value;

	*number = 0;
	if (!*name || name[strspn(name, "0123456789")])
		return 0;
	errno = 0;
	value = strtoull(name, NULL, 10);
	if (*name == '0' || errno || value > UINT32_MAX)
		return -EINVAL;
	*number = value;
	return 0;
}

/* Whether it is a path that stays below the slot, without detours. */
static bool is_channel_name(const char *name)
{
	const char *part = name;
	size_t length;

	do {
		length = strcspn(part, "/");
		if (!length || (length == 1 && !memcmp(part, ".", 1)) ||
		    (length == 2 && !memcmp(part, "..", 2)) ||
		    (length == strlen(DOOR) && !memcmp(part, DOOR, length)))
			return false;
		part += length;
	} while (*part++);
	return true;
}

int msgslot_channel_id(int fd, const char *name, uint32_t *channel)
{
	struct msg_slot_name arg = {
		.name = (uintptr_t)name,
		.size = clamp_size(strlen(name)),
	};
	int err = parse_number(name, channel);

	if (err || *channel)
		return err;
	if (!is_channel_name(name))
		return -EINVAL;
	err = call(fd, MSG_SLOT_GET_ID, &arg);
	if (!err)
		*channel = arg.channel;
	return err;
}

ssize_t msgslot_channel_name(int fd, uint32_t channel, char *name, size_t room)
{
	struct msg_slot_name arg = {
		.name = (uintptr_t)name,
		.size = room ? clamp_size(room) - 1 : 0,
		.channel = channel,
	};
	int err = call(fd, MSG_SLOT_GET_NAME, &arg);

	if (err)
		return err;
	if (arg.size >= room)
		return -ENOSPC;
	name[arg.size] = '\0';
	return arg.size;
}

/* Narrows it to the channel, and selects that; or closes it. Return: @fd or -errno. */
static int narrow(int fd, uint32_t channel)
{
	int err = fd < 0 ? fd : msgslot_restrict(fd, channel, 0);

	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

/* Makes the directories that a name is in. */
static int make_directories(int dir, const char *name)
{
	char path[PATH_MAX];
	char *slash;

	stpcpy(path, name);
	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(dir, path, 0777) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int open_file(int dir, const char *name, int mode)
{
	int fd = open_slot_at(dir, name, mode);
	int err;

	if (fd != -ENOENT || !(mode & O_CREAT) || !strchr(name, '/'))
		return fd;
	err = make_directories(dir, name);
	return err ? err : open_slot_at(dir, name, mode);
}

/* Who may use all of the slot may use this channel, whatever its file's mode says. */
static int open_by_door(int dir, const char *name, int mode)
{
	int fd = open_slot_at(dir, DOOR, mode & ~O_CREAT);
	uint32_t channel;
	int err;

	if (fd < 0)
		return fd;
	err = msgslot_channel_id(fd, name, &channel);
	if (!err)
		return narrow(fd, channel);
	close(fd);
	return err;
}

static int open_named(int dir, const char *name, int mode)
{
	struct statfs fs;
	int fd, by_door;

	if (fstatfs(dir, &fs))
		return -errno;
	if (fs.f_type != MSG_SLOT_FS_MAGIC)
		return -ENOTTY;
	fd = open_file(dir, name, mode);
	if (fd != -EACCES && fd != -ENOENT)
		return fd;
	by_door = open_by_door(dir, name, mode);
	return by_door < 0 ? fd : by_door;
}

/* Cuts the door off its path. Return: the slot's directory, or NULL for a device. */
static const char *directory_of(char *path)
{
	char *slash = strrchr(path, '/');

	if (strcmp(slash ? slash + 1 : path, DOOR))
		return NULL;
	if (!slash)
		return ".";
	*slash = '\0';
	return *path ? path : "/";
}

static int open_numbered(const char *path, uint32_t number, int mode)
{
	if (!number)
		return -EINVAL;
	return narrow(open_slot_at(AT_FDCWD, path, mode & ~O_CREAT), number);
}

int msgslot_open_channel(const char *slot, const char *name, int mode)
{
	char path[PATH_MAX];
	const char *directory;
	uint32_t number;
	int dir, ret;

	ret = parse_number(name, &number);
	if (!ret && !is_channel_name(name))
		ret = -EINVAL;
	if (!ret && strlen(name) > MSG_SLOT_LONGEST_NAME)
		ret = -ENAMETOOLONG;
	if (!ret)
		ret = msgslot_path(slot, path, sizeof(path));
	if (ret)
		return ret;
	directory = directory_of(path);
	if (!directory)
		return open_numbered(path, number, mode);
	dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	ret = open_named(dir, name, mode);
	close(dir);
	return ret;
}
