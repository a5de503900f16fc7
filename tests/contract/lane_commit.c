// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_COMMIT to channels whose owner has them in lanes. */
#include "owner.h"
#include "commit.h"
#include "kernel_bits.h"
#include "watch.h"

#define KEEP MSG_SLOT_END_KEEP

/* Channels 1 and 2 are in lanes, 3 has a message. */
FIXTURE(lanes)
{
	int node;
	int fd;
	int other;
	struct lane lane[2];
};

FIXTURE_SETUP(lanes)
{
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->other = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
	for (unsigned int i = 0; i < 2; i++) {
		lane_open(&self->lane[i], self->fd, 1 + i, KEEP);
		lane_put(&self->lane[i], "lane", 4);
	}
	ASSERT_EQ(0, slot_put(self->fd, 3, "three", 5));
}

FIXTURE_TEARDOWN(lanes)
{
	close(self->fd);
	close(self->other);
	close(self->node);
	lane_unmap(&self->lane[0]);
	lane_unmap(&self->lane[1]);
}

/* Whether what the owner writes there is read without another call. */
static bool is_in_lane(struct lane *lane, int fd)
{
	unsigned int rings = lane->rings;

	lane_put(lane, "still", 5);
	return lane->rings == rings && channel_has(fd, lane->id, "still");
}

TEST_F(lanes, leave_them_in_a_commit_of_the_owner)
{
	struct msg_slot_put puts[] = { put_text(1, "1"), clear_of(2),
				       put_text(3, "3"), put_text(4, "4") };
	unsigned long long version = slot_version(self->other, 1);

	EXPECT_EQ(0, slot_commit(self->fd, puts, 4));
	EXPECT_GET(self->other, 1, "1");
	EXPECT_NONE(self->other, 2);
	EXPECT_GET(self->other, 3, "3");
	EXPECT_GET(self->other, 4, "4");
	EXPECT_LT(version, puts[0].version);
	EXPECT_EQ(slot_version(self->other, 1), puts[0].version);
	for (unsigned int i = 0; i < 2; i++) {
		lane_put(&self->lane[i], "again", 5);
		EXPECT_GET(self->other, 1 + i, "again");
		EXPECT_LT(puts[0].version, slot_version(self->other, 1));
	}
}

TEST_F(lanes, stay_where_a_commit_fails)
{
	struct msg_slot_put puts[] = { put_text(1, "1"), clear_of(2),
				       put_if(put_text(3, "3"), 77) };
	unsigned long long versions[2];
	unsigned int failed;

	for (unsigned int i = 0; i < 2; i++) {
		lane_put(&self->lane[i], "more", 4);
		versions[i] = slot_version(self->other, 1 + i);
	}
	EXPECT_EQ(-ESTALE, slot_commit_told(self->fd, puts, 3, &failed));
	EXPECT_EQ(2u, failed);
	EXPECT_EQ(versions[0], puts[0].version);
	EXPECT_EQ(versions[1], puts[1].version);
	EXPECT_EQ(-EBUSY, slot_commit_told(self->other, puts, 3, &failed));
	EXPECT_EQ(0u, failed);
	for (unsigned int i = 0; i < 2; i++)
		EXPECT_TRUE(is_in_lane(&self->lane[i], self->other));
}

TEST_F(lanes, versions_there_are_conditions)
{
	struct msg_slot_put puts[2];

	for (unsigned int round = 0; round < 20; round++) {
		for (unsigned int i = 0; i < 2; i++) {
			lane_put(&self->lane[i], "more", 4);
			puts[i] = put_if(put_text(1 + i, "call"),
					 slot_version(self->other, 1 + i));
		}
		puts[1].version += round % 2;
		EXPECT_EQ(round % 2 ? -ESTALE : 0,
			  slot_commit(self->fd, puts, 2));
		EXPECT_GET(self->other, 1, round % 2 ? "more" : "call");
		EXPECT_EQ(slot_version(self->other, 2), puts[1].version);
	}
}

/* There is room for a channel in a lane, and none for what the commit would put there. */
TEST_F(lanes, stay_where_there_is_no_room)
{
	static const char big[1000];
	struct msg_slot_put puts[] = { put_of(1, big, 1000),
				       put_of(2, big, 1000) };
	unsigned int failed;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 1000));
	for (unsigned int i = 0; i < 2; i++)
		lane_put(&self->lane[i], "more", 4);
	ASSERT_EQ(0, slot_set_max_bytes(self->fd,
					slot_usage(self->fd).bytes + 1999));
	EXPECT_EQ(-ENOSPC, slot_commit_told(self->fd, puts, 2, &failed));
	EXPECT_EQ(2u, failed);
	EXPECT_EQ(-ENOSPC, slot_commit(self->fd, puts, 2));
	ASSERT_EQ(0, slot_put(self->fd, 1, big, 1000));
	EXPECT_EQ(-ENOSPC, slot_put(self->fd, 2, big, 1000));
	EXPECT_TRUE(is_in_lane(&self->lane[1], self->other));
}

TEST_F(lanes, are_told_of_once)
{
	struct msg_slot_put puts[] = { put_text(1, "1"), put_text(2, "2") };
	struct watcher *watcher = watch_changes(self->other, NULL, 0);

	for (unsigned int i = 0; i < 2; i++)
		lane_put(&self->lane[i], "more", 4);
	EXPECT_EQ(0, slot_commit(self->fd, puts, 2));
	EXPECT_TOLD(watcher, 1, "1");
	EXPECT_TOLD(watcher, 2, "2");
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

TEST_HARNESS_MAIN
