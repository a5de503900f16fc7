// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_WAIT: a message newer than a version, waited for without a gap. */
#include "record.h"
#include "child.h"
#include "scale.h"
#include "waiting.h"

#include <sys/prctl.h>

#define SOON (SOON_MS * MILLISECOND)
#define TURNS scaled(2500)
#define PAIRS 4u

FIXTURE(wait)
{
	int node;
	/* The waiter's and the writer's open files. */
	int fd;
	int writer;
	struct got got;
};

FIXTURE_SETUP(wait)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDONLY);
	self->writer = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->writer);
}

FIXTURE_TEARDOWN(wait)
{
	close(self->fd);
	close(self->writer);
	close(self->node);
}

/* A sleeper in the call: which wait, and what came of it. */
struct waiter {
	struct sleeper sleeper;
	unsigned int id;
	unsigned long long version;
	unsigned int flags;
	struct got got;
};

static long sleep_in_wait(struct sleeper *sleeper)
{
	struct waiter *waiter = (struct waiter *)sleeper;

	return slot_wait(sleeper->fd, waiter->id, waiter->version, SOON,
			 waiter->flags, &waiter->got);
}

static struct waiter waiter_of(int fd, unsigned int id,
			       unsigned long long version)
{
	return (struct waiter){
		.sleeper = { .call = sleep_in_wait, .fd = fd },
		.id = id,
		.version = version,
	};
}

TEST_F(wait, returns_what_is_newer_at_once)
{
	ASSERT_EQ(0, slot_put(self->writer, 1, "one", 3));
	EXPECT_EQ(0, slot_wait(self->fd, 1, 0, FOREVER, 0, &self->got));
	EXPECT_EQ(3u, self->got.record.size);
	EXPECT_EQ(0, memcmp("one", self->got.message, 3));
	ASSERT_EQ(0, slot_put(self->writer, 1, "four", 4));
	EXPECT_EQ(0, slot_wait(self->fd, 1, self->got.record.version, FOREVER,
			       0, &self->got));
	EXPECT_EQ(4u, self->got.record.size);
	EXPECT_EQ(slot_version(self->fd, 1), self->got.record.version);
}

TEST_F(wait, only_looks_without_time)
{
	EXPECT_EQ(-ETIMEDOUT, slot_wait(self->fd, 1, 0, 0, 0, &self->got));
	ASSERT_EQ(0, slot_put(self->writer, 1, "one", 3));
	EXPECT_EQ(0, slot_wait(self->fd, 1, 0, 0, 0, &self->got));
	EXPECT_EQ(-ETIMEDOUT, slot_wait(self->fd, 1, self->got.record.version,
					0, 0, &self->got));
	EXPECT_EQ(-ETIMEDOUT, slot_wait(self->fd, 1, ~0ull, 0, 0, &self->got));
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
}

TEST_F(wait, waits_as_long_as_told)
{
	for (unsigned int ms = 1; ms < 200; ms *= 3) {
		unsigned long long start = clock_now(CLOCK_MONOTONIC), took;

		EXPECT_EQ(-ETIMEDOUT,
			  slot_wait(self->fd, 1, 0, ms * MILLISECOND, 0,
				    &self->got));
		took = clock_now(CLOCK_MONOTONIC) - start;
		EXPECT_LE(ms * MILLISECOND, took);
		EXPECT_GT(ms * MILLISECOND + 10 * SECOND, took);
	}
	EXPECT_EQ(0u, slot_usage(self->fd).channels);
}

/* Times that no clock reaches are not to come round to the past. */
TEST_F(wait, any_time_may_be_given)
{
	const unsigned long long times[] = { 1ull << 62,       (1ull << 63) - 1,
					     1ull << 63,       (1ull << 63) + 1,
					     FOREVER - SECOND, FOREVER - 1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
		pid_t child = fork();

		if (!child)
			_exit(slot_wait(self->fd, 1 + i, 0, times[i], 0,
					&self->got) != 0);
		await_asleep(child);
		usleep(20000);
		ASSERT_EQ(0, slot_put(self->writer, 1 + i, "x", 1));
		EXPECT_EQ(0, child_end(child));
	}
}

