// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that live for a time: gone for every reader when it is over, and
 * their memory comes back without anybody's doing.
 */
#include "record.h"
#include "waiting.h"

#define LONGEST ((1ull << 63) - 1)
#define MANY 1000u

static char got[MSG_SLOT_MAX_MESSAGE];

/* Long enough for a test to look while it lives, on most machines. */
#define A_WHILE (300 * MILLISECOND)

/* Returns when what lives A_WHILE from now on is over. */
static void sleep_a_while(void)
{
	usleep(A_WHILE / 1000 + 1000);
}

TEST_F(slot, message_is_there_until_then)
{
	unsigned long long end = end_of(A_WHILE);

	ASSERT_EQ(0, slot_put_for(self->fd, 1, "brief", 5, A_WHILE));
	EXPECT_TRUE(channel_has(self->fd, 1, "brief") || is_past(end));
	sleep_a_while();
	EXPECT_NONE(self->fd, 1);
	EXPECT_EMPTY(self->fd, 1);
}

/* The first who looks, by whichever call, finds it gone. */
TEST_F(slot, message_is_gone_for_each_call)
{
	struct msg_slot_get get = get_into(7, got, sizeof(got));
	int reader = slot_open(self->node, O_RDONLY);

	ASSERT_EQ(0, slot_select(reader, 3));
	ASSERT_EQ(0, slot_select(self->fd, 4));
	for (unsigned int id = 1; id <= 8; id++)
		ASSERT_EQ(0, slot_put_for(self->fd, id, "x", 1, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, got, 8, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_get(self->fd, 2, &(struct got){}));
	EXPECT_FALSE(has_news(reader));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, got, 8));
	EXPECT_EQ(-ETIMEDOUT, slot_wait(self->fd, 5, 0, 0, 0, &(struct got){}));
	EXPECT_EQ(0, slot_take_away(self->fd, 6));
	EXPECT_EQ(0, slot_snapshot(self->fd, &get, 1));
	EXPECT_TRUE(record_is_empty(get.record, 7));
	EXPECT_EQ(0, slot_put_if(self->fd, 8, "new", 3,
				 &(unsigned long long){ 0 }));
	close(reader);
}

TEST_F(slot, memory_comes_back_by_itself)
{
	unsigned long long end;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	end = end_of(A_WHILE);
	for (unsigned int id = 1; id <= 100; id++)
		ASSERT_EQ(0, slot_put_for(self->fd, id, large(id * 50, id),
					  id * 50, A_WHILE));
	EXPECT_TRUE(slot_usage(self->fd).channels == 100 || is_past(end));
	sleep_a_while();
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

TEST_F(slot, memory_comes_back_after_every_file_was_closed)
{
	for (unsigned int id = 1; id <= 100; id++)
		ASSERT_EQ(0,
			  slot_put_for(self->fd, id, "x", 1, id * MILLISECOND));
	close(self->fd);
	usleep(150000);
	self->fd = slot_open(self->node, O_RDWR);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

TEST_F(slot, makes_room_in_a_full_slot_soon)
{
	long ret = -ENOSPC;

	ASSERT_EQ(0, slot_set_max_channels(self->fd, 1));
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "x", 1, 20 * MILLISECOND));
	for (int ms = 0; ms < PROMPTLY_MS && ret == -ENOSPC; ms++) {
		usleep(1000);
		ret = slot_put(self->fd, 2, "y", 1);
	}
	EXPECT_EQ(0, ret);
	EXPECT_NONE(self->fd, 1);
	EXPECT_GET(self->fd, 2, "y");
}

