/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failures to order: the nth thing in this thread's next system call that may
 * fail, fails (the kernel's fault injection; Documentation/fault-injection).
 */
#ifndef TESTS_FAILURE_H
#define TESTS_FAILURE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "kselftest.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"

static inline bool failure_set_knob(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, value, strlen(value)) > 0;

	close(fd);
	return done;
}

/*
 * Allocations that may sleep are spared by default, and they are what a driver
 * has. The log is kept free of a stack trace per failure.
 */
static inline bool failure_possible(void)
{
	const char *const kinds[] = { "failslab", "fail_page_alloc",
				      "fail_usercopy" };
	char path[80];

	if (access(FAIL_NTH, W_OK))
		return false;
	if (access("/sys/kernel/debug/failslab", F_OK))
		mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose",
			 kinds[i]);
		failure_set_knob(path, "0");
	}
	failure_set_knob("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait",
			 "N");
	failure_set_knob("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	return failure_set_knob("/sys/kernel/debug/failslab/ignore-gfp-wait",
				"N");
}

static inline int failure_open(void)
{
	return open(FAIL_NTH, O_RDWR | O_CLOEXEC);
}

/*
 * What tells the kernel the number may be what fails, if an order is pending.
 * An order is carried out only once, so the second try succeeds.
 */
static inline void failure_order(int fail_nth, unsigned int nth)
{
	char number[16];
	int n = snprintf(number, sizeof(number), "%u", nth);

	if (pwrite(fail_nth, number, n, 0) != n &&
	    pwrite(fail_nth, number, n, 0) != n)
		abort();
}

/*
 * Takes the order back. Returns in how many things' time it would have been
 * carried out: 0 if it has been. That reading this fails means the same as 1.
 */
static inline unsigned int failure_pending(int fail_nth)
{
	char number[16] = "1";
	ssize_t n = pread(fail_nth, number, sizeof(number) - 1, 0);

	number[n < 0 ? 1 : n] = '\0';
	failure_order(fail_nth, 0);
	return atoi(number);
}

static inline bool failure_happened(int fail_nth)
{
	return !failure_pending(fail_nth);
}

#endif
