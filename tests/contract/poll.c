// SPDX-License-Identifier: GPL-2.0
/*
 * poll(), select() and epoll: readable while the selected channel has a
 * message that this open file has not read, and woken whenever it gets one.
 */
#include "waiting.h"

#include <sys/resource.h>
#include <sys/select.h>

/* Enough for every one of the slot's queues to have some. */
#define MANY 400u

static char got[MSG_SLOT_MAX_MESSAGE];

static void read_it(struct __test_metadata *_metadata, int fd)
{
	EXPECT_LT(0, slot_read(fd, got, sizeof(got)));
}

FIXTURE(wait)
{
	int node;
	/* The waiter's and the writer's open files. */
	int fd;
	int writer;
};

FIXTURE_SETUP(wait)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
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

static long sleep_in_new_epoll(struct sleeper *sleeper)
{
	int ep = epoll_of(sleeper->fd, EPOLLIN);
	long events = epoll_next(ep, SOON_MS);

	close(ep);
	return events;
}

static long sleep_in_edge_epoll(struct sleeper *sleeper)
{
	int ep = epoll_of(sleeper->fd, EPOLLIN | EPOLLET);
	long events = epoll_next(ep, SOON_MS);

	close(ep);
	return events;
}

/* The first message of a channel, then the next. */
static void expect_woken(struct __test_metadata *_metadata,
			 FIXTURE_DATA(wait) * self,
			 long (*call)(struct sleeper *))
{
	for (unsigned int id = 1; id <= 70; id++) {
		ASSERT_EQ(0, slot_select(self->fd, id));
		for (unsigned int i = 0; i < 2; i++) {
			struct sleeper sleeper = { .call = call,
						   .fd = self->fd };

			sleeper_start(&sleeper);
			ASSERT_FALSE(atomic_load(&sleeper.done));
			ASSERT_EQ(4, slot_send(self->writer, id, &id, 4));
			ASSERT_EQ(POLLIN, sleeper_join(&sleeper));
			read_it(_metadata, self->fd);
		}
	}
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

TEST_F(wait, epoll_is_woken)
{
	expect_woken(_metadata, self, sleep_in_new_epoll);
}

TEST_F(wait, edge_triggered_epoll_is_woken)
{
	expect_woken(_metadata, self, sleep_in_edge_epoll);
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

/* Each of many waiters is told of its own channel and no other. */
TEST_F(wait, each_channel_has_its_own_waiters)
{
	int ep = epoll_create1(0);
	int fds[MANY];

	for (unsigned int id = 1; id < MANY; id++) {
		struct epoll_event event = { .events = EPOLLIN | EPOLLET,
					     .data.u32 = id };

		fds[id] = slot_open(self->node, O_RDONLY);
		ASSERT_LE(0, fds[id]);
		ASSERT_EQ(0, slot_select(fds[id], id));
		ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fds[id], &event));
	}
	for (unsigned int i = 0; i < 2 * MANY; i++) {
		unsigned int id = 1 + mix(i) % (MANY - 1);
		struct epoll_event events[4];

		ASSERT_EQ(4, slot_send(self->writer, id, &id, 4));
		ASSERT_EQ(1, epoll_wait(ep, events, 4, SOON_MS));
		EXPECT_EQ(id, events[0].data.u32);
		ASSERT_EQ(0, epoll_wait(ep, events, 4, 0));
	}
	for (unsigned int id = 1; id < MANY; id++)
		close(fds[id]);
	close(ep);
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

TEST_F(wait, closed_in_an_epoll)
{
	int ep;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ep = epoll_of(self->fd, EPOLLIN);
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	close(self->fd);
	EXPECT_EQ(0, epoll_next(ep, 0));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(0, epoll_next(ep, NEVER_MS));
	close(ep);
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

TEST_F(wait, level_triggered_until_read)
{
	int ep;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ep = epoll_of(self->fd, EPOLLIN);
	EXPECT_EQ(0, epoll_next(ep, 0));
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
		EXPECT_EQ(EPOLLIN, epoll_next(ep, SOON_MS));
		EXPECT_EQ(EPOLLIN, epoll_next(ep, 0));
		read_it(_metadata, self->fd);
		EXPECT_EQ(0, epoll_next(ep, 0));
	}
	close(ep);
}

/* One event for each write, whether it was read in between or not. */
TEST_F(wait, edge_triggered_once_a_write)
{
	int ep;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ep = epoll_of(self->fd, EPOLLIN | EPOLLET);
	EXPECT_EQ(0, epoll_next(ep, 0));
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
		EXPECT_EQ(EPOLLIN, epoll_next(ep, SOON_MS));
		EXPECT_EQ(0, epoll_next(ep, 0));
		if (i % 2)
			read_it(_metadata, self->fd);
		EXPECT_EQ(0, epoll_next(ep, 0));
	}
	close(ep);
}

TEST_F(wait, edge_triggered_not_by_other_channels)
{
	int ep;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	ep = epoll_of(self->fd, EPOLLIN | EPOLLET);
	EXPECT_EQ(EPOLLIN, epoll_next(ep, SOON_MS));
	for (unsigned int id = 2; id < MANY; id++) {
		ASSERT_EQ(4, slot_send(self->writer, id, &id, 4));
		EXPECT_EQ(0, epoll_next(ep, 0));
	}
	close(ep);
}

TEST_F(wait, edge_and_output_too)
{
	int ep;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ep = epoll_of(self->fd, EPOLLIN | EPOLLOUT | EPOLLET);
	EXPECT_EQ(EPOLLOUT, epoll_next(ep, SOON_MS));
	EXPECT_EQ(0, epoll_next(ep, 0));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(EPOLLIN | EPOLLOUT, epoll_next(ep, SOON_MS));
	EXPECT_EQ(0, epoll_next(ep, 0));
	close(ep);
}

