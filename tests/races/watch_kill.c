// SPDX-License-Identifier: GPL-2.0
/*
 * Who reads a watch while writers go on is not kept in read(): a signal that kills ends
 * it, and one that has a handler ends it with the events that there were so far, however
 * large the buffer is.
 */
#include "watch.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define WRITERS 4u
/* So many that one read of all of them is long, and all have changed by then. */
#define CHANNELS 10000u

/* Nobody fills it in the time of the test. */
#define READ_ROOM (64ul << 20)

/* In which a signal has to end the read; on a slow machine, too. */
#define ENDS_MS 10000

FIXTURE(crew)
{
	int node;
	int fd;
	pid_t writers[WRITERS];
};

static pid_t fork_member(void)
{
	pid_t pid = fork();

	if (pid < 0 || (!pid && prctl(PR_SET_PDEATHSIG, SIGKILL)))
		abort();
	return pid;
}

static void write_on(int fd, unsigned int writer)
{
	for (unsigned int i = 0;; i++) {
		if (slot_pwrite(fd, "x", 1,
				1 + writer * CHANNELS + i % CHANNELS) != 1)
			abort();
	}
}

static void ignore(int signal)
{
}

FIXTURE_SETUP(crew)
{
	struct sigaction action = { .sa_handler = ignore };

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (unsigned int i = 0; i < WRITERS; i++) {
		self->writers[i] = fork_member();
		if (!self->writers[i])
			write_on(self->fd, i);
	}
}

FIXTURE_TEARDOWN(crew)
{
	for (unsigned int i = 0; i < WRITERS; i++) {
		kill(self->writers[i], SIGKILL);
		waitpid(self->writers[i], NULL, 0);
	}
	close(self->fd);
	close(self->node);
}

/* Return: how many whole events of channels that are written these are; 0: not all. */
static unsigned int events_that_are_sound(const char *buf, long size)
{
	unsigned int count = 0;
	long at = 0;

	while (at < size) {
		const struct event *event = (const void *)(buf + at);

		if (!event_is_sound(event, size - at) ||
		    event->record.channel > WRITERS * CHANNELS)
			return 0;
		at += event_size(event);
		count++;
	}
	return count;
}

/*
 * Reads until something ends that. Exits with 0 if it brought what had come, and
 * ended before the number of events that ends each read.
 */
static void read_watch(int fd)
{
	char *buf = mmap(NULL, READ_ROOM, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned int count;

	count = events_that_are_sound(buf, slot_read(slot_watch(fd, NULL, 0),
						     buf, READ_ROOM));
	_exit(!count || count >= MSG_SLOT_MAX_EVENTS);
}

/*
 * The signal comes again and again, for the first may be there before read().
 *
 * Return: whether the reader ends soon after it gets the signal, and how.
 */
static bool signal_ends(int fd, int signal, int *status)
{
	pid_t reader = fork_member();
	unsigned long long begin;

	if (!reader)
		read_watch(fd);
	usleep(500000);
	begin = clock_now(CLOCK_BOOTTIME);
	do {
		kill(reader, signal);
		usleep(10000);
	} while (!waitpid(reader, status, WNOHANG));
	begin = (clock_now(CLOCK_BOOTTIME) - begin) / MILLISECOND;
	printf("# info: signal %d ended a read in %llu ms\n", signal, begin);
	fflush(stdout);
	return begin < ENDS_MS;
}

TEST_F(crew, read_can_be_killed)
{
	int status;

	EXPECT_TRUE(signal_ends(self->fd, SIGKILL, &status));
}

TEST_F(crew, signal_ends_read_with_what_there_is)
{
	int status;

	EXPECT_TRUE(signal_ends(self->fd, SIGUSR1, &status));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
