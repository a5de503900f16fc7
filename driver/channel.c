// SPDX-License-Identifier: GPL-2.0
/*
 * A channel: publish a message, copy it out. No other file touches the bytes
 * of a message that is kept.
 *
 * A channel has two buffers. A writer fills the idle one and then steps the
 * latch, which makes it the current one; a reader copies the current one and
 * then looks whether the latch was stepped meanwhile. So at every moment one
 * buffer is whole and nobody writes to it, and a writer that stops anywhere
 * (preempted, or its virtual CPU taken away) stalls no reader:
 *
 *   writer (holds channel->lock)        reader (holds nothing)
 *
 *   latch is 4: buffer[0] current
 *   fill buffer[1]                      latch is 4: copy buffer[0]
 *     (stop here as long as you like)   latch is 4 still: whole
 *   latch = 5: buffer[1] current
 *                                       latch is 5: copy buffer[1] ...
 *   latch is 5: fill buffer[0]
 *   latch = 6: buffer[0] current
 *   latch is 6: fill buffer[1]          ... which is being filled
 *                                       latch is 6, not 5: copy again
 *
 * The last step needs two orders. The writer's: latch = 6 is seen before any
 * byte that the next writer fills in, which the write barrier behind the step
 * gives, and the lock carries it over to another CPU. The reader's: the bytes
 * are read before the latch is looked at again. Both are the latch's own
 * (raw_write_seqcount_latch(), read_seqcount_latch_retry()).
 *
 * A long message is a block that the buffer points to. The pointer is read as
 * the bytes are, and believed only once the latch was looked at again. A block
 * that was replaced is freed a grace period later, so the reader that stands
 * between the latch and the block's count finds the count there, at 0 perhaps,
 * and begins again.
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
#include <linux/kcsan-checks.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "author.h"
#include "budget.h"
#include "channel.h"
#include "message_slot.h"
#include "quick.h"
#include "view.h"
#include "waiter.h"

static struct kmem_cache *channel_cache;

/**
 * channel_init() - make what channels are allocated from
 *
 * Return: 0 or -ENOMEM.
 */
int channel_init(void)
{
	/* Not aligned to cache lines, which would take 32 bytes more each. */
	channel_cache = KMEM_CACHE(channel, SLAB_ACCOUNT);
	return channel_cache ? 0 : -ENOMEM;
}

/** channel_exit() - undo channel_init(); every channel has been put */
void channel_exit(void)
{
	/* Those that free_channel() is still to be called for. */
	rcu_barrier();
	kmem_cache_destroy(channel_cache);
}

/**
 * channel_create() - a new channel without a message
 * @id: its id
 * @gfp: how to allocate
 *
 * Return: the channel, for channel_put(), or NULL without memory.
 */
struct channel *channel_create(u32 id, gfp_t gfp)
{
	struct channel *channel = kmem_cache_zalloc(channel_cache, gfp);

	if (!channel)
		return NULL;
	channel->id = id;
	raw_spin_lock_init(&channel->lock);
	seqcount_latch_init(&channel->latch);
	refcount_set(&channel->users, 1);
	return channel;
}

/**
 * channel_begin() - say where a new channel's versions begin
 * @channel: one that nobody can find yet
 * @version: its first message has the version after this
 */
void channel_begin(struct channel *channel, u64 version)
{
	channel->latch.seqcount.sequence = (u32)version;
	channel->high[0] = version >> 32;
	channel->high[1] = version >> 32;
}

static void free_channel(struct rcu_head *rcu)
{
	struct channel *channel = container_of(rcu, struct channel, rcu);

	kfree(channel->expiry);
	kmem_cache_free(channel_cache, channel);
}

/**
 * channel_put() - one user less
 * @channel: the channel
 *
 * Any context, but for the last user of one that has a message, who must not
 * hold a raw spinlock.
 */
void channel_put(struct channel *channel)
{
	u32 last;

	if (!refcount_dec_and_test(&channel->users))
		return;
	last = channel_current(channel);
	if (content_is_long(channel->size[last] & ~SIZE_EXPIRES))
		block_put(channel->buffer[last].block);
	author_put(channel->author[0]);
	author_put(channel->author[1]);
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
	return content_is_long(size) ? size : 0;
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
	if (channel->state != CHANNEL_LIVE)
		return -ENOENT;
	if (channel->owner && change->owner && channel->owner != change->owner)
		return -EBUSY;
	if (change->conditional && change->version != version) {
		change->version = version;
		return -ESTALE;
	}
	return 0;
}

/* Takes the block out of the idle buffer. Return: the block to put, or NULL. */
static struct block *take_block(struct channel *channel)
{
	u32 idle = channel_idle(channel);
	struct block *block;

	if (!content_is_long(channel->size[idle] & ~SIZE_EXPIRES))
		return NULL;
	block = channel->buffer[idle].block;
	WRITE_ONCE(channel->size[idle], 0);
	channel->buffer[idle].block = NULL;
	return block;
}

