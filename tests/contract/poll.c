// SPDX-License-Identifier: GPL-2.0
/*
 * poll() and select(): readable while the selected channel has a
 * message that this open file has not read, and woken whenever it gets one.
 */
#include "polling.h"

#include <sys/select.h>

/* Enough for every one of the slot's queues to have some. */

TEST_F(wait, without_a_channel_is_an_error)
{
	EXPECT_EQ(POLLERR, poll_events(self->fd, 0, 0));
	EXPECT_EQ(POLLERR, poll_events(self->fd, POLLIN, SOON_MS));
	EXPECT_EQ(POLLERR | POLLOUT,
		  poll_events(self->fd, POLLIN | POLLOUT, SOON_MS));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(0, poll_events(self->fd, POLLIN, 0));
}

TEST_F(wait, writable_always)
{
	const short both = POLLOUT | POLLWRNORM;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(both, poll_events(self->fd, both | POLLIN, SOON_MS));
	ASSERT_EQ(1, slot_write(self->fd, "x", 1));
	EXPECT_EQ(both, poll_events(self->fd, both, SOON_MS));
	read_it(_metadata, self->fd);
	EXPECT_EQ(both, poll_events(self->fd, both | POLLIN, SOON_MS));
}

TEST_F(wait, readable_until_read)
{
	const short both = POLLIN | POLLRDNORM;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(0, poll_events(self->fd, both, 0));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(both, poll_events(self->fd, both, 0));
	EXPECT_EQ(both, poll_events(self->fd, both, 0));
	read_it(_metadata, self->fd);
	EXPECT_EQ(0, poll_events(self->fd, both, 0));
	read_it(_metadata, self->fd);
	EXPECT_EQ(0, poll_events(self->fd, both, 0));
}

TEST_F(wait, readable_again_after_the_same_bytes)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	ASSERT_EQ(0, slot_select(self->writer, 1));
	for (int i = 0; i < 100; i++) {
		for (int writes = 0; writes <= i % 3; writes++)
			ASSERT_EQ(4, slot_write(self->writer, "same", 4));
		EXPECT_TRUE(has_news(self->fd));
		read_it(_metadata, self->fd);
		EXPECT_FALSE(has_news(self->fd));
	}
}

TEST_F(wait, own_message_is_news)
{
	ASSERT_EQ(3, slot_send(self->fd, 1, "own", 3));
	EXPECT_TRUE(has_news(self->fd));
	read_it(_metadata, self->fd);
	EXPECT_FALSE(has_news(self->fd));
}

TEST_F(wait, readable_for_every_kind_of_write)
{
	struct iovec vec[] = { { "ab", 2 }, { "cd", 2 } };
	struct iovec to = { got, sizeof(got) };

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ASSERT_EQ(0, slot_select(self->writer, 1));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(2, slot_write(self->writer, "wr", 2));
		EXPECT_TRUE(has_news(self->fd));
		read_it(_metadata, self->fd);
		EXPECT_EQ(4, slot_result(writev(self->writer, vec, 2)));
		EXPECT_TRUE(has_news(self->fd));
		read_it(_metadata, self->fd);
		EXPECT_EQ(2, slot_pwrite(self->writer, "pw", 2, 1));
		EXPECT_TRUE(has_news(self->fd));
		EXPECT_EQ(2, slot_result(readv(self->fd, &to, 1)));
		EXPECT_FALSE(has_news(self->fd));
	}
}

TEST_F(wait, failed_calls_neither_make_nor_take_news)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	EXPECT_EQ(-ENOSPC, slot_read(self->fd, got, 4));
	EXPECT_EQ(-EFAULT, slot_read(self->fd, NULL, 128));
	EXPECT_TRUE(has_news(self->fd));
	read_it(_metadata, self->fd);
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, "", 0));
	EXPECT_EQ(-EFAULT, slot_write(self->fd, NULL, 5));
	EXPECT_EQ(-EINVAL, slot_select(self->fd, 0));
	EXPECT_FALSE(has_news(self->fd));
}

