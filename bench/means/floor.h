/* SPDX-License-Identifier: GPL-2.0 */
/* The floor: system calls that do as good as nothing. */
#ifndef BENCH_MEANS_FLOOR_H
#define BENCH_MEANS_FLOOR_H

#include <fcntl.h>
#include <unistd.h>

#include "means.h"

static int floor_fd;

static inline const char *null_set_up(void)
{
	floor_fd = must(open("/dev/null", O_WRONLY), "/dev/null");
	return NULL;
}

static inline const char *zero_set_up(void)
{
	floor_fd = must(open("/dev/zero", O_RDONLY), "/dev/zero");
	return NULL;
}

static inline long floor_call(void)
{
	return getppid();
}

static inline long floor_write(void)
{
	return write(floor_fd, sent.bytes, size);
}

static inline long floor_read(void)
{
	return read(floor_fd, got.bytes, size);
}

static inline void floor_tear_down(void)
{
	close(floor_fd);
}

static const struct means floors[] = {
	{ "getppid", 0, FEW, null_set_up, floor_call, NULL, floor_tear_down },
	{ "null", 0, FEW, null_set_up, floor_write, NULL, floor_tear_down },
	{ "zero", 0, FEW, zero_set_up, NULL, floor_read, floor_tear_down },
	{},
};

#endif /* BENCH_MEANS_FLOOR_H */
