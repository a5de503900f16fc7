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
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "budget.h"
#include "channel.h"
#include "quick.h"
#include "waiter.h"

static struct kmem_cache *channel_cache;

/**
 * channel_init() - make what channels are allocated from
 *
 * Return: 0 or -ENOMEM.
 */
int channel_init(void)
{
	channel_cache = KMEM_CACHE(channel, SLAB_ACCOUNT | SLAB_HWCACHE_ALIGN);
	return channel_cache ? 0 : -ENOMEM;
}

/** channel_exit() - undo channel_init(); every channel has been destroyed */
void channel_exit(void)
{
	kmem_cache_destroy(channel_cache);
}

/**
 * channel_create() - a new channel
 * @id: its id
 * @waiters: who waits for its messages
 * @gfp: how to allocate
 *
 * It has no message, so nobody may find it before channel_begin().
 *
 * Return: the channel, for channel_destroy(), or NULL without memory.
 */
struct channel *channel_create(u32 id, struct wait_queue_head *waiters,
			       gfp_t gfp)
{
	struct channel *channel = kmem_cache_zalloc(channel_cache, gfp);

	if (!channel)
		return NULL;
	channel->id = id;
	channel->waiters = waiters;
	raw_spin_lock_init(&channel->lock);
	seqcount_latch_init(&channel->latch);
	return channel;
}

/*
 * Copies the message in buffer @i: all of a short one, the pointer of a long
 * one. The reader's copy may be torn; it finds out by the latch.
 */
static void copy(struct message *message, const struct channel *channel, u32 i)
{
	message->size = READ_ONCE(channel->size[i]);
	memcpy(&message->content, &channel->buffer[i],
	       content_extent(message->size));
}

/**
 * channel_destroy() - free a channel
 * @channel: one that nobody can find or is using
 */
void channel_destroy(struct channel *channel)
{
	struct message last;

	copy(&last, channel, channel_current(channel));
	message_put(&last);
	kmem_cache_free(channel_cache, channel);
}

/**
 * channel_wake() - wake those who wait for a channel's messages
 * @channel: the channel
 *
 * Process context.
 */
void channel_wake(struct channel *channel)
{
	struct wake_up wake_up = { .id = channel->id };

	/* All, not one: each is to have the message. */
	__wake_up(channel->waiters, TASK_NORMAL, 0, &wake_up);
}

/* What a message of @size bytes counts for in a budget. */
static u64 budget_bytes(u32 size)
{
	return content_is_long(size) ? size : 0;
}

/**
 * channel_long_bytes() - what a channel counts for in its budget, beside itself
 * @channel: one that nobody can find, or whose lock the caller holds
 *
 * Return: the size of its message if that is a long one, else 0.
 */
u64 channel_long_bytes(const struct channel *channel)
{
	return budget_bytes(channel->size[channel_current(channel)]);
}

static bool fits(struct budget *budget, struct channel *channel, u32 size)
{
	u64 old = channel_long_bytes(channel);
	u64 new = budget_bytes(size);

	return old == new || budget_replace(budget, old, new);
}

/* Takes the block out of the idle buffer. Return: as a message to put. */
static struct message take_block(struct channel *channel)
{
	u32 idle = channel_idle(channel);
	struct message message = {};

	if (content_is_long(channel->size[idle])) {
		copy(&message, channel, idle);
		WRITE_ONCE(channel->size[idle], 0);
		channel->buffer[idle].block = NULL;
	}
	return message;
}

static void fill(struct channel *channel, const struct message *message)
{
	u32 extent = content_extent(message->size);
	u32 idle = channel_idle(channel);

	channel_wipe_beyond(channel, idle, extent);
	memcpy(&channel->buffer[idle], &message->content, extent);
	WRITE_ONCE(channel->size[idle], message->size);
	message_hold(message);
}

/* Return: as channel_publish(); *@waiters says whether somebody waits. */
static int publish(struct channel *channel, const struct message *message,
		   struct budget *budget, bool *waiters)
{
	struct message replaced = {};
	int err = -ENOSPC;

	channel_lock(channel);
	if (fits(budget, channel, message->size)) {
		fill(channel, message);
		*waiters = channel_step(channel);
		replaced = take_block(channel);
		err = 0;
	}
	channel_unlock(channel);

