// SPDX-License-Identifier: GPL-2.0
/*
 * MSG_SLOT_BLOCKING: read() waits for a message that this open file has not
 * read, if that was asked for, and gets every such message once.
 */
#include "waiting.h"

#include "memory.h"
#include "scale.h"

#include <sys/prctl.h>

#define MESSAGES 500u

static char got[MSG_SLOT_MAX_MESSAGE];

FIXTURE(blocking)
{
	int node;
	/* The reader's and the writer's open files. */
	int fd;
	int writer;
};

FIXTURE_SETUP(blocking)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->writer = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->writer);
	ASSERT_EQ(0, slot_set_blocking(self->fd, 1));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	ASSERT_EQ(0, slot_select(self->writer, 1));
}

FIXTURE_TEARDOWN(blocking)
{
	close(self->fd);
	close(self->writer);
	close(self->node);
}

TEST_F(slot, is_off_at_first)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, got, sizeof(got)));
	ASSERT_EQ(5, slot_write(self->fd, "hello", 5));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
}

TEST_F(slot, argument_is_0_or_1)
{
	EXPECT_EQ(0, slot_set_blocking(self->fd, 1));
	EXPECT_EQ(0, slot_set_blocking(self->fd, 1));
	EXPECT_EQ(0, slot_set_blocking(self->fd, 0));
	EXPECT_EQ(0, slot_set_blocking(self->fd, 0));
	EXPECT_EQ(-EINVAL, slot_set_blocking(self->fd, 2));
	EXPECT_EQ(-EINVAL, slot_set_blocking(self->fd, 0xffffffff));
	EXPECT_EQ(-EINVAL, slot_set_blocking(self->fd, 0x100));
	EXPECT_EQ(-EINVAL, slot_set_blocking(self->fd, 0x80000001));
}

TEST_F(slot, refused_argument_changes_nothing)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EINVAL, slot_set_blocking(self->fd, 2));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, got, sizeof(got)));
}

