// SPDX-License-Identifier: GPL-2.0
/*
 * A stalled watch: a user who may only read watches the whole slot and never reads,
 * while ten thousand channels wait to be told and thousands come and go. What the
 * kernel can't keep for it is its own loss: a watch that is read along is told of each
 * change once, and of nothing else, and no later than without.
 */
#include "hostile.h"
#include "watch.h"

#define WAITING 10000u
#define COMERS 5000u
#define COMER (1u << 20)

/* The honest watch has seen enough of what must not come. */
#define ENOUGH 20

static void watch_and_stall(struct attacker *attacker, int node,
			    unsigned int number)
{
	if (slot_watch(stranger_open(node, O_RDONLY), NULL, 0) < 0)
		abort();
}

struct honest {
	/* Events that belong there, and that don't. */
	unsigned int told;
	unsigned int strange;
	unsigned int restarts;
	unsigned long long time;
};

/* All events there are, of which one is to be of that channel and kind. */
static void read_along(struct honest *honest, struct watcher *watcher,
		       unsigned int id, unsigned int kind)
{
	unsigned long long begin = own_time();
	struct event *event;

	while ((event = watch_next(watcher))) {
		if (event_is(event, id, kind))
			honest->told++;
		else if (event->record.event == MSG_SLOT_RESTART)
			honest->restarts++;
		else
			honest->strange++;
	}
	honest->time += own_time() - begin;
}

static void fill(int fd)
{
	for (unsigned int i = 0; i < WAITING; i++) {
		if (slot_pwrite(fd, "x", 1, VICTIM + 1 + i) != 1)
			abort();
	}
}

/* Return: the honest watch's time for one event. */
static double come_and_go(int fd, struct honest *honest)
{
	struct watcher *watcher = watch_all(fd);

	fill(fd);
	while (watch_next(watcher))
		;
	memset(honest, 0, sizeof(*honest));
	for (unsigned int i = 0; i < COMERS && honest->restarts < ENOUGH; i++) {
		if (slot_pwrite(fd, "x", 1, COMER + i) != 1)
			abort();
		read_along(honest, watcher, COMER + i, MSG_SLOT_WRITTEN);
		if (slot_clear(fd, COMER + i))
			abort();
		read_along(honest, watcher, COMER + i, MSG_SLOT_CLEARED);
	}
	watcher_free(watcher);
	return (double)honest->time / (honest->told ?: 1);
}

TEST_F(hostile, stalled_watch)
{
	struct attacker *attacker;
	struct honest honest;
	double without = come_and_go(self->fd, &honest);

	EXPECT_EQ(2 * COMERS, honest.told);
	EXPECT_EQ(0u, honest.strange);
	attacker = attack(self->node, READER, watch_and_stall, 1);
	EXPECT_COST("another's read of a watch", come_and_go(self->fd, &honest),
		    without, 1.5);
	EXPECT_EQ(2 * COMERS, honest.told);
	EXPECT_EQ(0u, honest.strange);
	EXPECT_EQ(0u, honest.restarts);
	attack_end(attacker);
}

/* Nor do those who write pay for what it is not told. */
TEST_F(hostile, stalled_watch_and_writers)
{
	struct costs without;
	struct attacker *attacker;
	struct honest honest;

	come_and_go(self->fd, &honest);
	without = costs_of(self->fd);
	attacker = attack(self->node, READER, watch_and_stall, 1);
	come_and_go(self->fd, &honest);
	EXPECT_COSTS(costs_of(self->fd), without, 1.5);
	attack_end(attacker);
}

TEST_HARNESS_MAIN
