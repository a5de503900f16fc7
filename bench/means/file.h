/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files in memory. Written over in place, a reader can see half of a message;
 * replaced by renaming, it sees the old one or the new one.
 */
#ifndef BENCH_MEANS_FILE_H
#define BENCH_MEANS_FILE_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "means.h"

static const char file_name[] = "/dev/shm/message_slot_bench";
static const char new_name[] = "/dev/shm/message_slot_bench.new";
static int file_fd;

static inline const char *memfd_set_up(void)
{
	file_fd = must(memfd_create("bench", 0), "memfd_create");
	return NULL;
}

static inline const char *tmpfs_set_up(void)
{
	file_fd = open(file_name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(file_fd, file_name);
	return NULL;
}

static inline long file_write(void)
{
	return pwrite(file_fd, sent.bytes, size, 0);
}

static inline long file_read(void)
{
	return pread(file_fd, got.bytes, size, 0);
}

static inline long rename_write(void)
{
	int fd = open(new_name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	return write(fd, sent.bytes, size) | close(fd) |
	       rename(new_name, file_name);
}

static inline long rename_read(void)
{
	int fd = open(file_name, O_RDONLY);

	return read(fd, got.bytes, size) | close(fd);
}

static inline void file_tear_down(void)
{
	close(file_fd);
	unlink(file_name);
}

static const struct means files[] = {
	{ "memfd", 0, FEW, memfd_set_up, file_write, file_read,
	  file_tear_down },
	{ "tmpfs", 0, FEW, tmpfs_set_up, file_write, file_read,
	  file_tear_down },
	{ "tmpfs-rename", 0, FEW, tmpfs_set_up, rename_write, rename_read,
	  file_tear_down },
	{},
};

#endif /* BENCH_MEANS_FILE_H */
