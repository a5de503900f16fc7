// SPDX-License-Identifier: GPL-2.0
/* Reading from a watch: batches, waiting, buffers, errors. */
#include "watch.h"
#include "page.h"

#include <sys/resource.h>

#define RECORD sizeof(struct msg_slot_record)

FIXTURE(watch)
{
	int node;
	int fd;
	/* Of the whole slot; it waits, unless a test says otherwise. */
	int watch;
};

FIXTURE_SETUP(watch)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->watch = slot_watch(self->fd, NULL, 0);
	ASSERT_LE(0, self->watch);
}

FIXTURE_TEARDOWN(watch)
{
	close(self->watch);
	close(self->fd);
	close(self->node);
}

static _Alignas(8) char buf[65536];

/* Events of 56 and 8 bytes. */
static void write_some(struct __test_metadata *_metadata, int fd,
		       unsigned int count)
{
	for (unsigned int id = 1; id <= count; id++)
		ASSERT_EQ(4, slot_pwrite(fd, &id, 4, id));
}

/* Reads the rest one by one. Returns how many, all whole and once. */
static unsigned int count_the_rest(struct __test_metadata *_metadata, int fd,
				   bool *told)
{
	struct watcher *watcher = watcher_of(fd);
	struct event *event;
	unsigned int count = 0;

	watcher->room = RECORD + 8;
	while ((event = watch_next(watcher))) {
		unsigned int id = event->record.channel;

		EXPECT_FALSE(told[id]);
		EXPECT_TRUE(event_tells(event, id, &id, 4));
		told[id] = true;
		count++;
	}
	free(watcher);
	return count;
}

TEST_F(watch, many_events_in_one_read)
{
	bool told[101] = {};

	write_some(_metadata, self->fd, 100);
	EXPECT_EQ(100 * (RECORD + 8),
		  (size_t)slot_read(self->watch, buf, sizeof(buf)));
	for (unsigned int i = 0; i < 100; i++) {
		struct event *event = (void *)(buf + i * (RECORD + 8));
		unsigned int id = event->record.channel;

		ASSERT_TRUE(event_tells(event, id, &id, 4));
		EXPECT_TRUE(event_is_sound(event, RECORD + 8));
		EXPECT_FALSE(told[id]);
		told[id] = true;
	}
	EXPECT_FALSE(has_news(self->watch));
}

TEST_F(watch, as_many_as_fit_and_no_part_of_one)
{
	for (size_t room = RECORD + 8; room < 10 * (RECORD + 8); room += 13) {
		size_t whole = room / (RECORD + 8) * (RECORD + 8);
		bool told[21] = {};

		memset(buf, 0xa5, sizeof(buf));
		write_some(_metadata, self->fd, 20);
		EXPECT_EQ((long)whole, slot_read(self->watch, buf, room));
		EXPECT_EQ('\xa5', buf[room]);
		for (size_t at = 0; at < whole; at += RECORD + 8)
			told[((struct event *)(buf + at))->record.channel] =
				true;
		EXPECT_EQ(20 - whole / (RECORD + 8),
			  count_the_rest(_metadata, self->watch, told));
	}
}

TEST_F(watch, too_little_room_loses_nothing)
{
	bool told[21] = {};

	write_some(_metadata, self->fd, 20);
	for (size_t room = 0; room < RECORD + 8; room++) {
		if (room)
			EXPECT_EQ(-ENOSPC, slot_read(self->watch, buf, room));
		EXPECT_TRUE(has_news(self->watch));
	}
	EXPECT_EQ(20u, count_the_rest(_metadata, self->watch, told));
}

/* Room for events that carry no message is not to let them overtake for ever. */
TEST_F(watch, too_little_room_for_a_long_one_only)
{
	struct watcher *watcher = watcher_of(self->watch);

	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	ASSERT_EQ(5000, slot_put_large(self->fd, 1, 5000, 1));
	EXPECT_EQ(-ENOSPC, slot_read(self->watch, buf, 5000 + RECORD - 1));
	EXPECT_EQ(5000 + (long)RECORD,
		  slot_read(self->watch, buf, 5000 + RECORD));
	EXPECT_TRUE(event_tells((void *)buf, 1, large(5000, 1), 5000));
	EXPECT_QUIET(watcher);
	free(watcher);
}

