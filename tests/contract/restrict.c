// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_RESTRICT: an open file is narrowed, for good, wherever it goes. */
#include "watch.h"
#include "child.h"
#include "commit.h"
#include "passing.h"

#define READ_ONLY MSG_SLOT_READ_ONLY

/* Channels 7 and 8 have messages. */
FIXTURE(narrow)
{
	int node;
	/* To be narrowed, and not. */
	int fd;
	int other;
};

FIXTURE_SETUP(narrow)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->other = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(5, slot_pwrite(self->other, "seven", 5, 7));
	ASSERT_EQ(5, slot_pwrite(self->other, "eight", 5, 8));
}

FIXTURE_TEARDOWN(narrow)
{
	close(self->fd);
	close(self->other);
	close(self->node);
}

static bool may_not_read(int fd, unsigned int id)
{
	char got[MSG_SLOT_MAX_MESSAGE];
	struct iovec vec = { got, sizeof(got) };
	struct msg_slot_get gets[] = { get_into(7, NULL, 0),
				       get_into(id, NULL, 0) };
	__u32 set[] = { 7, id };

	return slot_select(fd, id) == -EPERM &&
	       slot_pread(fd, got, sizeof(got), id) == -EPERM &&
	       slot_result(preadv(fd, &vec, 1, id)) == -EPERM &&
	       slot_get(fd, id, &(struct got){}) == -EPERM &&
	       slot_wait(fd, id, 0, 0, 0, &(struct got){}) == -EPERM &&
	       slot_snapshot(fd, gets, 2) == -EPERM &&
	       slot_watch(fd, set, 2) == -EPERM &&
	       slot_watch(fd, NULL, 0) == -EPERM;
}

static bool may_not_write(int fd, unsigned int id)
{
	struct msg_slot_put part = clear_of(id);
	unsigned long long version = 0;
	struct iovec vec = { "no", 2 };

	return slot_pwrite(fd, "no", 2, id) == -EPERM &&
	       slot_result(pwritev(fd, &vec, 1, id)) == -EPERM &&
	       slot_put(fd, id, "no", 2) == -EPERM &&
	       slot_put_if(fd, id, "no", 2, &version) == -EPERM &&
	       slot_clear(fd, id) == -EPERM &&
	       slot_clear_if(fd, id, &version) == -EPERM &&
	       slot_commit(fd, &part, 1) == -EPERM &&
	       slot_claim(fd, id, MSG_SLOT_END_KEEP) == -EPERM &&
	       slot_claim_will(fd, id, "no", 2) == -EPERM;
}

static bool may_not_see_the_slot(int fd)
{
	struct msg_slot_limits limits = { 1, 1, 1 };
	struct msg_slot_counters counters = { 0 };
	struct msg_slot_usage usage;

	return slot_ioctl(fd, MSG_SLOT_GET_COUNTERS, &counters) == -EPERM &&
	       slot_ioctl(fd, MSG_SLOT_GET_LIMITS, &limits) == -EPERM &&
	       slot_ioctl(fd, MSG_SLOT_SET_LIMITS, &limits) == -EPERM &&
	       slot_ioctl(fd, MSG_SLOT_GET_USAGE, &usage) == -EPERM;
}

/* As it must be on channel 7 if it has a message, and the file is narrowed. */
static bool may_read(int fd, unsigned int id)
{
	struct msg_slot_get get = get_into(id, NULL, 0);
	char got[MSG_SLOT_MAX_MESSAGE];
	__u32 set[] = { id };
	int watch = slot_watch(fd, set, 1);

	close(watch);
	return watch >= 0 && slot_select(fd, id) == 0 &&
	       slot_read(fd, got, sizeof(got)) > 0 &&
	       slot_pread(fd, got, sizeof(got), id) > 0 &&
	       slot_pread(fd, got, sizeof(got), 0) > 0 &&
	       slot_get(fd, id, &(struct got){}) == 0 &&
	       slot_get(fd, 0, &(struct got){}) == 0 &&
	       slot_wait(fd, id, 0, 0, 0, &(struct got){}) == 0 &&
	       slot_snapshot(fd, &get, 1) == 0;
}

