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

/* In which a signal has to end the read. */
#define ENDS_MS 5000

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

FIXTURE_SETUP(crew)
{
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

static void ignore(int signal)
{
}

/* Whole events of channels that are written. */
static bool events_are_sound(const char *buf, long size)
{
	long at = 0;

	while (at < size) {
		const struct event *event = (const void *)(buf + at);

		if (!event_is_sound(event, size - at) ||
		    event->record.channel > WRITERS * CHANNELS)
			return false;
		at += event_size(event);
	}
	return size > 0;
}

/* Reads until something ends that. Exits with 0 if it brought what had come. */
static void read_watch(int fd)
{
	struct sigaction action = { .sa_handler = ignore };
	char *buf = mmap(NULL, READ_ROOM, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	sigaction(SIGUSR1, &action, NULL);
	_exit(!events_are_sound(buf, slot_read(slot_watch(fd, NULL, 0), buf,
					       READ_ROOM)));
}

/* Return: whether the reader ends soon after it gets the signal, and how. */
static bool signal_ends(int fd, int signal, int *status)
{
	pid_t reader = fork_member();
	unsigned long long begin;

	if (!reader)
		read_watch(fd);
	usleep(500000);
	begin = clock_now(CLOCK_BOOTTIME);
	kill(reader, signal);
	waitpid(reader, status, 0);
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