TEST_F(slot, without_a_channel_does_not_wait)
{
	ASSERT_EQ(0, slot_set_blocking(self->fd, 1));
	EXPECT_EQ(-EINVAL, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(-EINVAL, slot_pread(self->fd, got, sizeof(got), 0));
}

TEST_F(blocking, belongs_to_the_open_file)
{
	int other = slot_open(self->node, O_RDONLY);
	int twin = dup(self->fd);
	struct sleeper sleeper = { .call = sleep_in_read, .fd = twin };

	ASSERT_EQ(0, slot_select(other, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(other, got, sizeof(got)));
	sleeper_start(&sleeper);
	EXPECT_FALSE(atomic_load(&sleeper.done));
	ASSERT_EQ(1, slot_write(self->writer, "x", 1));
	EXPECT_EQ(1, sleeper_join(&sleeper));
	close(other);
	close(twin);
}

TEST_F(blocking, unread_message_is_there_at_once)
{
	for (unsigned int i = 0; i < 100; i++) {
		ASSERT_EQ(4, slot_write(self->writer, &i, 4));
		ASSERT_EQ(4, slot_read(self->fd, got, sizeof(got)));
		EXPECT_EQ(0, memcmp(got, &i, 4));
	}
}

static long sleep_in_readv(struct sleeper *sleeper)
{
	struct iovec vec[] = { { sleeper->got, 2 }, { sleeper->got + 2, 100 } };

	return slot_result(syscall(SYS_readv, sleeper->fd, vec, 2));
}

static long sleep_in_pread(struct sleeper *sleeper)
{
	return slot_pread(sleeper->fd, sleeper->got, sizeof(sleeper->got), 0);
}

/* The first message, then newer ones, of the same bytes too. */
static void expect_waits(struct __test_metadata *_metadata,
			 FIXTURE_DATA(blocking) * self,
			 long (*call)(struct sleeper *))
{
	for (unsigned int i = 0; i < scaled(60); i++) {
		struct sleeper sleeper = { .call = call, .fd = self->fd };

		sleeper_start(&sleeper);
		ASSERT_FALSE(atomic_load(&sleeper.done));
		ASSERT_EQ(5, slot_write(self->writer, "hello", 5));
		ASSERT_EQ(5, sleeper_join(&sleeper));
		EXPECT_EQ(0, memcmp(sleeper.got, "hello", 5));
	}
}

TEST_F(blocking, read_waits)
{
	expect_waits(_metadata, self, sleep_in_read);
}

TEST_F(blocking, readv_waits)
{
	expect_waits(_metadata, self, sleep_in_readv);
}

TEST_F(blocking, pread_at_offset_0_waits)
{
	expect_waits(_metadata, self, sleep_in_pread);
}

TEST_F(blocking, first_message_of_any_channel)
{
	for (unsigned int id = 1000; id < 1000 + scaled(100); id++) {
		struct sleeper sleeper = { .call = sleep_in_read,
					   .fd = self->fd };

		ASSERT_EQ(0, slot_select(self->fd, id));
		sleeper_start(&sleeper);
		ASSERT_EQ(4, slot_pwrite(self->writer, &id, 4, id));
		ASSERT_EQ(4, sleeper_join(&sleeper));
		EXPECT_EQ(0, memcmp(sleeper.got, &id, 4));
	}
}

TEST_F(blocking, sleeps_through_other_channels)
{
	struct sleeper sleeper = { .call = sleep_in_read, .fd = self->fd };

	sleeper_start(&sleeper);
	for (unsigned int id = 2; id < 400; id++)
		ASSERT_EQ(4, slot_pwrite(self->writer, &id, 4, id));
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(1, slot_write(self->writer, "x", 1));
	EXPECT_EQ(1, sleeper_join(&sleeper));
}

TEST_F(blocking, own_message_is_one_to_read)
{
	ASSERT_EQ(3, slot_write(self->fd, "own", 3));
	EXPECT_EQ(3, slot_read(self->fd, got, sizeof(got)));
}

TEST_F(blocking, positional_read_does_not_wait)
{
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, got, sizeof(got), 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, got, sizeof(got), 2));
	ASSERT_EQ(5, slot_write(self->writer, "hello", 5));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(5, slot_pread(self->fd, got, sizeof(got), 1));
	EXPECT_EQ(5, slot_pread(self->fd, got, sizeof(got), 1));
}

TEST_F(blocking, positional_read_takes_no_news)
{
	ASSERT_EQ(5, slot_write(self->writer, "hello", 5));
	EXPECT_EQ(5, slot_pread(self->fd, got, sizeof(got), 1));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
}

TEST_F(blocking, nonblocking_descriptor_does_not_wait)
{
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, got, sizeof(got)));
	ASSERT_EQ(5, slot_write(self->writer, "hello", 5));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(-EWOULDBLOCK,
		  slot_result(readv(self->fd,
				    &(struct iovec){ got, sizeof(got) }, 1)));
	ASSERT_EQ(5, slot_write(self->writer, "again", 5));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
}

TEST_F(blocking, nowait_does_not_wait)
{
	struct iovec vec = { got, sizeof(got) };

	EXPECT_EQ(-EAGAIN,
		  slot_result(preadv2(self->fd, &vec, 1, -1, RWF_NOWAIT)));
	ASSERT_EQ(5, slot_write(self->writer, "hello", 5));
	EXPECT_EQ(5, slot_result(preadv2(self->fd, &vec, 1, -1, RWF_NOWAIT)));
	EXPECT_EQ(-EAGAIN,
		  slot_result(preadv2(self->fd, &vec, 1, -1, RWF_NOWAIT)));
}

TEST_F(blocking, errors_leave_the_message_unread)
{
	ASSERT_EQ(5, slot_write(self->writer, "hello", 5));
	EXPECT_EQ(-ENOSPC, slot_read(self->fd, got, 4));
	EXPECT_EQ(-ENOSPC, slot_read(self->fd, got, 0));
	EXPECT_EQ(-EFAULT, slot_read(self->fd, NULL, 128));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
}

