// SPDX-License-Identifier: GPL-2.0
/*
 * A channel: publish a message, copy it out. No other file touches the bytes
 * of a message that is kept.
 *
 * A channel's cell has two halves. A writer fills the idle one and then steps the
 * latch, which makes it the current one, and wipes the other; a reader copies the
 * current one and then looks whether the latch was stepped meanwhile. So at every
 * moment one half is whole and nobody writes to it, and a writer that stops
 * anywhere (preempted, or its virtual CPU taken away) stalls no reader, whether in
 * the kernel or with the cell mapped:
 *
 *   writer (holds channel->lock)        reader (holds nothing)
 *
 *   latch is 4: half 0 is current
 *   fill half 1                         latch is 4: copy half 0
 *     (stop here as long as you like)   latch is 4 still: whole
 *   latch = 5: half 1 is current
 *     (or here)                         latch is 5: copy half 1
 *   wipe half 0                         latch is 5 still: whole
 *                                       latch is 5: copy half 1 ...
 *   latch is 5: fill half 0
 *   latch = 6: half 0 is current
 *   wipe half 1                         ... which is being wiped
 *                                       latch is 6, not 5: copy again
 *
 * The last step needs two orders. The writer's: latch = 6 is seen before any
 * byte that is wiped, or filled in by the next writer, which the barrier in
 * cell_step() gives, and the lock carries it over to another CPU. The reader's:
 * the bytes are read before the latch is looked at again, in cell_retry().
 *
 * As the half that is left is wiped, a message is nowhere to be seen once another
 * has replaced it: who maps the cell sees the present one only, and a moment of
 * the next.
 *
 * A long message is a block. The pointer is read as the bytes are, and believed
 * only once the latch was looked at again. A block that was replaced is freed a
 * grace period later, so the reader that stands between the latch and the block's
 * count finds the count there, at 0 perhaps, and begins again.
 *
 * Waiters need no barrier in the writer. It looks for them before it gives the
 * lock back, and a waiter takes the lock, empty handed, between queueing up and
 * looking at the message (channel_settle()):
 *
 *   waiter                              writer
 *
 *   queue up                            lock
 *   lock, unlock                        step the latch
 *   look at the latch                   look at the queue
 *                                       unlock
 *
 * Whose turn with the lock comes second sees what the other did before.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "author.h"
#include "budget.h"
#include "cells.h"
#include "channel.h"
#include "message_slot.h"
#include "quick.h"
#include "view.h"
#include "waiter.h"

/**
 * channel_create() - a new channel without a message
 * @cells: where to keep it
 * @id: its id
 * @gfp: how to allocate
 *
 * Return: the channel, for channel_put(), or ERR_PTR(): -ENOMEM; -ENOSPC if
 * there is no place for it.
 */
struct channel *channel_create(struct cells *cells, u32 id, gfp_t gfp)
{
	struct channel *channel = cells_take(cells, gfp);

	if (IS_ERR(channel))
		return channel;
	channel->id = id;
	raw_spin_lock_init(&channel->lock);
	refcount_set(&channel->users, 1);
	return channel;
}

/**
 * channel_begin() - give a new channel's cell its id
 * @channel: one that nobody can find yet
 * @version: its first message has the version after this
 */
void channel_begin(struct channel *channel, u64 version)
{
	struct msg_slot_cell *cell = channel->cell;

	/* As if cell_step() had been here. */
	smp_store_release(&cell->latch, (u32)version);
	WRITE_ONCE(cell->high, version >> 32);
	/* Whoever maps it sees those with the id. */
	smp_store_release(&cell->id, channel->id);
}

/**
 * channel_end() - a channel is gone
 * @channel: one without a message that nobody can find any more, held
 *
 * Comes before there can be another with its id, so that those who have its cell
 * mapped look for that one. The lock is for channel_settle().
 */
void channel_end(struct channel *channel)
{
	channel_lock(channel);
	WRITE_ONCE(channel->cell->id, 0);
	channel_unlock(channel);
}

static void free_channel(struct rcu_head *rcu)
{
	struct channel *channel = container_of(rcu, struct channel, rcu);

	kfree(channel->expiry);
	cells_give_back(channel);
}

static void put_origin(union origin origin, u16 size)
{
	if (cell_is_long(size))
		block_put(origin.block);
	else
		author_put(origin.author);
}

/**
 * channel_put() - one user less
 * @channel: the channel
 *
 * Any context, but not under a raw spinlock.
 */
void channel_put(struct channel *channel)
{
	int i;

	if (!refcount_dec_and_test(&channel->users))
		return;
	for (i = 0; i < ARRAY_SIZE(channel->origin); i++)
		put_origin(channel->origin[i], channel->cell->size[i]);
	call_rcu(&channel->rcu, free_channel);
}

