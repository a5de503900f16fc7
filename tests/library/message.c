// SPDX-License-Identifier: GPL-2.0
/*
 * msgslot_put(), msgslot_get(), msgslot_renew(), msgslot_clear(), and those with a
 * condition.
 */
#include "library.h"

TEST_F(library, gets_what_was_put)
{
	struct msg_slot_record record;
	uint64_t version = 0;
	char buf[16];

	memset(buf, 'x', sizeof(buf));
	ASSERT_EQ(0, msgslot_put(self->fd, 7, "hello", 5, 0, &version));
	EXPECT_LT(0u, version);
	EXPECT_EQ(5, msgslot_get(self->other, 7, buf, sizeof(buf), NULL));
	EXPECT_EQ(0, memcmp(buf, "helloxxxxxxxxxxx", sizeof(buf)));
	memset(buf, 'y', sizeof(buf));
	EXPECT_EQ(5, msgslot_get(self->other, 7, buf, sizeof(buf), &record));
	EXPECT_EQ(0, memcmp(buf, "helloyyyyyyyyyyy", sizeof(buf)));
	EXPECT_EQ(7u, record.channel);
	EXPECT_EQ(version, record.version);
	EXPECT_EQ(5u, record.size);
	EXPECT_EQ(FOREVER, record.ttl);
}

TEST_F(library, tells_that_there_is_nothing)
{
	struct msg_slot_record record;
	char buf[16];

	memset(&record, 0xee, sizeof(record));
	EXPECT_EQ(-EWOULDBLOCK,
		  msgslot_get(self->fd, 7, buf, sizeof(buf), NULL));
	EXPECT_EQ(-EWOULDBLOCK,
		  msgslot_get(self->fd, 7, buf, sizeof(buf), &record));
	EXPECT_TRUE(record_is_empty(record, 7));
}

TEST_F(library, tells_how_much_room_is_needed)
{
	struct msg_slot_record record;
	char buf[16] = "untouched";

	ASSERT_EQ(0, put_text(self->fd, 7, "hello"));
	EXPECT_EQ(-ENOSPC, msgslot_get(self->fd, 7, buf, 4, NULL));
	EXPECT_EQ(-ENOSPC, msgslot_get(self->fd, 7, buf, 4, &record));
	EXPECT_STREQ("untouched", buf);
	EXPECT_EQ(5u, record.size);
}

TEST_F(library, huge_sizes_are_no_small_ones)
{
	struct msg_slot_record record;
	char buf[16];

	EXPECT_EQ(-EMSGSIZE, msgslot_put(self->fd, 7, "x", HUGE_SIZE, 0, NULL));
	EXPECT_EQ(-EMSGSIZE, msgslot_put(self->fd, 7, "x", 0, 0, NULL));
	EXPECT_EQ(-EMSGSIZE, msgslot_claim(self->fd, 7, MSG_SLOT_END_WILL, "x",
					   HUGE_SIZE));
	ASSERT_EQ(0, put_text(self->fd, 7, "hello"));
	EXPECT_EQ(5, msgslot_get(self->fd, 7, buf, HUGE_SIZE, &record));
}

TEST_F(library, a_message_lives_for_its_time)
{
	struct msg_slot_record record;
	char buf[16];

	ASSERT_EQ(0, msgslot_put(self->fd, 7, "a", 1, 3600 * SECOND, NULL));
	EXPECT_EQ(1, msgslot_get(self->fd, 7, buf, 1, &record));
	EXPECT_GE(3600 * SECOND, record.ttl);
	EXPECT_LT(3000 * SECOND, record.ttl);
	ASSERT_EQ(0, msgslot_put(self->fd, 7, "b", 1, 1, NULL));
	EXPECT_EQ(-EWOULDBLOCK, msgslot_get(self->fd, 7, buf, 1, NULL));
}

TEST_F(library, puts_on_a_condition)
{
	uint64_t version = 0, first;

	ASSERT_EQ(0, msgslot_put_if(self->fd, 7, "a", 1, 0, &version));
	first = version;
	EXPECT_EQ(0, msgslot_put_if(self->fd, 7, "b", 1, 0, &version));
	EXPECT_LT(first, version);
	EXPECT_EQ(-ESTALE, msgslot_put_if(self->other, 7, "c", 1, 0, &first));
	EXPECT_EQ(version, first);
	first = 0;
	EXPECT_EQ(-ESTALE, msgslot_put_if(self->other, 7, "c", 1, 0, &first));
	EXPECT_GET(self->fd, 7, "b");
}

TEST_F(library, clears)
{
	uint64_t version, cleared = 1;

	EXPECT_EQ(0, msgslot_clear(self->fd, 7, &cleared));
	EXPECT_EQ(0u, cleared);
	ASSERT_EQ(0, msgslot_put(self->fd, 7, "a", 1, 0, &version));
	EXPECT_EQ(0, msgslot_clear(self->fd, 7, &cleared));
	EXPECT_EQ(version, cleared);
	EXPECT_NONE(self->fd, 7);
	EXPECT_EQ(0, msgslot_clear(self->fd, 7, NULL));
}

TEST_F(library, clears_on_a_condition)
{
	uint64_t version, stale;

	ASSERT_EQ(0, msgslot_put(self->fd, 7, "a", 1, 0, &version));
	stale = version + 1;
	EXPECT_EQ(-ESTALE, msgslot_clear_if(self->fd, 7, &stale));
	EXPECT_EQ(version, stale);
	EXPECT_GET(self->fd, 7, "a");
	EXPECT_EQ(0, msgslot_clear_if(self->fd, 7, &stale));
	EXPECT_NONE(self->fd, 7);
}