/* What the epoll was told of the old channel must not keep it from the new. */
static void expect_epoll_follows(struct __test_metadata *_metadata,
				 FIXTURE_DATA(wait) * self, unsigned int events)
{
	int ep;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ep = epoll_of(self->fd, events);
	for (unsigned int id = 2; id < MANY; id++) {
		ASSERT_EQ(0, slot_select(self->fd, id));
		epoll_next(ep, 0);
		ASSERT_EQ(4, slot_send(self->writer, id - 1, &id, 4));
		EXPECT_EQ(0, epoll_next(ep, 0));
		ASSERT_EQ(4, slot_send(self->writer, id, &id, 4));
		ASSERT_EQ(EPOLLIN, epoll_next(ep, SOON_MS));
		if (id % 2)
			read_it(_metadata, self->fd);
	}
	/* Back to one that has had its message all the time. */
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(EPOLLIN, epoll_next(ep, SOON_MS));
	close(ep);
}

TEST_F(wait, level_triggered_across_selections)
{
	expect_epoll_follows(_metadata, self, EPOLLIN);
}

TEST_F(wait, edge_triggered_across_selections)
{
	expect_epoll_follows(_metadata, self, EPOLLIN | EPOLLET);
}

static void expect_epoll_before_selection(struct __test_metadata *_metadata,
					  FIXTURE_DATA(wait) * self,
					  unsigned int events)
{
	int ep = epoll_of(self->fd, events);

	EXPECT_EQ(EPOLLERR, epoll_next(ep, SOON_MS));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(0, epoll_next(ep, 0));
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 5000));
	read_it(_metadata, self->fd);
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 5000));
	close(ep);
}

TEST_F(wait, level_triggered_before_the_first_selection)
{
	expect_epoll_before_selection(_metadata, self, EPOLLIN);
}

TEST_F(wait, edge_triggered_before_the_first_selection)
{
	expect_epoll_before_selection(_metadata, self, EPOLLIN | EPOLLET);
}

TEST_F(wait, first_selection_of_a_full_channel_is_an_edge)
{
	int ep = epoll_of(self->fd, EPOLLIN | EPOLLET);

	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(EPOLLERR, epoll_next(ep, SOON_MS));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(EPOLLIN, epoll_next(ep, 5000));
	close(ep);
}

TEST_F(wait, one_shot)
{
	struct epoll_event again = { .events = EPOLLIN | EPOLLONESHOT };
	int ep;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ep = epoll_of(self->fd, EPOLLIN | EPOLLONESHOT);
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
		EXPECT_EQ(EPOLLIN, epoll_next(ep, SOON_MS));
		ASSERT_EQ(1, slot_write(self->writer, "x", 1));
		EXPECT_EQ(0, epoll_next(ep, 0));
		if (i % 2)
			read_it(_metadata, self->fd);
		ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_MOD, self->fd, &again));
		if (i % 2 == 0) {
			EXPECT_EQ(EPOLLIN, epoll_next(ep, SOON_MS));
			ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_MOD, self->fd,
					       &again));
			read_it(_metadata, self->fd);
		}
		EXPECT_EQ(0, epoll_next(ep, 0));
	}
	close(ep);
}

/* One of those who share an open file is enough, and of each open file one. */
TEST_F(wait, exclusive)
{
	struct sleeper sleepers[4];
	int other = slot_open(self->node, O_RDONLY);
	int fds[] = { self->fd, other, self->fd, other };
	unsigned int woken[2] = {};

	ASSERT_EQ(1, slot_send(self->fd, 1, "x", 1));
	ASSERT_EQ(0, slot_select(other, 1));
	read_it(_metadata, self->fd);
	read_it(_metadata, other);
	for (unsigned int i = 0; i < 4; i++) {
		sleepers[i] = (struct sleeper){
			.call = sleep_in_epoll,
			.fd = epoll_of(fds[i], EPOLLIN | EPOLLEXCLUSIVE),
		};
		sleeper_start(&sleepers[i]);
	}
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	usleep(NEVER_MS * 1000);
	for (unsigned int i = 0; i < 4; i++)
		woken[i % 2] += atomic_load(&sleepers[i].done);
	EXPECT_EQ(1u, woken[0]);
	EXPECT_EQ(1u, woken[1]);
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(1, slot_write(self->writer, "x", 1));
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQ(EPOLLIN, sleeper_join(&sleepers[i]));
		close(sleepers[i].fd);
	}
	close(other);
}

TEST_F(wait, epoll_in_an_epoll)
{
	struct sleeper sleeper = { .call = sleep_in_epoll };
	int inner;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	inner = epoll_of(self->fd, EPOLLIN);
	sleeper.fd = epoll_of(inner, EPOLLIN | EPOLLET);
	sleeper_start(&sleeper);
	ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
	EXPECT_EQ(EPOLLIN, sleeper_join(&sleeper));
	EXPECT_EQ(EPOLLIN, epoll_next(inner, 0));
	close(sleeper.fd);
	close(inner);
}

/* Epoll says what poll says, also of descriptors that were removed and added. */
TEST_F(wait, removed_and_added_again)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ep;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	ep = epoll_of(self->fd, EPOLLIN);
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_DEL, self->fd, NULL));
		ASSERT_EQ(1, slot_send(self->writer, 1, "x", 1));
		EXPECT_EQ(0, epoll_next(ep, 0));
		ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &event));
		EXPECT_EQ(EPOLLIN, epoll_next(ep, SOON_MS));
		read_it(_metadata, self->fd);
	}
	close(ep);
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
