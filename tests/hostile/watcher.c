// SPDX-License-Identifier: GPL-2.0
/*
 * Large watches that come and go: a user who may only read makes a watch of as many
 * channels as one may have, closes it, and does so again all the time; or has all that
 * the slot has told, an event in each read. The victim's channels come into being and
 * are written as before, and no call of the attacker's keeps the processor to itself.
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

static void read_single_events(struct attacker *attacker, int node,
			       unsigned int number)
{
	char event[MSG_SLOT_EVENT_SIZE(MSG_SLOT_MAX_MESSAGE)];
	int fd = stranger_open(node, O_RDONLY);

	attack_stands(attacker);
	for (;;) {
		int watch =
			slot_watch_with(fd, NULL, 0, MSG_SLOT_WATCH_PRESENT);

		for (unsigned int i = 0; i < number; i++) {
			if (slot_read(watch, event, MSG_SLOT_EVENT_SIZE(1)) < 0)
				abort();
		}
		close(watch);
	}
}

static void write_many(int fd, unsigned int number)
{
	for (unsigned int i = 0; i < number; i++) {
		if (slot_pwrite(fd, "x", 1, VICTIM + 1 + i) != 1)
			abort();
	}
}

TEST_F(hostile, large_watches)
{
	EXPECT_ATTACK(READER, watch_and_close, MSG_SLOT_MAX_WATCHED, 1.5);
}

/* What has changed is put together with what is still to be told, in each read. */
TEST_F(hostile, reads_of_single_events)
{
	write_many(self->fd, 1000);
	EXPECT_ATTACK(READER, read_single_events, 1000, 1.5);
}

TEST_F(hostile, large_watch_gives_way)
{
	unsigned long long longest;

	longest = held_by(self->node, READER, watch_and_close,
			  MSG_SLOT_MAX_WATCHED);
	EXPECT_HELD_BRIEFLY(longest);
}

/* The slot has many channels, all of which are told in one read. */
TEST_F(hostile, watch_of_all_gives_way)
{
	unsigned long long longest;

	write_many(self->fd, CHANNELS);
	longest = held_by(self->node, READER, watch_all_and_read, CHANNELS);
	EXPECT_HELD_BRIEFLY(longest);
}

TEST_HARNESS_MAIN
