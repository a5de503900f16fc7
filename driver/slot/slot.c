// SPDX-License-Identifier: GPL-2.0
/*
 * A slot: its channels by id, its lifetime.
 *
 * The table is the kernel's resizable hash table with its keyed hash, so ids
 * are found in constant time whatever they look like, also when they were
 * chosen to collide.
 */
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "channel/channel.h"
#include "channel/spare.h"
#include "memory.h"
#include "slot.h"
#include "slot_lanes.h"
#include "slot_limits.h"
#include "slot_listeners.h"
#include "trace.h"

/* The key is in the cell, which has none any more once the channel is gone. */
static u32 hash_channel(const void *channel, u32 len, u32 seed)
{
	return jhash2(&((const struct channel *)channel)->cell->id, 1, seed);
}

static int compare_channel_id(struct rhashtable_compare_arg *arg,
			      const void *channel)
{
	return !channel_is(channel, *(const u32 *)arg->key);
}

static const struct rhashtable_params by_id = {
	.key_len = sizeof_field(struct msg_slot_cell, id),
	.head_offset = offsetof(struct channel, node),
	.obj_hashfn = hash_channel,
	.obj_cmpfn = compare_channel_id,
	/* Once more, when it is three quarters full, would be 8 bytes a channel. */
	.max_size = MSG_SLOT_MAX_CHANNELS,
	.automatic_shrinking = true,
};

/*
 * Those that are kept, and those whose grace period is not over yet, have
 * places beside the ones that count.
 */
#define PLACES (MSG_SLOT_MAX_CHANNELS + 2 * KEPT_MAX)

/* A table takes twice its size. */
static_assert(PLACES <= 2 * MSG_SLOT_MAX_CHANNELS);

/* For expiry_init(): to nothing, on condition that there is nothing to be seen. */
static void slot_expire(struct expiries *expiries, struct channel *channel)
{
	struct slot *slot = container_of(expiries, struct slot, expiries);
	struct change change = {
		.now = ktime_get_boottime_ns(),
		.conditional = true,
		.emptied = MSG_SLOT_EXPIRED,
	};

	slot_change_held(slot, channel, &change);
}

/* For listener_table_init(): see slot_tell_listeners(). */
static void slot_release_listeners(struct listener_table *table,
				   struct listener_list *list)
{
	struct slot *slot = container_of(table, struct slot, listeners);
	struct channel *channel;

	spin_lock(&slot->lock);
	channel = slot_find(slot, list->id);
	if (channel)
		channel_forget_listeners(channel);
	listener_table_remove(table, list);
	spin_unlock(&slot->lock);
}

static int init_tables(struct slot *slot)
{
	int err = rhashtable_init(&slot->channels, &by_id);

	if (err)
		return err;
	err = listener_table_init(&slot->listeners, slot_release_listeners);
	if (err)
		rhashtable_destroy(&slot->channels);
	return err;
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

	if (!slot)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&slot->lock);
	seqcount_spinlock_init(&slot->removals, &slot->lock);
	listener_list_init(&slot->watches, 0);
	changes_init(&slot->changes);
	cells_init(&slot->cells, PLACES);
	expiry_init(&slot->expiries, slot_expire);
	slot_lanes_init(slot);
	budget_init(&slot->budget);
	slot_set_limits(slot, limits);
	err = counters_init(&slot->counters);
	if (err)
		goto free;
	err = init_tables(slot);
	if (!err)
		return slot;
	counters_exit(&slot->counters);
free:
	kfree(slot);
	return ERR_PTR(err);
}

/**
 * slot_identify() - how tracepoints and /proc tell a slot from others
 * @slot: one that nobody uses yet
 * @dev: a device file's numbers, or those of its slotfs
 * @ino: 0, or the number of its directory's inode
 */
void slot_identify(struct slot *slot, dev_t dev, u64 ino)
{
	slot->dev = dev;
	slot->ino = ino;
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
	expiry_exit(&slot->expiries);
	listener_table_exit(&slot->listeners);
	rhashtable_free_and_destroy(&slot->channels, put_channel, NULL);
}

/**
 * slot_destroy() - free a slot
 * @slot: one that is empty
 */
