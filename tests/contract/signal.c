// SPDX-License-Identifier: GPL-2.0
/*
 * Signals in every call that waits: they end it with EINTR or, where that is the
 * custom and the handler wants it, not at all; and however many come, no message
 * and no wake-up is lost to them.
 */
#include "watch.h"

#include "scale.h"

#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/time.h>

#define ID 5
#define HANDOVERS (10 + scaled(40))
#define HOUR (3600 * SECOND)

/* Who takes numbers out of a channel, by a call that waits for the next. */
struct taker {
	struct sleeper sleeper;
	int fd;
	int watch;
	int ep;
	unsigned long long version;
};

/* Each returns the number, or -errno. */
static long take_by_read(struct taker *taker)
{
	unsigned int number;
	long ret = slot_read(taker->fd, &number, sizeof(number));

	return ret == sizeof(number) ? number : ret;
}

static long take_by_readv(struct taker *taker)
{
	unsigned short half[2];
	struct iovec vec[] = { { &half[0], 2 }, { &half[1], 2 } };
	long ret = slot_result(syscall(SYS_readv, taker->fd, vec, 2));

	return ret == 4 ? half[0] | half[1] << 16 : ret;
}

static long take_by_pread(struct taker *taker)
{
	unsigned int number;
	long ret = slot_pread(taker->fd, &number, sizeof(number), 0);

	return ret == sizeof(number) ? number : ret;
}

static long wait_for(struct taker *taker, unsigned int id,
		     unsigned long long timeout, unsigned int flags)
{
	struct got got;
	unsigned int number;
	long ret =
		slot_wait(taker->fd, id, taker->version, timeout, flags, &got);

	if (ret)
		return ret;
	taker->version = got.record.version;
	memcpy(&number, got.message, sizeof(number));
	return number;
}

static long take_by_wait(struct taker *taker)
{
	return wait_for(taker, ID, FOREVER, 0);
}

static long take_by_wait_for_any(struct taker *taker)
{
	return wait_for(taker, 0, FOREVER, MSG_SLOT_ANY_CHANGE);
}

static long take_by_wait_in_time(struct taker *taker)
{
	return wait_for(taker, ID, HOUR, 0);
}

static long take_by_watch(struct taker *taker)
{
	unsigned long long room[MSG_SLOT_EVENT_SIZE(8) / 8];
	const struct event *told = (const void *)room;
	unsigned int number;
	long ret = slot_read(taker->watch, room, sizeof(room));

	if (ret != sizeof(room))
		return ret;
	memcpy(&number, told->message, sizeof(number));
	return number;
}

static long take_by_poll(struct taker *taker)
{
	long ret = poll_events(taker->fd, POLLIN, -1);

	return ret == POLLIN ? take_by_read(taker) : ret;
}

static long take_by_select(struct taker *taker)
{
	fd_set files;

	FD_ZERO(&files);
	FD_SET(taker->fd, &files);
	if (select(taker->fd + 1, &files, NULL, NULL, NULL) < 0)
		return -errno;
	return take_by_read(taker);
}

static long take_by_epoll(struct taker *taker)
{
	struct epoll_event event;

	if (epoll_pwait(taker->ep, &event, 1, -1, NULL) < 0)
		return -errno;
	return event.data.fd == taker->fd ? take_by_read(taker) :
					    take_by_watch(taker);
}

static long take_by_poll_of_watch(struct taker *taker)
{
	long ret = poll_events(taker->watch, POLLIN, -1);

	return ret == POLLIN ? take_by_watch(taker) : ret;
}

/* What becomes of a call in which a signal came. */
enum custom {
	/* It goes on, if the handler wants it, and always without one. */
	RESTARTS,
	/* It goes on only without a handler. */
	GOES_ON,
	/* It ends. */
	ENDS,
};

FIXTURE(signal)
{
	int node;
	int writer;
	struct taker taker;
};

/* clang-format off */
FIXTURE_VARIANT(signal)
{
	long (*take)(struct taker *taker);
	enum custom custom;
	bool blocking;
	bool epoll_watch;
};

