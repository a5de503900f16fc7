// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots without an end: processes of a user who may only read take them of as many
 * channels as one may have, the victim's among them. Readers take no lock that a writer
 * needs, but where they have been overtaken many times, and then once.
 */
#include "hostile.h"

static void take_snapshots(int fd)
{
	struct msg_slot_get gets[MSG_SLOT_MAX_SNAPSHOT];
	char messages[MSG_SLOT_MAX_SNAPSHOT][MSG_SLOT_MAX_MESSAGE];

	for (unsigned int i = 0; i < MSG_SLOT_MAX_SNAPSHOT; i++)
		gets[i] =
			get_into(VICTIM + i, messages[i], sizeof(messages[i]));
	for (;;) {
		if (slot_snapshot(fd, gets, MSG_SLOT_MAX_SNAPSHOT))
			abort();
	}
}

static void take_snapshots_by_many(struct attacker *attacker, int node,
				   unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);

	for (unsigned int i = 0; i < number; i++) {
		if (attack_fork())
			take_snapshots(fd);
	}
}

TEST_F(hostile, snapshots)
{
	for (unsigned int i = 1; i < MSG_SLOT_MAX_SNAPSHOT; i++)
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, VICTIM + i));
	EXPECT_ATTACK(READER, take_snapshots_by_many, 4, 1.5);
}

TEST_HARNESS_MAIN
