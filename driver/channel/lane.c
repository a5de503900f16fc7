// SPDX-License-Identifier: GPL-2.0
/*
 * A lane: what its owner wrote, and the owner's mapping taken away for a moment.
 *
 * The bell is in the page, where the owner looks at it. Whoever looks at a lane, and is
 * to be told of the next message, sets it before; the owner looks at it after each:
 *
 *   who waits                           owner
 *
 *   bell = 1                            latch = 5
 *   (a full barrier)                    (a full barrier)
 *   look at the latch                   look at the bell: if it is set, MSG_SLOT_RING
 *
 * so that one of them sees what the other did. Who answers the bell takes it back before
 * looking at the latch, and then tells all who wait; each of them looks at the lane
 * again, and sets it. Until then the next message need not be told.
 */
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "author.h"
#include "cell.h"
#include "lane.h"
#include "memory.h"
#include "message_slot.h"

/* How often a copy may be overtaken before the owner is stopped for it. */
#define LANE_TRIES 8

/**
 * lane_create() - a lane that nobody has mapped
 * @author: whose messages it will have
 *
 * Charged to the caller's memory cgroup. May sleep.
 *
 * Return: the lane, for lane_put(), or NULL without memory.
 */
struct lane *lane_create(struct author *author)
{
	struct lane *lane = kzalloc(sizeof(*lane), MEMORY_WAIT);

	if (!lane)
		return NULL;
	lane->page = alloc_page(MEMORY_WAIT | __GFP_ZERO);
	if (!lane->page) {
		kfree(lane);
		return NULL;
	}
	lane->cell = page_address(lane->page);
	author_hold(author);
	lane->author = author;
	refcount_set(&lane->users, 1);
	mutex_init(&lane->mutex);
	return lane;
}

/* A snapshot may look at the page, under RCU. */
static void free_lane_rcu(struct rcu_head *rcu)
{
	struct lane *lane = container_of(rcu, struct lane, rcu);

	put_page(lane->page);
	kfree(lane);
}

/**
 * lane_put() - one user less
 * @lane: the lane
 */
void lane_put(struct lane *lane)
{
	if (!refcount_dec_and_test(&lane->users))
		return;
	author_put(lane->author);
	call_rcu(&lane->rcu, free_lane_rcu);
}

/**
 * lane_unmap() - take the page out of the owner's mapping
 * @lane: the lane; lane->mutex, or lane->all for writing, keeps it out
 */
void lane_unmap(struct lane *lane)
{
	unmap_mapping_range(lane->mapping, lane_own_offset(lane->place),
			    PAGE_SIZE, 1);
}

/**
 * lane_freeze() - keep the owner from writing
 * @lane: the lane, held
 *
 * For lane_thaw(). May sleep, for as long as others copy a message.
 */
void lane_freeze(struct lane *lane)
{
	down_read(lane->all);
	mutex_lock(&lane->mutex);
	/* After its end there may be no such address space either. */
	if (!lane->ended)
		lane_unmap(lane);
}

/**
 * lane_thaw() - undo lane_freeze()
 * @lane: the lane
 */
void lane_thaw(struct lane *lane)
{
	mutex_unlock(&lane->mutex);
	up_read(lane->all);
}

/* What is copied is of the owner's, and may be anything. */
static void copy_half(struct lane *lane, u32 half)
{
	struct lane_copy *copy = &lane->copies[lane->copy ^ 1];
	const struct msg_slot_cell *cell = lane->cell;
	u16 size = READ_ONCE(cell->size[half]);

	copy->written = READ_ONCE(cell->written[half]);
	copy->size = min_t(u16, size & MSG_SLOT_CELL_BYTES, MESSAGE_SHORT);
	copy->expires = 0;
	memcpy(copy->bytes, cell->bytes[half], MESSAGE_SHORT);
	if (size & MSG_SLOT_CELL_EXPIRES && copy->size <= MSG_SLOT_CELL_EXPIRY)
		memcpy(&copy->expires, copy->bytes + MSG_SLOT_CELL_EXPIRY,
		       sizeof(copy->expires));
}

