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
#include "slot.h"

static const struct rhashtable_params by_id = {
	.key_len = sizeof_field(struct channel, id),
	.key_offset = offsetof(struct channel, id),
	.head_offset = offsetof(struct channel, node),
};

/**
 * slot_create() - a new slot without channels
 *
 * Charged to the memory cgroup of the caller. May sleep.
 *
 * Return: the slot, for slot_destroy(), or ERR_PTR(-ENOMEM).
 */
struct slot *slot_create(void)
{
	struct slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);
	int err;

	if (!slot)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&slot->lock);
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

static int insert(struct slot *slot, struct channel *channel)
{
	lockdep_assert_held(&slot->lock);

	if (slot_find(slot, channel->id))
		return -EEXIST;
	if (slot->count == MSG_SLOT_MAX_CHANNELS)
		return -ENOSPC;
	/* Whatever the table says: it could not grow just now. */
	if (rhashtable_insert_fast(&slot->channels, &channel->node, by_id))
		return -ENOMEM;
	slot->count++;
	return 0;
}

/**
 * slot_add() - add a channel that holds its first message
 * @slot: the slot
 * @id: the new channel's id
 * @first: its message
 *
 * Allocates before it takes the slot's lock, so nobody waits for one who waits
 * for memory. May sleep.
 *
 * Return: 0, -EEXIST when the slot has a channel with this id by now (@first
 * is not in it), -ENOSPC when the slot is full, -ENOMEM without memory.
 */
int slot_add(struct slot *slot, u32 id, const struct message *first)
{
	struct channel *channel = channel_create(id, first);
	int err;

	if (!channel)
		return -ENOMEM;

	spin_lock(&slot->lock);
	err = insert(slot, channel);
	spin_unlock(&slot->lock);

	if (err)
		channel_destroy(channel);
	return err;
}
