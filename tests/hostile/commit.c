// SPDX-License-Identifier: GPL-2.0
/*
 * Commits without an end, of as many channels as one may have, by a user who may write
 * channels that are not the victim's: short messages, the longest, and what comes and goes.
 * While one changes its channels it holds the locks of all, and that of the slot.
 */
#include "hostile.h"
#include "commit.h"
#include "held_processor.h"

#define OTHER 0x10000000u
#define WRITER_LIMIT 1.1

/* In turn so many bytes in each channel, and none. */
static void commit_without_end(struct attacker *attacker, int node,
			       const void *message, unsigned int size)
{
	struct msg_slot_put puts[MOST_PUTS], clears[MOST_PUTS];
	int fd = stranger_open(node, O_RDWR);

	for (unsigned int i = 0; i < MOST_PUTS; i++) {
		puts[i] = put_of(OTHER + i, message, size);
		clears[i] = clear_of(OTHER + i);
	}
	attack_stands(attacker);
	for (;;) {
		if (slot_commit(fd, puts, MOST_PUTS) ||
		    slot_commit(fd, clears, MOST_PUTS))
			abort();
	}
}

static void commit_short(struct attacker *attacker, int node,
			 unsigned int number)
{
	static const char message[MSG_SLOT_MAX_MESSAGE] = "x";

	commit_without_end(attacker, node, message, number);
}

static void commit_long(struct attacker *attacker, int node,
			unsigned int number)
{
	commit_without_end(attacker, node, large(number, 1), number);
}

TEST_F(hostile, commits)
{
	EXPECT_ATTACK(WRITER, commit_short, MSG_SLOT_MAX_MESSAGE, WRITER_LIMIT);
}

TEST_F(hostile, commit_holds_the_processor_briefly)
{
	unsigned long long longest =
		held_by(self->node, WRITER, commit_short, MSG_SLOT_MAX_MESSAGE);

	EXPECT_HELD_BRIEFLY(longest);
}

TEST_F(hostile, long_commit_gives_way)
{
	unsigned long long longest;

	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	longest = held_by(self->node, WRITER, commit_long, LARGEST);
	EXPECT_HELD_BRIEFLY(longest);
}

TEST_HARNESS_MAIN
