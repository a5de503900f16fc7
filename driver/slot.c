// SPDX-License-Identifier: GPL-2.0
/*
 * A slot: its channels by id, its limits, its lifetime.
 *
 * The table is the kernel's resizable hash table with its keyed hash, so ids
 * are found in constant time whatever they look like, also when they were
 * chosen to collide.
 */
#include <linux/err.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "channel.h"
#include "memory.h"
#include "slot.h"

/* Inline, where the table's own comparison would call memcmp(). */
static int compare_id(struct rhashtable_compare_arg *arg, const void *channel)
{
	return ((const struct channel *)channel)->id != *(const u32 *)arg->key;
}

static const struct rhashtable_params by_id = {
	.key_len = sizeof_field(struct channel, id),
	.key_offset = offsetof(struct channel, id),
	.head_offset = offsetof(struct channel, node),
	.obj_cmpfn = compare_id,
};

/**
 * slot_limits_valid() - whether a slot could have these limits
 * @limits: the limits
 *
 * Return: whether each is within the range that message_slot.h gives.
 */
bool slot_limits_valid(const struct msg_slot_limits *limits)
{
	return limits->max_message &&
	       limits->max_message <= MSG_SLOT_LARGEST_MESSAGE &&
	       limits->max_channels &&
	       limits->max_channels <= MSG_SLOT_MAX_CHANNELS &&
	       limits->max_bytes;
}

/**
 * slot_create() - a new slot without channels
 * @limits: its limits, valid ones
 *
 * Charged to the memory cgroup of the caller. May sleep.
 *
 * Return: the slot, for slot_destroy(), or ERR_PTR(-ENOMEM).
 */
struct slot *slot_create(const struct msg_slot_limits *limits)
{
	struct slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);
	int err;
	int i;

	if (!slot)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&slot->lock);
	for (i = 0; i < ARRAY_SIZE(slot->waiters); i++)
		init_waitqueue_head(&slot->waiters[i]);
	slot_set_limits(slot, limits);
	err = rhashtable_init(&slot->channels, &by_id);
	if (err) {
		kfree(slot);
		return ERR_PTR(err);
	}
	return slot;
}

static void destroy_channel(void *channel, void *unused)
{
	channel_destroy(channel);
}

/**
 * slot_destroy() - free a slot and its channels
 * @slot: one that nobody can find or is using
 *
 * May sleep; takes time in proportion to the channels.
 */
void slot_destroy(struct slot *slot)
{
	rhashtable_free_and_destroy(&slot->channels, destroy_channel, NULL);
	kfree(slot);
}

/**
 * slot_find() - the channel with an id
 * @slot: the slot
 * @id: the id
 *
 * Makes nothing and takes no lock.
 *
 * Return: the channel, good as long as the slot is, or NULL.
 */
struct channel *slot_find(struct slot *slot, u32 id)
{
	return rhashtable_lookup_fast(&slot->channels, &id, by_id);
}

/* Return: as slot_add(). */
static int insert(struct slot *slot, struct channel *channel)
{
	lockdep_assert_held(&slot->lock);

	if (slot_find(slot, channel->id))
		return -EEXIST;
	if (slot->count >= slot->max_channels)
		return -ENOSPC;
	/* Whatever the table says: it could not grow just now. */
	if (rhashtable_insert_fast(&slot->channels, &channel->node, by_id))
		return -ENOMEM;
	slot->count++;
	return 0;
}

/* Return: a channel with its first message, which its budget has room for. */
static struct channel *prepare(struct slot *slot, u32 id,
			       const struct message *first, bool nowait)
{
	struct channel *channel;

	channel = channel_create(id, slot_queue(slot, id),
				 nowait ? MEMORY_NOWAIT : MEMORY_WAIT);
	if (!channel)
		return ERR_PTR(nowait ? -EAGAIN : -ENOMEM);
	if (!budget_replace(&slot->budget, 0, sizeof(*channel)))
		goto destroy;
	if (channel_begin(channel, first, &slot->budget))
		goto return_budget;
	return channel;

return_budget:
	budget_replace(&slot->budget, sizeof(*channel), 0);
destroy:
	channel_destroy(channel);
	return ERR_PTR(-ENOSPC);
}

static void discard(struct slot *slot, struct channel *channel)
{
	budget_replace(&slot->budget,
		       sizeof(*channel) + channel_long_bytes(channel), 0);
	channel_destroy(channel);
}

/**
 * slot_add() - add a channel that holds its first message
 * @slot: the slot
 * @id: the new channel's id
 * @first: its message; the caller puts it, whatever happens
 * @nowait: don't sleep for memory
 *
 * Allocates before it takes the slot's lock, so nobody waits for one who waits
 * for memory. May sleep, but with @nowait.
 *
 * Return: 0; -EEXIST when the slot has a channel with this id by now (@first
 * is not in it); -ENOSPC when the slot is full; -ENOMEM, or with @nowait
 * -EAGAIN, without memory.
 */
int slot_add(struct slot *slot, u32 id, const struct message *first,
	     bool nowait)
{
	struct channel *channel = prepare(slot, id, first, nowait);
	bool waiters;
	int err;

	if (IS_ERR(channel))
		return PTR_ERR(channel);

	spin_lock(&slot->lock);
	err = insert(slot, channel);
	/* Under the lock, for the same reason as in channel_publish(). */
	waiters = waitqueue_active(channel->waiters);
	spin_unlock(&slot->lock);

	if (err)
		discard(slot, channel);
	else if (waiters)
		channel_wake(channel);
	return err;
}

/**
 * slot_settle() - after queueing up for messages of a channel
 * @slot: the slot
 * @id: the channel, which need not be there
 *
 * Writers who come later wake the caller; what those before wrote, the caller
 * sees. The channel may be added meanwhile or later: by a writer that had the
 * lock before, so that it is found here, or by one that has it after, and then
 * looks at the queue.
 */
void slot_settle(struct slot *slot, u32 id)
{
	struct channel *channel;

	spin_lock(&slot->lock);
	channel = slot_find(slot, id);
	spin_unlock(&slot->lock);
	if (channel)
		channel_settle(channel);
}

/**
 * slot_get_limits() - a slot's limits
 * @slot: the slot
 * @limits: where to
 */
void slot_get_limits(struct slot *slot, struct msg_slot_limits *limits)
{
	spin_lock(&slot->lock);
	limits->max_message = slot->max_message;
	limits->max_channels = slot->max_channels;
	limits->max_bytes = slot->budget.limit;
	spin_unlock(&slot->lock);
}

/**
 * slot_set_limits() - change a slot's limits
 * @slot: the slot
 * @limits: valid ones
 *
 * What is there stays, also where it is beyond the new limits.
 */
void slot_set_limits(struct slot *slot, const struct msg_slot_limits *limits)
{
	spin_lock(&slot->lock);
	WRITE_ONCE(slot->max_message, limits->max_message);
	WRITE_ONCE(slot->max_short,
		   min_t(u32, limits->max_message, MESSAGE_SHORT));
	slot->max_channels = limits->max_channels;
	WRITE_ONCE(slot->budget.limit, limits->max_bytes);
	spin_unlock(&slot->lock);
}

/**
 * slot_get_usage() - what a slot has
 * @slot: the slot
 * @usage: where to
 */
void slot_get_usage(struct slot *slot, struct msg_slot_usage *usage)
{
	spin_lock(&slot->lock);
	usage->channels = slot->count;
	usage->reserved = 0;
	usage->bytes = atomic64_read(&slot->budget.used);
	spin_unlock(&slot->lock);
}
