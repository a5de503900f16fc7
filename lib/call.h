/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of the module, whose errors are numbers. */
#ifndef MSGSLOT_CALL_H
#define MSGSLOT_CALL_H

#include <errno.h>
#include <sys/ioctl.h>

#include "msgslot.h"

static inline int call(int fd, unsigned long command, void *argument)
{
	int ret = ioctl(fd, command, argument);

	return ret < 0 ? -errno : ret;
}

static inline int call_with_number(int fd, unsigned long command,
				   unsigned long number)
{
	return ioctl(fd, command, number) < 0 ? -errno : 0;
}

/* The module counts in 32 bits; more than that is the same to it. */
static inline uint32_t clamp_size(size_t size)
{
	return size < UINT32_MAX ? size : UINT32_MAX;
}

#endif /* MSGSLOT_CALL_H */
