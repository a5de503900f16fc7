// SPDX-License-Identifier: GPL-2.0
/*
 * A slot: its channels by id, its limits, its lifetime.
 *
 * The table is the kernel's resizable hash table with its keyed hash, so ids
 * are found in constant time whatever they look like, also when they were
 * chosen to collide.
 */
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "channel.h"
#include "memory.h"
#include "slot.h"
#include "watch.h"

/* The key is in the cell, which has none any more once the channel is gone. */
static u32 hash_channel(const void *channel, u32 len, u32 seed)
{
	return jhash2(&((const struct channel *)channel)->cell->id, 1, seed);
}

static int compare_id(struct rhashtable_compare_arg *arg, const void *channel)
{
	return !channel_is(channel, *(const u32 *)arg->key);
}

static const struct rhashtable_params by_id = {
	.key_len = sizeof_field(struct msg_slot_cell, id),
	.head_offset = offsetof(struct channel, node),
	.obj_hashfn = hash_channel,
	.obj_cmpfn = compare_id,
	/* Once more, when it is three quarters full, would be 8 bytes a channel. */
	.max_size = MSG_SLOT_MAX_CHANNELS,
	.automatic_shrinking = true,
};

/*
 * Those that are kept, and those whose grace period is not over yet, have places
 * beside the ones that count.
 */
#define PLACES (MSG_SLOT_MAX_CHANNELS + 2 * SLOT_MAX_KEPT)

/* A table takes twice its size. */
static_assert(PLACES <= 2 * MSG_SLOT_MAX_CHANNELS);

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
	struct slot *slot = kzalloc(sizeof(*slot), MEMORY_WAIT);
	int err;
	int i;

	if (!slot)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&slot->lock);
	seqcount_spinlock_init(&slot->removals, &slot->lock);
	for (i = 0; i < ARRAY_SIZE(slot->waiters); i++)
		init_waitqueue_head(&slot->waiters[i]);
	INIT_LIST_HEAD(&slot->watches);
	cells_init(&slot->cells, PLACES);
	expiry_init(slot);
	slot_set_limits(slot, limits);
	err = rhashtable_init(&slot->channels, &by_id);
	if (err) {
		kfree(slot);
		return ERR_PTR(err);
	}
	return slot;
}

static void put_channel(void *channel, void *unused)
{
	channel_put(channel);
}

/**
 * slot_empty() - let go of a slot's channels
 * @slot: one that nobody can find or is using
 *
 * They are gone after rcu_barrier(). May sleep; takes time in proportion to the
 * channels.
 */
void slot_empty(struct slot *slot)
{
	expiry_exit(slot);
	rhashtable_free_and_destroy(&slot->channels, put_channel, NULL);
}

/**
 * slot_destroy() - free a slot
 * @slot: one that is empty
 */
void slot_destroy(struct slot *slot)
{
	cells_exit(&slot->cells);
	kfree(slot);
}

/**
 * slot_find() - the channel with an id
 * @slot: the slot
 * @id: the id
 *
 * Makes nothing and takes no lock.
 *
 * Return: the channel, or NULL; good for as long as the caller is under RCU or
 * holds slot->lock.
 */
struct channel *slot_find(struct slot *slot, u32 id)
{
	return rhashtable_lookup_fast(&slot->channels, &id, by_id);
}

/**
 * slot_get() - the channel with an id, to keep
 * @slot: the slot
 * @id: the id
 *
 * Return: the channel, for channel_put(), or NULL.
 */
struct channel *slot_get(struct slot *slot, u32 id)
{
	struct channel *channel;

	rcu_read_lock();
	channel = slot_find(slot, id);
	if (channel && !channel_hold(channel))
		channel = NULL;
	rcu_read_unlock();
	return channel;
}

/* One live channel more. Return: 0, or -ENOSPC. */
static int count_in(struct slot *slot)
{
	lockdep_assert_held(&slot->lock);

	if (slot->count >= slot->max_channels ||
	    !budget_replace(&slot->budget, 0, CHANNEL_BYTES))
		return -ENOSPC;
	slot->count++;
	return 0;
}

static void count_out(struct slot *slot)
{
	lockdep_assert_held(&slot->lock);

	slot->count--;
	budget_replace(&slot->budget, CHANNEL_BYTES, 0);
}

/* Return: 0; -EEXIST, -ENOSPC or -ENOMEM. */
static int insert(struct slot *slot, struct channel *channel)
{
	int err;

	lockdep_assert_held(&slot->lock);

	if (slot_find(slot, channel->id))
		return -EEXIST;
	err = count_in(slot);
	if (err)
		return err;
	channel_begin(channel, slot->floor);
	/* Whatever the table says: it could not grow just now. */
	if (rhashtable_insert_fast(&slot->channels, &channel->node, by_id)) {
		channel_end(channel);
		count_out(slot);
		return -ENOMEM;
	}
	return 0;
}

