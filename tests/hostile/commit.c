// SPDX-License-Identifier: GPL-2.0
/*
 * Commits without an end, of as many channels as one may have, by a user who may write
 * channels that are not the victim's: short messages, the longest, and what comes and goes.
 * While one changes its channels it holds the locks of all, and that of the slot, which
 * who makes channels needs.
 */
#include "hostile.h"
#include "commit.h"
#include "held_processor.h"

#define OTHER 0x10000000u
#define WRITER_LIMIT 1.1
#define SNAPSHOT_LIMIT 1.1
/* So many channels the victim makes, and takes away again. */
#define FEW 16u

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

/* What is there stays there. */
static void commit_puts(struct attacker *attacker, int node,
			unsigned int number)
{
	static const char message[MSG_SLOT_MAX_MESSAGE] = "x";
	struct msg_slot_put puts[MOST_PUTS];
	int fd = stranger_open(node, O_RDWR);

	for (unsigned int i = 0; i < MOST_PUTS; i++)
		puts[i] = put_of(OTHER + i, message, number);
	attack_stands(attacker);
	while (!slot_commit(fd, puts, MOST_PUTS))
		;
	abort();
}

static void victim_makes_channels(int fd)
{
	for (unsigned int id = VICTIM + 1; id <= VICTIM + FEW; id++) {
		if (slot_pwrite(fd, "message", 7, id) != 7)
			abort();
	}
	for (unsigned int id = VICTIM + 1; id <= VICTIM + FEW; id++) {
		if (slot_clear(fd, id))
			abort();
	}
}

static void take_snapshot_from(int fd, unsigned int first)
{
	static char messages[MSG_SLOT_MAX_SNAPSHOT][MSG_SLOT_MAX_MESSAGE];
	struct msg_slot_get gets[MSG_SLOT_MAX_SNAPSHOT];

	for (unsigned int i = 0; i < MSG_SLOT_MAX_SNAPSHOT; i++)
		gets[i] = get_into(first + i, messages[i], sizeof(messages[i]));
	if (slot_snapshot(fd, gets, MSG_SLOT_MAX_SNAPSHOT))
		abort();
}

static void victim_takes_snapshots(int fd)
{
	take_snapshot_from(fd, VICTIM);
}

/* Of what the stranger commits. */
static void victim_takes_snapshots_of_it(int fd)
{
	take_snapshot_from(fd, OTHER);
}

static void fill_from(int fd, unsigned int first)
{
	static const char message[MSG_SLOT_MAX_MESSAGE] = "x";

	for (unsigned int i = 0; i < MSG_SLOT_MAX_SNAPSHOT; i++) {
		if (slot_pwrite(fd, message, sizeof(message), first + i) < 0)
			abort();
	}
}

TEST_F(hostile, commits)
{
	EXPECT_ATTACK(WRITER, commit_short, MSG_SLOT_MAX_MESSAGE, WRITER_LIMIT);
}

TEST_F(hostile, commits_beside_who_makes_channels)
{
	double before = cost_of(victim_makes_channels, self->fd);
	struct attacker *attacker =
		attack(self->node, WRITER, commit_short, MSG_SLOT_MAX_MESSAGE);

	EXPECT_COST("make and clear", cost_of(victim_makes_channels, self->fd),
		    before, WRITER_LIMIT + CLEAR_NOISE);
	attack_end(attacker);
}

TEST_F(hostile, commits_beside_who_takes_snapshots)
{
	double of_others, of_it;
	struct attacker *attacker;

	fill_from(self->fd, VICTIM);
	fill_from(self->fd, OTHER);
	of_others = cost_of(victim_takes_snapshots, self->fd);
	of_it = cost_of(victim_takes_snapshots_of_it, self->fd);
	attacker =
		attack(self->node, WRITER, commit_puts, MSG_SLOT_MAX_MESSAGE);
	EXPECT_COST("a snapshot of others",
		    cost_of(victim_takes_snapshots, self->fd), of_others,
		    SNAPSHOT_LIMIT);
	EXPECT_COST("a snapshot of what is committed",
		    cost_of(victim_takes_snapshots_of_it, self->fd), of_it,
		    SNAPSHOT_LIMIT);
	attack_end(attacker);
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
