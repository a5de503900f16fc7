/* SPDX-License-Identifier: GPL-2.0 */
/* An open file of a slot: what it has selected, and what it has read. */
#ifndef MESSAGE_SLOT_OPEN_FILE_H
#define MESSAGE_SLOT_OPEN_FILE_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "channel/channel.h"
#include "slot/slot.h"
#include "waiter.h"

/**
 * struct open_file - what a slot keeps for each open file
 * @slot: its slot; never changes
 * @channel: the place of the channel that was last used, or NULL. Only a hint
 *	that saves a look-up, and keeps nothing: see find_channel().
 * @freed: what cells_freed() was when it was found
 * @author: who opened it; never changes
 * @id: the selected channel's id, or 0. Changes under @lock; each call looks at
 *	it once.
 * @only: the only channel that may be used, or 0: all. Changes once, under
 *	@lock.
 * @read_only: whether nothing may be changed; only ever set
 * @blocking: whether read() waits for a message that was not read yet
 * @seen: which message was read last since its channel was selected: the id in
 *	the upper half, the lower half of the version in the lower. 0: none.
 * @lock: guards all from @waiter to @sleepers and the change of @id and @only
 * @waiter: waits for the selected channel, if anybody polls
 * @listeners: the list of those who listen to the channel that was last waited
 *	for, a user of it; or NULL. Stays the same while anybody sleeps in read().
 * @sleepers: who sleeps in read() until the selected channel has news
 * @claiming: guards @claims, and of which channels it is the owner
 * @claims: the claims it holds, by channel
 * @claimed: how many they are; read without the lock
 * @lanes: how many of them have a lane; likewise
 */
struct open_file {
	struct slot *slot;
	struct channel *channel;
	unsigned long freed;
	struct author *author;
	u32 id;
	u32 only;
	bool read_only;
	bool blocking;
	atomic64_t seen;
	spinlock_t lock; /* of the selection */
	struct waiter waiter;
	struct listener_list *listeners;
	struct list_head sleepers;
	struct mutex claiming; /* of the claims */
	struct rb_root claims;
	u32 claimed;
	u32 lanes;
};

/*
 * Return: the channel that a call at this offset means, or 0 if there can be
 * none. The offset is the channel's id; at offset 0, as in read() and write(),
 * it is the selected one.
 */
static inline u32 channel_at(const struct open_file *of, loff_t pos)
{
	if (likely(!pos))
		return READ_ONCE(of->id);
	if (unlikely(READ_ONCE(of->only)) && pos != of->only)
		return 0;
	return pos > 0 && pos <= U32_MAX ? pos : 0;
}

/* Return: what is wrong where channel_at() returned 0. */
static inline int channel_at_error(const struct open_file *of, loff_t pos)
{
	return pos > 0 && pos <= U32_MAX ? -EPERM : -EINVAL;
}

/*
 * Makes a channel the hint. The caller has found it, and looked at the count, in
 * the same section under RCU, so its chunk is taken away after that section, by
 * who steps the count to more than @freed.
 */
static inline void keep_at_hand(struct open_file *of, struct channel *channel,
				unsigned long freed)
{
	/* Its place is whole before it is to be had. */
	smp_store_release(&of->channel, channel);
	/* Who sees this sees that hint, or a later one. */
	smp_store_release(&of->freed, freed);
}

/*
 * Return: the channel with this id, or NULL; the caller is, and stays, in
 * rcu_read_lock_sched(). It may be gone, when it is the hint. It becomes the
 * hint if it is the selected one; calls with an offset come from many threads at
 * a time and leave the hint alone.
 *
 * The hint is no reference. A place stays one as long as its chunk does, which is
 * freed a grace period after the count was stepped:
 *
 *   user of the hint (under RCU)         who gives the last place back
 *
 *   of->freed is 7
 *   cells->freed is 7                    cells->freed = 8
 *   of->channel, its cell, the id        call_rcu(): waits for the user
 *
 * and a place that has the id is the channel's, whatever it was meanwhile. Threads
 * that share the file may replace the hint at the same time:
 *
 *   one                                  another
 *
 *   cells->freed is 7, finds A
 *                                        cells->freed is 8, finds B
 *   of->channel = A
 *                                        of->channel = B
 *                                        of->freed = 8
 *   of->freed = 7
 *
 * B that goes with 7 is not used any more. With 8 goes B, or what was stored after
 * B: its chunk was there when somebody had read 8 already, and steps the count to 9
 * at least. As of->freed is read first, it is never read with what was before B.
 */
static __always_inline struct channel *find_channel(struct open_file *of,
						    u32 id, loff_t pos)
{
	/* Pairs with keep_at_hand(). */
	unsigned long freed = smp_load_acquire(&of->freed);
	struct channel *channel;

	if (likely(freed == cells_freed(&of->slot->cells))) {
		/* Likewise. */
		channel = smp_load_acquire(&of->channel);
		if (likely(channel_is(channel, id)))
			return channel;
	}
	freed = cells_freed(&of->slot->cells);
	channel = slot_find(of->slot, id);
	if (channel && !pos)
		keep_at_hand(of, channel, freed);
	return channel;
}

#endif /* MESSAGE_SLOT_OPEN_FILE_H */
