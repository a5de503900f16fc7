/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel: the last message written under one id.
 *
 * The concepts, from the outside in:
 *
 *   open file (file.h)     one selected channel id; belongs to a struct file
 *   waiter    (waiter.h)   who waits for messages of a channel
 *   slot      (slot.h)     channels by id; one for each minor, or other door
 *   channel   (here)       an id and two buffers; the only memory with messages
 *   message   (message.h)  its bytes, in place or, if long, in a block
 *
 * Lifetimes: a channel is made by the first message written to its id and is
 * freed with its slot; a slot is freed at unload, when no file can be open. So
 * a pointer to a channel that a file found stays good while the file is open.
 * A block lives as long as a channel shows it or a reader copies it, and a
 * grace period more.
 *
 * Locks, outermost first:
 *
 *   open_file->lock      which channel is selected and waited for
 *   slot->lock           adding a channel
 *   channel->lock        publishing a message; raw, so nothing nests in it
 *   slot->waiters[]      a queue's own lock: waking, with the one below inside
 *   waiter->pollers      a queue's own lock
 *
 * slot->lock and channel->lock are never held together, nor is either held
 * while waking; open_file->lock is held around them only to begin to wait.
 * User memory is touched under none of them, but for a copy that gives up at a
 * page fault: a fault can be held up for ever by whoever serves the page
 * (userfaultfd, FUSE).
 */
#ifndef MESSAGE_SLOT_CHANNEL_H
#define MESSAGE_SLOT_CHANNEL_H

#include <linux/rhashtable-types.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "message.h"

struct budget;
struct iov_iter;

/**
 * struct channel - the last message written under one id
 * @node: in the slot's table; the slot's
 * @id: 1 to 2^32-1; never changes
 * @lock: orders writers. Raw, so that a writer inside is not preempted, on
 *	PREEMPT_RT either.
 * @latch: bit 0 says which of @buffer is current; stepped under @lock. It is
 *	also the message's version: it differs from that of the message before.
 * @waiters: who is woken, with a struct wake_up of @id
 * @size: of the messages in @buffer
 * @buffer: the current message and the one before. Only the idle one is
 *	written, under @lock; both are read under @latch. The idle one never
 *	has a block.
 */
struct channel {
	struct rhash_head node;
	u32 id;
	raw_spinlock_t lock; /* orders writers */
	seqcount_latch_t latch;
	u32 size[2];
	struct wait_queue_head *waiters;
	union content buffer[2];
};

int channel_init(void);
void channel_exit(void);

struct channel *channel_create(u32 id, struct wait_queue_head *waiters,
			       gfp_t gfp);
void channel_destroy(struct channel *channel);

int channel_begin(struct channel *channel, const struct message *message,
		  struct budget *budget);
int channel_publish(struct channel *channel, const struct message *message,
		    struct budget *budget);
void channel_settle(struct channel *channel);
void channel_wake(struct channel *channel);
u64 channel_long_bytes(const struct channel *channel);

u32 channel_get(struct channel *channel, struct message *message);
ssize_t channel_read_iter(struct channel *channel, struct iov_iter *to,
			  u32 *version);
ssize_t channel_read_slowly(struct channel *channel, char __user *buf, size_t n,
			    u32 *version);

/**
 * channel_version() - the version of a channel's message
 * @channel: the channel
 *
 * Return: what channel_get() and channel_read() would give now.
 */
static inline u32 channel_version(const struct channel *channel)
{
	return raw_read_seqcount_latch(&channel->latch);
}

/* Which buffer is current, and which is idle; for whoever holds the lock. */
static inline u32 channel_current(const struct channel *channel)
{
	return channel_version(channel) & 1;
}

static inline u32 channel_idle(const struct channel *channel)
{
	return ~channel_version(channel) & 1;
}

#endif /* MESSAGE_SLOT_CHANNEL_H */
