/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slot with one channel of each kind, in which an operation can be tried; made
 * anew for each try.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "state.h"
#include "watch.h"

#include <sys/mman.h>

#define LONG 5000u
#define SHORT_ONE 1
#define LONG_ONE 2
#define MORTAL 3
#define CLAIMED 4
#define ABSENT 5

struct world {
	int node;
	/* Selected: SHORT_ONE, which has not been read. */
	int fd;
	int look;
	int epoll;
	/* Of all channels, from before there were any. */
	struct watcher *watch;
	/* What the operation opened or fetched. */
	int opened;
	char *page;
	unsigned int told;
	char *buf;
};

static const char will[LONG] = "will";

static inline struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof(*world));

	world->node = slot_fresh();
	world->fd = slot_open(world->node, O_RDWR);
	world->look = slot_open(world->node, O_RDWR);
	world->epoll = epoll_create1(EPOLL_CLOEXEC);
	world->watch = watch_all(world->look);
	world->opened = -1;
	world->buf = calloc(1, STATE_LARGEST);
	if (slot_set_max_message(world->fd, STATE_LARGEST) ||
	    slot_send(world->fd, SHORT_ONE, "short", 5) != 5 ||
	    slot_put_large(world->fd, LONG_ONE, LONG, 1) != LONG ||
	    slot_put_for(world->fd, MORTAL, "mortal", 6, 3600 * SECOND) ||
	    slot_claim_will(world->fd, CLAIMED, will, sizeof(will)))
		abort();
	return world;
}

static inline void world_free(struct world *world)
{
	if (world->page)
		munmap(world->page, getpagesize());
	if (world->opened >= 0)
		close(world->opened);
	if (world->fd >= 0)
		close(world->fd);
	watcher_free(world->watch);
	close(world->epoll);
	close(world->look);
	close(world->node);
	free(world->buf);
	free(world);
}

#endif