TEST_F(watch, bad_address_loses_nothing)
{
	bool told[21] = {};

	write_some(_metadata, self->fd, 20);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-EFAULT, slot_read(self->watch, NULL, 4096));
		EXPECT_EQ(-EFAULT, slot_read(self->watch, (void *)8, 4096));
		EXPECT_TRUE(has_news(self->watch));
	}
	EXPECT_EQ(20u, count_the_rest(_metadata, self->watch, told));
}

/* What was copied before the border counts as read, if it is told. */
TEST_F(watch, half_mapped_buffer_loses_nothing)
{
	char *border = page_end();

	for (size_t inside = 1; inside < 4 * (RECORD + 8); inside += 17) {
		bool told[21] = {};
		unsigned int count = 0;
		long n;

		write_some(_metadata, self->fd, 20);
		n = slot_read(self->watch, border - inside, 4096);
		EXPECT_TRUE(n == -EFAULT || (n > 0 && n <= (long)inside));
		for (long at = 0; at < n; at += RECORD + 8, count++)
			told[((struct event *)(border - inside + at))
				     ->record.channel] = true;
		count += count_the_rest(_metadata, self->watch, told);
		EXPECT_EQ(20u, count);
		EXPECT_EQ(0, fcntl(self->watch, F_SETFL, 0));
	}
}

TEST_F(watch, nonblocking_read_does_not_wait)
{
	ASSERT_EQ(0, fcntl(self->watch, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, slot_read(self->watch, buf, sizeof(buf)));
	write_some(_metadata, self->fd, 1);
	EXPECT_LT(0, slot_read(self->watch, buf, sizeof(buf)));
	EXPECT_EQ(-EAGAIN, slot_read(self->watch, buf, sizeof(buf)));
	EXPECT_EQ(-EAGAIN, slot_read(self->watch, NULL, 4096));
}

static long sleep_in_watch(struct sleeper *sleeper)
{
	return slot_read(sleeper->fd, sleeper->got, sizeof(sleeper->got));
}

static bool slept_until(struct sleeper *sleeper, unsigned int id,
			unsigned int kind)
{
	return sleeper_join(sleeper) >= (long)RECORD &&
	       event_is((void *)sleeper->got, id, kind);
}

TEST_F(watch, read_waits)
{
	for (unsigned int i = 0; i < 50; i++) {
		unsigned int id = 1 + i % 7;
		struct sleeper sleeper = { .call = sleep_in_watch,
					   .fd = self->watch };

		sleeper_start(&sleeper);
		ASSERT_FALSE(atomic_load(&sleeper.done));
		ASSERT_EQ(4, slot_pwrite(self->fd, &i, 4, id));
		EXPECT_TRUE(slept_until(&sleeper, id, MSG_SLOT_WRITTEN));
	}
}

TEST_F(watch, read_waits_for_each_kind_of_event)
{
	struct sleeper sleeper = { .call = sleep_in_watch, .fd = self->watch };
	unsigned long long end;
	long n;

	write_some(_metadata, self->fd, 2);
	ASSERT_EQ(128, slot_read(self->watch, buf, sizeof(buf)));
	sleeper_start(&sleeper);
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_TRUE(slept_until(&sleeper, 1, MSG_SLOT_CLEARED));
	do {
		end = end_of(200 * MILLISECOND);
		ASSERT_EQ(0,
			  slot_put_for(self->fd, 2, "x", 1, 200 * MILLISECOND));
		n = slot_read(self->watch, buf, sizeof(buf));
	} while (is_past(end));
	ASSERT_EQ(64, n);
	sleeper = (struct sleeper){ .call = sleep_in_watch, .fd = self->watch };
	sleeper_start(&sleeper);
	EXPECT_TRUE(slept_until(&sleeper, 2, MSG_SLOT_EXPIRED));
}

TEST_F(watch, of_a_set_sleeps_through_others)
{
	const __u32 set[] = { 5, 70000 };
	int watch = slot_watch(self->fd, set, 2);
	struct sleeper sleeper = { .call = sleep_in_watch, .fd = watch };

	sleeper_start(&sleeper);
	for (unsigned int id = 6; id < 300; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 70000));
	EXPECT_TRUE(slept_until(&sleeper, 70000, MSG_SLOT_WRITTEN));
	close(watch);
}