static long sleep_in_short_read(struct sleeper *sleeper)
{
	return slot_read(sleeper->fd, sleeper->got, 4);
}

TEST_F(blocking, errors_come_after_the_wait)
{
	struct sleeper sleeper = { .call = sleep_in_short_read,
				   .fd = self->fd };

	sleeper_start(&sleeper);
	ASSERT_EQ(5, slot_write(self->writer, "hello", 5));
	EXPECT_EQ(-ENOSPC, sleeper_join(&sleeper));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
}

TEST_F(blocking, can_be_switched_off)
{
	ASSERT_EQ(5, slot_write(self->writer, "hello", 5));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
	ASSERT_EQ(0, slot_set_blocking(self->fd, 0));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
	ASSERT_EQ(0, slot_select(self->fd, 2));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, got, sizeof(got)));
}

/* What was read while it was off counts as read. */
TEST_F(blocking, can_be_switched_on_again)
{
	struct sleeper sleeper = { .call = sleep_in_read, .fd = self->fd };

	ASSERT_EQ(0, slot_set_blocking(self->fd, 0));
	ASSERT_EQ(5, slot_write(self->writer, "hello", 5));
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
	ASSERT_EQ(0, slot_set_blocking(self->fd, 1));
	sleeper_start(&sleeper);
	EXPECT_FALSE(atomic_load(&sleeper.done));
	ASSERT_EQ(3, slot_write(self->writer, "new", 3));
	EXPECT_EQ(3, sleeper_join(&sleeper));
}

TEST_F(blocking, selecting_a_full_channel_wakes)
{
	struct sleeper sleeper = { .call = sleep_in_read, .fd = self->fd };

	ASSERT_EQ(3, slot_pwrite(self->writer, "two", 3, 2));
	sleeper_start(&sleeper);
	ASSERT_EQ(0, slot_select(self->fd, 2));
	EXPECT_EQ(3, sleeper_join(&sleeper));
	EXPECT_EQ(0, memcmp(sleeper.got, "two", 3));
}

TEST_F(blocking, selecting_an_empty_channel_moves_the_wait)
{
	struct sleeper sleeper = { .call = sleep_in_read, .fd = self->fd };

	sleeper_start(&sleeper);
	ASSERT_EQ(0, slot_select(self->fd, 2));
	ASSERT_EQ(3, slot_pwrite(self->writer, "one", 3, 1));
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(3, slot_pwrite(self->writer, "two", 3, 2));
	EXPECT_EQ(3, sleeper_join(&sleeper));
	EXPECT_EQ(0, memcmp(sleeper.got, "two", 3));
}

/* A reader that sees one channel's message and then looks at another. */
struct changer {
	int fd;
	atomic_bool over;
};

static void *change_selection(void *arg)
{
	struct changer *changer = arg;

	while (!atomic_load(&changer->over)) {
		slot_select(changer->fd, 2);
		slot_select(changer->fd, 1);
	}
	return NULL;
}

TEST_F(blocking, selecting_meanwhile_makes_no_error)
{
	struct changer changer = { .fd = self->fd };
	double end = seconds() + 2;
	unsigned int wrong = 0;
	pthread_t thread;

	ASSERT_EQ(3, slot_write(self->writer, "one", 3));
	pthread_create(&thread, NULL, change_selection, &changer);
	do {
		wrong += slot_read(self->fd, got, sizeof(got)) != 3;
	} while (seconds() < end);
	atomic_store(&changer.over, true);
	pthread_join(thread, NULL);
	EXPECT_EQ(0u, wrong);
}

static void ignore_alarm(int signal)
{
}

static void interrupt(struct sleeper *sleeper, int flags)
{
	struct sigaction action = { .sa_handler = ignore_alarm,
				    .sa_flags = flags };

	sigaction(SIGUSR1, &action, NULL);
	sleeper_start(sleeper);
	pthread_kill(sleeper->thread, SIGUSR1);
}

