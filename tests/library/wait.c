// SPDX-License-Identifier: GPL-2.0
/* msgslot_wait(), msgslot_wait_change(). */
#include "library.h"
#include "waiting.h"

TEST_F(library, returns_at_once_what_is_newer)
{
	struct msg_slot_record record;
	uint64_t version;
	char buf[16];

	ASSERT_EQ(0, msgslot_put(self->fd, 7, "a", 1, 0, &version));
	EXPECT_EQ(1, msgslot_wait(self->fd, 7, 0, 0, buf, 16, &record));
	EXPECT_EQ(version, record.version);
	EXPECT_EQ(1, msgslot_wait(self->fd, 7, version - 1, FOREVER, buf, 16,
				  NULL));
	EXPECT_EQ(-ENOSPC, msgslot_wait(self->fd, 7, 0, 0, buf, 0, &record));
	EXPECT_EQ(1u, record.size);
}

TEST_F(library, waits_no_longer_than_it_may)
{
	struct msg_slot_record record;
	unsigned long long before = clock_now(CLOCK_MONOTONIC);
	uint64_t version;
	char buf[16];

	EXPECT_EQ(-ETIMEDOUT, msgslot_wait(self->fd, 7, 0, 20 * MILLISECOND,
					   buf, 16, &record));
	EXPECT_LE(before + 20 * MILLISECOND, clock_now(CLOCK_MONOTONIC));
	ASSERT_EQ(0, msgslot_put(self->fd, 7, "a", 1, 0, &version));
	EXPECT_EQ(-ETIMEDOUT,
		  msgslot_wait(self->fd, 7, version, 0, buf, 16, NULL));
	EXPECT_EQ(-ETIMEDOUT,
		  msgslot_wait_change(self->fd, 7, version, 0, buf, 16, NULL));
}

static long sleep_in_wait(struct sleeper *sleeper)
{
	return msgslot_wait(sleeper->fd, 7, 0, FOREVER, sleeper->got,
			    sizeof(sleeper->got), NULL);
}

TEST_F(library, wakes_for_a_message)
{
	struct sleeper sleeper = { .call = sleep_in_wait, .fd = self->fd };

	sleeper_start(&sleeper);
	ASSERT_EQ(0, put_text(self->other, 8, "not this"));
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(0, put_text(self->other, 7, "hello"));
	EXPECT_EQ(5, sleeper_join(&sleeper));
	EXPECT_EQ(0, memcmp("hello", sleeper.got, 5));
}

static long sleep_in_wait_change(struct sleeper *sleeper)
{
	return msgslot_wait_change(sleeper->fd, 7, sleeper->other, FOREVER,
				   sleeper->got, sizeof(sleeper->got), NULL);
}

TEST_F(library, wakes_when_the_message_goes)
{
	struct sleeper sleeper = { .call = sleep_in_wait_change,
				   .fd = self->fd };
	struct msg_slot_record record;
	uint64_t version;
	char buf[16];

	ASSERT_EQ(0, msgslot_put(self->fd, 7, "a", 1, 0, &version));
	sleeper.other = version;
	sleeper_start(&sleeper);
	ASSERT_EQ(0, msgslot_clear(self->other, 7, NULL));
	EXPECT_EQ(0, sleeper_join(&sleeper));
	EXPECT_EQ(0, msgslot_wait_change(self->fd, 7, version, 0, buf, 16,
					 &record));
	EXPECT_TRUE(record_is_empty(record, 7));
}

static void nothing(int signal)
{
}

TEST_F(library, a_signal_ends_the_wait)
{
	struct sleeper sleeper = { .call = sleep_in_wait, .fd = self->fd };
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGUSR1, &action, NULL);
	sleeper_start(&sleeper);
	pthread_kill(sleeper.thread, SIGUSR1);
	EXPECT_EQ(-EINTR, sleeper_join(&sleeper));
}

TEST_HARNESS_MAIN
