// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <unistd.h>

#include "call.h"
#include "open.h"

/* A command that every slot has, and that changes nothing. */
static bool is_slot(int fd)
{
	struct msg_slot_limits limits;
	int ret = call(fd, MSG_SLOT_GET_LIMITS, &limits);

	return !ret || ret == -EPERM;
}

int open_slot_at(int dir, const char *path, int mode)
{
	/* O_NONBLOCK, lest a FIFO given by mistake wait for its other end. */
	int fd = openat(dir, path, mode | O_NONBLOCK | O_CLOEXEC, 0666);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (!is_slot(fd))
		err = -ENOTTY;
	else if (fcntl(fd, F_SETFL, mode & ~O_CREAT))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int msgslot_open(const char *slot, int mode)
{
	char path[PATH_MAX];
	int err = msgslot_path(slot, path, sizeof(path));

	return err ? err : open_slot_at(AT_FDCWD, path, mode);
}

void msgslot_close(int fd)
{
	close(fd);
}