/* Of a channel that nobody has written yet, and then again. */
TEST_F(wait, is_woken)
{
	for (unsigned int id = 1; id <= 60; id++) {
		unsigned long long version = 0;

		for (unsigned int i = 0; i < 3; i++) {
			struct waiter waiter = waiter_of(self->fd, id, version);

			sleeper_start(&waiter.sleeper);
			ASSERT_FALSE(atomic_load(&waiter.sleeper.done));
			ASSERT_EQ(4, slot_pwrite(self->writer, &i, 4, id));
			ASSERT_EQ(0, sleeper_join(&waiter.sleeper));
			EXPECT_EQ(0, memcmp(&i, waiter.got.message, 4));
			EXPECT_LT(version, waiter.got.record.version);
			version = waiter.got.record.version;
		}
	}
}

TEST_F(wait, is_not_woken_by_other_channels)
{
	struct waiter waiter = waiter_of(self->fd, 1, 0);

	sleeper_start(&waiter.sleeper);
	for (unsigned int id = 2; id < 400; id++)
		ASSERT_EQ(4, slot_pwrite(self->writer, &id, 4, id));
	EXPECT_TRUE(sleeper_sleeps_on(&waiter.sleeper));
	ASSERT_EQ(1, slot_pwrite(self->writer, "x", 1, 1));
	EXPECT_EQ(0, sleeper_join(&waiter.sleeper));
}

TEST_F(wait, for_a_version_far_off_waits_on)
{
	ASSERT_EQ(0, slot_put(self->writer, 1, "x", 1));
	EXPECT_EQ(-ETIMEDOUT, slot_wait(self->fd, 1, ~0ull, 50 * MILLISECOND, 0,
					&self->got));
}

TEST_F(wait, all_waiters_are_woken)
{
	struct waiter waiters[6];

	for (unsigned int i = 0; i < ARRAY_SIZE(waiters); i++) {
		waiters[i] = waiter_of(self->fd, 1, 0);
		sleeper_start(&waiters[i].sleeper);
	}
	ASSERT_EQ(0, slot_put(self->writer, 1, "x", 1));
	for (unsigned int i = 0; i < ARRAY_SIZE(waiters); i++)
		EXPECT_EQ(0, sleeper_join(&waiters[i].sleeper));
}

static void do_nothing(int signal)
{
	(void)signal;
}

TEST_F(wait, ends_with_a_signal)
{
	struct sigaction action = { .sa_handler = do_nothing };
	struct waiter waiter = waiter_of(self->fd, 1, 0);

	sigaction(SIGUSR1, &action, NULL);
	sleeper_start(&waiter.sleeper);
	ASSERT_EQ(0, pthread_kill(waiter.sleeper.thread, SIGUSR1));
	EXPECT_EQ(-EINTR, sleeper_join(&waiter.sleeper));
}

TEST_F(wait, ends_with_the_process)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(slot_wait(self->fd, 1, 0, FOREVER, 0, &self->got) != 0);
	await_asleep(child);
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(wait, sleeps_through_a_clear)
{
	struct waiter waiter;

	ASSERT_EQ(0, slot_put(self->writer, 1, "old", 3));
	waiter = waiter_of(self->fd, 1, slot_version(self->fd, 1));
	sleeper_start(&waiter.sleeper);
	ASSERT_EQ(0, slot_clear(self->writer, 1));
	EXPECT_TRUE(sleeper_sleeps_on(&waiter.sleeper));
	ASSERT_EQ(0, slot_put(self->writer, 1, "new", 3));
	EXPECT_EQ(0, sleeper_join(&waiter.sleeper));
	EXPECT_EQ(0, memcmp("new", waiter.got.message, 3));
	EXPECT_LT(waiter.version, waiter.got.record.version);
}

/* Of the end of a message that lives for this long, if nobody ends it. */
static void expect_told_of_the_end(struct __test_metadata *_metadata,
				   FIXTURE_DATA(wait) * self,
				   unsigned long long ttl)
{
	for (int i = 0; i < 20; i++) {
		struct waiter waiter = waiter_of(self->fd, 1, 0);

		ASSERT_EQ(0, slot_put_told(self->writer, 1, "old", 3, ttl,
					   &waiter.version));
		waiter.flags = MSG_SLOT_ANY_CHANGE;
		ASSERT_LT(0u, waiter.version);
		sleeper_start(&waiter.sleeper);
		if (ttl == FOREVER) {
			ASSERT_FALSE(atomic_load(&waiter.sleeper.done));
			ASSERT_EQ(0, slot_clear(self->writer, 1));
		}
		ASSERT_EQ(0, sleeper_join(&waiter.sleeper));
		EXPECT_TRUE(record_is_empty(waiter.got.record, 1));
	}
}