TEST_F(slot, rewritten_without_a_time_lives_on)
{
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "brief", 5, A_WHILE));
	ASSERT_EQ(0, slot_put_for(self->fd, 2, "brief", 5, A_WHILE));
	ASSERT_EQ(0, slot_put_for(self->fd, 3, "brief", 5, A_WHILE));
	ASSERT_EQ(0, slot_put(self->fd, 1, "put", 3));
	ASSERT_EQ(5, slot_pwrite(self->fd, "write", 5, 2));
	ASSERT_EQ(3, slot_send(self->fd, 3, "put", 3));
	EXPECT_EQ(FOREVER, slot_record(self->fd, 1).ttl);
	EXPECT_EQ(FOREVER, slot_record(self->fd, 2).ttl);
	sleep_a_while();
	EXPECT_GET(self->fd, 1, "put");
	EXPECT_GET(self->fd, 2, "write");
	EXPECT_GET(self->fd, 3, "put");
	EXPECT_EQ(3u, slot_usage(self->fd).channels);
}

TEST_F(slot, rewritten_after_it_was_over_lives_on)
{
	for (unsigned int i = 0; i < 30; i++) {
		ASSERT_EQ(0, slot_put_for(self->fd, 1, "brief", 5, 1));
		usleep(i * 100);
		ASSERT_EQ(4, slot_pwrite(self->fd, "ever", 4, 1));
		EXPECT_GET(self->fd, 1, "ever");
	}
	usleep(100000);
	EXPECT_GET(self->fd, 1, "ever");
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
}

TEST_F(slot, shorter_time_after_a_longer_one_holds)
{
	unsigned long long end;

	ASSERT_EQ(0, slot_put_for(self->fd, 1, "long", 4, 3600 * SECOND));
	end = end_of(A_WHILE);
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "short", 5, A_WHILE));
	EXPECT_TRUE(channel_has(self->fd, 1, "short") || is_past(end));
	sleep_a_while();
	EXPECT_NONE(self->fd, 1);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
}

TEST_F(slot, longer_time_after_a_shorter_one_holds)
{
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "short", 5, A_WHILE));
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "long", 4, 3600 * SECOND));
	sleep_a_while();
	usleep(100000);
	EXPECT_GET(self->fd, 1, "long");
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "short", 5, A_WHILE));
	sleep_a_while();
	EXPECT_NONE(self->fd, 1);
}

TEST_F(slot, cleared_and_rewritten_lives_on)
{
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "short", 5, A_WHILE));
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	ASSERT_EQ(0, slot_put(self->fd, 1, "ever", 4));
	sleep_a_while();
	usleep(100000);
	EXPECT_GET(self->fd, 1, "ever");
}

TEST_F(slot, rest_counts_down)
{
	unsigned long long before, after, asked, rest = LONGEST;
	const unsigned long long ttl = 100 * SECOND;

	before = clock_now(CLOCK_BOOTTIME);
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "x", 1, ttl));
	after = clock_now(CLOCK_BOOTTIME);
	for (int i = 0; i < 10; i++) {
		struct msg_slot_record record;

		usleep(5000);
		asked = clock_now(CLOCK_BOOTTIME);
		record = slot_record(self->fd, 1);
		EXPECT_GT(rest, record.ttl);
		EXPECT_GE(ttl - (asked - after), record.ttl);
		EXPECT_LE(ttl - (clock_now(CLOCK_BOOTTIME) - before),
			  record.ttl);
		rest = record.ttl;
	}
}

TEST_F(slot, one_nanosecond)
{
	for (unsigned int id = 1; id <= 100; id++) {
		ASSERT_EQ(0, slot_put_for(self->fd, id, "x", 1, 1));
		EXPECT_NONE(self->fd, id);
	}
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
}

TEST_F(slot, the_longest_time)
{
	unsigned long long rest;

	ASSERT_EQ(0, slot_put_for(self->fd, 1, "x", 1, LONGEST));
	rest = slot_record(self->fd, 1).ttl;
	EXPECT_GE(LONGEST, rest);
	EXPECT_LE(LONGEST - 24 * 3600 * SECOND, rest);
	usleep(50000);
	EXPECT_GET(self->fd, 1, "x");
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
}

