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
 */
#include <linux/kcsan-checks.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "channel.h"

/*
 * How often a read may be overtaken by a writer before it takes the lock. One
 * who is overtaken this often has several writers at full speed beside it.
 */
#define READ_TRIES 8

static struct kmem_cache *channel_cache;

/**
 * channel_init() - make what channels are allocated from
 *
 * Return: 0 or -ENOMEM.
 */
int channel_init(void)
{
	channel_cache = kmem_cache_create("message_slot_channel",
					  sizeof(struct channel), 0,
					  SLAB_ACCOUNT | SLAB_HWCACHE_ALIGN,
					  NULL);
	return channel_cache ? 0 : -ENOMEM;
}

/** channel_exit() - undo channel_init(); every channel has been destroyed */
void channel_exit(void)
{
	kmem_cache_destroy(channel_cache);
}

/**
 * channel_create() - a new channel that holds its first message
 * @id: its id
 * @first: its message
 *
 * Charged to the memory cgroup of the caller. May sleep.
 *
 * Return: the channel, for channel_destroy(), or NULL without memory.
 */
struct channel *channel_create(u32 id, const struct message *first)
{
	/* A writer at its memory limit gets an error; nobody is killed for it. */
	gfp_t gfp = GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	struct channel *channel = kmem_cache_zalloc(channel_cache, gfp);

	if (!channel)
		return NULL;
	channel->id = id;
	raw_spin_lock_init(&channel->lock);
	seqcount_latch_init(&channel->latch);
	channel_publish(channel, first);
	return channel;
}

/**
 * channel_destroy() - free a channel
 * @channel: one that nobody can find or is using
 */
void channel_destroy(struct channel *channel)
{
	kmem_cache_free(channel_cache, channel);
}

/* Leaves nothing of the longer message that the buffer may have held before. */
static void fill(struct message *buffer, const struct message *message)
{
	if (buffer->size > message->size)
		memset(buffer->bytes + message->size, 0,
		       buffer->size - message->size);
	memcpy(buffer->bytes, message->bytes, message->size);
	WRITE_ONCE(buffer->size, message->size);
}

/**
 * channel_publish() - replace a channel's message
 * @channel: the channel
 * @message: the new message, in memory that nobody else changes meanwhile
 *
 * Waits for other writers of this channel at most, none of which sleeps. The
 * buffer that it leaves keeps the replaced message until the next one comes;
 * no reader gets at it: a copy of it fails the check of the latch.
 *
 * Any context that may take a raw spinlock with interrupts on.
 */
void channel_publish(struct channel *channel, const struct message *message)
{
	raw_spin_lock(&channel->lock);
	/* Readers' copies race with this by intent, and find out by the latch. */
	kcsan_nestable_atomic_begin();
	fill(&channel->buffer[~raw_read_seqcount_latch(&channel->latch) & 1],
	     message);
	raw_write_seqcount_latch(&channel->latch);
	kcsan_nestable_atomic_end();
	raw_spin_unlock(&channel->lock);
}

/* The size may be that of a message half written: believe it only in bounds. */
static void copy(struct message *message, const struct message *buffer)
{
	message->size =
		min_t(u32, READ_ONCE(buffer->size), MSG_SLOT_MAX_MESSAGE);
	memcpy(message->bytes, buffer->bytes, message->size);
}

static bool try_read(struct channel *channel, struct message *message)
{
	unsigned int latch = read_seqcount_latch(&channel->latch);

	copy(message, &channel->buffer[latch & 1]);
	return !read_seqcount_latch_retry(&channel->latch, latch);
}

/**
 * channel_read() - copy a channel's message
 * @channel: the channel
 * @message: where to
 *
 * Takes no lock and stores nothing in the channel, so readers disturb neither
 * writers nor one another. Only when writers have overtaken it READ_TRIES
 * times running does it queue behind them, once.
 *
 * Any context in which channel_publish() may be called.
 */
void channel_read(struct channel *channel, struct message *message)
{
	int tries;

	for (tries = 0; tries < READ_TRIES; tries++)
		if (likely(try_read(channel, message)))
			return;

	raw_spin_lock(&channel->lock);
	copy(message,
	     &channel->buffer[raw_read_seqcount_latch(&channel->latch) & 1]);
	raw_spin_unlock(&channel->lock);
}