FIXTURE_VARIANT_ADD(signal, read) {
	.take = take_by_read,
	.blocking = true,
};

FIXTURE_VARIANT_ADD(signal, readv) {
	.take = take_by_readv,
	.blocking = true,
};

FIXTURE_VARIANT_ADD(signal, pread) {
	.take = take_by_pread,
	.blocking = true,
};

FIXTURE_VARIANT_ADD(signal, wait) {
	.take = take_by_wait,
};

FIXTURE_VARIANT_ADD(signal, wait_for_any) {
	.take = take_by_wait_for_any,
};

FIXTURE_VARIANT_ADD(signal, wait_in_time) {
	.take = take_by_wait_in_time,
	.custom = GOES_ON,
};

FIXTURE_VARIANT_ADD(signal, watch) {
	.take = take_by_watch,
};

FIXTURE_VARIANT_ADD(signal, poll) {
	.take = take_by_poll,
	.custom = GOES_ON,
};

FIXTURE_VARIANT_ADD(signal, select) {
	.take = take_by_select,
	.custom = GOES_ON,
};

FIXTURE_VARIANT_ADD(signal, epoll) {
	.take = take_by_epoll,
	.custom = ENDS,
};

FIXTURE_VARIANT_ADD(signal, poll_of_watch) {
	.take = take_by_poll_of_watch,
	.custom = GOES_ON,
};

FIXTURE_VARIANT_ADD(signal, epoll_of_watch) {
	.take = take_by_epoll,
	.custom = ENDS,
	.epoll_watch = true,
};

/* clang-format on */

FIXTURE_SETUP(signal)
{
	struct taker *taker = &self->taker;

	self->node = slot_fresh();
	self->writer = slot_open(self->node, O_RDWR);
	taker->fd = slot_open(self->node, O_RDONLY);
	ASSERT_EQ(0, slot_select(taker->fd, ID));
	ASSERT_EQ(0, slot_set_blocking(taker->fd, variant->blocking));
	taker->watch = slot_watch(taker->fd, &(__u32){ ID }, 1);
	ASSERT_LE(0, taker->watch);
	taker->ep = epoll_of(variant->epoll_watch ? taker->watch : taker->fd,
			     EPOLLIN);
	taker->sleeper.call = (long (*)(struct sleeper *))variant->take;
}

FIXTURE_TEARDOWN(signal)
{
	close(self->taker.ep);
	close(self->taker.watch);
	close(self->taker.fd);
	close(self->writer);
	close(self->node);
}

static void put_number(int fd, unsigned int number)
{
	if (slot_pwrite(fd, &number, sizeof(number), ID) != sizeof(number))
		abort();
}

static atomic_uint handled;

static void handle(int signal)
{
	(void)signal;
	atomic_fetch_add(&handled, 1);
}

static void handle_with(int flags)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = flags };

	if (sigaction(SIGUSR1, &action, NULL) ||
	    sigaction(SIGALRM, &action, NULL))
		abort();
}

/* Returns when it has handled a signal while it was asleep. */
static void interrupt(struct taker *taker, int flags)
{
	unsigned int before = atomic_load(&handled);

	handle_with(flags);
	sleeper_start(&taker->sleeper);
	pthread_kill(taker->sleeper.thread, SIGUSR1);
	for (int ms = 0; atomic_load(&handled) == before; ms++) {
		if (ms == SOON_MS)
			abort();
		usleep(1000);
	}
}

TEST_F(signal, ends_the_call_and_loses_nothing)
{
	struct taker *taker = &self->taker;

	for (unsigned int i = 1; i <= 3; i++) {
		atomic_store(&taker->sleeper.done, false);
		interrupt(taker, 0);
		ASSERT_EQ(-EINTR, sleeper_join(&taker->sleeper));
		put_number(self->writer, i);
		ASSERT_EQ(i, variant->take(taker));
	}
}

