// SPDX-License-Identifier: GPL-2.0
/*
 * Of a slot: its lanes, and telling what is written there.
 *
 * A watch of the whole slot begins, and says so, before it has all owners ring; one that
 * has a lane from then on is to ring from the beginning (channel_begin_lane()).
 */
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "channel/budget.h"
#include "channel/channel.h"
#include "channel/channel_lane.h"
#include "channel/lane.h"
#include "channel/spare.h"
#include "memory.h"
#include "message_slot.h"
#include "slot.h"
#include "slot_lanes.h"
#include "slot_listeners.h"

/**
 * slot_lanes_init() - no lanes
 * @slot: a slot that is being made
 */
void slot_lanes_init(struct slot *slot)
{
	init_rwsem(&slot->lanes.all);
	xa_init_flags(&slot->lanes.places, XA_FLAGS_ALLOC | XA_FLAGS_ACCOUNT);
}

/**
 * slot_lanes_exit() - undo slot_lanes_init()
 * @slot: one without lanes
 */
void slot_lanes_exit(struct slot *slot)
{
	xa_destroy(&slot->lanes.places);
}

/* Return: 0 and the lane in a place of the slot; -ENOSPC or -ENOMEM. */
static int add_lane(struct slot *slot, struct lane *lane)
{
	int err;

	if (!spare_make_room(&slot->budget, 0, LANE_BYTES))
		return -ENOSPC;
	err = xa_alloc_cyclic(&slot->lanes.places, &lane->place, lane,
			      XA_LIMIT(0, MSG_SLOT_MAX_CHANNELS - 1),
			      &slot->lanes.next, MEMORY_WAIT);
	/* 1: all places were someone's once. */
	if (err >= 0)
		return 0;
	budget_replace(&slot->budget, LANE_BYTES, 0);
	return err == -EBUSY ? -ENOSPC : err;
}

static void remove_lane(struct slot *slot, struct lane *lane)
{
	xa_erase(&slot->lanes.places, lane->place);
	budget_replace(&slot->budget, LANE_BYTES, 0);
}

/**
 * slot_begin_lane() - a lane for a channel
 * @slot: the slot
 * @channel: the channel, held, which has an owner, and no lane
 * @author: the owner
 * @mapping: where the owner will map it
 *
 * May sleep.
 *
 * Return: the lane, for slot_end_lane(), or ERR_PTR(): -ENOSPC or -ENOMEM.
 */
struct lane *slot_begin_lane(struct slot *slot, struct channel *channel,
			     struct author *author,
			     struct address_space *mapping)
{
	struct expiry *expiry = expiry_create(MEMORY_WAIT);
	struct lane *lane = lane_create(author);
	int err = -ENOMEM;

	if (lane && expiry) {
		lane->watched = &slot->changes.watched;
		lane->all = &slot->lanes.all;
		lane->mapping = mapping;
		err = add_lane(slot, lane);
	}
	if (err) {
		if (lane)
			lane_put(lane);
		kfree(expiry);
		return ERR_PTR(err);
	}
	channel_begin_lane(channel, lane, &expiry);
	kfree(expiry);
	return lane;
}

static void tell_of_lane(struct slot *slot, struct channel *channel,
			 const struct lane *lane)
{
	bool expires;
	u8 event = channel_lane_event(channel, lane, &expires);

	if (expires)
		expiry_arm(&slot->expiries, channel);
	slot_tell(slot, channel, event);
}

/**
 * slot_ring() - the owner of a lane has written there, and rings
 * @slot: the slot
 * @channel: the channel, held
 * @lane: its lane
 *
 * May sleep.
 */
void slot_ring(struct slot *slot, struct channel *channel, struct lane *lane)
{
	if (channel_ring_lane(channel, lane, &slot->budget))
		tell_of_lane(slot, channel, lane);
}

/**
 * slot_end_lane() - undo slot_begin_lane()
 * @slot: the slot
 * @channel: the channel
 * @lane: its lane
 *
 * The last whole message in it is an ordinary one from now on. May sleep.
 */
void slot_end_lane(struct slot *slot, struct channel *channel,
		   struct lane *lane)
{
	if (channel_end_lane(channel, lane, &slot->budget))
		tell_of_lane(slot, channel, lane);
	remove_lane(slot, lane);
	lane_put(lane);
}

/**
 * slot_get_lane() - the lane at a place
 * @slot: the slot
 * @place: the place
 *
 * Return: the lane, for lane_put(), or NULL.
 */
struct lane *slot_get_lane(struct slot *slot, u32 place)
{
	struct lane *lane;

	xa_lock(&slot->lanes.places);
	lane = xa_load(&slot->lanes.places, place);
	if (lane)
		lane_hold(lane);
	xa_unlock(&slot->lanes.places);
	return lane;
}

/**
 * slot_unmap_lane() - keep the owner of a channel from writing to its lane, if it is in one
 * @slot: the slot; the caller has lanes.all for writing, until which is over it stays so
 * @id: the channel, which need not be there
 */
void slot_unmap_lane(struct slot *slot, u32 id)
{
	struct channel *channel = slot_get(slot, id);
	struct lane *lane = channel ? channel_get_lane(channel) : NULL;

	if (lane) {
		lane_unmap(lane);
		lane_put(lane);
	}
	if (channel)
		channel_put(channel);
}

/**
 * slot_ring_all() - all owners are to ring with their next message
 * @slot: the slot, which is watched
 *
 * May sleep; takes time in proportion to the lanes.
 */
void slot_ring_all(struct slot *slot)
{
	unsigned long place = 0;
	struct lane *lane;

	/* That it is watched is seen before any bell is looked at. */
	smp_mb();
	do {
		xa_lock(&slot->lanes.places);
		lane = xa_find(&slot->lanes.places, &place, ULONG_MAX,
			       XA_PRESENT);
		if (lane)
			lane_ring_always(lane);
		xa_unlock(&slot->lanes.places);
		place++;
		cond_resched();
	} while (lane);
}

/**
 * slot_await_expiry() - somebody may wait for the end of a lane's message
 * @slot: the slot
 * @channel: the channel, held
 * @record: what was told of its message
 *
 * Of other messages it is seen to when they are written.
 */
void slot_await_expiry(struct slot *slot, struct channel *channel,
		       const struct msg_slot_record *record)
{
	if (record->ttl != MSG_SLOT_FOREVER && channel_in_lane(channel))
		expiry_arm(&slot->expiries, channel);
}
