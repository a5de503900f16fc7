/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lane: a cell in a page of its own, which the owner of a channel writes, and what the
 * kernel has taken from there.
 *
 * Nothing in the page is believed. What the kernel tells of a lane it has copied first,
 * as a whole, under the channel's lock; as long as the owner steps the latch no further,
 * that copy is the message, whatever becomes of the page.
 *
 * A copy that the owner overtakes too often is made while the lane is frozen: the page is
 * taken out of the owner's mapping, and the owner's next touch waits until it is given
 * back. So is every change between the lane and the channel's own cell (channel_lane.h).
 *
 *   owner                               who freezes
 *
 *                                       lock lane->mutex
 *                                       unmap the page, on all processors
 *   write: a fault                      copy: nobody writes
 *     lock lane->mutex: wait
 *                                       unlock lane->mutex
 *     map the page, unlock; write
 *
 * The owner's page can't be pinned (VM_PFNMAP), so there is no other way to it. The page
 * is no other lane's as long as anybody maps it: whatever may be written there after the
 * end of the claim, no reader takes it for a message any more (channel_lane.c).
 *
 * Locks, outermost first: lane->all, which a snapshot has of all lanes of a slot, lane->mutex,
 * channel->lock. No user memory is touched under them.
 */
#ifndef MESSAGE_SLOT_LANE_H
#define MESSAGE_SLOT_LANE_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "message.h"

struct address_space;
struct author;
struct msg_slot_cell;
struct rw_semaphore;

/*
 * Where lanes are mapped, in pages: far behind all cells, those that the owner writes
 * apart from those that others read, lest these lose a page when it is taken from there.
 */
#define LANE_FIRST_PAGE BIT(28)
#define LANE_FIRST_OWN_PAGE BIT(29)

/*
 * How often an owner may have its lane mapped at a time: who freezes the lane goes through
 * all of these mappings.
 */
#define LANE_OWN_MAPPINGS 8

/* What a lane counts for in a budget. */
#define LANE_BYTES (PAGE_SIZE + sizeof(struct lane))

/**
 * struct lane_copy - a message as it was in a lane
 * @written: when it was written, or the kernel first saw it
 * @expires: when it is over; 0: never
 * @size: how many bytes it has; 0: there is none
 * @bytes: the message
 */
struct lane_copy {
	u64 written;
	u64 expires;
	u16 size;
	u8 bytes[MESSAGE_SHORT];
};

/**
 * struct lane - a lane
 * @cell: at the beginning of the page
 * @page: the page
 * @author: who has claimed the channel, held
 * @watched: whether the whole slot is watched
 * @all: the slot's
 * @mapping: in which the owner's mapping is, until it has @ended
 * @place: its number in the slot
 * @users: the claim, mappings, and who freezes it
 * @own_mappings: how many mappings are the owner's
 * @rcu: frees it
 * @mutex: who freezes it
 * @ended: the owner's mapping does not come back; under @mutex
 * @entered: the channel's cell says that the message is here. This and all below: the
 *	channel's lock; changed with @mutex as well
 * @latch: which message was copied last, as the lane counts
 * @version: its version
 * @copies: the copy, and where the next one is made
 * @copy: which is which
 */
struct lane {
	struct msg_slot_cell *cell;
	struct page *page;
	struct author *author;
	const bool *watched;
	struct rw_semaphore *all;
	struct address_space *mapping;
	u32 place;
	refcount_t users;
	atomic_t own_mappings;
	struct rcu_head rcu;
	struct mutex mutex; /* of the owner's mapping */
	bool ended;
	bool entered;
	u32 latch;
	u64 version;
	struct lane_copy copies[2];
	u8 copy;
};

struct lane *lane_create(struct author *author);
void lane_put(struct lane *lane);

void lane_freeze(struct lane *lane);
void lane_unmap(struct lane *lane);
void lane_thaw(struct lane *lane);

bool lane_look(struct lane *lane, u64 base, bool ring);
u64 lane_newest(const struct lane *lane, u64 base);
void lane_take(struct lane *lane, u64 version, u64 written);
void lane_count_from(struct lane *lane, u64 version);
void lane_ring_always(struct lane *lane);
void lane_answer(struct lane *lane);

/* Where readers map it, in bytes. */
static inline u64 lane_page_offset(u32 place)
{
	return (u64)(LANE_FIRST_PAGE + place) << PAGE_SHIFT;
}

/* Where its owner does. */
static inline u64 lane_own_offset(u32 place)
{
	return (u64)(LANE_FIRST_OWN_PAGE + place) << PAGE_SHIFT;
}

/* One more user. */
static inline void lane_hold(struct lane *lane)
{
	refcount_inc(&lane->users);
}

/* The message that was copied last. Under the channel's lock. */
static inline const struct lane_copy *lane_message(const struct lane *lane)
{
	return &lane->copies[lane->copy];
}

#endif /* MESSAGE_SLOT_LANE_H */
