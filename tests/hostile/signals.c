// SPDX-License-Identifier: GPL-2.0
/*
 * A storm of signals: a user who may only read has threads asleep in every call that
 * waits, for other channels, and interrupts all of them all the time. They leave their
 * queues and come back; nobody else pays for that.
 */
#include "crowd.h"

#include <dirent.h>
#include <signal.h>

static void ignore(int signal)
{
}

/* To each thread but itself. */
static void interrupt_all(void)
{
	DIR *threads = opendir("/proc/self/task");
	struct dirent *thread;

	while ((thread = readdir(threads))) {
		pid_t tid = atoi(thread->d_name);

		if (tid && tid != getpid())
			syscall(SYS_tgkill, getpid(), tid, SIGUSR1);
	}
	closedir(threads);
}

static void sleep_under_a_storm(struct attacker *attacker, int node,
				unsigned int number)
{
	struct sigaction action = { .sa_handler = ignore };

	sigaction(SIGUSR1, &action, NULL);
	crowd_stand(node, number / 2, sleep_in_wait, other_channel);
	crowd_stand(node, number / 2, sleep_in_read, other_channel);
	attack_stands(attacker);
	for (;;)
		interrupt_all();
}

TEST_F(hostile, storm_of_signals)
{
	EXPECT_ATTACK(READER, sleep_under_a_storm, many(1000), 1.05);
}

TEST_HARNESS_MAIN
