// SPDX-License-Identifier: GPL-2.0
/*
 * A writer of long messages keeps the memory of one for the next. A stranger whose message
 * needs the room takes that from it, at worst between any two of its writes: then nothing
 * is kept for a while, and each of them is what it would be if nothing ever was.
 */
#include "hostile.h"

#define OTHER 0x10000000u
#define LONG 1024u

/* What a write is without, of what it is with what is kept. */
#define TAKEN_LIMIT 2.6
/* A message that does not fit in either way takes nothing. */
#define REFUSED_LIMIT 1.1

static int stranger;
static char message[LARGEST];

static void victim_writes_long(int fd)
{
	if (slot_pwrite(fd, message, LONG, VICTIM) != LONG)
		abort();
}

/* It would not fit without what the victim keeps either. */
static void is_refused(int fd)
{
	(void)fd;
	if (slot_pwrite(stranger, message, 2 * LONG, OTHER) != -ENOSPC)
		abort();
}

static void victim_writes_after_refusal(int fd)
{
	is_refused(fd);
	victim_writes_long(fd);
}

/* It needs that room, and gives it back. */
static void takes_the_room(int fd)
{
	(void)fd;
	if (slot_pwrite(stranger, message, LONG, OTHER) != LONG ||
	    slot_pwrite(stranger, "x", 1, OTHER) != 1)
		abort();
}

static void victim_writes_after_taking(int fd)
{
	takes_the_room(fd);
	victim_writes_long(fd);
}

/* Room for what the victim keeps, or half as much again. */
static void begin_tight(struct __test_metadata *_metadata,
			FIXTURE_DATA(hostile) * self)
{
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	stranger = slot_open(self->node, O_RDWR);
	ASSERT_EQ(1, slot_pwrite(stranger, "x", 1, OTHER));
	victim_writes_long(self->fd);
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, slot_usage(self->fd).bytes +
							  3 * LONG / 2));
}

static double added_to(victim_act *act, victim_act *both, int fd)
{
	double alone = cost_of(act, fd);

	return cost_of(both, fd) - alone;
}

TEST_F(hostile, room_that_is_refused)
{
	double alone;

	begin_tight(_metadata, self);
	alone = cost_of(victim_writes_long, self->fd);
	EXPECT_COST("long write",
		    added_to(is_refused, victim_writes_after_refusal, self->fd),
		    alone, REFUSED_LIMIT);
	close(stranger);
}

TEST_F(hostile, room_that_is_taken)
{
	double alone;

	begin_tight(_metadata, self);
	alone = cost_of(victim_writes_long, self->fd);
	EXPECT_COST("long write",
		    added_to(takes_the_room, victim_writes_after_taking,
			     self->fd),
		    alone, TAKEN_LIMIT);
	close(stranger);
}

TEST_HARNESS_MAIN
