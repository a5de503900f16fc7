// SPDX-License-Identifier: GPL-2.0
/* Lanes, with every thing in them that may fail made to fail. */
#include "fail_nth.h"

#include "owner.h"

/* Of the world that there is just now. */
static struct lane lane;

static long begin_lane(struct world *world)
{
	struct msg_slot_lane where = { .channel = CLAIMED };
	long ret = slot_ioctl(world->fd, MSG_SLOT_LANE, &where);

	lane = (struct lane){ .fd = world->fd,
			      .id = CLAIMED,
			      .left = MSG_SLOT_LANE_PUTS,
			      .offset = where.offset };
	return ret;
}

static long map_lane(struct world *world)
{
	lane.cell = lane_map(world->fd, lane.offset, PROT_READ | PROT_WRITE);
	if (lane.cell == MAP_FAILED)
		return -errno;
	world->page = (char *)lane.cell;
	return 0;
}

static bool lane_works(struct world *world)
{
	if (!world->page && map_lane(world))
		return false;
	lane_put(&lane, "lane", 4);
	return channel_has(world->look, CLAIMED, "lane");
}

static void with_lane(struct world *world)
{
	if (begin_lane(world))
		abort();
}

static void with_mapping(struct world *world)
{
	with_lane(world);
	if (map_lane(world))
		abort();
}

/* A page fault, in which nothing is told to have failed: it is made again. */
static long touch_lane(struct world *world)
{
	lane.cell->written[lane_idle(&lane)] = 1;
	return 0;
}

static void with_message(struct world *world)
{
	with_mapping(world);
	lane_put(&lane, "first", 5);
}

/* One that has not been rung for. */
static void with_unrung(struct world *world)
{
	with_mapping(world);
	lane_fill(&lane, "quiet", 5, 0, 0);
	__atomic_store_n(&lane.cell->latch, lane.cell->latch + 1,
			 __ATOMIC_RELEASE);
}

static long ring(struct world *world)
{
	return slot_ring(world->fd, CLAIMED);
}

static bool has_rung(struct world *world)
{
	return channel_has(world->look, CLAIMED, "quiet");
}

/* By a call of the owner's, with the lane taken away for it. */
static long write_by_call(struct world *world)
{
	return slot_put_for(world->fd, CLAIMED, "call", 4, 3600 * SECOND);
}

static bool call_is_there(struct world *world)
{
	return channel_has(world->look, CLAIMED, "call") && lane_works(world);
}

static long write_long_by_call(struct world *world)
{
	return slot_put_large(world->fd, CLAIMED, LONG, 3);
}

static bool long_is_there(struct world *world)
{
	return slot_has_large(world->look, CLAIMED, LONG, 3) &&
	       lane_works(world);
}

static long renew(struct world *world)
{
	return slot_renew(world->fd, CLAIMED, 3600 * SECOND);
}

static bool is_renewed(struct world *world)
{
	return slot_record(world->look, CLAIMED).ttl <= 3600 * SECOND &&
	       channel_has(world->look, CLAIMED, "first");
}

static long release(struct world *world)
{
	return slot_release(world->fd, CLAIMED);
}

static bool will_is_there(struct world *world)
{
	return slot_pread(world->look, world->buf, STATE_LARGEST, CLAIMED) ==
	       (long)sizeof(will);
}

static long get(struct world *world)
{
	struct got got;

	return slot_get(world->look, CLAIMED, &got);
}

static bool first_is_there(struct world *world)
{
	return channel_has(world->look, CLAIMED, "first");
}

OPERATION(lane, begin_lane, lane_works);
OPERATION_AFTER(with_lane, lane_mmap, map_lane, lane_works);
OPERATION_AFTER(with_mapping, lane_touch, touch_lane, lane_works);
OPERATION_AFTER(with_unrung, ring, ring, has_rung);
OPERATION_AFTER(with_message, lane_get, get, first_is_there);
OPERATION_AFTER(with_message, lane_write, write_by_call, call_is_there);
OPERATION_AFTER(with_message, lane_write_long, write_long_by_call,
		long_is_there);
OPERATION_AFTER(with_message, lane_renew, renew, is_renewed);
OPERATION_AFTER(with_message, lane_release, release, will_is_there);

TEST_HARNESS_MAIN
