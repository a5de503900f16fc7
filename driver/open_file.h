/* SPDX-License-Identifier: GPL-2.0 */
/* An open file of a slot: what it has selected, and what it has read. */
#ifndef MESSAGE_SLOT_OPEN_FILE_H
#define MESSAGE_SLOT_OPEN_FILE_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "channel.h"
#include "slot.h"
#include "waiter.h"

/**
 * struct open_file - what a slot keeps for each open file
 * @slot: its slot; never changes
 * @channel: the channel that was last used, or NULL. Only a hint that saves a
 *	look-up: it counts if it has the id that is asked for.
 * @id: the selected channel's id, or 0. Changes under @lock; each call looks at
 *	it once.
 * @blocking: whether read() waits for a message that was not read yet
 * @seen: which message was read last since its channel was selected: the id in
 *	the upper half, the version in the lower. 0: none.
 * @lock: guards @polled, @waiter and the change of @id
 * @polled: whether anybody has polled, ever
 * @waiter: waits for the selected channel if so
 */
struct open_file {
	struct slot *slot;
	struct channel *channel;
	u32 id;
	bool blocking;
	atomic64_t seen;
	spinlock_t lock; /* of the selection */
	bool polled;
	struct waiter waiter;
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
	return pos > 0 && pos <= U32_MAX ? pos : 0;
}

/*
 * Return: the channel with this id, or NULL. It becomes the hint if it is the
 * selected one; calls with an offset come from many threads at a time and leave
 * the hint alone.
 */
static inline struct channel *find_channel(struct open_file *of, u32 id,
					   loff_t pos)
{
	/* Pairs with the release below, by another thread of this file's. */
	struct channel *channel = smp_load_acquire(&of->channel);

	if (channel && channel->id == id)
		return channel;
	channel = slot_find(of->slot, id);
	if (!channel || pos)
		return channel;
	/* A channel is whole before its address is to be had. */
	smp_store_release(&of->channel, channel);
	return channel;
}

#endif /* MESSAGE_SLOT_OPEN_FILE_H */
