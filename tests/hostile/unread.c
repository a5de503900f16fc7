// SPDX-License-Identifier: GPL-2.0
/*
 * Watches of the whole slot that nobody reads: a user who may only read makes
 * thousands. Each of them is to be told of each write, once it is read; a writer only
 * notes what has changed, and does not go to each to say so.
 */
#include "hostile.h"

static void watch_unread(struct attacker *attacker, int node,
			 unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);

	for (unsigned int i = 0; i < number; i++) {
		if (slot_watch(fd, NULL, 0) < 0)
			abort();
	}
}

static void watch_unread_polled(struct attacker *attacker, int node,
				unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);
	int epoll = epoll_create1(0);

	for (unsigned int i = 0; i < number; i++)
		epoll_add(epoll, slot_watch(fd, NULL, 0));
}

TEST_F(hostile, unread_watches)
{
	EXPECT_ATTACK(READER, watch_unread, many(5000), 1.5);
}

TEST_F(hostile, unread_polled_watches)
{
	EXPECT_ATTACK(READER, watch_unread_polled, many(5000), 1.5);
}

TEST_HARNESS_MAIN
