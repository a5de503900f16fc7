// SPDX-License-Identifier: GPL-2.0
/*
 * What a slot has counted, and how much it has, asked without an end by processes of a user
 * who may only read. What a writer counts is its processor's own, and who asks reads that;
 * the slot's lock is held for as long as it takes to read two numbers.
 */
#include "counters.h"
#include "hostile.h"

static void ask(int fd)
{
	struct msg_slot_usage usage;

	for (;;) {
		slot_counters(fd);
		if (slot_ioctl(fd, MSG_SLOT_GET_USAGE, &usage))
			abort();
	}
}

static void ask_by_many(struct attacker *attacker, int node,
			unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);

	for (unsigned int i = 0; i < number; i++) {
		if (attack_fork())
			ask(fd);
	}
}

TEST_F(hostile, counters)
{
	EXPECT_ATTACK(READER, ask_by_many, 4, 1.5);
}

TEST_HARNESS_MAIN