TEST_F(library, renews)
{
	struct msg_slot_record record;
	uint64_t version, renewed = 1;
	char buf[16];

	EXPECT_EQ(-EWOULDBLOCK, msgslot_renew(self->fd, 7, SECOND, &renewed));
	EXPECT_EQ(0u, renewed);
	EXPECT_EQ(-EWOULDBLOCK, msgslot_renew(self->fd, 7, SECOND, NULL));
	ASSERT_EQ(0, msgslot_put(self->fd, 7, "a", 1, 0, &version));
	EXPECT_EQ(0, msgslot_renew(self->other, 7, 3600 * SECOND, &renewed));
	EXPECT_EQ(version, renewed);
	EXPECT_EQ(1, msgslot_get(self->fd, 7, buf, 1, &record));
	EXPECT_EQ(version, record.version);
	EXPECT_GE(3600 * SECOND, record.ttl);
	EXPECT_LT(3000 * SECOND, record.ttl);
	EXPECT_EQ(0, msgslot_renew(self->fd, 7, 0, NULL));
	EXPECT_EQ(1, msgslot_get(self->fd, 7, buf, 1, &record));
	EXPECT_EQ(FOREVER, record.ttl);
	EXPECT_EQ(0, msgslot_renew(self->fd, 7, 1, NULL));
	EXPECT_NONE(self->fd, 7);
	EXPECT_EQ(-EWOULDBLOCK, msgslot_renew(self->fd, 7, FOREVER, NULL));
}

TEST_F(library, renews_on_a_condition)
{
	struct msg_slot_record record;
	uint64_t version, stale;
	char buf[16];

	ASSERT_EQ(0, msgslot_put(self->fd, 7, "a", 1, 0, &version));
	stale = version + 1;
	EXPECT_EQ(-ESTALE, msgslot_renew_if(self->fd, 7, 1, &stale));
	EXPECT_EQ(version, stale);
	EXPECT_GET(self->fd, 7, "a");
	EXPECT_EQ(0, msgslot_renew_if(self->fd, 7, 3600 * SECOND, &stale));
	EXPECT_EQ(version, stale);
	EXPECT_EQ(1, msgslot_get(self->fd, 7, buf, 1, &record));
	EXPECT_GE(3600 * SECOND, record.ttl);
	ASSERT_EQ(0, msgslot_clear(self->fd, 7, NULL));
	EXPECT_EQ(-EWOULDBLOCK, msgslot_renew_if(self->fd, 7, 1, &stale));
	EXPECT_EQ(0u, stale);
}

TEST_F(library, channel_0_is_the_selected_one)
{
	char buf[16];

	EXPECT_EQ(-EINVAL, msgslot_put(self->fd, 0, "a", 1, 0, NULL));
	EXPECT_EQ(-EINVAL, msgslot_renew(self->fd, 0, SECOND, NULL));
	EXPECT_EQ(-EINVAL, msgslot_get(self->fd, 0, buf, 16, NULL));
	ASSERT_EQ(0, slot_select(self->fd, 7));
	EXPECT_EQ(0, msgslot_put(self->fd, 0, "a", 1, 0, NULL));
	EXPECT_EQ(1, msgslot_get(self->fd, 0, buf, 16, NULL));
	EXPECT_GET(self->other, 7, "a");
	EXPECT_EQ(0, msgslot_renew(self->fd, 0, 1, NULL));
	EXPECT_NONE(self->other, 7);
}

TEST_F(library, never_waits_where_read_would)
{
	char buf[16];

	ASSERT_EQ(0, slot_select(self->fd, 7));
	ASSERT_EQ(0, slot_result(ioctl(self->fd, MSG_SLOT_BLOCKING, 1)));
	EXPECT_EQ(-EWOULDBLOCK, msgslot_get(self->fd, 0, buf, 16, NULL));
	EXPECT_EQ(-EWOULDBLOCK, msgslot_get(self->fd, 7, buf, 16, NULL));
}

TEST_F(library, modes_hold)
{
	int reader = library_open(self->node, O_RDONLY);
	int writer = library_open(self->node, O_WRONLY);
	char buf[16];

	EXPECT_EQ(-EBADF, put_text(reader, 7, "a"));
	EXPECT_EQ(-EBADF, msgslot_clear(reader, 7, NULL));
	EXPECT_EQ(0, put_text(writer, 7, "a"));
	EXPECT_EQ(-EBADF, msgslot_renew(reader, 7, 1, NULL));
	EXPECT_EQ(0, msgslot_renew(writer, 7, FOREVER, NULL));
	EXPECT_EQ(-EINVAL, msgslot_renew(writer, 7, FOREVER - 1, NULL));
	EXPECT_EQ(-EBADF, msgslot_get(writer, 7, buf, 16, NULL));
	EXPECT_EQ(-EBADF, msgslot_get(-1, 7, buf, 16, NULL));
	EXPECT_EQ(-EFAULT, msgslot_put(writer, 7, (void *)8, 8, 0, NULL));
	EXPECT_GET(reader, 7, "a");
	msgslot_close(reader);
	msgslot_close(writer);
}

TEST_HARNESS_MAIN
