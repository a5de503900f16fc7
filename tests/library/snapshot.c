// SPDX-License-Identifier: GPL-2.0
/*
 * msgslot_snapshot(), msgslot_limits(), msgslot_set_limits(), msgslot_usage(),
 * msgslot_counters().
 */
#include "library.h"

TEST_F(library, reads_several_channels)
{
	char a[4], b[4], c[4] = "old", d[2] = "d";
	struct msg_slot_get gets[] = {
		msgslot_into(1, a, sizeof(a)),
		msgslot_into(2, b, sizeof(b)),
		msgslot_into(3, c, sizeof(c)),
		msgslot_into(4, d, sizeof(d)),
	};

	put_text(self->fd, 1, "one");
	put_text(self->fd, 2, "two!");
	put_text(self->fd, 4, "four");
	ASSERT_EQ(0, msgslot_snapshot(self->other, gets, 4));
	EXPECT_EQ(3u, gets[0].record.size);
	EXPECT_EQ(0, memcmp(a, "one", 3));
	EXPECT_EQ(4u, gets[1].record.size);
	EXPECT_EQ(0, memcmp(b, "two!", 4));
	EXPECT_TRUE(record_is_empty(gets[2].record, 3));
	EXPECT_STREQ("old", c);
	EXPECT_EQ(4u, gets[3].record.size);
	EXPECT_STREQ("d", d);
}

TEST_F(library, refuses_too_many)
{
	struct msg_slot_get gets[MSG_SLOT_MAX_SNAPSHOT + 1];

	for (unsigned int i = 0; i < ARRAY_SIZE(gets); i++)
		gets[i] = msgslot_into(i + 1, NULL, 0);
	EXPECT_EQ(0, msgslot_snapshot(self->fd, gets, MSG_SLOT_MAX_SNAPSHOT));
	EXPECT_EQ(-EINVAL, msgslot_snapshot(self->fd, gets, 65));
	EXPECT_EQ(-EINVAL, msgslot_snapshot(self->fd, gets, 0));
	EXPECT_EQ(-EINVAL, msgslot_snapshot(self->fd, gets, HUGE_SIZE));
}

TEST_F(library, huge_room_is_no_small_one)
{
	char buf[8];
	struct msg_slot_get get = msgslot_into(1, buf, HUGE_SIZE);

	put_text(self->fd, 1, "one");
	EXPECT_EQ(0, msgslot_snapshot(self->fd, &get, 1));
	EXPECT_EQ(0, memcmp(buf, "one", 3));
}

TEST_F(library, limits)
{
	struct msg_slot_limits limits;
	struct msg_slot_usage usage;

	ASSERT_EQ(0, msgslot_limits(self->fd, &limits));
	EXPECT_EQ((__u32)MSG_SLOT_MAX_MESSAGE, limits.max_message);
	limits.max_message = 4096;
	EXPECT_EQ(0, msgslot_set_limits(self->fd, &limits));
	EXPECT_EQ(0, msgslot_put(self->fd, 7, large(4096, 1), 4096, 0, NULL));
	limits.max_channels = 0;
	EXPECT_EQ(-EINVAL, msgslot_set_limits(self->fd, &limits));
	EXPECT_EQ(0, msgslot_usage(self->fd, &usage));
	EXPECT_EQ(1u, usage.channels);
	EXPECT_LE(4096u, usage.bytes);
}

TEST_F(library, counters)
{
	struct msg_slot_counters counters;

	memset(&counters, 0xff, sizeof(counters));
	ASSERT_EQ(0, msgslot_put(self->fd, 7, "one", 3, 0, NULL));
	ASSERT_EQ(0, msgslot_clear(self->fd, 7, NULL));
	ASSERT_EQ(0, msgslot_counters(self->fd, &counters));
	EXPECT_EQ(1u, counters.writes);
	EXPECT_EQ(1u, counters.clears);
	EXPECT_EQ(0u, counters.channels);
	EXPECT_EQ((__u64)MSG_SLOT_MAX_MESSAGE, counters.max_message);
	ASSERT_EQ(0, msgslot_restrict(self->fd, 7, 0));
	EXPECT_EQ(-EPERM, msgslot_counters(self->fd, &counters));
}

TEST_HARNESS_MAIN
