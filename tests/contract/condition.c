// SPDX-License-Identifier: GPL-2.0
/*
 * MSG_SLOT_PUT and MSG_SLOT_CLEAR on a condition; and versions, which conditions
 * rest on: none ever comes again in a channel.
 */
#include "record.h"

/* More channels than a slot may keep anything about after they are cleared. */
#define MANY 5000u

TEST_F(slot, puts_if_the_version_is_that)
{
	unsigned long long version, before;

	ASSERT_EQ(0, slot_put(self->fd, 1, "one", 3));
	version = slot_version(self->fd, 1);
	for (int i = 0; i < 10; i++) {
		before = version;
		EXPECT_EQ(0, slot_put_if(self->fd, 1, "two", 3, &version));
		EXPECT_LT(before, version);
		EXPECT_EQ(version, slot_version(self->fd, 1));
	}
	EXPECT_GET(self->fd, 1, "two");
}

TEST_F(slot, stale_put_changes_nothing_and_tells_the_version)
{
	unsigned long long wrong[] = { 0, 0, 0, 0, 1ull << 40, ~0ull };
	unsigned long long now, given;

	ASSERT_EQ(0, slot_put(self->fd, 1, "one", 3));
	wrong[1] = slot_version(self->fd, 1);
	ASSERT_EQ(3, slot_pwrite(self->fd, "two", 3, 1));
	now = slot_version(self->fd, 1);
	wrong[2] = now - 1;
	wrong[3] = now + 1;
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		given = wrong[i];
		EXPECT_EQ(-ESTALE, slot_put_if(self->fd, 1, "no", 2, &given));
		EXPECT_EQ(now, given);
	}
	EXPECT_EQ(now, slot_version(self->fd, 1));
	EXPECT_GET(self->fd, 1, "two");
	EXPECT_EQ(0, slot_put_if(self->fd, 1, "three", 5, &given));
	EXPECT_GET(self->fd, 1, "three");
}

TEST_F(slot, version_0_creates_only)
{
	unsigned long long version = 0, first;

	EXPECT_EQ(0, slot_put_if(self->fd, 1, "first", 5, &version));
	first = version;
	EXPECT_EQ(first, slot_version(self->fd, 1));
	version = 0;
	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, 1, "second", 6, &version));
	EXPECT_EQ(first, version);
	EXPECT_GET(self->fd, 1, "first");
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	version = 0;
	EXPECT_EQ(0, slot_put_if(self->fd, 1, "third", 5, &version));
	EXPECT_LT(first, version);
	EXPECT_GET(self->fd, 1, "third");
}

TEST_F(slot, stale_put_of_an_empty_channel_tells_0)
{
	unsigned long long version = 5;

	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, 1, "x", 1, &version));
	EXPECT_EQ(0u, version);
	EXPECT_NONE(self->fd, 1);
	EXPECT_EQ(0u, slot_usage(self->fd).channels);
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

TEST_F(slot, cleared_message_version_is_stale)
{
	unsigned long long version, given;

	ASSERT_EQ(0, slot_put(self->fd, 1, "one", 3));
	version = slot_version(self->fd, 1);
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	given = version;
	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, 1, "two", 3, &given));
	EXPECT_EQ(0u, given);
	given = version;
	EXPECT_EQ(-ESTALE, slot_clear_if(self->fd, 1, &given));
	EXPECT_EQ(0u, given);
	EXPECT_NONE(self->fd, 1);
}

TEST_F(slot, expired_message_version_is_stale)
{
	unsigned long long version, given;

	ASSERT_EQ(0, slot_put_told(self->fd, 1, "one", 3, 20 * MILLISECOND,
				   &version));
	ASSERT_LT(0u, version);
	usleep(25000);
	given = version;
	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, 1, "two", 3, &given));
	EXPECT_EQ(0u, given);
	EXPECT_EQ(0, slot_put_if(self->fd, 1, "two", 3, &given));
	EXPECT_LT(version, given);
	EXPECT_GET(self->fd, 1, "two");
}

TEST_F(slot, clears_if_the_version_is_that)
{
	unsigned long long version, given;

	ASSERT_EQ(0, slot_put(self->fd, 1, "one", 3));
	version = slot_version(self->fd, 1);
	given = version + 1;
	EXPECT_EQ(-ESTALE, slot_clear_if(self->fd, 1, &given));
	EXPECT_EQ(version, given);
	given = 0;
	EXPECT_EQ(-ESTALE, slot_clear_if(self->fd, 1, &given));
	EXPECT_EQ(version, given);
	EXPECT_GET(self->fd, 1, "one");
	EXPECT_EQ(0, slot_clear_if(self->fd, 1, &given));
	EXPECT_EQ(version, given);
	EXPECT_NONE(self->fd, 1);
	given = 0;
	EXPECT_EQ(0, slot_clear_if(self->fd, 1, &given));
	EXPECT_EQ(0u, given);
}