static void do_nothing(int signal)
{
	(void)signal;
}

TEST_F(watch, read_ends_with_a_signal)
{
	struct sigaction action = { .sa_handler = do_nothing };
	struct sleeper sleeper = { .call = sleep_in_watch, .fd = self->watch };

	sigaction(SIGUSR1, &action, NULL);
	sleeper_start(&sleeper);
	ASSERT_EQ(0, pthread_kill(sleeper.thread, SIGUSR1));
	EXPECT_EQ(-EINTR, sleeper_join(&sleeper));
}

TEST_F(watch, poll_says_when_there_is_an_event)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = self->watch };

	EXPECT_EQ(0, poll_events(self->watch, POLLIN, 0));
	sleeper_start(&sleeper);
	ASSERT_FALSE(atomic_load(&sleeper.done));
	write_some(_metadata, self->fd, 1);
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
	EXPECT_EQ(64, slot_read(self->watch, buf, sizeof(buf)));
	EXPECT_EQ(0, poll_events(self->watch, POLLIN, 0));
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_EQ(POLLIN, poll_events(self->watch, POLLIN, 0));
	EXPECT_EQ((long)RECORD, slot_read(self->watch, buf, sizeof(buf)));
	EXPECT_EQ(0, poll_events(self->watch, POLLIN, 0));
}

TEST_F(watch, epoll_says_so_too)
{
	const int triggers[] = { EPOLLIN, EPOLLIN | EPOLLET };

	for (unsigned int i = 0; i < ARRAY_SIZE(triggers); i++) {
		int ep = epoll_of(self->watch, triggers[i]);

		for (int n = 0; n < 50; n++) {
			EXPECT_EQ(0, epoll_next(ep, 0));
			ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1 + n % 3));
			EXPECT_EQ(EPOLLIN, epoll_next(ep, SOON_MS));
			EXPECT_LT(0, slot_read(self->watch, buf, sizeof(buf)));
		}
		close(ep);
	}
}

TEST_F(watch, errors)
{
	__u32 set[] = { 5, 0, 6 };
	struct msg_slot_watch watch = { .flags = 4 };
	int writer = slot_open(self->node, O_WRONLY);

	EXPECT_EQ(-EBADF, slot_watch(writer, NULL, 0));
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_WATCH, &watch));
	watch.flags = 1u << 31;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_WATCH, &watch));
	EXPECT_EQ(-EINVAL, slot_watch(self->fd, set, 3));
	EXPECT_EQ(-EFAULT, slot_watch(self->fd, NULL, 3));
	EXPECT_EQ(-EFAULT, slot_watch(self->fd, (void *)8, 3));
	EXPECT_GT(0, slot_write(self->watch, "x", 1));
	EXPECT_GT(0, slot_select(self->watch, 1));
	close(writer);
}

TEST_F(watch, needs_a_free_descriptor)
{
	struct rlimit limit = { 0, 0 };
	int first = slot_watch(self->fd, NULL, 0);

	ASSERT_LE(0, first);
	limit.rlim_cur = first;
	limit.rlim_max = 1024;
	close(first);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-EMFILE, slot_watch(self->fd, NULL, 0));
	limit.rlim_cur = 1024;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(first, slot_watch(self->fd, NULL, 0));
}

TEST_F(watch, is_closed_on_exec)
{
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->watch, F_GETFD));
}

TEST_F(watch, cannot_seek)
{
	write_some(_metadata, self->fd, 2);
	EXPECT_EQ(-ESPIPE, slot_result(lseek(self->watch, 0, SEEK_SET)));
	EXPECT_EQ(128, slot_read(self->watch, buf, sizeof(buf)));
}

TEST_HARNESS_MAIN