TEST_F(blocking, signal_interrupts)
{
	struct sleeper sleeper = { .call = sleep_in_read, .fd = self->fd };

	interrupt(&sleeper, 0);
	EXPECT_EQ(-EINTR, sleeper_join(&sleeper));
	ASSERT_EQ(3, slot_write(self->writer, "new", 3));
	EXPECT_EQ(3, slot_read(self->fd, got, sizeof(got)));
}

TEST_F(blocking, signal_interrupts_a_vector)
{
	struct sleeper sleeper = { .call = sleep_in_readv, .fd = self->fd };

	interrupt(&sleeper, 0);
	EXPECT_EQ(-EINTR, sleeper_join(&sleeper));
}

TEST_F(blocking, signal_restarts_if_so_wanted)
{
	struct sleeper sleeper = { .call = sleep_in_read, .fd = self->fd };

	interrupt(&sleeper, SA_RESTART);
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(3, slot_write(self->writer, "new", 3));
	EXPECT_EQ(3, sleeper_join(&sleeper));
}

static pid_t start_reader(int fd)
{
	pid_t child = fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(slot_read(fd, got, sizeof(got)) != 4);
	}
	await_asleep(child);
	return child;
}

TEST_F(blocking, sleeping_reader_can_be_killed)
{
	int status;

	for (unsigned int i = 0; i < scaled(20); i++) {
		pid_t child = start_reader(self->fd);

		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
	}
	ASSERT_EQ(3, slot_write(self->writer, "new", 3));
	EXPECT_EQ(3, slot_read(self->fd, got, sizeof(got)));
}