TEST_F(slot, without_the_flag_no_version_is_stale)
{
	struct msg_slot_put put = put_of(1, "x", 1);
	struct msg_slot_clear clear = { .channel = 1, .version = 77 };

	for (int i = 0; i < 3; i++) {
		put.version = mix(i);
		EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
		EXPECT_EQ(slot_version(self->fd, 1), put.version);
	}
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_CLEAR, &clear));
	EXPECT_EQ(put.version, clear.version);
}

TEST_F(slot, long_messages_on_a_condition)
{
	unsigned long long version = 0;
	struct msg_slot_usage usage;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	EXPECT_EQ(0, slot_put_if(self->fd, 1, large(5000, 1), 5000, &version));
	EXPECT_TRUE(slot_has_large(self->fd, 1, 5000, 1));
	usage = slot_usage(self->fd);
	version++;
	EXPECT_EQ(-ESTALE,
		  slot_put_if(self->fd, 1, large(4000, 2), 4000, &version));
	EXPECT_TRUE(slot_has_large(self->fd, 1, 5000, 1));
	EXPECT_EQ(usage.bytes, slot_usage(self->fd).bytes);
	EXPECT_EQ(0, slot_put_if(self->fd, 1, large(4000, 2), 4000, &version));
	EXPECT_TRUE(slot_has_large(self->fd, 1, 4000, 2));
}

TEST_F(slot, unknown_flags_and_reserved_fields_are_refused)
{
	struct msg_slot_put put = put_of(1, "new", 3);
	struct msg_slot_clear clear = { .channel = 1 };

	ASSERT_EQ(0, slot_put(self->fd, 1, "old", 3));
	for (unsigned int bit = 1; bit < 32; bit++) {
		put.flags = 1u << bit;
		EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
		clear.flags = 1u << bit;
		EXPECT_EQ(-EINVAL,
			  slot_ioctl(self->fd, MSG_SLOT_CLEAR, &clear));
	}
	put.flags = 0;
	for (unsigned int bit = 0; bit < 32; bit++) {
		put.reserved = 1u << bit;
		EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	}
	EXPECT_GET(self->fd, 1, "old");
}

/* Each way in which a message can go, then a new one, many times. */
TEST_F(slot, no_version_comes_again)
{
	unsigned long long last = 0;

	for (unsigned int i = 0; i < 300; i++) {
		unsigned long long version;

		ASSERT_EQ(0, slot_put_for(self->fd, 1, "x", 1,
					  i % 3 == 2 ? MILLISECOND : 0));
		version = slot_version(self->fd, 1);
		if (i % 3 == 2)
			usleep(1100);
		else
			EXPECT_LT(last, version);
		last = version ?: last;
		if (i % 3 == 1)
			ASSERT_EQ(0, slot_clear(self->fd, 1));
	}
}

static void write_and_clear_many(struct __test_metadata *_metadata, int fd,
				 unsigned int first)
{
	for (unsigned int id = first; id < first + MANY; id++)
		ASSERT_EQ(0, slot_put(fd, id, &id, sizeof(id)));
	for (unsigned int id = first; id < first + MANY; id++)
		ASSERT_EQ(0, slot_clear(fd, id));
}

/* Nothing of the channel need be left to know its versions by. */
TEST_F(slot, no_version_comes_again_after_its_memory_went_back)
{
	unsigned long long last[4] = {};

	for (unsigned int id = 0; id < 4; id++) {
		for (unsigned int i = 0; i < 50 * id; i++)
			ASSERT_EQ(0, slot_put(self->fd, 1 + id, "x", 1));
		last[id] = slot_version(self->fd, 1 + id);
		ASSERT_EQ(0, slot_clear(self->fd, 1 + id));
	}
	for (unsigned int i = 0; i < 3; i++) {
		write_and_clear_many(_metadata, self->fd, 1000 + i * MANY);
		EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
		for (unsigned int id = 0; id < 4; id++) {
			ASSERT_EQ(0, slot_put(self->fd, 1 + id, "x", 1));
			EXPECT_LT(last[id], slot_version(self->fd, 1 + id));
			last[id] = slot_version(self->fd, 1 + id);
			ASSERT_EQ(0, slot_clear(self->fd, 1 + id));
		}
	}
}

TEST_F(slot, no_version_comes_again_after_every_file_was_closed)
{
	unsigned long long version;

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	version = slot_version(self->fd, 1);
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	close(self->fd);
	usleep(50000);
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_LT(version, slot_version(self->fd, 1));
}

TEST_HARNESS_MAIN
