// SPDX-License-Identifier: GPL-2.0
/*
 * A writer of long messages whose channel a stranger maps a window of: one that stays, and
 * at worst another one between any two of its writes, which then find no memory of their
 * own message before, nor any that is kept.
 */
#include "hostile.h"
#include "window.h"

#define LONG 1024u

/* A write with a window, of one without; and with another window each time. */
#define WINDOW_LIMIT 1.4
#define CHURN_LIMIT 2.6

static int stranger;
static const char *base;
static struct window window;
static char message[LARGEST];

static void victim_writes_long(int fd)
{
	if (slot_pwrite(fd, message, LONG, VICTIM) != LONG)
		abort();
}

static void maps(int fd)
{
	(void)fd;
	if (window_map(&window, stranger, base, VICTIM, window_bytes(LONG)))
		abort();
}

static void unmaps_and_maps(int fd)
{
	window_unmap(&window);
	maps(fd);
}

static void victim_writes_after_another_window(int fd)
{
	unmaps_and_maps(fd);
	victim_writes_long(fd);
}

static void begin(struct __test_metadata *_metadata,
		  FIXTURE_DATA(hostile) * self)
{
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	stranger = slot_open(self->node, O_RDONLY);
	base = slot_map(stranger);
	victim_writes_long(self->fd);
}

static void end(void)
{
	window_unmap(&window);
	slot_unmap(stranger, base);
	close(stranger);
}

static double added_to(victim_act *act, victim_act *both, int fd)
{
	double alone = cost_of(act, fd);

	return cost_of(both, fd) - alone;
}

TEST_F(hostile, window_of_the_victim_s)
{
	double alone;

	begin(_metadata, self);
	alone = cost_of(victim_writes_long, self->fd);
	maps(self->fd);
	EXPECT_COST("long write", cost_of(victim_writes_long, self->fd), alone,
		    WINDOW_LIMIT);
	end();
}

TEST_F(hostile, window_between_any_two)
{
	double alone;

	begin(_metadata, self);
	alone = cost_of(victim_writes_long, self->fd);
	maps(self->fd);
	EXPECT_COST("long write",
		    added_to(unmaps_and_maps,
			     victim_writes_after_another_window, self->fd),
		    alone, CHURN_LIMIT);
	end();
}

TEST_HARNESS_MAIN
