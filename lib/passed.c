// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "passed.h"

/* Return: the number that is all of @text, or -1. */
static int parse(const char *text)
{
	char *end;
	long fd;

	if (*text < '0' || *text > '9')
		return -1;
	fd = strtol(text, &end, 10);
	return *end || fd > INT_MAX ? -1 : (int)fd;
}

static bool same_slot(int fd, int other)
{
	struct stat one, another;

	return !fstat(fd, &one) && !fstat(other, &another) &&
	       S_ISCHR(one.st_mode) && S_ISCHR(another.st_mode) &&
	       one.st_rdev == another.st_rdev;
}

int passed_fd(int fd)
{
	/* Who may set the environment may not lend its rights to a setuid program. */
	const char *text = secure_getenv("MSGSLOT_FD");
	int passed = text ? parse(text) : -1;

	if (passed < 0 || passed == fd || !same_slot(fd, passed) ||
	    (fcntl(passed, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return -1;
	return passed;
}