TEST_F(wait, any_change_tells_of_a_clear)
{
	expect_told_of_the_end(_metadata, self, FOREVER);
}

TEST_F(wait, any_change_tells_of_an_expiry)
{
	expect_told_of_the_end(_metadata, self, 100 * MILLISECOND);
}

TEST_F(wait, any_change_tells_of_a_message)
{
	struct waiter waiter;

	ASSERT_EQ(0, slot_put(self->writer, 1, "old", 3));
	waiter = waiter_of(self->fd, 1, slot_version(self->fd, 1));
	waiter.flags = MSG_SLOT_ANY_CHANGE;
	sleeper_start(&waiter.sleeper);
	ASSERT_EQ(0, slot_put(self->writer, 1, "new", 3));
	EXPECT_EQ(0, sleeper_join(&waiter.sleeper));
	EXPECT_EVENT(MSG_SLOT_WRITTEN, waiter.got.record);
}

TEST_F(wait, any_change_of_an_empty_channel_is_told_at_once)
{
	const unsigned int any = MSG_SLOT_ANY_CHANGE;

	EXPECT_EQ(0, slot_wait(self->fd, 1, 5, FOREVER, any, &self->got));
	EXPECT_TRUE(record_is_empty(self->got.record, 1));
	EXPECT_EQ(-ETIMEDOUT, slot_wait(self->fd, 1, 0, 0, any, &self->got));
	EXPECT_EQ(-ETIMEDOUT,
		  slot_wait(self->fd, 1, 0, 20 * MILLISECOND, any, &self->got));
}

TEST_F(wait, errors)
{
	struct msg_slot_wait wait = { .flags = MSG_SLOT_ANY_CHANGE << 1,
				      .get = get_into(1, NULL, 0) };

	EXPECT_EQ(-EINVAL, slot_wait(self->fd, 0, 0, 0, 0, &self->got));
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_WAIT, &wait));
	wait.flags = 0;
	wait.reserved = 1;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_WAIT, &wait));
	wait.reserved = 0;
	ASSERT_EQ(0, slot_put(self->writer, 1, "x", 1));
	EXPECT_EQ(-ENOSPC, slot_ioctl(self->fd, MSG_SLOT_WAIT, &wait));
	EXPECT_EQ(1u, wait.get.record.size);
	wait.get.room = 1;
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_WAIT, &wait));
	close(self->fd);
	self->fd = slot_open(self->node, O_WRONLY);
	EXPECT_EQ(-EBADF, slot_wait(self->fd, 1, 0, 0, 0, &self->got));
}

/* What channel 0 meant when the wait began. */
TEST_F(wait, for_the_selected_channel)
{
	struct waiter waiter = waiter_of(self->fd, 0, 0);

	ASSERT_EQ(0, slot_select(self->fd, 9));
	sleeper_start(&waiter.sleeper);
	ASSERT_EQ(0, slot_put(self->writer, 9, "nine", 4));
	EXPECT_EQ(0, sleeper_join(&waiter.sleeper));
	EXPECT_EQ(9u, waiter.got.record.channel);
	EXPECT_FALSE(has_news(self->fd));
}

/* Takes from one channel and gives to the other, which it waits for in turn. */
static unsigned int play(int fd, unsigned int from, unsigned int to, bool first,
			 unsigned int turns)
{
	unsigned long long version = 0;
	struct got got;

	for (unsigned int turn = 0; turn < turns; turn++) {
		if (first && slot_put(fd, to, &turn, sizeof(turn)))
			return 1;
		if (slot_wait(fd, from, version, SOON, 0, &got) ||
		    memcmp(got.message, &turn, sizeof(turn)))
			return 2;
		version = got.record.version;
		if (!first && slot_put(fd, to, &turn, sizeof(turn)))
			return 3;
	}
	return 0;
}

/*
 * Each waits for the other; a message that was missed is missed for ever. Several
 * pairs, lest the processors be asleep most of the time.
 */
TEST_F(wait, there_is_no_gap)
{
	pid_t players[2 * PAIRS];

	for (unsigned int i = 0; i < 2 * PAIRS; i++) {
		unsigned int first = 1 + i - i % 2, second = first + 1;

		players[i] = fork();
		if (players[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(i % 2 ? play(self->writer, first, second, false, TURNS) :
			      play(self->writer, second, first, true, TURNS));
	}
	for (unsigned int i = 0; i < 2 * PAIRS; i++)
		EXPECT_EQ(0, child_end(players[i]));
}

TEST_HARNESS_MAIN
