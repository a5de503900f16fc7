// SPDX-License-Identifier: GPL-2.0
/*
 * Another writer: a user who may write channels that are not the victim's makes and
 * clears them without an end, leaves as many as the slot keeps for a watch that he does
 * not read, holds thousands, claims them, renews them, and has them expire. The victim's
 * channel is found and changed as before.
 */
#include "hostile.h"

#define OTHER 0x10000000u
#define WRITER_LIMIT 1.1
/* Where a watch of the slot is there, or timers end while the victim runs. */
#define WATCHED_LIMIT 1.5

static void put_others(int fd, unsigned int number, unsigned long long ttl)
{
	for (unsigned int i = 0; i < number; i++) {
		if (slot_put_for(fd, OTHER + i, "x", 1, ttl))
			abort();
	}
}

static void clear_others(int fd, unsigned int number)
{
	for (unsigned int i = 0; i < number; i++) {
		if (slot_clear(fd, OTHER + i))
			abort();
	}
}

static void write_and_clear(struct attacker *attacker, int node,
			    unsigned int number)
{
	int fd = stranger_open(node, O_RDWR);

	attack_stands(attacker);
	for (;;) {
		put_others(fd, number, 0);
		clear_others(fd, number);
	}
}

static void leave_to_a_watch(struct attacker *attacker, int node,
			     unsigned int number)
{
	int fd = stranger_open(node, O_RDWR);

	if (slot_watch(fd, NULL, 0) < 0)
		abort();
	put_others(fd, number, 0);
	clear_others(fd, number);
}

static void hold(struct attacker *attacker, int node, unsigned int number)
{
	put_others(stranger_open(node, O_RDWR), number, 0);
}

static void claim(struct attacker *attacker, int node, unsigned int number)
{
	int fd = stranger_open(node, O_RDWR);

	for (unsigned int i = 0; i < number; i++) {
		if (slot_claim(fd, OTHER + i, MSG_SLOT_END_CLEAR))
			abort();
	}
}

/* What stands in the queue by time changes its place there, all the time. */
static void renew(struct attacker *attacker, int node, unsigned int number)
{
	int fd = stranger_open(node, O_RDWR);

	put_others(fd, number, 1000 * SECOND);
	attack_stands(attacker);
	for (unsigned int round = 0;; round++) {
		for (unsigned int i = 0; i < number; i++) {
			if (slot_renew(fd, OTHER + i,
				       (1000 + round % 100) * SECOND))
				abort();
		}
	}
}

/* All together, again and again. */
static void expire(struct attacker *attacker, int node, unsigned int number)
{
	int fd = stranger_open(node, O_RDWR);

	attack_stands(attacker);
	for (;;)
		put_others(fd, number, MILLISECOND);
}

TEST_F(hostile, channels_that_come_and_go)
{
	EXPECT_ATTACK(WRITER, write_and_clear, 1000, WRITER_LIMIT);
}

TEST_F(hostile, channels_kept_for_a_watch)
{
	EXPECT_ATTACK(WRITER, leave_to_a_watch, many(10000), WATCHED_LIMIT);
}

TEST_F(hostile, channels_held)
{
	EXPECT_ATTACK(WRITER, hold, many(50000), WRITER_LIMIT);
}

TEST_F(hostile, channels_claimed)
{
	EXPECT_ATTACK(WRITER, claim, many(5000), WRITER_LIMIT);
}

TEST_F(hostile, channels_that_are_renewed)
{
	EXPECT_ATTACK(WRITER, renew, 1000, WRITER_LIMIT);
}

TEST_F(hostile, channels_that_expire)
{
	EXPECT_ATTACK(WRITER, expire, 1000, WATCHED_LIMIT);
}

TEST_HARNESS_MAIN
