// SPDX-License-Identifier: GPL-2.0
/*
 * Large watches that come and go: a user who may only read makes a watch of as many
 * channels as one may have, closes it, and does so again all the time. The victim's
 * channels come into being and are written as before, and no call of the attacker's
 * keeps the processor to itself.
 */
#include "held_processor.h"

#define CHANNELS 100000u

static void watch_and_close(struct attacker *attacker, int node,
			    unsigned int number)
{
	unsigned int *ids = calloc(number, sizeof(*ids));
	int fd = stranger_open(node, O_RDONLY);

	for (unsigned int i = 0; i < number; i++)
		ids[i] = VICTIM + 1 + i;
	attack_stands(attacker);
	for (;;) {
		if (close(slot_watch(fd, ids, number)))
			abort();
	}
}

static void watch_all_and_read(struct attacker *attacker, int node,
			       unsigned int number)
{
	char *buf = calloc(number, MSG_SLOT_EVENT_SIZE(1));
	int fd = stranger_open(node, O_RDONLY);

	attack_stands(attacker);
	for (;;) {
		int watch = slot_watch(fd, NULL, 0);

		if (slot_read(watch, buf, number * MSG_SLOT_EVENT_SIZE(1)) <
			    0 ||
		    close(watch))
			abort();
	}
}

TEST_F(hostile, large_watches)
{
	EXPECT_ATTACK(READER, watch_and_close, MSG_SLOT_MAX_WATCHED, 1.5);
}

static unsigned long long held_by(int node, attack_act *act,
				  unsigned int number)
{
	struct held_processor held;
	struct attacker *attacker = attack(node, READER, act, number);
	unsigned long long longest;

	held_processor_begin(&held);
	usleep(300000);
	longest = held_processor_end(&held);
	attack_end(attacker);
	return longest;
}

TEST_F(hostile, large_watch_gives_way)
{
	unsigned long long longest =
		held_by(self->node, watch_and_close, MSG_SLOT_MAX_WATCHED);

	EXPECT_HELD_BRIEFLY(longest);
}

/* The slot has many channels, all of which are told in one read. */
TEST_F(hostile, watch_of_all_gives_way)
{
	unsigned long long longest;

	for (unsigned int i = 0; i < CHANNELS; i++) {
		if (slot_pwrite(self->fd, "x", 1, VICTIM + 1 + i) != 1)
			abort();
	}
	longest = held_by(self->node, watch_all_and_read, CHANNELS);
	EXPECT_HELD_BRIEFLY(longest);
}

TEST_HARNESS_MAIN