/* Return: the author whom @author takes the place of, to put; or NULL. */
static struct author *set_author(struct channel *channel, u32 idle,
				 struct author *author)
{
	struct author *old = channel->author[idle];

	if (author)
		author_hold(author);
	WRITE_ONCE(channel->author[idle], author);
	return old;
}

static void fill(struct channel *channel, u32 idle, struct change *change)
{
	const struct message *message = change->message;
	u32 extent = content_extent(message->size);
	u32 size = message->size;

	if (change->expires) {
		if (!channel->expiry) {
			channel->expiry = change->expiry;
			change->expiry = NULL;
		}
		channel->expiry->expires[idle] = change->expires;
		size |= SIZE_EXPIRES;
	}
	channel_wipe_beyond(channel, idle, extent);
	memcpy(&channel->buffer[idle], &message->content, extent);
	/* Pairs with view_look(), which may come before the latch is stepped. */
	smp_store_release(&channel->size[idle], size);
	message_hold(message);
}

static void empty(struct channel *channel, u32 idle, u8 why)
{
	channel_wipe_beyond(channel, idle, 0);
	WRITE_ONCE(channel->size[idle], 0);
	WRITE_ONCE(channel->emptied, why);
}

/* Return: the author to put. */
static struct author *apply(struct channel *channel, struct change *change,
			    const struct view *view)
{
	u32 idle = channel_idle(channel);
	bool was_over = view_is_over(view, change->now);
	struct author *old;

	if (change->message)
		fill(channel, idle, change);
	else
		empty(channel, idle,
		      was_over ? MSG_SLOT_EXPIRED : change->emptied);
	channel->written[idle] = change->now;
	old = set_author(channel, idle,
			 change->message ? change->author : NULL);
	channel_step(channel);
	change->version = view->version + 1;
	if (!change->message)
		change->version = was_over ? 0 : view->version;
	return old;
}

/**
 * channel_change() - give a channel another message, or none
 * @channel: the channel
 * @change: which, and on what condition
 * @budget: what long messages are counted in
 * @waiters: the slot's queue for the channel
 *
 * Waits for other writers of this channel at most, none of which sleeps. Wakes
 * whoever waits. The buffer that it leaves keeps a short message that was
 * replaced until the next one comes; no reader gets at it: a copy of it fails
 * the check of the latch.
 *
 * Process context, with no lock held under which waking is forbidden.
 *
 * Return: 0; -ENOENT if the channel is not live; -EBUSY if another owner has
 * it; -ESTALE if the condition is not met; -ENOSPC if it would not be within
 * the budget.
 */
int channel_change(struct channel *channel, struct change *change,
		   struct budget *budget, struct wait_queue_head *waiters)
{
	struct block *replaced = NULL;
	struct author *author = NULL;
	bool wake = false;
	struct view view;
	int err;

	channel_lock(channel);
	view_look(&view, channel, channel_latch(channel));
	err = check(channel, change,
		    view_is_over(&view, change->now) ? 0 : view.version);
	if (!err && !fits(budget, &view, change))
		err = -ENOSPC;
	if (!err && (change->message || view.size)) {
		author = apply(channel, change, &view);
		/* The lock is the barrier: see the top. */
		wake = waitqueue_active(waiters);
		replaced = take_block(channel);
	}
	if (change->release)
		channel->owner = NULL;
	channel_unlock(channel);

	author_put(author);
	block_put(replaced);
	if (wake)
		channel_wake(channel, waiters);
	return err;
}

/**
 * channel_claim() - make an open file the only one that may write
 * @channel: the channel
 * @owner: the open file
 *
 * Return: 0; -EEXIST if it is already; -EBUSY if another is; -ENOENT if the
 * channel is not live.
 */
int channel_claim(struct channel *channel, const void *owner)
{
	int err = 0;

	channel_lock(channel);
	if (channel->state != CHANNEL_LIVE)
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
 * channel_set_state() - make a channel live, or not any more
 * @channel: the channel
 * @state: its state from now on
 *
 * The caller holds slot->lock.
 *
 * Return: whether that could be done: one with a message or an owner stays live.
 */
bool channel_set_state(struct channel *channel, enum channel_state state)
{
	bool unused;

	channel_lock(channel);
	unused = !channel->size[channel_current(channel)] && !channel->owner;
	if (unused)
		channel->state = state;
	channel_unlock(channel);
	return unused;
}

/**
 * channel_settle() - after queueing up for a channel's messages
 * @channel: the channel
 *
 * Writers who come later wake the caller; what those before wrote, the caller
 * sees.
 *
 * Return: whether that is so; not if the channel is gone, and its id may have
 * another.
 */
bool channel_settle(struct channel *channel)
{
	bool settled;

	raw_spin_lock(&channel->lock);
	settled = channel->state != CHANNEL_GONE;
	raw_spin_unlock(&channel->lock);
	return settled;
}
