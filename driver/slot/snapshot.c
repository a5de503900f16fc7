// SPDX-License-Identifier: GPL-2.0
/*
 * A snapshot: the messages of several channels at one moment.
 *
 * All are copied, and then all looked at again: if no latch was stepped between
 * the first look at the first and the second at the last, and no channel has
 * come or gone, and no message of those has ended, every copy was its channel's message
 * in the moment between the two rounds. Writers are not disturbed. Only one that was overtaken
 * SNAPSHOT_TRIES times running takes the locks of all of them, once, unless
 * SLOT_MAX_SNAPSHOTS others are at it. Owners of lanes are kept from writing meanwhile.
 *
 * A commit changes several channels, one after the other; commit.c says how that is
 * found out.
 */
#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "channel/channel.h"
#include "channel/channel_lane.h"
#include "memory.h"
#include "slot.h"
#include "slot_lanes.h"
#include "snapshot.h"

#define SNAPSHOT_TRIES 4

/**
 * snapshot_create() - a snapshot of nothing yet
 * @count: how many channels it is for
 *
 * Return: the snapshot, for snapshot_destroy(), or NULL without memory.
 */
struct snapshot *snapshot_create(u32 count)
{
	struct snapshot *shot;
	u32 i;

	shot = kvzalloc(struct_size(shot, items, count), MEMORY_WAIT);
	if (!shot)
		return NULL;
	shot->count = count;
	for (i = 0; i < count; i++)
		shot->items[i].position = i;
	return shot;
}

static void snapshot_drop(struct snapshot *shot)
{
	u32 i;

	for (i = 0; i < shot->count; i++) {
		struct snapshot_item *item = &shot->items[i];

		message_put(&item->message);
		item->message.size = 0;
		if (item->channel)
			channel_put(item->channel);
		item->channel = NULL;
	}
}

/**
 * snapshot_destroy() - free a snapshot
 * @shot: the snapshot, or NULL
 */
void snapshot_destroy(struct snapshot *shot)
{
	if (!shot)
		return;
	snapshot_drop(shot);
	kvfree(shot);
}

static int compare_items(const void *a, const void *b)
{
	const struct snapshot_item *left = a;
	const struct snapshot_item *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

/**
 * snapshot_sort() - bring the channels in the order in which they are locked
 * @shot: the snapshot, with all ids
 *
 * Return: 0, or -EINVAL if an id is there twice.
 */
int snapshot_sort(struct snapshot *shot)
{
	u32 i;

	sort(shot->items, shot->count, sizeof(shot->items[0]), compare_items,
	     NULL);
	for (i = 1; i < shot->count; i++)
		if (shot->items[i].id == shot->items[i - 1].id)
			return -EINVAL;
	return 0;
}

static void describe_nothing(struct snapshot_item *item)
{
	item->message.size = 0;
	item->record = (struct msg_slot_record){ .channel = item->id };
}

static void look_first(struct snapshot *shot, struct slot *slot)
{
	u32 i;

	rcu_read_lock();
	for (i = 0; i < shot->count; i++) {
		struct snapshot_item *item = &shot->items[i];

		item->channel = slot_get(slot, item->id);
		if (item->channel)
			item->stamp = channel_stamp(item->channel);
	}
	rcu_read_unlock();
}

static void copy_items(struct snapshot *shot, u64 now)
{
	u32 i;

	for (i = 0; i < shot->count; i++) {
		struct snapshot_item *item = &shot->items[i];

		if (item->channel)
			channel_get(item->channel, &item->message,
				    &item->record, now, item->room);
		else
			describe_nothing(item);
	}
}

/* Of a message that was copied. Another's, of the same time, may have been seen to end. */
static bool has_ended(const struct snapshot_item *item)
{
	return item->record.event == MSG_SLOT_WRITTEN &&
	       item->record.ttl != MSG_SLOT_FOREVER &&
	       channel_expires(item->channel) <= ktime_get_boottime_ns();
}

/* Return: whether nothing has changed since look_first(). */
static bool snapshot_unchanged(const struct snapshot *shot, struct slot *slot)
{
	bool same = true;
	u32 i;

	/* All was read before the first stamp is read again. */
	smp_rmb();
	rcu_read_lock();
	for (i = 0; i < shot->count && same; i++) {
		const struct snapshot_item *item = &shot->items[i];

		if (item->channel)
			same = !channel_in_commit(item->channel) &&
			       channel_stamp(item->channel) == item->stamp &&
			       !has_ended(item);
		else
			same = !slot_find(slot, item->id);
	}
	rcu_read_unlock();
	return same;
}

static bool try_take(struct snapshot *shot, struct slot *slot)
{
	/* A channel that comes and goes again would not be noticed. */
	unsigned int removals = read_seqcount_begin(&slot->removals);

	look_first(shot, slot);
	copy_items(shot, ktime_get_boottime_ns());
	return snapshot_unchanged(shot, slot) &&
	       !read_seqcount_retry(&slot->removals, removals);
}

static void lock_item(struct snapshot_item *item, struct slot *slot)
{
	struct channel *channel = slot_find(slot, item->id);

	if (!channel || !channel_hold(channel))
		return;
	item->channel = channel;
	slot_lock_channel(slot, channel);
}

static void unlock_item(struct snapshot_item *item)
{
	if (item->channel)
		slot_unlock_channel(item->channel);
}

static void copy_item(struct snapshot_item *item, u64 now)
{
	if (item->channel)
		channel_get_locked(item->channel, &item->message, &item->record,
				   now);
	else
		describe_nothing(item);
}

static void lock_and_copy(struct snapshot *shot, struct slot *slot)
{
	u64 now;
	u32 i;

	/* While it is held, no channel comes or goes. */
	spin_lock(&slot->lock);
	for (i = 0; i < shot->count; i++)
		lock_item(&shot->items[i], slot);
	now = ktime_get_boottime_ns();
	for (i = 0; i < shot->count; i++)
		copy_item(&shot->items[i], now);
	for (i = 0; i < shot->count; i++)
		unlock_item(&shot->items[i]);
	spin_unlock(&slot->lock);
}

/* Keeps the owners of lanes from writing, until up_write(). */
static void freeze_lanes(struct snapshot *shot, struct slot *slot)
{
	u32 i;

	/* No channel enters or leaves a lane either, and no lane ends. */
	down_write(&slot->lanes.all);
	for (i = 0; i < shot->count; i++)
		slot_unmap_lane(slot, shot->items[i].id);
}

/*
 * Long messages stay the writers' until they are copied, for as long as whoever
 * does it is kept from running. So only a few may at a time. Return: whether it
 * was one.
 */
static bool take_locked(struct snapshot *shot, struct slot *slot)
{
	u32 i;

	if (!atomic_add_unless(&slot->snapshots, 1, SLOT_MAX_SNAPSHOTS))
		return false;
	freeze_lanes(shot, slot);
	lock_and_copy(shot, slot);
	up_write(&slot->lanes.all);
	for (i = 0; i < shot->count; i++)
		message_own(&shot->items[i].message, shot->items[i].room);
	atomic_dec(&slot->snapshots);
	return true;
}

/**
 * snapshot_take() - copy the messages of all channels
 * @shot: the snapshot, sorted
 * @slot: the slot
 *
 * A long message that there was no memory for has its size only.
 *
 * Return: 0, or -EINTR when the task is being killed.
 */
int snapshot_take(struct snapshot *shot, struct slot *slot)
{
	int tries;

	for (tries = 1; !try_take(shot, slot); tries++) {
		snapshot_drop(shot);
		if (tries >= SNAPSHOT_TRIES && take_locked(shot, slot))
			break;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}