/**
 * channel_wake() - wake those who wait for a channel's messages
 * @channel: the channel
 * @waiters: the slot's queue for it
 *
 * Process context.
 */
void channel_wake(struct channel *channel, struct wait_queue_head *waiters)
{
	struct wake_up wake_up = { .id = channel->id, .channel = channel };

	/* All, not one: each is to have the message. */
	__wake_up(waiters, TASK_NORMAL, 0, &wake_up);
}

/* What a message of @size bytes counts for in a budget. */
static u64 budget_bytes(u32 size)
{
	return size_is_long(size) ? size : 0;
}

static bool fits(struct budget *budget, const struct view *view,
		 const struct change *change)
{
	u64 old = budget_bytes(view->size) + change->reserved;
	u64 new = change->message ? budget_bytes(change->message->size) : 0;

	return old == new || budget_replace(budget, old, new);
}

/* Return: 0, or why nothing is to be changed. */
static int check(const struct channel *channel, struct change *change,
		 u64 version)
{
	if (channel->kept)
		return -ENOENT;
	if (channel->owner && change->owner && channel->owner != change->owner)
		return -EBUSY;
	if (change->conditional && change->version != version) {
		change->version = version;
		return -ESTALE;
	}
	return 0;
}

/* Return: the flag to go with the size. */
static u16 fill_expiry(struct channel *channel, u32 idle, struct change *change)
{
	u64 expires = change->expires;

	if (!expires)
		return 0;
	if (!channel->expiry) {
		channel->expiry = change->expiry;
		change->expiry = NULL;
	}
	cell_store_begin();
	channel->expiry->expires[idle] = expires;
	cell_store_end();
	if (change->message->size > MSG_SLOT_CELL_EXPIRY)
		return MSG_SLOT_CELL_EXPIRES | MSG_SLOT_CELL_CALL;
	cell_store_begin();
	memcpy(channel->cell->bytes[idle] + MSG_SLOT_CELL_EXPIRY, &expires,
	       sizeof(expires));
	cell_store_end();
	return MSG_SLOT_CELL_EXPIRES;
}

/* Return: what the origin takes the place of, an author to put or NULL. */
static struct author *fill_origin(struct channel *channel, u32 idle,
				  const struct change *change)
{
	struct author *replaced = channel->origin[idle].author;

	author_hold(change->author);
	if (message_is_long(change->message)) {
		change->message->block->author = change->author;
		message_hold(change->message);
		WRITE_ONCE(channel->origin[idle].block, change->message->block);
	} else {
		WRITE_ONCE(channel->origin[idle].author, change->author);
	}
	return replaced;
}

/* Return: an author to put, or NULL. */
static struct author *fill(struct channel *channel, u32 idle,
			   struct change *change)
{
	const struct message *message = change->message;
	struct msg_slot_cell *cell = channel->cell;
	u16 size = cell_flags(cell) | fill_expiry(channel, idle, change);

	cell_store_begin();
	if (message_is_long(message)) {
		size |= CELL_LONG;
	} else {
		memcpy(cell->bytes[idle], message->bytes, message->size);
		size |= message->size;
	}
	/* Pairs with view_look(), which may come before the latch is stepped. */
	smp_store_release(&cell->size[idle], size);
	cell_store_end();
	return fill_origin(channel, idle, change);
}

static void empty(struct channel *channel, u32 idle, u8 why)
{
	struct msg_slot_cell *cell = channel->cell;

	WRITE_ONCE(cell->size[idle], cell_flags(cell));
	WRITE_ONCE(channel->emptied, why);
}

/*
 * Wipes the half that was current. Return: the block to put that it had, or NULL.
 * An author stays: the next message here often is of the same.
 */
static struct block *leave(struct channel *channel, u32 half)
{
	struct block *block = NULL;

	if (cell_is_long(channel->cell->size[half])) {
		block = channel->origin[half].block;
		WRITE_ONCE(channel->origin[half].author, NULL);
	}
	cell_wipe(channel->cell, half);
	return block;
}

/* What a change has left over, to be put when no lock is held. */
struct leftover {
	struct author *author;
	struct block *block;
};

static void apply(struct channel *channel, struct change *change,
		  const struct view *view, struct leftover *leftover)
{
	bool was_over = view_is_over(view, view->now);
	struct msg_slot_cell *cell = channel->cell;
	u32 idle = cell_current(cell) ^ 1;

	if (change->message)
		leftover->author = fill(channel, idle, change);
	else
		empty(channel, idle,
		      was_over ? MSG_SLOT_EXPIRED : change->emptied);
	WRITE_ONCE(cell->written[idle], change->now);
	cell_step(cell);
	leftover->block = leave(channel, idle ^ 1);
	change->version = view->version + 1;
	if (!change->message)
		change->version = was_over ? 0 : view->version;
}

