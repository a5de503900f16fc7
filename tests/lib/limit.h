/* SPDX-License-Identifier: GPL-2.0 */
/* A slot's limits and what it has, and messages above the usual size. */
#ifndef TESTS_LIMIT_H
#define TESTS_LIMIT_H

#include "fixture.h"

#define LARGEST MSG_SLOT_LARGEST_MESSAGE

static inline long slot_ioctl(int fd, unsigned int command, void *arg)
{
	return slot_result(syscall(SYS_ioctl, fd, command, arg));
}

static inline struct msg_slot_limits slot_limits(int fd)
{
	struct msg_slot_limits limits;

	if (slot_ioctl(fd, MSG_SLOT_GET_LIMITS, &limits))
		abort();
	return limits;
}

static inline long slot_set_limits(int fd, struct msg_slot_limits limits)
{
	return slot_ioctl(fd, MSG_SLOT_SET_LIMITS, &limits);
}

static inline long slot_set_max_message(int fd, unsigned int max_message)
{
	struct msg_slot_limits limits = slot_limits(fd);

	limits.max_message = max_message;
	return slot_set_limits(fd, limits);
}

static inline long slot_set_max_channels(int fd, unsigned int max_channels)
{
	struct msg_slot_limits limits = slot_limits(fd);

	limits.max_channels = max_channels;
	return slot_set_limits(fd, limits);
}

static inline long slot_set_max_bytes(int fd, unsigned long long max_bytes)
{
	struct msg_slot_limits limits = slot_limits(fd);

	limits.max_bytes = max_bytes;
	return slot_set_limits(fd, limits);
}

static inline struct msg_slot_usage slot_usage(int fd)
{
	struct msg_slot_usage usage;

	memset(&usage, 0xff, sizeof(usage));
	if (slot_ioctl(fd, MSG_SLOT_GET_USAGE, &usage))
		abort();
	return usage;
}

/* A message of that size, which another seed makes another one. */
static inline const void *large(size_t n, unsigned long long seed)
{
	static char message[LARGEST + 1];

	message_fill(message, n, seed);
	return message;
}

static inline long slot_put_large(int fd, unsigned int id, size_t n,
				  unsigned long long seed)
{
	return slot_pwrite(fd, large(n, seed), n, id);
}

/* Whether the channel has exactly what slot_put_large() put there. */
static inline bool slot_has_large(int fd, unsigned int id, size_t n,
				  unsigned long long seed)
{
	static char got[LARGEST + 1];

	return slot_pread(fd, got, sizeof(got), id) == (long)n &&
	       !memcmp(got, large(n, seed), n);
}

#endif