static bool may_write(int fd, unsigned int id)
{
	return slot_select(fd, id) == 0 && slot_write(fd, "w", 1) == 1 &&
	       slot_pwrite(fd, "pw", 2, id) == 2 && slot_clear(fd, id) == 0 &&
	       slot_put(fd, id, "put", 3) == 0 &&
	       slot_claim(fd, id, MSG_SLOT_END_KEEP) == 0 &&
	       slot_release(fd, id) == 0;
}

TEST_F(narrow, to_a_channel)
{
	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_TRUE(may_not_read(self->fd, 8));
	EXPECT_TRUE(may_not_write(self->fd, 8));
	EXPECT_TRUE(may_not_read(self->fd, 9));
	EXPECT_TRUE(may_not_write(self->fd, 9));
	EXPECT_TRUE(may_not_see_the_slot(self->fd));
	EXPECT_TRUE(may_read(self->fd, 7));
	EXPECT_TRUE(may_write(self->fd, 7));
	EXPECT_GET(self->other, 8, "eight");
	EXPECT_NONE(self->other, 9);
	EXPECT_EQ((__u32)MSG_SLOT_MAX_MESSAGE,
		  slot_limits(self->other).max_message);
}

TEST_F(narrow, to_a_channel_selects_it)
{
	char got[8];

	ASSERT_EQ(0, slot_select(self->fd, 8));
	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "seven", 5));
	EXPECT_EQ(3, slot_write(self->fd, "new", 3));
	EXPECT_GET(self->other, 7, "new");
	EXPECT_GET(self->other, 8, "eight");
}

TEST_F(narrow, poll_is_of_that_channel)
{
	ASSERT_EQ(0, slot_select(self->fd, 9));
	EXPECT_FALSE(has_news(self->fd));
	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_TRUE(has_news(self->fd));
	EXPECT_EQ(0, slot_get(self->fd, 0, &(struct got){}));
	ASSERT_EQ(1, slot_pwrite(self->other, "x", 1, 9));
	EXPECT_FALSE(has_news(self->fd));
	ASSERT_EQ(1, slot_pwrite(self->other, "x", 1, 7));
	EXPECT_TRUE(has_news(self->fd));
}

TEST_F(narrow, to_reading)
{
	ASSERT_EQ(0, slot_select(self->fd, 7));
	ASSERT_EQ(0, slot_restrict(self->fd, 0, READ_ONLY));
	EXPECT_EQ(-EPERM, slot_write(self->fd, "no", 2));
	EXPECT_TRUE(may_not_write(self->fd, 7));
	EXPECT_TRUE(may_not_write(self->fd, 8));
	EXPECT_TRUE(may_not_write(self->fd, 9));
	EXPECT_EQ(-EPERM, slot_set_max_message(self->fd, 1000));
	EXPECT_EQ((__u32)MSG_SLOT_MAX_MESSAGE,
		  slot_limits(self->fd).max_message);
	EXPECT_EQ(2u, slot_usage(self->fd).channels);
	EXPECT_TRUE(may_read(self->fd, 7));
	EXPECT_TRUE(may_read(self->fd, 8));
	watcher_free(watch_all(self->fd));
	EXPECT_GET(self->other, 7, "seven");
	EXPECT_GET(self->other, 8, "eight");
}

TEST_F(narrow, to_reading_a_channel)
{
	ASSERT_EQ(0, slot_restrict(self->fd, 7, READ_ONLY));
	EXPECT_EQ(-EPERM, slot_write(self->fd, "no", 2));
	EXPECT_TRUE(may_not_write(self->fd, 7));
	EXPECT_TRUE(may_not_write(self->fd, 8));
	EXPECT_TRUE(may_not_read(self->fd, 8));
	EXPECT_TRUE(may_not_see_the_slot(self->fd));
	EXPECT_TRUE(may_read(self->fd, 7));
	EXPECT_GET(self->other, 7, "seven");
}

TEST_F(narrow, in_steps)
{
	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_TRUE(may_write(self->fd, 7));
	EXPECT_EQ(0, slot_restrict(self->fd, 0, READ_ONLY));
	EXPECT_TRUE(may_not_write(self->fd, 7));
	EXPECT_TRUE(may_not_read(self->fd, 8));
	EXPECT_TRUE(may_read(self->fd, 7));
	EXPECT_EQ(0, slot_restrict(self->fd, 7, READ_ONLY));
	EXPECT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_TRUE(may_not_write(self->fd, 7));
}

