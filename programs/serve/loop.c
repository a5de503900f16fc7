// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>

#include "complaint.h"
#include "loop.h"

#define NS_PER_MS 1000000ull
#define AT_ONCE 64

static int epoll_fd = -1;
static bool soon;

static int control(int operation, struct source *source)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLONESHOT,
		.data.ptr = source,
	};

	return epoll_ctl(epoll_fd, operation, source->fd, &event) ? -errno : 0;
}

int loop_add(struct source *source)
{
	if (epoll_fd < 0)
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return control(EPOLL_CTL_ADD, source);
}

void loop_again(struct source *source)
{
	control(EPOLL_CTL_MOD, source);
}

void loop_remove(struct source *source)
{
	control(EPOLL_CTL_DEL, source);
}

void loop_soon(void)
{
	soon = true;
}

void loop_wait(uint64_t timeout)
{
	struct epoll_event events[AT_ONCE];
	uint64_t ms = timeout / NS_PER_MS + !!(timeout % NS_PER_MS);
	struct source *source;
	int i, count;

	if (soon)
		ms = 0;
	soon = false;
	count = epoll_wait(epoll_fd, events, AT_ONCE,
			   ms < INT_MAX ? (int)ms : INT_MAX);
	if (count < 0 && errno != EINTR)
		die(STATUS_ERROR, "%s", strerror(errno));
	for (i = 0; i < count; i++) {
		source = events[i].data.ptr;
		source->ready(source->data);
	}
}
