/* SPDX-License-Identifier: GPL-2.0 */
/* Acts in a process of their own, whose exit status tells how they went. */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include "fixture.h"

static inline int child_end(pid_t child)
{
	int status = -1;

	waitpid(child, &status, 0);
	return status;
}

/* Returns 0 if the act did. */
static inline int in_child(int (*act)(int fd), int fd)
{
	pid_t child = fork();

	if (!child)
		_exit(act(fd));
	return child_end(child);
}

#endif
