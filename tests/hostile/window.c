// SPDX-License-Identifier: GPL-2.0
/*
 * A writer of long messages whose channel a stranger maps a window of: one that stays, or
 * one after the other, all the time.
 */
#include "hostile.h"
#include "window.h"

#define LONG 1024u

/* A write with a window, of one without. */
#define WINDOW_LIMIT 1.4

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

static void map_and_unmap(struct attacker *attacker, int node,
			  unsigned int number)
{
	(void)number;
	stranger = stranger_open(node, O_RDONLY);
	base = slot_map(stranger);
	attack_stands(attacker);
	for (;;) {
		maps(stranger);
		window_unmap(&window);
	}
}

TEST_F(hostile, windows_that_come_and_go)
{
	struct attacker *attacker;
	double alone;

	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	victim_writes_long(self->fd);
	alone = cost_of(victim_writes_long, self->fd);
	attacker = attack(self->node, READER, map_and_unmap, 1);
	EXPECT_COST("long write", cost_of(victim_writes_long, self->fd), alone,
		    WINDOW_LIMIT);
	attack_end(attacker);
}

TEST_HARNESS_MAIN
