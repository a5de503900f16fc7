// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "complaint.h"
#include "interrupt.h"

#define NS_PER_S 1000000000

/* Written to by the handler, so that no signal is lost just before a wait. */
static int pipe_ends[2];
static volatile sig_atomic_t came;

static void handle(int signal)
{
	int saved = errno;
	ssize_t written;

	(void)signal;
	came = 1;
	written = write(pipe_ends[1], "", 1);
	(void)written;
	errno = saved;
}

void interrupt_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	/* Without SA_RESTART, so that a write that nobody reads ends as well. */
	struct sigaction action = {
		.sa_handler = handle,
		.sa_flags = SA_RESETHAND,
	};
	struct sigaction before;
	const int *signal;

	if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK))
		die(STATUS_ERROR, "%s", strerror(errno));
	for (signal = signals; *signal; signal++) {
		sigaction(*signal, NULL, &before);
		if (before.sa_handler != SIG_IGN)
			sigaction(*signal, &action, NULL);
	}
}

int interrupt_wait(int fd, uint64_t timeout)
{
	struct timespec rest = { timeout / NS_PER_S, timeout % NS_PER_S };
	struct pollfd polled[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = pipe_ends[0], .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	if (ppoll(polled, 3, timeout == UINT64_MAX ? NULL : &rest, NULL) < 0) {
		if (errno != EINTR)
			die(STATUS_ERROR, "%s", strerror(errno));
		return -1;
	}
	/* A terminal that has gone, or a reader, will not come back. */
	if (polled[2].revents & (POLLHUP | POLLERR))
		came = 1;
	if (polled[1].revents || came)
		return -1;
	return polled[0].revents ? 1 : 0;
}

bool interrupt_came(void)
{
	return came;
}
