/* SPDX-License-Identifier: GPL-2.0 */
/* A stuck writer: its message ends in a held page, so it has begun and does not get on. */
#ifndef TESTS_STUCK_H
#define TESTS_STUCK_H

#include "held.h"
#include "slot.h"

#include <pthread.h>

struct stuck {
	struct held_page held;
	pthread_t thread;
	int fd;
	unsigned int id;
	size_t size;
};

static inline void *stuck_write(void *arg)
{
	const struct stuck *stuck = arg;

	return (void *)slot_pwrite(stuck->fd, stuck->held.page - 100,
				   stuck->size, stuck->id);
}

/*
 * Begins to write @size bytes, more than 100. Returns 0 when it is stuck, or -errno where
 * the kernel has no userfaultfd.
 */
static inline int stuck_begin(struct stuck *stuck, int fd, unsigned int id,
			      size_t size)
{
	int err = held_page_make(&stuck->held);

	if (err)
		return err;
	stuck->fd = fd;
	stuck->id = id;
	stuck->size = size;
	if (pthread_create(&stuck->thread, NULL, stuck_write, stuck))
		abort();
	held_page_await(&stuck->held);
	return 0;
}

/* Lets it go on, with a page of these contents. Returns what its write did. */
static inline long stuck_end(struct stuck *stuck, const void *contents)
{
	void *ret;

	held_page_release(&stuck->held, contents);
	pthread_join(stuck->thread, &ret);
	held_page_destroy(&stuck->held);
	return (long)ret;
}

#endif
