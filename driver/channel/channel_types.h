/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a channel is made of: all that cells need, which keep channels, and expiries,
 * which have them in a queue. What is done with one is in channel.h.
 */
#ifndef MESSAGE_SLOT_CHANNEL_TYPES_H
#define MESSAGE_SLOT_CHANNEL_TYPES_H

#include <linux/atomic.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock_types.h>
#include <linux/timerqueue.h>
#include <linux/types.h>

struct author;
struct block;
struct channel;
struct lane;
struct msg_slot_cell;

/*
 * When a message is over that had a time to live once: never. Later than all times, and
 * no less so on another clock.
 */
#define EXPIRY_NEVER ((u64)KTIME_MAX + 1)

/**
 * struct expiry - when the messages of a channel are over
 * @node: in the slot's queue, by the time at which to look at the channel
 * @channel: the channel; freed with it, and held by the queue
 * @queued: whether it is in the queue; under the queue's lock
 * @expires: when the message in each half of the channel's cell is over, in
 *	nanoseconds of CLOCK_BOOTTIME, or EXPIRY_NEVER; the channel's, see
 *	half_expires()
 */
struct expiry {
	struct timerqueue_node node;
	struct channel *channel;
	bool queued;
	atomic64_t expires[2];
};

/**
 * union origin - where a message comes from
 * @author: of a short message: who wrote it, held
 * @block: of a long message: its block, held, which knows the author
 * @lane: of a half that sends readers to a lane: the lane, which is the claim's
 */
union origin {
	struct author *author;
	struct block *block;
	struct lane *lane;
};

/**
 * enum channel_state - what a channel is to the slot
 * @CHANNEL_LIVE: it has a message or an owner, or is about to
 * @CHANNEL_KEPT: it has neither, and is in the table only until watches of the whole
 *	slot have told that. A writer makes it live first.
 * @CHANNEL_GONE: it is in the table no more, nor will be
 */
enum channel_state {
	CHANNEL_LIVE = 0,
	CHANNEL_KEPT,
	CHANNEL_GONE,
};

/**
 * struct channel - the last message written under one id
 * @cell: its cell, which is mapped, and its place's for good; while the channel is
 *	in the slot's table it has the channel's id, and never again afterwards. The
 *	half that is current is read under its latch; only the other one is written,
 *	under @lock, and it is blank but then.
 * @node: in the slot's table; the slot's
 * @origin: of the message in either half; likewise. The idle one is an author, the
 *	one of the message before, or NULL.
 * @expiry: when messages are over, or NULL; set once, under @lock
 * @owner: the only open file that may write, or NULL; under @lock
 * @kept_as: of one that is kept: its number in slot->kept; under slot->lock
 * @id: 1 to 2^32-1; never changes. Who does not hold the channel looks at the
 *	cell's.
 * @state: an enum channel_state. Changes under slot->lock and @lock.
 * @emptied: why there is no message, an enum msg_slot_event; under @lock
 * @listened: somebody may listen to it, so whoever changes it looks for them. Set
 *	under @lock, cleared with the list's lock as well, when nobody is in it.
 * @in_commit: a commit that changes it is under way: see slot/commit.c. Set and cleared
 *	under @lock.
 * @rcu: gives its place back, when it is gone and has no users
 * @lock: orders writers. Raw, so that a writer inside is not preempted, on
 *	PREEMPT_RT either.
 * @users: who keeps it; see the top of channel.h
 */
struct channel {
	struct msg_slot_cell *cell;
	struct rhash_head node;
	union origin origin[2];
	struct expiry *expiry;
	union {
		struct {
			union {
				const void *owner;
				u32 kept_as;
			};
			u32 id;
			u8 state;
			u8 emptied;
			bool listened;
			bool in_commit;
		};
		struct rcu_head rcu;
	};
	raw_spinlock_t lock; /* orders writers */
	refcount_t users;
};

/* One more user. Return: whether there was one, so that it will stay. */
static inline bool channel_hold(struct channel *channel)
{
	return refcount_inc_not_zero(&channel->users);
}

#endif /* MESSAGE_SLOT_CHANNEL_TYPES_H */
