/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slotfs of one's own, with one slot, "robot"; it is the working directory. Calls on
 * paths return -errno when they fail, as those in slot.h do.
 */
#ifndef TESTS_SLOTFS_H
#define TESTS_SLOTFS_H

#include "child.h"
#include "record.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statfs.h>

#define DOOR "robot/.slot"

/* Two people without privileges. */
#define ONE 1001
#define OTHER 1002

FIXTURE(fs)
{
	char path[40];
	/* The door of robot. */
	int door;
};

static inline long fs_mount(const char *path, const char *options)
{
	return slot_result(mount("none", path, "slotfs", 0, options));
}

static inline long fs_remount(const char *options)
{
	return slot_result(mount("none", ".", "slotfs", MS_REMOUNT, options));
}

FIXTURE_SETUP(fs)
{
	snprintf(self->path, sizeof(self->path), "/tmp/slotfs-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->path));
	umask(022);
	ASSERT_EQ(0, fs_mount(self->path, "mode=1777"));
	ASSERT_EQ(0, chdir(self->path));
	ASSERT_EQ(0, mkdir("robot", 0777));
	self->door = slot_result(open(DOOR, O_RDWR | O_CLOEXEC));
	ASSERT_LE(0, self->door);
}

/* Nothing that a test leaves open is in the way of umount(). */
FIXTURE_TEARDOWN(fs)
{
	close(self->door);
	EXPECT_EQ(0, chdir("/"));
	EXPECT_EQ(0, slot_result(umount(self->path)));
	EXPECT_EQ(0, rmdir(self->path));
}

static inline int fs_open(const char *path, int flags)
{
	return slot_result(open(path, flags | O_CLOEXEC, 0666));
}

/* As a shell's > does it. */
static inline long fs_put(const char *path, const char *text)
{
	int fd = fs_open(path, O_WRONLY | O_CREAT | O_TRUNC);
	long ret = fd;

	if (fd < 0)
		return fd;
	ret = slot_write(fd, text, strlen(text));
	close(fd);
	return ret < 0 ? ret : 0;
}

/* As cat does it: whether the file is this text, to its end. */
static inline bool fs_has(const char *path, const char *text)
{
	int fd = fs_open(path, O_RDONLY);
	char got[4096];
	long n = 0, more;

	while (fd >= 0 && (more = slot_read(fd, got + n, sizeof(got) - n)) > 0)
		n += more;
	close(fd);
	return fd >= 0 && n == (long)strlen(text) && !memcmp(got, text, n);
}

#define EXPECT_FILE(path, text) EXPECT_TRUE(fs_has(path, text))

static inline bool fs_exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static inline long fs_size(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -errno : st.st_size;
}

/* The id that a name has in the slot of the door. */
static inline long fs_get_id(int door, const char *name, unsigned int *id)
{
	struct msg_slot_name arg = { .name = (unsigned long)name,
				     .size = strlen(name) };
	long ret = slot_ioctl(door, MSG_SLOT_GET_ID, &arg);

	*id = ret ? 0 : arg.channel;
	return ret;
}

static inline unsigned int fs_id(int door, const char *name)
{
	unsigned int id;

	fs_get_id(door, name, &id);
	return id;
}

/* What an id's name is, or "" where there is none, or it is not to be told. */
struct fs_name {
	long ret;
	unsigned int id;
	char text[MSG_SLOT_LONGEST_NAME + 1];
};

static inline struct fs_name fs_name(int fd, unsigned int id)
{
	struct fs_name name = { .id = id };
	struct msg_slot_name arg = { .name = (unsigned long)name.text,
				     .size = MSG_SLOT_LONGEST_NAME,
				     .channel = id };

	name.ret = slot_ioctl(fd, MSG_SLOT_GET_NAME, &arg);
	name.id = arg.channel;
	name.text[name.ret ? 0 : arg.size] = '\0';
	return name;
}

static inline bool fs_is_named(int fd, unsigned int id, const char *text)
{
	struct fs_name name = fs_name(fd, id);

	return !name.ret && name.id && !strcmp(name.text, text);
}

/* How many there are, but for "." and ".."; -1 if that can't be told. */
static inline int fs_entries(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return n;
}

/* For good; a child's work. What is in /proc of it stays its own. */
static inline void become(unsigned int id)
{
	if (setresgid(id, id, id) || syscall(SYS_setgroups, 0, NULL) ||
	    setresuid(id, id, id) || prctl(PR_SET_DUMPABLE, 1))
		abort();
}

static inline bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool done = fd >= 0 &&
		    write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return done;
}

/*
 * Into a user namespace of one's own, in which who is this user and group is root, and
 * nobody else is anybody.
 */
static inline bool fs_enter_namespace(uid_t uid, gid_t gid)
{
	char users[32], groups[32];

	snprintf(users, sizeof(users), "0 %u 1", uid);
	snprintf(groups, sizeof(groups), "0 %u 1", gid);
	return !unshare(CLONE_NEWUSER | CLONE_NEWNS) &&
	       write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", users) &&
	       write_file("/proc/self/gid_map", groups);
}

/* Whether somebody without privileges can do it: the act returns 0. */
static inline bool as(unsigned int id, int (*act)(int fd), int fd)
{
	pid_t child = fork();

	if (!child) {
		become(id);
		_exit(act(fd));
	}
	return !child_end(child);
}

#endif