TEST_F(blocking, stopped_reader_reads_when_continued)
{
	pid_t child = start_reader(self->fd);
	int status;

	kill(child, SIGSTOP);
	ASSERT_EQ(child, waitpid(child, &status, WUNTRACED));
	ASSERT_EQ(4, slot_write(self->writer, "hold", 4));
	kill(child, SIGCONT);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(blocking, closing_another_descriptor_changes_nothing)
{
	struct sleeper sleeper = { .call = sleep_in_read, .fd = dup(self->fd) };

	sleeper_start(&sleeper);
	close(self->fd);
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(1, slot_write(self->writer, "x", 1));
	EXPECT_EQ(1, sleeper_join(&sleeper));
	self->fd = sleeper.fd;
}

/* The call has the open file as long as it sleeps. */
TEST_F(blocking, closing_the_last_descriptor_ends_nothing)
{
	struct sleeper sleeper = { .call = sleep_in_read, .fd = self->fd };

	sleeper_start(&sleeper);
	close(self->fd);
	EXPECT_TRUE(sleeper_sleeps_on(&sleeper));
	ASSERT_EQ(1, slot_write(self->writer, "x", 1));
	EXPECT_EQ(1, sleeper_join(&sleeper));
}

/* Readers who tell the writer what they got, so that it can hand on the next. */
struct listener {
	pthread_t thread;
	int fd;
	atomic_uint *heard;
	unsigned int count;
	unsigned int wrong;
	unsigned int last;
};

static void *listen_to_all(void *arg)
{
	struct listener *listener = arg;
	unsigned int value;

	do {
		if (slot_read(listener->fd, &value, 4) != 4) {
			listener->wrong++;
			break;
		}
		listener->wrong += value <= listener->last;
		listener->last = value;
		listener->count++;
		atomic_fetch_add(listener->heard, 1);
	} while (value < MESSAGES);
	return NULL;
}

static void await_heard(atomic_uint *heard, unsigned int count)
{
	for (int ms = 0; atomic_load(heard) < count; ms++) {
		if (ms == SOON_MS)
			abort();
		usleep(ms ? 1000 : 0);
	}
}

TEST_F(blocking, every_open_file_gets_every_message)
{
	struct listener listeners[2];
	atomic_uint heard = 0;

	for (unsigned int i = 0; i < 2; i++) {
		int fd = i ? slot_open(self->node, O_RDONLY) : self->fd;

		ASSERT_EQ(0, slot_set_blocking(fd, 1));
		ASSERT_EQ(0, slot_select(fd, 1));
		listeners[i] = (struct listener){ .fd = fd, .heard = &heard };
		pthread_create(&listeners[i].thread, NULL, listen_to_all,
			       &listeners[i]);
	}
	for (unsigned int i = 1; i <= MESSAGES; i++) {
		ASSERT_EQ(4, slot_write(self->writer, &i, 4));
		await_heard(&heard, 2 * i);
	}
	for (unsigned int i = 0; i < 2; i++) {
		pthread_join(listeners[i].thread, NULL);
		EXPECT_EQ(0u, listeners[i].wrong);
		EXPECT_EQ(MESSAGES, listeners[i].count);
	}
	close(listeners[1].fd);
}

/* The last one must be read by all, so it is written once for each. */
TEST_F(blocking, threads_of_one_open_file_share_the_messages)
{
	struct listener listeners[3];
	atomic_uint heard = 0;
	unsigned int count = 0;

	for (unsigned int i = 0; i < 3; i++) {
		listeners[i] =
			(struct listener){ .fd = self->fd, .heard = &heard };
		pthread_create(&listeners[i].thread, NULL, listen_to_all,
			       &listeners[i]);
	}
	for (unsigned int i = 1; i < MESSAGES + 3; i++) {
		ASSERT_EQ(4, slot_write(self->writer, &i, 4));
		await_heard(&heard, i);
	}
	for (unsigned int i = 0; i < 3; i++) {
		pthread_join(listeners[i].thread, NULL);
		EXPECT_EQ(0u, listeners[i].wrong);
		count += listeners[i].count;
	}
	EXPECT_EQ(MESSAGES + 2, count);
	EXPECT_EQ(MESSAGES + 2, atomic_load(&heard));
}

/* At full speed messages are skipped, but none is delivered twice. */
static void *read_all(void *arg)
{
	struct listener *listener = arg;
	unsigned int value;

	while (slot_read(listener->fd, &value, 4) == 4 && value < UINT_MAX) {
		if (atomic_exchange(&listener->heard[value], 1))
			listener->wrong++;
		listener->count++;
	}
	return NULL;
}

TEST_F(blocking, no_message_is_delivered_twice)
{
	const unsigned int most = scaled(100000), end = UINT_MAX;
	atomic_uint *heard = calloc(most, sizeof(*heard));
	struct listener listeners[3];

	for (unsigned int i = 0; i < 3; i++) {
		listeners[i] =
			(struct listener){ .fd = self->fd, .heard = heard };
		pthread_create(&listeners[i].thread, NULL, read_all,
			       &listeners[i]);
	}
	for (unsigned int i = 0; i < most; i++)
		ASSERT_EQ(4, slot_write(self->writer, &i, 4));
	for (unsigned int i = 0; i < 3; i++) {
		while (pthread_tryjoin_np(listeners[i].thread, NULL)) {
			ASSERT_EQ(4, slot_write(self->writer, &end, 4));
			usleep(1000);
		}
		EXPECT_LT(0u, listeners[i].count);
		EXPECT_EQ(0u, listeners[i].wrong);
	}
	free(heard);
}

/* Asleep or at once, poll() and read() agree. */
TEST_F(blocking, poll_tells_whether_it_would_wait)
{
	EXPECT_EQ(0, poll_events(self->fd, POLLIN, 0));
	for (unsigned int i = 0; i < 100; i++) {
		ASSERT_EQ(4, slot_write(self->writer, &i, 4));
		EXPECT_TRUE(has_news(self->fd));
		EXPECT_EQ(4, slot_read(self->fd, got, sizeof(got)));
		EXPECT_FALSE(has_news(self->fd));
	}
}

TEST_F(blocking, sleeping_makes_no_channel)
{
	struct sleeper sleeper = { .call = sleep_in_read, .fd = self->fd };

	sleeper_start(&sleeper);
	EXPECT_EMPTY(self->writer, 1);
	ASSERT_EQ(1, slot_write(self->writer, "x", 1));
	EXPECT_EQ(1, sleeper_join(&sleeper));
}

TEST_HARNESS_MAIN