TEST_F(slot, longer_than_that_is_refused)
{
	const unsigned long long refused[] = { LONGEST + 1, LONGEST + 2,
					       FOREVER - 1 };

	ASSERT_EQ(0, slot_put(self->fd, 1, "old", 3));
	for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++) {
		EXPECT_EQ(-EINVAL,
			  slot_put_for(self->fd, 1, "x", 1, refused[i]));
		EXPECT_EQ(-EINVAL,
			  slot_put_for(self->fd, 2, "x", 1, refused[i]));
		/* Before the message is looked at. */
		EXPECT_EQ(-EINVAL,
			  slot_put_for(self->fd, 2, NULL, 8, refused[i]));
		EXPECT_EQ(-EINVAL,
			  slot_put_for(self->fd, 2, "", 0, refused[i]));
	}
	EXPECT_GET(self->fd, 1, "old");
	EXPECT_NONE(self->fd, 2);
}

TEST_F(slot, for_ever)
{
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "zero", 4, 0));
	ASSERT_EQ(0, slot_put_for(self->fd, 2, "ever", 4, FOREVER));
	EXPECT_EQ(FOREVER, slot_record(self->fd, 1).ttl);
	EXPECT_EQ(FOREVER, slot_record(self->fd, 2).ttl);
	usleep(50000);
	EXPECT_GET(self->fd, 1, "zero");
	EXPECT_GET(self->fd, 2, "ever");
}

TEST_F(slot, poll_has_it_no_more)
{
	int reader = slot_open(self->node, O_RDONLY);
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = reader };
	unsigned long long end = end_of(A_WHILE);

	ASSERT_EQ(0, slot_select(reader, 1));
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "x", 1, A_WHILE));
	EXPECT_TRUE(has_news(reader) || is_past(end));
	sleep_a_while();
	EXPECT_FALSE(has_news(reader));
	sleeper_start(&sleeper);
	EXPECT_FALSE(atomic_load(&sleeper.done));
	ASSERT_EQ(1, slot_pwrite(self->fd, "y", 1, 1));
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
	close(reader);
}

/* When each was put and how long it is to live. */
struct life {
	unsigned long long before, after, ttl;
};

/* There while it must be, gone when it must be. Returns whether it is there. */
static bool expect_as_it_must_be(struct __test_metadata *_metadata, int fd,
				 unsigned int id, const struct life *life)
{
	unsigned long long before = clock_now(CLOCK_BOOTTIME);
	bool there = slot_version(fd, id);

	if (clock_now(CLOCK_BOOTTIME) < life->before + life->ttl)
		EXPECT_TRUE(there);
	if (before > life->after + life->ttl)
		EXPECT_FALSE(there);
	return there;
}

TEST_F(slot, each_of_many_in_its_time)
{
	static struct life lives[MANY];
	unsigned int left = MANY;

	for (unsigned int i = 0; i < MANY; i++) {
		lives[i].ttl = (1 + i * 7 % MANY) * MILLISECOND;
		lives[i].before = clock_now(CLOCK_BOOTTIME);
		ASSERT_EQ(0,
			  slot_put_for(self->fd, 1 + i, &i, 4, lives[i].ttl));
		lives[i].after = clock_now(CLOCK_BOOTTIME);
	}
	while (left) {
		left = 0;
		for (unsigned int i = 0; i < MANY; i++)
			left += expect_as_it_must_be(_metadata, self->fd, 1 + i,
						     &lives[i]);
	}
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
}

/* The soonest is not the one that was put first, nor last. */
TEST_F(slot, each_of_many_goes_without_a_look)
{
	for (unsigned int i = 0; i < MANY; i++)
		ASSERT_EQ(0, slot_put_for(self->fd, 1 + i, &i, 4,
					  i % 2 ? 3600 * SECOND : A_WHILE));
	sleep_a_while();
	EXPECT_TRUE(slot_has_channels_soon(self->fd, MANY / 2));
	for (unsigned int i = 1; i < MANY; i += 2)
		EXPECT_MESSAGE(self->fd, 1 + i, &i, 4);
}

TEST_HARNESS_MAIN