void slot_destroy(struct slot *slot)
{
	slot_lanes_exit(slot);
	cells_exit(&slot->cells);
	counters_exit(&slot->counters);
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

/**
 * slot_clear() - take a channel's message away, if it has one
 * @slot: the slot
 * @id: the channel, which need not be there
 * @owner: who does, whom the claims of others keep out
 *
 * May sleep.
 *
 * Return: 0, or -EBUSY if another has claimed it.
 */
int slot_clear(struct slot *slot, u32 id, const void *owner)
{
	struct change change = {
		.owner = owner,
		.now = ktime_get_boottime_ns(),
		.emptied = MSG_SLOT_CLEARED,
	};

	return slot_change(slot, id, &change, false);
}

/**
 * slot_look() - what there is to know of a channel's message, but for its bytes
 * @slot: the slot
 * @id: the channel, which need not be there
 * @record: where to
 *
 * Makes nothing and takes no lock.
 */
void slot_look(struct slot *slot, u32 id, struct msg_slot_record *record)
{
	struct channel *channel = slot_get(slot, id);
	struct message message;

	if (channel) {
		channel_get(channel, &message, record, 0, 0);
		message_put(&message);
		channel_put(channel);
		return;
	}
	memset(record, 0, sizeof(*record));
	record->channel = id;
}

/**
 * slot_has_channel() - whether there is a channel with an id
 * @slot: the slot
 * @id: the id
 *
 * Return: whether there is, with a message or without.
 */
bool slot_has_channel(struct slot *slot, u32 id)
{
	bool found;

	rcu_read_lock();
	found = slot_find(slot, id);
	rcu_read_unlock();
	return found;
}

/**
 * slot_settle() - after joining the listeners of a channel
 * @slot: the slot
 * @id: the channel, which need not be there
 *
 * Writers who come later tell the caller; what those before wrote, the caller
 * sees. The channel may be added meanwhile or later: by a writer that had the
 * lock before, so that it is found here, or by one that has it after, and then
 * finds the list.
 *
 * Return: the version of the channel's message, or 0 if there is none.
 */
u64 slot_settle(struct slot *slot, u32 id)
{
	struct channel *channel;
	u64 version = 0;
	bool settled;

	rcu_read_lock();
	channel = slot_find(slot, id);
	settled = channel && channel_settle(channel, id, true, &version);
	rcu_read_unlock();
	if (settled)
		return version;
	spin_lock(&slot->lock);
	channel = slot_find(slot, id);
	if (channel)
		channel_settle(channel, id, true, &version);
	spin_unlock(&slot->lock);
	return version;
}

/**
 * slot_count_in() - so many live channels more
 * @slot: the slot, whose lock is held
 * @n: how many
 *
 * Return: 0, for slot_count_out(), or -ENOSPC.
 */
int slot_count_in(struct slot *slot, u32 n)
{
	lockdep_assert_held(&slot->lock);

	if (slot->count + n > slot->max_channels ||
	    !spare_make_room(&slot->budget, 0, n * CHANNEL_BYTES))
		return -ENOSPC;
	slot->count += n;
	return 0;
}

/**
 * slot_count_out() - undo slot_count_in()
 * @slot: the slot, whose lock is held
 * @n: how many
 */
void slot_count_out(struct slot *slot, u32 n)
{
	lockdep_assert_held(&slot->lock);

	slot->count -= n;
	budget_replace(&slot->budget, n * CHANNEL_BYTES, 0);
}

/**
 * slot_insert() - put a channel into the slot's table
 * @slot: the slot, whose lock is held
 * @channel: the channel, counted in; there is none with its id
 *
 * Return: 0, or -ENOMEM, and then nobody can use it any more.
 */
int slot_insert(struct slot *slot, struct channel *channel)
{
	lockdep_assert_held(&slot->lock);

	channel_begin(channel, slot->floor,
		      slot_has_listeners(slot, channel->id));
	/* Whatever the table says: it could not grow just now. */
	if (!rhashtable_insert_fast(&slot->channels, &channel->node, by_id))
		return 0;
	channel_end(channel);
	return -ENOMEM;
}

/**
 * slot_revive() - let messages be written to a channel again
 * @slot: the slot, whose lock is held
 * @channel: one that is kept, counted in
 */
void slot_revive(struct slot *slot, struct channel *channel)
{
	lockdep_assert_held(&slot->lock);

	kept_take_out(&slot->kept, channel->kept_as);
	channel_revive(channel);
}

/* Return: 0; -EEXIST, -ENOSPC or -ENOMEM. */
static int count_and_insert(struct slot *slot, struct channel *channel)
{
	int err;

	if (slot_find(slot, channel->id))
		return -EEXIST;
	err = slot_count_in(slot, 1);
	if (err)
		return err;
	err = slot_insert(slot, channel);
	if (err)
		slot_count_out(slot, 1);
	return err;
}

/**
 * slot_prepare() - a channel in a place of its own
 * @slot: the slot
 * @id: its id
 * @nowait: don't sleep for memory
 *
 * Return: the channel, for slot_insert() or channel_put(), or ERR_PTR() as
 * slot_obtain().
 */
struct channel *slot_prepare(struct slot *slot, u32 id, bool nowait)
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
static struct channel *add_channel(struct slot *slot, u32 id, bool nowait)
{
	struct channel *channel = slot_prepare(slot, id, nowait);
	int err;

	if (IS_ERR(channel))
		return channel;
	/* The table's, and the caller's. */
	refcount_inc(&channel->users);

	spin_lock(&slot->lock);
	err = count_and_insert(slot, channel);
	spin_unlock(&slot->lock);
	if (!err)
		return channel;

	channel_put(channel);
	channel_put(channel);
	return ERR_PTR(err);
}

/* Return: 0 if the channel can be written to; -ENOENT if it is gone; -ENOSPC. */
static int revive_channel(struct slot *slot, struct channel *channel)
{
	int err = 0;

	if (likely(READ_ONCE(channel->state) == CHANNEL_LIVE))
		return 0;
	spin_lock(&slot->lock);
	if (channel->state == CHANNEL_GONE)
		err = -ENOENT;
	else if (channel->state == CHANNEL_KEPT)
		err = slot_count_in(slot, 1);
	if (!err && channel->state == CHANNEL_KEPT)
		slot_revive(slot, channel);
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
			channel = add_channel(slot, id, nowait);
			err = PTR_ERR_OR_ZERO(channel);
			continue;
		}
		err = revive_channel(slot, channel);
		if (err)
			channel_put(channel);
	} while (err == -EEXIST || err == -ENOENT);
	return err ? ERR_PTR(err) : channel;
}