TEST_F(wait, other_channels_are_no_news)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (unsigned int id = 2; id < MANY; id++) {
		ASSERT_EQ(4, slot_send(self->writer, id, &id, 4));
		EXPECT_FALSE(has_news(self->fd));
	}
}

TEST_F(wait, every_open_file_reads_for_itself)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	read_it(_metadata, self->writer);
	EXPECT_FALSE(has_news(self->writer));
	EXPECT_TRUE(has_news(self->fd));
	read_it(_metadata, self->fd);
	EXPECT_FALSE(has_news(self->fd));
}

TEST_F(wait, dup_shares_what_was_read)
{
	int twin = dup(self->fd);

	ASSERT_EQ(1, slot_send(self->fd, 1, "x", 1));
	EXPECT_TRUE(has_news(twin));
	read_it(_metadata, self->fd);
	EXPECT_FALSE(has_news(twin));
	ASSERT_EQ(1, slot_write(twin, "x", 1));
	EXPECT_TRUE(has_news(self->fd));
	read_it(_metadata, twin);
	EXPECT_FALSE(has_news(self->fd));
	close(twin);
}

TEST_F(wait, selecting_another_channel_begins_anew)
{
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	ASSERT_EQ(1, slot_send(self->writer, 2, "y", 1));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	read_it(_metadata, self->fd);
	ASSERT_EQ(0, slot_select(self->fd, 2));
	EXPECT_TRUE(has_news(self->fd));
	ASSERT_EQ(0, slot_select(self->fd, 3));
	EXPECT_FALSE(has_news(self->fd));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_TRUE(has_news(self->fd));
}

static long sleep_in_ppoll(struct sleeper *sleeper)
{
	struct pollfd ready = { .fd = sleeper->fd, .events = POLLIN };
	struct timespec soon = { .tv_sec = SOON_MS / 1000 };

	return ppoll(&ready, 1, &soon, NULL) < 0 ? -errno : ready.revents;
}

static long sleep_in_select(struct sleeper *sleeper)
{
	struct timeval soon = { .tv_sec = SOON_MS / 1000 };
	fd_set readable;

	FD_ZERO(&readable);
	FD_SET(sleeper->fd, &readable);
	if (select(sleeper->fd + 1, &readable, NULL, NULL, &soon) < 0)
		return -errno;
	return FD_ISSET(sleeper->fd, &readable) ? POLLIN : 0;
}

TEST_F(wait, poll_is_woken)
{
	expect_woken(_metadata, self, sleep_in_poll);
}

TEST_F(wait, ppoll_is_woken)
{
	expect_woken(_metadata, self, sleep_in_ppoll);
}

TEST_F(wait, select_is_woken)
{
	expect_woken(_metadata, self, sleep_in_select);
}

TEST_F(wait, positional_write_wakes)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = self->fd };

	ASSERT_EQ(0, slot_select(self->fd, 0xffffffff));
	sleeper_start(&sleeper);
	ASSERT_EQ(1, slot_pwrite(self->writer, "x", 1, 0xffffffffll));
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
}

TEST_F(wait, own_descriptor_wakes)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = self->fd };

	ASSERT_EQ(0, slot_select(self->fd, 1));
	sleeper_start(&sleeper);
	ASSERT_EQ(1, slot_write(self->fd, "x", 1));
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
}

TEST_F(wait, another_process_wakes)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = self->fd };
	pid_t child;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	sleeper_start(&sleeper);
	child = fork();
	if (!child)
		_exit(slot_send(self->writer, 1, "x", 1) != 1);
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
	waitpid(child, NULL, 0);
}

/*
 * A sleeper that is woken in vain goes back to sleep unseen, but for the
 * kernel's count of its switches.
 */
