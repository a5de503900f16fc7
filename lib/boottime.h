/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MSGSLOT_BOOTTIME_H
#define MSGSLOT_BOOTTIME_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds of CLOCK_BOOTTIME, which is that of messages. */
static inline int64_t boottime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

#endif /* MSGSLOT_BOOTTIME_H */