/**
 * slot_remove() - take a channel out of the slot's table, for good
 * @slot: the slot, whose lock is held
 * @channel: the channel, which is kept
 *
 * Then it is for slot_put_removed(), once no lock is held any more.
 */
void slot_remove(struct slot *slot, struct channel *channel)
{
	lockdep_assert_held(&slot->lock);

	slot->floor = max(slot->floor, channel_last_version(channel));
	write_seqcount_begin(&slot->removals);
	rhashtable_remove_fast(&slot->channels, &channel->node, by_id);
	write_seqcount_end(&slot->removals);
	channel_end(channel);
}

/**
 * slot_put_removed() - the end of a channel
 * @slot: the slot
 * @channel: one that slot_remove() was called for
 */
void slot_put_removed(struct slot *slot, struct channel *channel)
{
	expiry_disarm(&slot->expiries, channel);
	channel_put(channel);
}

/**
 * slot_prune() - remove a channel for which there is no need
 * @slot: the slot
 * @channel: the channel, held
 *
 * Does nothing to one that has a message or an owner. If the whole slot is watched,
 * the channel is marked, and kept until that is told. It is marked here, where it
 * becomes kept, lest it be told, and go, before it is marked:
 *
 *   writer                  another, by slot_prune()     watch
 *
 *   take the message away
 *                           keep
 *                                                        have nothing to tell
 *                           remove: all have told it
 *   mark                                                 nobody is here
 *
 * Process context.
 */
void slot_prune(struct slot *slot, struct channel *channel)
{
	struct channel *oldest = NULL;
	bool removed = false;
	bool told = true;
	bool kept;

	spin_lock(&slot->lock);
	kept = channel_keep(channel);
	if (kept) {
		slot_count_out(slot, 1);
		removed = !kept_wanted(&slot->kept);
	}
	if (removed) {
		slot_remove(slot, channel);
	} else if (kept) {
		oldest = kept_make_room(&slot->kept);
		if (oldest)
			slot_remove(slot, oldest);
		channel->kept_as = kept_put(&slot->kept, channel);
		told = !changes_mark(&slot->changes, cells_index(channel));
	}
	spin_unlock(&slot->lock);

	if (!told)
		slot_tell_watches(slot, MSG_SLOT_CLEARED);
	if (oldest)
		slot_put_removed(slot, oldest);
	if (removed)
		slot_put_removed(slot, channel);
}

