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
#include <linux/uio.h>

#include "author.h"
#include "budget.h"
#include "channel.h"
#include "expiry.h"
#include "message_slot.h"
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
	/* Not aligned to cache lines, which would take 40 bytes more each. */
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

/*
 * Copies the message in buffer @i: all of a short one, the pointer of a long
 * one. The reader's copy may be torn; it finds out by the latch.
 */
static void copy(struct message *message, const struct channel *channel, u32 i)
{
	message->size = READ_ONCE(channel->size[i]) & ~SIZE_EXPIRES;
	memcpy(&message->content, &channel->buffer[i],
	       content_extent(message->size));
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
	struct message last;

	if (!refcount_dec_and_test(&channel->users))
		return;
	copy(&last, channel, channel_current(channel));
	message_put(&last);
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

/**
 * struct view - a message but for its bytes
 * @size: its size, 0: there is none
 * @version: its version, or what the last one's has become by taking it away
 * @written: when it was written
 * @expires: when it is over; 0: never
 * @author: who wrote it; under RCU
 */
struct view {
	u32 size;
	u64 version;
	u64 written;
	u64 expires;
	const struct author *author;
};

/* As copy(): it may be torn. */
static void look(struct view *view, const struct channel *channel, u32 latch)
{
	u32 i = latch & 1;
	u32 size = READ_ONCE(channel->size[i]);

	view->size = size & ~SIZE_EXPIRES;
	view->version = (u64)READ_ONCE(channel->high[i]) << 32 | latch;
	view->written = channel->written[i];
	view->expires = 0;
	if (size & SIZE_EXPIRES)
		view->expires = channel->expiry->expires[i];
	view->author = READ_ONCE(channel->author[i]);
}

/* Return: whether there is no message, or none any more at time @now. */
static bool over(const struct view *view, u64 now)
{
	return !view->size || (view->expires && view->expires <= now);
}

/* The same at @now, or if that is 0, at the present. */
static bool over_at(const struct view *view, u64 now)
{
	if (view->expires && !now)
		now = ktime_get_boottime_ns();
	return over(view, now);
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
	WRITE_ONCE(channel->size[idle], size);
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
	bool was_over = over(view, change->now);
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
	look(&view, channel, channel_latch(channel));
	err = check(channel, change,
		    over(&view, change->now) ? 0 : view.version);
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

/* Under RCU. Return: whether @message and @view are those of one moment. */
static bool try_get(struct channel *channel, struct message *message,
		    struct view *view)
{
	u32 latch = read_seqcount_latch(&channel->latch);

	look(view, channel, latch);
	if (message)
		copy(message, channel, latch & 1);
	return !read_seqcount_latch_retry(&channel->latch, latch) &&
	       (!message || !message_is_long(message) ||
		refcount_inc_not_zero(&message->content.block->users));
}

static void get_locked(struct channel *channel, struct message *message,
		       struct view *view)
{
	u32 latch = channel_latch(channel);

	look(view, channel, latch);
	if (message) {
		copy(message, channel, latch & 1);
		message_hold(message);
	}
}

/*
 * Takes no lock and stores nothing in the channel, so readers disturb neither
 * writers nor one another; those of a long message count themselves in its
 * block. Only when writers have overtaken it READ_TRIES times running does it
 * queue behind them, once.
 */
static void get(struct channel *channel, struct message *message,
		struct view *view)
{
	int tries;

	for (tries = 0; tries < READ_TRIES; tries++)
		if (likely(try_get(channel, message, view)))
			return;
	raw_spin_lock(&channel->lock);
	get_locked(channel, message, view);
	raw_spin_unlock(&channel->lock);
}

/* Nanoseconds of CLOCK_BOOTTIME as CLOCK_REALTIME has them since it was set. */
static u64 real_time(u64 boottime)
{
	u64 offset = ktime_mono_to_any(0, TK_OFFS_BOOT);

	return ktime_mono_to_real(boottime - offset);
}

/* Under RCU. */
static void tell(const struct view *view, struct msg_slot_record *record)
{
	u64 now = ktime_get_boottime_ns();

	record->event = MSG_SLOT_WRITTEN;
	record->version = view->version;
	record->written = real_time(view->written);
	record->age = now > view->written ? now - view->written : 0;
	record->ttl = MSG_SLOT_FOREVER;
	if (view->expires)
		record->ttl = view->expires > now ? view->expires - now : 0;
	author_tell(view->author, record);
	record->size = view->size;
}

/* Under RCU. Return: as channel_get(). */
static u64 finish(const struct channel *channel, struct message *message,
		  const struct view *view, struct msg_slot_record *record,
		  u64 now)
{
	bool none = over_at(view, now);

	if (record) {
		memset(record, 0, sizeof(*record));
		record->channel = channel->id;
		record->event = READ_ONCE(channel->emptied);
		if (none && view->size)
			record->event = MSG_SLOT_EXPIRED;
		if (!none)
			tell(view, record);
	}
	if (none) {
		message_put(message);
		message->size = 0;
	}
	return none ? 0 : view->version;
}

/**
 * channel_get() - copy a channel's message
 * @channel: the channel
 * @message: where to; for message_put(). Its size is 0 if there is none.
 * @record: what is known of it, or NULL
 * @now: at which time, in nanoseconds of CLOCK_BOOTTIME; 0: the present
 *
 * Takes no lock, see get(). May be called under RCU.
 *
 * Return: the message's version, or 0 if there is none.
 */
u64 channel_get(struct channel *channel, struct message *message,
		struct msg_slot_record *record, u64 now)
{
	struct view view;
	u64 version;

	rcu_read_lock();
	get(channel, message, &view);
	version = finish(channel, message, &view, record, now);
	rcu_read_unlock();
	return version;
}

/**
 * channel_get_locked() - the same, for one who holds the channel's lock
 * @channel: the channel
 * @message: where to
 * @record: what is known of it, or NULL
 * @now: at which time
 *
 * Return: as channel_get().
 */
u64 channel_get_locked(struct channel *channel, struct message *message,
		       struct msg_slot_record *record, u64 now)
{
	struct view view;
	u64 version;

	rcu_read_lock();
	get_locked(channel, message, &view);
	version = finish(channel, message, &view, record, now);
	rcu_read_unlock();
	return version;
}

/**
 * channel_version() - the version of a channel's message
 * @channel: the channel, held or under RCU
 *
 * Return: what channel_get() would give now.
 */
u64 channel_version(struct channel *channel)
{
	struct view view;

	rcu_read_lock();
	get(channel, NULL, &view);
	rcu_read_unlock();
	return over_at(&view, 0) ? 0 : view.version;
}

/**
 * channel_last_version() - the highest version that a channel had
 * @channel: one that is gone
 *
 * Return: the version.
 */
u64 channel_last_version(const struct channel *channel)
{
	struct view view;

	look(&view, channel, channel_latch(channel));
	return view.version;
}

/**
 * channel_expires() - when a channel's message is over
 * @channel: the channel, held
 *
 * Return: when, in nanoseconds of CLOCK_BOOTTIME; 0: never, or there is none.
 */
u64 channel_expires(struct channel *channel)
{
	struct view view;

	get(channel, NULL, &view);
	return view.expires;
}

/**
 * channel_read_iter() - copy a channel's message to a user, whatever its size
 * @channel: the channel, held
 * @to: where to
 * @version: the lower half of the message's version
 *
 * Copies from memory of the kernel's, in which the message is whole.
 *
 * Return: the message's size, -EWOULDBLOCK if there is none, -ENOSPC if @to has
 * less room, or -EFAULT.
 */
ssize_t channel_read_iter(struct channel *channel, struct iov_iter *to,
			  u32 *version)
{
	struct message message;
	ssize_t ret;

	*version = channel_get(channel, &message, NULL, 0);
	ret = message_give(&message, to);
	message_put(&message);
	return ret;
}
