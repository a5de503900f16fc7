/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots nobody has used before, and the calls of the contract, whose failures
 * are returned as -errno so that a test compares one value.
 *
 * The calls go through syscall(): the C library's own checks would refuse, at
 * compile time, the bad sizes that the tests are there to pass.
 */
#ifndef TESTS_SLOT_H
#define TESTS_SLOT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "message_slot.h"

/* Minors below are left to tests that name theirs, and to /dev/slot0 and 1. */
#define SLOT_FRESH_MINORS 0x1000

/*
 * What a timer or a grace period gives back has come back by then, in milliseconds,
 * also on a kernel for debugging and a busy machine.
 */
#define PROMPTLY_MS 10000

/* tests/lib/tap.sh grows the same file. */
#define SLOT_MINORS_TAKEN "/tmp/message-slot.minors"

static inline long slot_result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static inline long slot_select(int fd, unsigned long id)
{
	return slot_result(syscall(SYS_ioctl, fd, MSG_SLOT_CHANNEL, id));
}

static inline long slot_write(int fd, const void *buf, size_t n)
{
	return slot_result(syscall(SYS_write, fd, buf, n));
}

static inline long slot_read(int fd, void *buf, size_t n)
{
	return slot_result(syscall(SYS_read, fd, buf, n));
}

static inline long slot_pwrite(int fd, const void *buf, size_t n, loff_t at)
{
	return slot_result(syscall(SYS_pwrite64, fd, buf, n, at));
}

static inline long slot_pread(int fd, void *buf, size_t n, loff_t at)
{
	return slot_result(syscall(SYS_pread64, fd, buf, n, at));
}

static inline long slot_send(int fd, unsigned int id, const void *buf, size_t n)
{
	long ret = slot_select(fd, id);

	return ret < 0 ? ret : slot_write(fd, buf, n);
}

static inline long slot_receive(int fd, unsigned int id, void *buf, size_t n)
{
	long ret = slot_select(fd, id);

	return ret < 0 ? ret : slot_read(fd, buf, n);
}

/*
 * The size of a file that everybody appends to is a counter that needs no
 * lock, and that outlives the programs as the slots do.
 */
static inline unsigned int slot_fresh_minor(void)
{
	int fd = open(SLOT_MINORS_TAKEN, O_WRONLY | O_CREAT | O_APPEND, 0600);
	off_t taken = -1;

	if (fd >= 0 && write(fd, "x", 1) == 1)
		taken = lseek(fd, 0, SEEK_CUR);
	if (taken < 0) {
		perror(SLOT_MINORS_TAKEN);
		abort();
	}
	close(fd);
	return SLOT_FRESH_MINORS + taken;
}

struct slot_path {
	char name[40];
};

/* In /dev, for the usual other places refuse device nodes. */
static inline struct slot_path slot_make_path(unsigned int major,
					      unsigned int minor, mode_t mode)
{
	struct slot_path path;

	snprintf(path.name, sizeof(path.name), "/dev/slot-test-%u-%u", major,
		 minor);
	unlink(path.name);
	if (mknod(path.name, S_IFCHR | mode, makedev(major, minor)) ||
	    chmod(path.name, mode)) {
		perror(path.name);
		abort();
	}
	return path;
}

/* An O_PATH descriptor: names the slot without opening it or leaving a node. */
static inline int slot_at(unsigned int major, unsigned int minor)
{
	struct slot_path path = slot_make_path(major, minor, 0666);
	int node = open(path.name, O_PATH | O_CLOEXEC);

	unlink(path.name);
	return node;
}

/* The same, for the door of a slot that has no name any more. */
static inline int slot_at_door(const char *fs)
{
	char path[100], door[110];
	int node;

	snprintf(path, sizeof(path), "%s/%u", fs, slot_fresh_minor());
	snprintf(door, sizeof(door), "%s/.slot", path);
	if (mkdir(path, 0755) || chmod(door, 0666)) {
		perror(path);
		abort();
	}
	node = open(door, O_PATH | O_CLOEXEC);
	rmdir(path);
	return node;
}

/* A device's, or where TEST_SLOTFS names a slotfs, one's there. */
static inline int slot_fresh(void)
{
	const char *fs = getenv("TEST_SLOTFS");

	return fs ? slot_at_door(fs) :
		    slot_at(MSG_SLOT_MAJOR, slot_fresh_minor());
}

static inline int slot_open(int node, int flags)
{
	char name[40];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", node);
	return slot_result(open(name, flags | O_CLOEXEC));
}

#endif