/* Watches know that the message was taken away in the change that made the latch. */
static void marked(struct channel *channel, u32 latch)
{
	channel_lock(channel);
	if (cell_latch(channel->cell) == latch)
		channel->unmarked = false;
	channel_unlock(channel);
}

/**
 * channel_change() - give a channel another message, or none
 * @channel: the channel, held
 * @change: which, and on what condition
 * @budget: what long messages are counted in
 * @waiters: the slot's queue for the channel
 *
 * Waits for other writers of this channel at most, none of which sleeps. Wakes
 * whoever waits.
 *
 * Process context, with no lock held under which waking is forbidden.
 *
 * Return: 0; -ENOENT if the channel is kept or gone; -EBUSY if another owner has
 * it; -ESTALE if the condition is not met; -ENOSPC if it would not be within
 * the budget.
 */
int channel_change(struct channel *channel, struct change *change,
		   struct budget *budget, struct wait_queue_head *waiters)
{
	struct leftover leftover = {};
	bool wake = false, emptied = false;
	struct view view;
	u32 latch = 0;
	int err;

	channel_lock(channel);
	view_look_locked(&view, channel);
	err = check(channel, change,
		    view_is_over(&view, view.now) ? 0 : view.version);
	if (!err && !fits(budget, &view, change))
		err = -ENOSPC;
	if (!err && (change->message || view.size)) {
		apply(channel, change, &view, &leftover);
		/* The lock is the barrier: see the top. */
		wake = waitqueue_active(waiters);
		emptied = wake && !change->message;
	}
	if (emptied) {
		channel->unmarked = true;
		latch = cell_latch(channel->cell);
	}
	if (change->release)
		channel->owner = NULL;
	channel_unlock(channel);

	author_put(leftover.author);
	block_put(leftover.block);
	if (wake)
		channel_wake(channel, waiters);
	if (emptied)
		marked(channel, latch);
	return err;
}

/**
 * channel_claim() - make an open file the only one that may write
 * @channel: the channel
 * @owner: the open file
 *
 * Return: 0; -EEXIST if it is already; -EBUSY if another is; -ENOENT if the
 * channel is kept or gone.
 */
int channel_claim(struct channel *channel, const void *owner)
{
	int err = 0;

	channel_lock(channel);
	if (channel->kept)
		err = -ENOENT;
	else if (channel->owner)
		err = channel->owner == owner ? -EEXIST : -EBUSY;
	else
		channel->owner = owner;
	channel_unlock(channel);
	return err;
}

/**
 * channel_release() - undo channel_claim()
 * @channel: the channel
 */
void channel_release(struct channel *channel)
{
	channel_lock(channel);
	channel->owner = NULL;
	channel_unlock(channel);
}

/**
 * channel_keep() - let no message be written to a channel any more
 * @channel: the channel, held
 *
 * The caller holds slot->lock.
 *
 * Return: whether that could be done: not with a message or an owner.
 */
bool channel_keep(struct channel *channel)
{
	bool unused;

	channel_lock(channel);
	unused = channel_empty(channel) && !channel->owner;
	if (unused)
		WRITE_ONCE(channel->kept, true);
	channel_unlock(channel);
	return unused;
}

/**
 * channel_take_unmarked() - whether to mark for watches that there is no message
 * @channel: the channel, held, to which none can be written any more
 *
 * Return: whether it may not have been done; the caller does it.
 */
bool channel_take_unmarked(struct channel *channel)
{
	bool unmarked;

	channel_lock(channel);
	unmarked = channel->unmarked;
	channel->unmarked = false;
	channel_unlock(channel);
	return unmarked;
}

/**
 * channel_revive() - undo channel_keep()
 * @channel: the channel, held
 *
 * The caller holds slot->lock.
 */
void channel_revive(struct channel *channel)
{
	channel_lock(channel);
	WRITE_ONCE(channel->kept, false);
	channel_unlock(channel);
}

/**
 * channel_settle() - after queueing up for a channel's messages
 * @channel: the channel, held or under RCU
 * @id: its id
 *
 * Writers who come later wake the caller; what those before wrote, the caller
 * sees.
 *
 * Return: whether that is so; not if the channel is gone, and its id may have
 * another.
 */
bool channel_settle(struct channel *channel, u32 id)
{
	bool settled;

	raw_spin_lock(&channel->lock);
	settled = channel_is(channel, id);
	raw_spin_unlock(&channel->lock);
	return settled;
}
