// SPDX-License-Identifier: GPL-2.0
/*
 * Bystanders: a user who may only read waits for channels that the victim does not
 * write, in every way that there is to wait. The channels are chosen to fall where the
 * victim's does, or at random. A writer has to do only with who waits for its channel,
 * so it pays nothing for them.
 */
#include "crowd.h"

static void poll_others(struct attacker *attacker, int node,
			unsigned int number)
{
	int epoll = epoll_create1(0);

	for (unsigned int i = 0; i < number; i++)
		epoll_add(epoll, stranger_select(node, other_channel(i)));
}

static void wait_for_others(struct attacker *attacker, int node,
			    unsigned int number)
{
	crowd_stand(node, number, sleep_in_wait, other_channel);
}

static void read_others(struct attacker *attacker, int node,
			unsigned int number)
{
	crowd_stand(node, number, sleep_in_read, other_channel);
}

/* Each is polled, too. */
static void watch_others(struct attacker *attacker, int node,
			 unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);
	int epoll = epoll_create1(0);

	for (unsigned int i = 0; i < number; i++) {
		unsigned int id = other_channel(i);

		epoll_add(epoll, slot_watch(fd, &id, 1));
	}
}

/* An open file that many poll goes from channel to channel, and they with it. */
static void move_polls(struct attacker *attacker, int node, unsigned int number)
{
	int fd = stranger_select(node, other_channel(0));

	for (unsigned int i = 0; i < number; i++)
		epoll_add(epoll_create1(0), fd);
	attack_stands(attacker);
	for (unsigned int i = 0;; i++)
		slot_select(fd, 0x40000000u + i % 1024);
}

TEST_F(hostile, polls)
{
	EXPECT_ATTACK(READER, poll_others, many(20000), 1.05);
}

TEST_F(hostile, waits)
{
	EXPECT_ATTACK(READER, wait_for_others, many(2000), 1.05);
}

TEST_F(hostile, reads)
{
	EXPECT_ATTACK(READER, read_others, many(2000), 1.05);
}

TEST_F(hostile, watches)
{
	EXPECT_ATTACK(READER, watch_others, many(5000), 1.05);
}

TEST_F(hostile, polls_that_move)
{
	EXPECT_ATTACK(READER, move_polls, many(1000), 1.05);
}

TEST_HARNESS_MAIN
