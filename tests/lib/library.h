/* SPDX-License-Identifier: GPL-2.0 */
/* A virgin slot that is open by libmsgslot, twice. */
#ifndef TESTS_LIBRARY_H
#define TESTS_LIBRARY_H

#include "record.h"

#include <msgslot.h>
#include <stdint.h>

/* That it is huge is all in the upper half of it: the lower one is 1. */
#define HUGE_SIZE (SIZE_MAX / 2 + 2)

static inline int library_open(int node, int mode)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	return msgslot_open(path, mode);
}

FIXTURE(library)
{
	int node;
	int fd;
	int other;
};

FIXTURE_SETUP(library)
{
	self->node = slot_fresh();
	self->fd = library_open(self->node, O_RDWR);
	self->other = library_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(library)
{
	msgslot_close(self->fd);
	msgslot_close(self->other);
	close(self->node);
}

static inline int put_text(int fd, uint32_t channel, const char *text)
{
	return msgslot_put(fd, channel, text, strlen(text), 0, NULL);
}

/* As "msgslot claim" does. */
static inline void pass_on(int fd)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", fd);
	setenv("MSGSLOT_FD", text, 1);
}

#endif
