// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "call.h"
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

/*
 * A device by its number, whichever file it has; what is in slotfs by its file. The
 * channel that is selected is another's there, but where both are the channel's file.
 */
static bool same(int fd, int other, uint32_t channel)
{
	struct stat one, another;

	if (fstat(fd, &one) || fstat(other, &another))
		return false;
	if (!channel && !S_ISREG(one.st_mode))
		return false;
	if (S_ISCHR(one.st_mode) && S_ISCHR(another.st_mode))
		return one.st_rdev == another.st_rdev;
	return one.st_dev == another.st_dev && one.st_ino == another.st_ino;
}

/* Return: the passed descriptor, if it is of use for this one's channel, or -1. */
static int passed_fd(int fd, uint32_t channel)
{
	/* Who may set the environment may not lend its rights to a setuid program. */
	const char *text = secure_getenv("MSGSLOT_FD");
	int passed = text ? parse(text) : -1;

	if (passed < 0 || passed == fd || !same(fd, passed, channel) ||
	    (fcntl(passed, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return -1;
	return passed;
}

int call_or_passed(int fd, unsigned long command, uint32_t channel,
		   void *argument)
{
	int ret = call(fd, command, argument);
	int passed;

	if (ret != -EBUSY)
		return ret;
	passed = passed_fd(fd, channel);
	return passed < 0 ? ret : call(passed, command, argument);
}