TEST_F(narrow, in_steps_the_other_way)
{
	ASSERT_EQ(0, slot_restrict(self->fd, 0, READ_ONLY));
	EXPECT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_TRUE(may_not_write(self->fd, 7));
	EXPECT_TRUE(may_not_read(self->fd, 8));
	EXPECT_TRUE(may_read(self->fd, 7));
}

TEST_F(narrow, cannot_be_taken_back)
{
	ASSERT_EQ(0, slot_restrict(self->fd, 7, READ_ONLY));
	EXPECT_EQ(-EPERM, slot_restrict(self->fd, 8, 0));
	EXPECT_EQ(-EPERM, slot_restrict(self->fd, 8, READ_ONLY));
	EXPECT_EQ(-EINVAL, slot_restrict(self->fd, 0, 0));
	EXPECT_EQ(0, slot_restrict(self->fd, 0, READ_ONLY));
	EXPECT_TRUE(may_not_read(self->fd, 8));
	EXPECT_TRUE(may_not_write(self->fd, 7));
	EXPECT_TRUE(may_read(self->fd, 7));
}

TEST_F(narrow, errors_change_nothing)
{
	EXPECT_EQ(-EINVAL, slot_restrict(self->fd, 0, 0));
	for (unsigned int bit = 1; bit < 32; bit++) {
		EXPECT_EQ(-EINVAL, slot_restrict(self->fd, 7, 1u << bit));
		EXPECT_EQ(-EINVAL,
			  slot_restrict(self->fd, 0, 1u << bit | READ_ONLY));
	}
	EXPECT_TRUE(may_write(self->fd, 8));
	EXPECT_TRUE(may_write(self->fd, 7));
	EXPECT_EQ(2u, slot_usage(self->fd).channels);
}

TEST_F(narrow, other_open_files_are_as_they_were)
{
	int late;

	ASSERT_EQ(0, slot_restrict(self->fd, 7, READ_ONLY));
	late = slot_open(self->node, O_RDWR);
	EXPECT_TRUE(may_write(self->other, 7));
	EXPECT_TRUE(may_write(late, 8));
	EXPECT_EQ(2u, slot_usage(late).channels);
	close(late);
}

/*
 * The mode of the file and whether it may write first, then arguments, then the
 * channel that is left of it.
 */
TEST_F(narrow, order_of_the_errors)
{
	struct msg_slot_put put = { .channel = 8, .flags = 2 };
	int reader = slot_open(self->node, O_RDONLY);

	ASSERT_EQ(0, slot_restrict(reader, 7, READ_ONLY));
	EXPECT_EQ(-EBADF, slot_ioctl(reader, MSG_SLOT_PUT, &put));
	EXPECT_EQ(-EBADF, slot_clear(reader, 8));
	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	put.flags = 0;
	EXPECT_EQ(-EPERM, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	EXPECT_EQ(-EPERM, slot_pwrite(self->fd, "", 0, 8));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, "", 0, 7));
	close(reader);
}