TEST_F(signal, of_a_handler_that_wants_it_ends_only_what_is_custom)
{
	struct taker *taker = &self->taker;

	interrupt(taker, SA_RESTART);
	if (variant->custom != RESTARTS) {
		EXPECT_EQ(-EINTR, sleeper_join(&taker->sleeper));
		return;
	}
	EXPECT_TRUE(sleeper_sleeps_on(&taker->sleeper));
	put_number(self->writer, 7);
	EXPECT_EQ(7, sleeper_join(&taker->sleeper));
}

/* In a process of its own; it ends with the number. */
static pid_t take_in_child(struct taker *taker,
			   long (*take)(struct taker *taker))
{
	pid_t child = fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(take(taker));
	}
	await_asleep(child);
	return child;
}

/* A debugger that attaches does the same. */
TEST_F(signal, stop_and_continue)
{
	pid_t child = take_in_child(&self->taker, variant->take);
	int status;

	kill(child, SIGSTOP);
	ASSERT_EQ(child, waitpid(child, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	kill(child, SIGCONT);
	if (variant->custom != ENDS) {
		await_asleep(child);
		put_number(self->writer, 7);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(variant->custom == ENDS ? (-EINTR & 0xff) : 7,
		  WEXITSTATUS(status));
}

/* And what the dead had not taken, others take. */
TEST_F(signal, that_is_deadly_ends_the_process_at_once)
{
	const int deadly[] = { SIGKILL, SIGTERM, SIGSEGV, SIGINT };

	for (unsigned int i = 0; i < ARRAY_SIZE(deadly); i++) {
		pid_t child = take_in_child(&self->taker, variant->take);
		int status;

		kill(child, deadly[i]);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(deadly[i], WTERMSIG(status));
	}
	put_number(self->writer, 7);
	EXPECT_EQ(7, variant->take(&self->taker));
}

/* What the taker under the storm has taken, and how often it was disturbed. */
struct storm {
	atomic_uint taken;
	atomic_uint interrupted;
	atomic_int wrong;
};

/* Not in step with the messages: the times between signals vary. */
static void vary_storm(unsigned int i)
{
	const long us = 20 + mix(i) % 400;
	struct itimerval storm = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &storm, NULL);
}

static void take_under_storm(struct taker *taker,
			     long (*take)(struct taker *taker),
			     struct storm *storm)
{
	for (unsigned int i = 1;;) {
		long got;

		handle_with(i % 4 ? 0 : SA_RESTART);
		vary_storm(i);
		got = take(taker);
		if (got == -EINTR) {
			atomic_fetch_add(&storm->interrupted, 1);
			continue;
		}
		if (got != i)
			atomic_store(&storm->wrong, got ?: -1);
		atomic_store(&storm->taken, i++);
	}
}

static void await_taken(struct storm *storm, unsigned int i)
{
	double end = seconds() + SOON_MS / 1000;

	while (atomic_load(&storm->taken) < i && seconds() < end)
		sched_yield();
}

/* Awake, as a sleep of this length takes longer. */
static void let_pass(unsigned int nanoseconds)
{
	unsigned long long end = clock_now(CLOCK_MONOTONIC) + nanoseconds;

	while (clock_now(CLOCK_MONOTONIC) < end)
		;
}

/*
 * The next number is written when the last was taken, and not again: one that is
 * lost, or marked as read in a call that was interrupted, is never taken. Where
 * signals hardly ever meet a call that waits, it is made to wait longer.
 */
TEST_F(signal, storm_loses_nothing)
{
	struct storm *storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int count = HANDOVERS, i;
	pid_t child = fork();
	int status;

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		take_under_storm(&self->taker, variant->take, storm);
	}
	for (i = 1; i <= count || atomic_load(&storm->interrupted) < 10; i++) {
		ASSERT_GT(100 * count, i);
		let_pass(mix(i) % 500000 * (1 + i / count));
		put_number(self->writer, i);
		await_taken(storm, i);
		ASSERT_EQ(i, atomic_load(&storm->taken));
		ASSERT_EQ(0, atomic_load(&storm->wrong));
	}
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_HARNESS_MAIN