/* Return: a channel in a place of its own, or ERR_PTR(). */
static struct channel *prepare(struct slot *slot, u32 id, bool nowait)
{
	gfp_t gfp = nowait ? MEMORY_NOWAIT : MEMORY_WAIT;
	struct channel *channel = channel_create(&slot->cells, id, gfp);

	if (PTR_ERR(channel) == -ENOSPC && !nowait) {
		/*
		 * Those that are gone have their places until a callback has
		 * run, so a grace period alone would not do. It is only here
		 * when all PLACES are taken, and costs some milliseconds of who
		 * would get ENOSPC, who holds no lock and may sleep.
		 */
		rcu_barrier();
		channel = channel_create(&slot->cells, id, gfp);
	}
	if (IS_ERR(channel) && nowait)
		return ERR_PTR(-EAGAIN);
	return channel;
}

/*
 * Allocates before it takes the slot's lock, so nobody waits for one who waits
 * for memory. Return: as slot_obtain(), or ERR_PTR(-EEXIST).
 */
static struct channel *add(struct slot *slot, u32 id, bool nowait)
{
	struct channel *channel = prepare(slot, id, nowait);
	int err;

	if (IS_ERR(channel))
		return channel;
	/* The table's, and the caller's. */
	refcount_inc(&channel->users);

	spin_lock(&slot->lock);
	err = insert(slot, channel);
	spin_unlock(&slot->lock);
	if (!err)
		return channel;

	channel_put(channel);
	channel_put(channel);
	return ERR_PTR(err);
}

/* Return: 0 if the channel can be written to; -ENOENT if it is gone; -ENOSPC. */
static int revive(struct slot *slot, struct channel *channel)
{
	int err = 0;

	if (likely(!READ_ONCE(channel->kept)))
		return 0;
	spin_lock(&slot->lock);
	if (channel_is(channel, 0))
		err = -ENOENT;
	else if (channel->kept)
		err = count_in(slot);
	if (!err && channel->kept) {
		channel_revive(channel);
		slot->kept--;
	}
	spin_unlock(&slot->lock);
	return err;
}

/**
 * slot_obtain() - the channel with an id, added if need be
 * @slot: the slot
 * @id: the id
 * @nowait: don't sleep for memory
 *
 * May sleep, but with @nowait. A channel that stays without a message is for
 * slot_prune().
 *
 * Return: the channel, for channel_put(), which was live just now; or
 * ERR_PTR(): -ENOSPC when the slot is full; -ENOMEM, or with @nowait -EAGAIN,
 * without memory.
 */
struct channel *slot_obtain(struct slot *slot, u32 id, bool nowait)
{
	struct channel *channel;
	int err;

	do {
		channel = slot_get(slot, id);
		if (!channel) {
			channel = add(slot, id, nowait);
			err = PTR_ERR_OR_ZERO(channel);
			continue;
		}
		err = revive(slot, channel);
		if (err)
			channel_put(channel);
	} while (err == -EEXIST || err == -ENOENT);
	return err ? ERR_PTR(err) : channel;
}

/* Return: whether a watch has yet to tell what happened to the channel. */
static bool is_wanted(struct slot *slot, const struct channel *channel)
{
	bool room = slot->kept <= SLOT_MAX_KEPT;
	bool wanted = false;
	struct watch *watch;

	lockdep_assert_held(&slot->lock);

	list_for_each_entry(watch, &slot->watches, entry) {
		if (!watch_wants(watch, channel->id, cells_index(channel)))
			continue;
		wanted = true;
		if (!room)
			watch_lose(watch);
	}
	return wanted && room;
}

static void remove(struct slot *slot, struct channel *channel)
{
	lockdep_assert_held(&slot->lock);

	slot->kept--;
	slot->floor = max(slot->floor, channel_last_version(channel));
	write_seqcount_begin(&slot->removals);
	rhashtable_remove_fast(&slot->channels, &channel->node, by_id);
	write_seqcount_end(&slot->removals);
	channel_end(channel);
}

/*
 * Whoever took the message away may not have come to marking that for watches, and
 * one of them may have told it all the same, by the mark of the message before:
 *
 *   writer                  watch that is quicker        watch without a mark
 *
 *   take the message away
 *                           tell that there is none
 *                           slot_prune(): no mark left?
 *   mark                                                 nobody is here
 *
 * So there is one for each before anybody asks.
 */
static void mark_emptied(struct slot *slot, struct channel *channel)
{
	struct watch *watch;

	lockdep_assert_held(&slot->lock);

	if (!channel_take_unmarked(channel))
		return;
	list_for_each_entry(watch, &slot->watches, entry)
		watch_mark(watch, channel->id, cells_index(channel));
}

/**
 * slot_prune() - remove a channel for which there is no need
 * @slot: the slot
 * @channel: the channel, held
 *
 * Does nothing to one that has a message or an owner. Process context.
 */
void slot_prune(struct slot *slot, struct channel *channel)
{
	bool gone = false;

	spin_lock(&slot->lock);
	if (!channel->kept && channel_keep(channel)) {
		count_out(slot);
		slot->kept++;
		mark_emptied(slot, channel);
	}
	if (channel->kept && !channel_is(channel, 0) &&
	    !is_wanted(slot, channel)) {
		remove(slot, channel);
		gone = true;
	}
	spin_unlock(&slot->lock);

	if (gone) {
		expiry_disarm(slot, channel);
		channel_put(channel);
	}
}

