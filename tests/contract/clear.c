// SPDX-License-Identifier: GPL-2.0
/*
 * MSG_SLOT_CLEAR: a message is taken away, for every reader, and its memory is
 * given back.
 */
#include "record.h"
#include "waiting.h"

static char got[MSG_SLOT_MAX_MESSAGE];

TEST_F(slot, takes_the_message_away)
{
	int other = slot_open(self->node, O_RDWR);

	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	ASSERT_EQ(5, slot_receive(other, 1, got, sizeof(got)));
	EXPECT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(other, got, sizeof(got)));
	EXPECT_NONE(self->fd, 1);
	EXPECT_NONE(other, 1);
	close(other);
}

TEST_F(slot, tells_what_it_took)
{
	for (int i = 0; i < 3; i++) {
		long long version;

		ASSERT_EQ(0, slot_put(self->fd, 1, "hello", 5));
		version = slot_version(self->fd, 1);
		EXPECT_EQ(version, slot_take_away(self->fd, 1));
		EXPECT_EQ(0, slot_take_away(self->fd, 1));
	}
}

TEST_F(slot, of_an_empty_channel_is_nothing)
{
	for (unsigned int id = 1; id < 100; id++)
		EXPECT_EQ(0, slot_take_away(self->fd, id));
	EXPECT_EQ(0u, slot_usage(self->fd).channels);
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

TEST_F(slot, leaves_other_channels_alone)
{
	for (unsigned int id = 1; id <= 300; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	for (unsigned int id = 1; id <= 300; id += 2)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	for (unsigned int id = 1; id <= 300; id++) {
		if (id % 2 == 0)
			EXPECT_MESSAGE(self->fd, id, &id, 4);
		EXPECT_EQ(id % 2, channel_is_empty(self->fd, id));
	}
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 150));
}

TEST_F(slot, gives_memory_back)
{
	const unsigned int n = 10000;

	ASSERT_EQ(0, slot_set_max_message(self->fd, n));
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int id = 1; id <= 100; id++)
			ASSERT_EQ(id * 100,
				  slot_put_large(self->fd, id, id * 100, id));
		EXPECT_EQ(100u, slot_usage(self->fd).channels);
		for (unsigned int id = 1; id <= 100; id++)
			ASSERT_EQ(0, slot_clear(self->fd, id));
		EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
		EXPECT_EQ(0u, slot_usage(self->fd).bytes);
	}
}

/* All at once: a slot that is full has room again when the call returns. */
TEST_F(slot, makes_room_in_a_full_slot)
{
	ASSERT_EQ(0, slot_set_max_channels(self->fd, 10));
	for (unsigned int id = 1; id <= 10; id++)
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, id));
	for (unsigned int id = 11; id < 500; id++) {
		ASSERT_EQ(-ENOSPC, slot_pwrite(self->fd, "x", 1, id));
		ASSERT_EQ(0, slot_clear(self->fd, id - 10));
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, id));
	}
	EXPECT_EQ(10u, slot_usage(self->fd).channels);
}

TEST_F(slot, makes_room_for_a_long_message)
{
	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	ASSERT_EQ(5000, slot_put_large(self->fd, 1, 5000, 1));
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, slot_usage(self->fd).bytes));
	for (unsigned int id = 2; id < 200; id++) {
		ASSERT_EQ(-ENOSPC, slot_put_large(self->fd, id, 5000, id));
		ASSERT_EQ(0, slot_clear(self->fd, id - 1));
		ASSERT_EQ(5000, slot_put_large(self->fd, id, 5000, id));
		EXPECT_TRUE(slot_has_large(self->fd, id, 5000, id));
	}
}

/* What a file remembers of a channel is not to outlive the channel. */
TEST_F(slot, then_a_new_message_is_found)
{
	int reader = slot_open(self->node, O_RDONLY);

	ASSERT_EQ(0, slot_select(reader, 1));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (unsigned int i = 0; i < 200; i++) {
		ASSERT_EQ(4, slot_write(self->fd, &i, 4));
		ASSERT_EQ(4, slot_read(reader, got, sizeof(got)));
		ASSERT_EQ(0, memcmp(got, &i, 4));
		ASSERT_EQ(0, slot_clear(self->fd, 1));
		ASSERT_EQ(-EWOULDBLOCK, slot_read(reader, got, sizeof(got)));
		if (i % 4 == 3)
			usleep(20000);
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 2 + i % 2));
	}
	EXPECT_EQ(2u, slot_usage(self->fd).channels);
	close(reader);
}