TEST_F(narrow, order_of_the_errors_without_writing)
{
	struct msg_slot_put put = { .channel = 8, .flags = 2 };
	struct msg_slot_clear clear = { .channel = 8, .flags = 2 };
	struct msg_slot_claim claim = { .channel = 8, .reserved = 1 };

	ASSERT_EQ(0, slot_restrict(self->fd, 0, READ_ONLY));
	EXPECT_EQ(-EPERM, slot_write(self->fd, "no", 2));
	EXPECT_EQ(-EPERM, slot_pwrite(self->fd, "", 0, 8));
	EXPECT_EQ(-EPERM, slot_pwrite(self->fd, "no", 2, 1ll << 32));
	EXPECT_EQ(-EPERM, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	EXPECT_EQ(-EPERM, slot_ioctl(self->fd, MSG_SLOT_CLEAR, &clear));
	EXPECT_EQ(-EPERM, slot_ioctl(self->fd, MSG_SLOT_CLAIM, &claim));
	EXPECT_EQ(-EPERM, slot_ioctl(self->fd, MSG_SLOT_PUT, NULL));
}

static bool is_narrow(int fd)
{
	return may_not_read(fd, 8) && may_not_write(fd, 7) &&
	       may_not_write(fd, 8) && may_read(fd, 7);
}

static int find_it_narrow(int fd)
{
	return !is_narrow(fd);
}

TEST_F(narrow, for_every_descriptor_that_shares_it)
{
	int twin = dup(self->fd);
	int passed;

	ASSERT_EQ(0, slot_restrict(self->fd, 7, READ_ONLY));
	passed = pass_descriptor(self->fd);
	EXPECT_TRUE(is_narrow(twin));
	EXPECT_TRUE(is_narrow(passed));
	EXPECT_EQ(0, in_child(find_it_narrow, self->fd));
	EXPECT_EQ(-EPERM, slot_restrict(passed, 8, 0));
	close(self->fd);
	EXPECT_TRUE(is_narrow(passed));
	close(twin);
	self->fd = passed;
}

static int narrow_it(int fd)
{
	return slot_restrict(fd, 7, READ_ONLY) != 0;
}

TEST_F(narrow, by_a_child_too)
{
	ASSERT_EQ(0, in_child(narrow_it, self->fd));
	EXPECT_TRUE(is_narrow(self->fd));
}

static int run_shell(int fd, const char *command)
{
	pid_t child = fork();

	if (!child) {
		dup2(fd, STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	return child_end(child);
}

TEST_F(narrow, after_exec)
{
	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_EQ(0, run_shell(self->fd, "printf yes"));
	EXPECT_GET(self->other, 7, "yes");
	ASSERT_EQ(0, slot_restrict(self->fd, 0, READ_ONLY));
	EXPECT_NE(0, run_shell(self->fd, "printf no 2>/dev/null"));
	EXPECT_GET(self->other, 7, "yes");
}

TEST_F(narrow, watch_tells_of_that_channel_only)
{
	const __u32 set[] = { 7 };
	struct watcher *watch;

	ASSERT_EQ(0, slot_restrict(self->fd, 7, READ_ONLY));
	watch = watcher_of(slot_watch(self->fd, set, 1));
	ASSERT_EQ(3, slot_pwrite(self->other, "new", 3, 8));
	EXPECT_TOLD(watch, 7, "seven");
	EXPECT_QUIET(watch);
	watcher_free(watch);
}

/* What was asked for before is there still. */
TEST_F(narrow, watch_that_was_made_before_goes_on)
{
	struct watcher *watch = watch_all(self->fd);

	ASSERT_NE(NULL, watch_next(watch));
	ASSERT_NE(NULL, watch_next(watch));
	ASSERT_EQ(0, slot_restrict(self->fd, 7, READ_ONLY));
	ASSERT_EQ(3, slot_pwrite(self->other, "new", 3, 8));
	EXPECT_TOLD(watch, 8, "new");
	watcher_free(watch);
}

/* A sleeper in poll() goes over to the channel that is left. */
TEST_F(narrow, who_waits_goes_over)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = self->fd };

	ASSERT_EQ(0, slot_select(self->fd, 9));
	sleeper_start(&sleeper);
	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
}

/*
 * Its own channel is gone, and the file remembers only where that was: calls that may
 * mean no channel, or are of no channel, don't go there. A kernel with lockdep says so
 * if they do, for no lock is there any more.
 */
TEST_F(narrow, calls_for_others_when_its_own_is_gone)
{
	char got[MSG_SLOT_MAX_MESSAGE];

	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	ASSERT_EQ(0, slot_select(self->fd, 7));
	for (unsigned int i = 0; i < 100; i++) {
		ASSERT_EQ(1, slot_write(self->fd, "x", 1));
		ASSERT_EQ(0, slot_clear(self->other, 7));
		/* That takes a grace period. */
		usleep(i * 200);
		ASSERT_EQ(-EPERM, slot_pwrite(self->fd, "no", 2, 3));
		ASSERT_EQ(-EPERM, slot_pread(self->fd, got, sizeof(got), 3));
		ASSERT_EQ(-EINVAL,
			  slot_pwrite(self->other, "no", 2, 1ll << 32));
	}
}

TEST_HARNESS_MAIN
