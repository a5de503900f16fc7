// SPDX-License-Identifier: GPL-2.0
/*
 * epoll, by level and by edge: what poll() says of the selected channel, told
 * in time, also across selections.
 */
#include "polling.h"

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

TEST_F(wait, epoll_is_woken)
{
	expect_woken(_metadata, self, sleep_in_new_epoll);
}

TEST_F(wait, edge_triggered_epoll_is_woken)
{
	expect_woken(_metadata, self, sleep_in_edge_epoll);
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

static unsigned int how_many_woken(struct sleeper *sleepers, unsigned int count)
{
	unsigned int woken = 0;

	while (count--)
		woken += atomic_load(&sleepers[count].done);
	return woken;
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
	for (int ms = 0; ms < SOON_MS && how_many_woken(sleepers, 4) < 2; ms++)
		usleep(1000);
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

TEST_HARNESS_MAIN