/* By the file that selected it before it was cleared through another. */
TEST_F(slot, then_the_file_that_selected_it_writes)
{
	int other = slot_open(self->node, O_RDWR);

	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (unsigned int i = 0; i < 200; i++) {
		ASSERT_EQ(4, slot_write(self->fd, &i, 4));
		ASSERT_EQ(0, slot_clear(other, 1));
		if (i % 8 == 7)
			usleep(20000);
		ASSERT_EQ(3, slot_write(self->fd, "new", 3));
		EXPECT_GET(other, 1, "new");
		EXPECT_EQ(1u, slot_usage(other).channels);
	}
	close(other);
}

TEST_F(slot, then_poll_has_nothing)
{
	int reader = slot_open(self->node, O_RDONLY);

	ASSERT_EQ(0, slot_select(reader, 1));
	for (int i = 0; i < 50; i++) {
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
		EXPECT_TRUE(has_news(reader));
		if (i % 2)
			ASSERT_EQ(1, slot_read(reader, got, sizeof(got)));
		ASSERT_EQ(0, slot_clear(self->fd, 1));
		EXPECT_FALSE(has_news(reader));
	}
	close(reader);
}

static void expect_woken_by_the_next(struct __test_metadata *_metadata,
				     FIXTURE_DATA(slot) * self,
				     long (*call)(struct sleeper *),
				     long result)
{
	int reader = slot_open(self->node, O_RDONLY);

	ASSERT_EQ(0, slot_select(reader, 1));
	ASSERT_EQ(0, slot_set_blocking(reader, 1));
	for (int i = 0; i < 30; i++) {
		struct sleeper sleeper = { .call = call, .fd = reader };

		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
		ASSERT_EQ(0, slot_clear(self->fd, 1));
		sleeper_start(&sleeper);
		ASSERT_FALSE(atomic_load(&sleeper.done));
		ASSERT_EQ(1, slot_pwrite(self->fd, "y", 1, 1));
		ASSERT_EQ(result, sleeper_join(&sleeper));
		ASSERT_EQ(0, slot_clear(self->fd, 1));
	}
	close(reader);
}

TEST_F(slot, then_poll_is_woken_by_the_next)
{
	expect_woken_by_the_next(_metadata, self, sleep_in_poll, POLLIN);
}

TEST_F(slot, then_a_blocking_read_is_woken_by_the_next)
{
	expect_woken_by_the_next(_metadata, self, sleep_in_read, 1);
}

/* Asleep while the channel comes, goes, and comes again. */
TEST_F(slot, under_a_sleeper_leaves_it_waiting)
{
	int reader = slot_open(self->node, O_RDONLY);
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = reader };

	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
	ASSERT_EQ(1, slot_receive(reader, 1, got, sizeof(got)));
	sleeper_start(&sleeper);
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(1, slot_pwrite(self->fd, "y", 1, 1));
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
	close(reader);
}

TEST_F(slot, leaves_writing_and_reading_as_they_were)
{
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
		EXPECT_MESSAGE(self->fd, 1, "hello", 5);
		EXPECT_EQ(-ENOSPC, slot_read(self->fd, got, 4));
		ASSERT_EQ(0, slot_clear(self->fd, 1));
		EXPECT_EQ(-EFAULT, slot_write(self->fd, NULL, 5));
		EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, "", 0));
		EXPECT_NONE(self->fd, 1);
		EXPECT_EQ(0u, slot_usage(self->fd).bytes);
	}
}

TEST_F(slot, two_slots_are_apart)
{
	int node = slot_fresh();
	int other = slot_open(node, O_RDWR);

	ASSERT_EQ(3, slot_pwrite(self->fd, "one", 3, 8));
	ASSERT_EQ(3, slot_pwrite(other, "two", 3, 8));
	EXPECT_EQ(0, slot_clear(other, 8));
	EXPECT_GET(self->fd, 8, "one");
	EXPECT_NONE(other, 8);
	close(other);
	close(node);
}

TEST_HARNESS_MAIN
