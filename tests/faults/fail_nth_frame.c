// SPDX-License-Identifier: GPL-2.0
/* Frames, with every thing in their calls that may fail made to fail. */
#include "commit.h"
#include "fail_nth.h"
#include "frame.h"

#define SIZE 6000u
#define ABSENT_TOO 6

/* One that is to be put is @opened. */
static void make_frame(struct world *world)
{
	world->opened = frame_of(SIZE, 1);
}

/* One is there, and selected. */
static void put_one(struct world *world)
{
	if (slot_put_new_frame(world->fd, ABSENT, SIZE, 1) ||
	    slot_select(world->fd, ABSENT))
		abort();
}

static long put_new(struct world *world)
{
	return slot_put_frame(world->fd, ABSENT, world->opened);
}

static bool new_is_there(struct world *world)
{
	return slot_has_frame(world->look, ABSENT, SIZE, 1);
}

static long put_for_long(struct world *world)
{
	struct msg_slot_put put = put_of_frame(LONG_ONE, world->opened);

	put.ttl = 3600 * SECOND;
	return slot_ioctl(world->fd, MSG_SLOT_PUT, &put);
}

static bool long_is_frame(struct world *world)
{
	return slot_has_frame(world->look, LONG_ONE, SIZE, 1) &&
	       slot_record(world->look, LONG_ONE).ttl != FOREVER;
}

static long commit_two(struct world *world)
{
	struct msg_slot_put puts[] = {
		put_of_frame(ABSENT, world->opened),
		put_text(ABSENT_TOO, "text"),
		put_of_frame(LONG_ONE, world->opened),
	};

	return slot_commit(world->fd, puts, 3);
}

static bool both_are_there(struct world *world)
{
	return new_is_there(world) &&
	       channel_has(world->look, ABSENT_TOO, "text") &&
	       slot_has_frame(world->look, LONG_ONE, SIZE, 1);
}

static long get_frame(struct world *world)
{
	return world->opened = slot_get_frame(world->fd, 0);
}

static bool frame_is_got(struct world *world)
{
	return frame_is(world->opened, SIZE, 1) &&
	       !poll_events(world->fd, POLLIN, 0);
}

static long read_frame(struct world *world)
{
	return slot_read(world->fd, world->buf, STATE_LARGEST);
}

static bool frame_is_read(struct world *world)
{
	return is_filled(world->buf, SIZE, 1) &&
	       !poll_events(world->fd, POLLIN, 0);
}

static long take_snapshot(struct world *world)
{
	struct msg_slot_get gets[] = {
		get_into(ABSENT, world->buf, SIZE),
		get_into(SHORT_ONE, world->buf + SIZE, 100),
	};

	return slot_snapshot(world->fd, gets, 2);
}

static bool snapshot_has_both(struct world *world)
{
	return is_filled(world->buf, SIZE, 1) &&
	       !strcmp(world->buf + SIZE, "short");
}

static long clear_frame(struct world *world)
{
	return slot_clear(world->fd, ABSENT);
}

static bool frame_is_gone(struct world *world)
{
	return channel_is_empty(world->look, ABSENT);
}

OPERATION_AFTER(make_frame, put_frame, put_new, new_is_there);
OPERATION_AFTER(make_frame, put_frame_for_long, put_for_long, long_is_frame);
OPERATION_AFTER(make_frame, commit_frames, commit_two, both_are_there);
OPERATION_AFTER(put_one, get_frame, get_frame, frame_is_got);
OPERATION_AFTER(put_one, read_frame, read_frame, frame_is_read);
OPERATION_AFTER(put_one, snapshot_of_frame, take_snapshot, snapshot_has_both);
OPERATION_AFTER(put_one, clear_frame, clear_frame, frame_is_gone);

TEST_HARNESS_MAIN
