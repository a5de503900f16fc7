/* SPDX-License-Identifier: GPL-2.0 */
/* What a slot has counted. */
#ifndef TESTS_COUNTERS_H
#define TESTS_COUNTERS_H

#include "record.h"

static inline struct msg_slot_counters slot_counters(int fd)
{
	struct msg_slot_counters counters = { 0 };

	if (slot_ioctl(fd, MSG_SLOT_GET_COUNTERS, &counters))
		abort();
	return counters;
}

/* What is taken away by the kernel is so a little later. */
static inline bool slot_has_expired_soon(int fd, unsigned long long expiries)
{
	for (int ms = 0; slot_counters(fd).expiries != expiries; ms++) {
		if (ms == PROMPTLY_MS)
			return false;
		usleep(1000);
	}
	return true;
}

#endif