/* What was copied is the message from now on, not written before that time. */
static void keep_copy(struct lane *lane, u32 latch, u64 version, u64 written)
{
	struct lane_copy *copy = &lane->copies[lane->copy ^ 1];
	u64 now = ktime_get_boottime_ns();

	if (!copy->written || copy->written > now)
		copy->written = now;
	copy->written = max(copy->written, written);
	lane->copy ^= 1;
	WRITE_ONCE(lane->latch, latch);
	lane->version = version;
}

/* Whether a message that counts so far from @base is one that comes after the copy. */
static bool is_next(const struct lane *lane, u64 base, u32 latch)
{
	u32 steps = latch - (u32)base;

	return steps <= MSG_SLOT_LANE_RANGE && base + steps > lane->version;
}

static void set_bell(struct lane *lane, u32 bell)
{
	WRITE_ONCE(lane->cell->high, bell);
	/* Seen before the latch is looked at: see the top. */
	smp_mb();
}

/**
 * lane_look() - copy the present message
 * @lane: the lane, which the channel has entered; the channel's lock is held
 * @base: the version of the channel's cell
 * @ring: the owner is to ring with the next one
 *
 * What is not within the rules counts for nothing: the message stays.
 *
 * Return: whether the copy is the present message; not if the owner was quicker every
 * time. If the lane is frozen it is not.
 */
bool lane_look(struct lane *lane, u64 base, bool ring)
{
	u32 latch = lane->latch;
	bool whole = false;
	int tries;

	if (ring)
		set_bell(lane, 1);
	for (tries = 0; tries < LANE_TRIES && !whole; tries++) {
		latch = cell_begin(lane->cell);
		if (latch != lane->latch && is_next(lane, base, latch))
			copy_half(lane, latch & 1);
		whole = !cell_retry(lane->cell, latch);
	}
	if (whole && latch != lane->latch && is_next(lane, base, latch))
		keep_copy(lane, latch, base + (latch - (u32)base),
			  lane_message(lane)->written);
	return whole;
}

/**
 * lane_newest() - the version of the message that the owner has written last
 * @lane: the lane, as for lane_look()
 * @base: the version of the channel's cell
 *
 * Return: the version, which is not below that of the copy.
 */
u64 lane_newest(const struct lane *lane, u64 base)
{
	/* Pairs with the owner's step. */
	u32 latch = smp_load_acquire(&lane->cell->latch);

	return is_next(lane, base, latch) ? base + (latch - (u32)base) :
					    lane->version;
}

/**
 * lane_take() - copy the present message, and count from it anew
 * @lane: one that is frozen; the channel's lock is held
 * @version: the message's version, but for bit 0: that is the lane's
 * @written: it was not written before this
 */
void lane_take(struct lane *lane, u64 version, u64 written)
{
	u32 half = cell_current(lane->cell);

	copy_half(lane, half);
	lane_count_from(lane, version);
	keep_copy(lane, lane->latch, lane->version, written);
}

/**
 * lane_count_from() - from now on the message in the lane has that version
 * @lane: one that is frozen; the channel's lock is held
 * @version: the version, or the one after it: it says which half is current, too
 */
void lane_count_from(struct lane *lane, u64 version)
{
	version += (version ^ cell_current(lane->cell)) & 1;
	lane->version = version;
	WRITE_ONCE(lane->latch, (u32)version);
	/* Who maps it finds the message's version, or one that is out of range. */
	smp_store_release(&lane->cell->latch, (u32)version);
}

/**
 * lane_ring_always() - the owner is to ring with the next message
 * @lane: the lane
 */
void lane_ring_always(struct lane *lane)
{
	set_bell(lane, 1);
}

/**
 * lane_answer() - all who wait will be told
 * @lane: the lane; the channel's lock is held
 */
void lane_answer(struct lane *lane)
{
	set_bell(lane, 0);
}