	message_put(&replaced);
	return err;
}

/**
 * channel_begin() - give a new channel its first message
 * @channel: one that nobody can find yet
 * @message: its message; the caller puts it, whatever happens
 * @budget: what long messages are counted in
 *
 * Wakes nobody: whoever waits can't find the channel either.
 *
 * Return: 0, or -ENOSPC if it would not be within the budget.
 */
int channel_begin(struct channel *channel, const struct message *message,
		  struct budget *budget)
{
	bool waiters;

	return publish(channel, message, budget, &waiters);
}

/**
 * channel_publish() - replace a channel's message
 * @channel: the channel
 * @message: the new message; the caller puts it, whatever happens
 * @budget: what long messages are counted in
 *
 * Waits for other writers of this channel at most, none of which sleeps. Wakes
 * whoever waits. The buffer that it leaves keeps a short message that was
 * replaced until the next one comes; no reader gets at it: a copy of it fails
 * the check of the latch.
 *
 * Process context, with no lock held under which waking is forbidden.
 *
 * Return: 0, or -ENOSPC if it would not be within the budget.
 */
int channel_publish(struct channel *channel, const struct message *message,
		    struct budget *budget)
{
	bool waiters;
	int err = publish(channel, message, budget, &waiters);

	if (!err && waiters)
		channel_wake(channel);
	return err;
}

/**
 * channel_settle() - after queueing up for a channel's messages
 * @channel: the channel
 *
 * Writers who come later wake the caller; what those before wrote, the caller
 * sees.
 */
void channel_settle(struct channel *channel)
{
	raw_spin_lock(&channel->lock);
	raw_spin_unlock(&channel->lock);
}

/* Under RCU. Return: whether @message is the message of that latch. */
static bool try_get(struct channel *channel, struct message *message,
		    u32 *latch)
{
	*latch = read_seqcount_latch(&channel->latch);
	copy(message, channel, *latch & 1);
	return !read_seqcount_latch_retry(&channel->latch, *latch) &&
	       (!message_is_long(message) ||
		refcount_inc_not_zero(&message->content.block->users));
}

/* The reader's turn among the writers. */
static u32 get_locked(struct channel *channel, struct message *message)
{
	u32 latch;

	raw_spin_lock(&channel->lock);
	latch = channel_version(channel);
	copy(message, channel, latch & 1);
	message_hold(message);
	raw_spin_unlock(&channel->lock);
	return latch;
}

/**
 * channel_get() - copy a channel's message
 * @channel: the channel
 * @message: where to; for message_put()
 *
 * Takes no lock and stores nothing in the channel, so readers disturb neither
 * writers nor one another; those of a long message count themselves in its
 * block. Only when writers have overtaken it READ_TRIES times running does it
 * queue behind them, once.
 *
 * Return: the message's version.
 */
u32 channel_get(struct channel *channel, struct message *message)
{
	bool got = false;
	u32 latch;
	int tries;

	rcu_read_lock();
	for (tries = 0; tries < READ_TRIES && !got; tries++)
		got = try_get(channel, message, &latch);
	rcu_read_unlock();

	return likely(got) ? latch : get_locked(channel, message);
}

/**
 * channel_read_iter() - copy a channel's message to a user, whatever its size
 * @channel: the channel
 * @to: where to
 * @version: the message's version
 *
 * Copies from memory of the kernel's, in which the message is whole.
 *
 * Return: the message's size, -ENOSPC if @to has less room, or -EFAULT.
 */
ssize_t channel_read_iter(struct channel *channel, struct iov_iter *to,
			  u32 *version)
{
	struct message message;
	ssize_t ret;

	*version = channel_get(channel, &message);
	ret = message.size;
	if (message.size > iov_iter_count(to))
		ret = -ENOSPC;
	else if (copy_to_iter(message_bytes(&message), message.size, to) !=
		 message.size)
		ret = -EFAULT;
	message_put(&message);
	return ret;
}

/* As channel_read(), of any message. */
ssize_t channel_read_slowly(struct channel *channel, char __user *buf, size_t n,
			    u32 *version)
{
	struct iov_iter to;

	iov_iter_ubuf(&to, ITER_DEST, buf, n);
	return channel_read_iter(channel, &to, version);
}