/* Return: the channel to change, held; NULL if nothing would; or ERR_PTR(). */
static struct channel *get_for_change(struct slot *slot, u32 id,
				      const struct change *change, bool nowait)
{
	struct channel *channel;

	if (change_makes_channel(change))
		return slot_obtain(slot, id, nowait);
	channel = slot_get(slot, id);
	if (channel && READ_ONCE(channel->state) != CHANNEL_LIVE) {
		channel_put(channel);
		return NULL;
	}
	return channel;
}

/*
 * A channel has no message any more. For the whole slot it has been marked where it
 * became kept, unless it is live.
 */
static void slot_tell_emptied(struct slot *slot, struct channel *channel)
{
	u8 event = READ_ONCE(channel->emptied);

	slot_prune(slot, channel);
	if (READ_ONCE(channel->state) == CHANNEL_LIVE && channel_empty(channel))
		slot_tell(slot, channel, event);
	else if (READ_ONCE(channel->listened))
		slot_tell_listeners(slot, channel, event);
}

static void count_write(struct slot *slot)
{
	preempt_disable();
	counters_write(&slot->counters);
	preempt_enable();
}

/* What a change did. A message that was over may have been replaced. */
static void count_change(struct slot *slot, const struct channel *channel,
			 const struct change *change)
{
	u32 id = channel->id;

	if (change->expired) {
		counters_inc(&slot->counters, COUNT_EXPIRIES);
		trace_expire(slot, id, change->expired);
	}
	if (change->message) {
		count_write(slot);
		trace_put(slot, id, change->version, change->message->size);
	} else if (!change->expired) {
		counters_inc(&slot->counters, COUNT_CLEARS);
		trace_clear(slot, id, change->removed);
	}
}

/* As slot_changed(). */
static __always_inline void after_change(struct slot *slot,
					 struct channel *channel,
					 const struct change *change)
{
	if (change->changed)
		count_change(slot, channel, change);
	if ((change->changed && change->expires) || change->left_lane)
		expiry_arm(&slot->expiries, channel);
	if (change->changed && !change->message)
		slot_tell_emptied(slot, channel);
	else if (change->changed || change->left_lane)
		slot_tell(slot, channel, MSG_SLOT_WRITTEN);
	else if (channel_empty(channel))
		slot_prune(slot, channel);
}

/**
 * slot_changed() - after a change of a channel, also one that failed
 * @slot: the slot
 * @channel: the channel, held
 * @change: what has become of it
 *
 * Tells those who listen, and removes a channel for which there is no need. Process
 * context.
 */
void slot_changed(struct slot *slot, struct channel *channel,
		  const struct change *change)
{
	after_change(slot, channel, change);
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
	int err = channel_change(channel, change, &slot->budget);

	after_change(slot, channel, change);
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
	struct channel *channel;
	int err;

	do {
		channel = get_for_change(slot, id, change, nowait);
		if (IS_ERR(channel))
			return PTR_ERR(channel);
		if (!channel)
			return change->conditional && change->if_version ?
				       -ESTALE :
				       0;
		err = slot_change_held(slot, channel, change);
		channel_put(channel);
	} while (err == -ENOENT);
	return err;
}

/**
 * slot_renew() - give a channel's message another time to live
 * @slot: the slot
 * @id: the channel, which need not be there
 * @renewal: which time, and on what condition
 *
 * May sleep.
 *
 * Return: 0, or as channel_renew(), but -EWOULDBLOCK for -ENOENT.
 */
int slot_renew(struct slot *slot, u32 id, struct renewal *renewal)
{
	struct channel *channel = slot_get(slot, id);
	int err = -ENOENT;

	renewal->version = 0;
	if (channel) {
		err = channel_renew(channel, renewal);
		if (!err)
			expiry_arm(&slot->expiries, channel);
		if (renewal->left_lane)
			slot_tell(slot, channel, MSG_SLOT_WRITTEN);
		channel_put(channel);
	}
	return err == -ENOENT ? -EWOULDBLOCK : err;
}