/* Return: the channel to change, held; NULL if nothing would; or ERR_PTR(). */
static struct channel *get_for(struct slot *slot, u32 id,
			       const struct change *change, bool nowait)
{
	struct channel *channel;

	if (change->message && !(change->conditional && change->version))
		return slot_obtain(slot, id, nowait);
	channel = slot_get(slot, id);
	if (channel && READ_ONCE(channel->kept)) {
		channel_put(channel);
		return NULL;
	}
	return channel;
}

/**
 * slot_change_held() - give a channel that one has another message, or none
 * @slot: the slot
 * @channel: the channel, held
 * @change: what is to become of it
 *
 * Return: as channel_change().
 */
int slot_change_held(struct slot *slot, struct channel *channel,
		     struct change *change)
{
	int err = channel_change(channel, change, &slot->budget,
				 slot_queue(slot, channel->id));

	if (!err && change->expires)
		expiry_arm(slot, channel);
	if (channel_empty(channel))
		slot_prune(slot, channel);
	return err;
}

/**
 * slot_change() - give a channel another message, or none
 * @slot: the slot
 * @id: the channel, which need not be there
 * @change: what is to become of it
 * @nowait: don't sleep for memory
 *
 * May sleep, but with @nowait.
 *
 * Return: 0, or as channel_change() and slot_obtain().
 */
int slot_change(struct slot *slot, u32 id, struct change *change, bool nowait)
{
	bool failed = change->conditional && change->version;
	struct channel *channel;
	int err;

	do {
		channel = get_for(slot, id, change, nowait);
		if (IS_ERR(channel))
			return PTR_ERR(channel);
		if (!channel) {
			change->version = 0;
			return failed ? -ESTALE : 0;
		}
		err = slot_change_held(slot, channel, change);
		channel_put(channel);
	} while (err == -ENOENT);
	return err;
}

/**
 * slot_expire() - take a channel's message away if its time is over
 * @slot: the slot
 * @channel: the channel, held
 */
void slot_expire(struct slot *slot, struct channel *channel)
{
	/* To nothing, on condition that there is nothing to be seen. */
	struct change change = {
		.now = ktime_get_boottime_ns(),
		.conditional = true,
		.emptied = MSG_SLOT_EXPIRED,
	};

	slot_change_held(slot, channel, &change);
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
	if (channel)
		channel_settle(channel, id);
	spin_unlock(&slot->lock);
}

static void mark_channel(struct watch *watch, struct channel *channel)
{
	if (!channel_empty(channel))
		watch_mark(watch, channel->id, cells_index(channel));
}

/* Marks what has a message; whoever comes later to have one marks itself. */
static void mark_all(struct slot *slot, struct watch *watch)
{
	struct channel *channel;
	u32 index;

	for (index = 0; cells_next(&slot->cells, &index); index++) {
		channel = cells_get(&slot->cells, index);
		if (!channel)
			continue;
		channel_settle(channel, channel->id);
		mark_channel(watch, channel);
		channel_put(channel);
		cond_resched();
	}
}

static void mark_set(struct slot *slot, struct watch *watch)
{
	u32 i;

	for (i = 0; i < watch->count; i++) {
		struct channel *channel;

		slot_settle(slot, watch->ids[i]);
		channel = slot_get(slot, watch->ids[i]);
		if (!channel)
			continue;
		mark_channel(watch, channel);
		channel_put(channel);
		cond_resched();
	}
}

/**
 * slot_mark() - mark for a watch every channel that has a message
 * @slot: the slot
 * @watch: one that was added
 */
void slot_mark(struct slot *slot, struct watch *watch)
{
	if (watch->ids)
		mark_set(slot, watch);
	else
		mark_all(slot, watch);
}

/**
 * slot_add_watch() - tell a watch of what changes
 * @slot: the slot
 * @watch: the watch
 *
 * A channel that is added from now on, its writer marks it; one that is there
 * already is there for slot_mark().
 */
void slot_add_watch(struct slot *slot, struct watch *watch)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(slot->waiters); i++)
		add_wait_queue(&slot->waiters[i], &watch->entries[i]);
	spin_lock(&slot->lock);
	list_add(&watch->entry, &slot->watches);
	spin_unlock(&slot->lock);
}

/**
 * slot_remove_watch() - undo slot_add_watch()
 * @slot: the slot
 * @watch: the watch
 */
void slot_remove_watch(struct slot *slot, struct watch *watch)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(slot->waiters); i++)
		remove_wait_queue(&slot->waiters[i], &watch->entries[i]);
	spin_lock(&slot->lock);
	list_del(&watch->entry);
	spin_unlock(&slot->lock);
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
	limits->max_bytes = atomic64_read(&slot->budget.limit);
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
	atomic64_set(&slot->budget.limit, limits->max_bytes);
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
