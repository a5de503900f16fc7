// SPDX-License-Identifier: GPL-2.0
/* Writers that are killed or interrupted leave whole messages behind. */
#include "race.h"
#include "scale.h"

#include <sys/prctl.h>
#include <sys/time.h>

#define DEATHS scaled(1000)
#define ID 3

/* Shared with the writer, which sets it when it begins. */
static atomic_bool *writing;

static void write_for_ever(int node, unsigned int writer)
{
	int fd = slot_open(node, O_RDWR);
	struct note note = { .writer = writer };
	char message[MSG_SLOT_MAX_MESSAGE];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	slot_select(fd, ID);
	atomic_store(writing, true);
	for (;;) {
		note.count++;
		slot_write(fd, message, note_make(message, note));
	}
}

static pid_t start_writer(int node, unsigned int writer)
{
	pid_t child;

	atomic_store(writing, false);
	child = fork();
	if (!child)
		write_for_ever(node, writer);
	while (child > 0 && !atomic_load(writing))
		sched_yield();
	return child;
}

static bool message_is_whole(int fd)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	struct note note;
	long n = slot_receive(fd, ID, message, sizeof(message));

	return n == -EWOULDBLOCK || note_parse(message, n, &note);
}

TEST_F(slot, killed_writers_leave_whole_messages)
{
	unsigned int torn = 0;
	char got[MSG_SLOT_MAX_MESSAGE];

	writing = mmap(NULL, sizeof(*writing), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned int i = 0; i < DEATHS; i++) {
		pid_t child = start_writer(self->node, i);

		ASSERT_LT(0, child);
		usleep(mix(i) % 1000);
		torn += !message_is_whole(self->fd);
		kill(child, SIGKILL);
		torn += !message_is_whole(self->fd);
		waitpid(child, NULL, 0);
		torn += !message_is_whole(self->fd);
	}
	EXPECT_EQ(0u, torn);
	EXPECT_LT(0, slot_receive(self->fd, ID, got, sizeof(got)));
	EXPECT_EQ(5, slot_write(self->fd, "after", 5));
	EXPECT_MESSAGE(self->fd, ID, "after", 5);
}

static atomic_uint alarms;

static void count_alarm(int signal)
{
	alarms++;
}

/* No SA_RESTART, so that a call that gave way to a signal would show it. */
TEST_F(slot, signals_interrupt_nothing)
{
	struct sigaction action = { .sa_handler = count_alarm };
	struct itimerval often = { { 0, 500 }, { 0, 500 } };
	double end = time(NULL) + RACE_SECONDS;
	char message[MSG_SLOT_MAX_MESSAGE];
	struct note note = { .writer = 1 };
	unsigned int wrong = 0;

	slot_select(self->fd, ID);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (time(NULL) < end || alarms < 100) {
		long n;

		note.count++;
		n = note_make(message, note);
		wrong += slot_write(self->fd, message, n) != n;
		wrong += slot_read(self->fd, message, sizeof(message)) != n;
	}
	setitimer(ITIMER_REAL, &(struct itimerval){}, NULL);
	EXPECT_EQ(0u, wrong);
}

TEST_HARNESS_MAIN
