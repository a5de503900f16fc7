/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One open file that is waited for until its selected channel has a message it
 * has not read, and another, through which that is written.
 */
#ifndef TESTS_POLLING_H
#define TESTS_POLLING_H

#include "waiting.h"

/* Enough for every one of the slot's queues to have some. */
#define MANY 400u

static char got[MSG_SLOT_MAX_MESSAGE];

static inline void read_it(struct __test_metadata *_metadata, int fd)
{
	EXPECT_LT(0, slot_read(fd, got, sizeof(got)));
}

FIXTURE(wait)
{
	int node;
	/* The waiter's and the writer's open files. */
	int fd;
	int writer;
};

FIXTURE_SETUP(wait)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->writer = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->writer);
}

FIXTURE_TEARDOWN(wait)
{
	close(self->fd);
	close(self->writer);
	close(self->node);
}

/* The first message of a channel, then the next. */
static inline void expect_woken(struct __test_metadata *_metadata,
				FIXTURE_DATA(wait) * self,
				long (*call)(struct sleeper *))
{
	for (unsigned int id = 1; id <= 70; id++) {
		ASSERT_EQ(0, slot_select(self->fd, id));
		for (unsigned int i = 0; i < 2; i++) {
			struct sleeper sleeper = { .call = call,
						   .fd = self->fd };

			sleeper_start(&sleeper);
			ASSERT_FALSE(atomic_load(&sleeper.done));
			ASSERT_EQ(4, slot_send(self->writer, id, &id, 4));
			ASSERT_EQ(POLLIN, sleeper_join(&sleeper));
			read_it(_metadata, self->fd);
		}
	}
}

#endif
