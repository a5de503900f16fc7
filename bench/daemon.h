/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Daemons that keep last values: starting one, and what it costs to set and to
 * get a value. With one processor that is all that the machine does meanwhile:
 * both processes, the scheduler and the sockets.
 */
#ifndef BENCH_DAEMON_H
#define BENCH_DAEMON_H

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "table.h"

/* Return: the daemon's process. */
static inline pid_t start_daemon(const char *path, char *const argv[])
{
	pid_t daemon = must(fork(), "fork");

	if (daemon)
		return daemon;
	dup2(must(open("/dev/null", O_WRONLY), "/dev/null"), STDOUT_FILENO);
	execv(path, argv);
	fail(path);
	return 0;
}

static inline void stop_daemon(pid_t daemon)
{
	kill(daemon, SIGTERM);
	waitpid(daemon, NULL, 0);
}

/* Repeats @attempt until it is above 0; a daemon takes a while to listen. */
static inline void wait_until(operation attempt, const char *what)
{
	int tries;

	for (tries = 0; attempt() <= 0; tries++) {
		if (tries == 1000)
			errx(EXIT_FAILURE, "%s: no answer", what);
		usleep(10000);
	}
}

/* Return: the median cost of @timed, made between @before and @after. */
static inline double count_between(operation before, operation timed,
				   operation after)
{
	const operation pair[] = { timed, nothing };
	double values[ROUNDS];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		must(before(), "preparing an operation");
		values[i] = window(pair, 1);
		must(after(), "finishing an operation");
	}
	return median(values, ROUNDS);
}

#endif /* BENCH_DAEMON_H */