TEST_F(wait, other_channels_do_not_wake)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = self->fd };
	long before;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	sleeper_start(&sleeper);
	before = task_status(sleeper.tid, "voluntary_ctxt");
	for (unsigned int id = 2; id < MANY; id++) {
		ASSERT_EQ(4, slot_send(self->writer, id, &id, 4));
		ASSERT_EQ(4, slot_write(self->writer, &id, 4));
		usleep(200);
	}
	EXPECT_FALSE(atomic_load(&sleeper.done));
	EXPECT_GE(before + 3, task_status(sleeper.tid, "voluntary_ctxt"));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
}

TEST_F(wait, all_sleepers_are_woken)
{
	struct sleeper sleepers[6];

	for (unsigned int i = 0; i < ARRAY_SIZE(sleepers); i++) {
		int fd = i % 2 ? self->fd : slot_open(self->node, O_RDONLY);

		ASSERT_EQ(0, slot_select(fd, 1));
		sleepers[i] =
			(struct sleeper){ .call = sleep_in_poll, .fd = fd };
		sleeper_start(&sleepers[i]);
	}
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	for (unsigned int i = 0; i < ARRAY_SIZE(sleepers); i++)
		EXPECT_EQ(POLLIN, sleeper_join(&sleepers[i]));
}

TEST_F(wait, selecting_a_full_channel_wakes)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = self->fd };

	ASSERT_EQ(1, slot_send(self->writer, 2, "x", 1));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	sleeper_start(&sleeper);
	ASSERT_EQ(0, slot_select(self->fd, 2));
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
}

TEST_F(wait, selecting_an_empty_channel_moves_the_wait)
{
	for (unsigned int id = 1; id < 50; id++) {
		struct sleeper sleeper = { .call = sleep_in_poll,
					   .fd = self->fd };

		ASSERT_EQ(0, slot_select(self->fd, id));
		sleeper_start(&sleeper);
		ASSERT_EQ(0, slot_select(self->fd, id + 1000));
		ASSERT_EQ(1, slot_send(self->writer, id, "x", 1));
		if (id == 1)
			EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
		ASSERT_EQ(1, slot_send(self->writer, id + 1000, "x", 1));
		ASSERT_EQ(POLLIN, sleeper_join(&sleeper));
	}
}

/* By a dup, in the middle of another thread's poll(). */
TEST_F(wait, closing_another_descriptor_changes_nothing)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = dup(self->fd) };

	ASSERT_EQ(0, slot_select(self->fd, 1));
	sleeper_start(&sleeper);
	close(self->fd);
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
	self->fd = sleeper.fd;
}

/* The kernel looks the number up again once it is woken. */
TEST_F(wait, closing_the_last_descriptor_is_survived)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = self->fd };

	ASSERT_EQ(0, slot_select(self->fd, 1));
	sleeper_start(&sleeper);
	close(self->fd);
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(POLLNVAL, sleeper_join(&sleeper));
}

TEST_F(wait, two_slots_are_apart)
{
	int node = slot_fresh();
	int other = slot_open(node, O_RDWR);
	struct pollfd ready[] = { { .fd = self->fd, .events = POLLIN },
				  { .fd = other, .events = POLLIN } };

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ASSERT_EQ(0, slot_select(other, 1));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(1, poll(ready, 2, SOON_MS));
	EXPECT_EQ(POLLIN, ready[0].revents);
	EXPECT_EQ(0, ready[1].revents);
	ASSERT_EQ(1, slot_write(other, "x", 1));
	EXPECT_EQ(2, poll(ready, 2, SOON_MS));
	read_it(_metadata, self->fd);
	EXPECT_EQ(1, poll(ready, 2, SOON_MS));
	EXPECT_EQ(POLLIN, ready[1].revents);
	close(other);
	close(node);
}

TEST_F(wait, polling_makes_no_channel)
{
	for (unsigned int id = 1; id < MANY; id++) {
		ASSERT_EQ(0, slot_select(self->fd, id));
		EXPECT_EQ(0, poll_events(self->fd, POLLIN, 0));
		EXPECT_EMPTY(self->writer, id);
	}
}

TEST_HARNESS_MAIN
