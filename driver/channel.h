/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel: the last message written under one id.
 *
 * The concepts, from the outside in:
 *
 *   open file (open_file.h)  one selected channel id; belongs to a struct file
 *   claim     (claim.h)      an open file's right to be a channel's only writer
 *   watch     (watch.h)      which channels changed; watch_file.h: its descriptor
 *   waiter    (waiter.h)     who waits for messages of a channel
 *   slot      (slot.h)       channels by id; one for each minor, or other door
 *   expiry    (expiry.h)     when a channel's message is over
 *   channel   (here)         an id and two buffers; the only memory with messages
 *   view      (view.h)       what there is to know of its message
 *   author    (author.h)     who wrote it
 *   message   (message.h)    its bytes, in place or, if long, in a block
 *
 * Lifetimes: a channel is made for the first message written to its id, or for
 * a claim. Its users are the slot's table, open files that keep it at hand,
 * claims, and those that just work with it. Once it has neither message nor
 * claim, it leaves the table for good, at once or, if a watch has yet to tell
 * that it was cleared, as soon as that is told. It is freed with its last user
 * and a grace period later, so whoever finds it under RCU may look at it, and
 * hold it if it has users. A slot is freed at unload, when no file can be open.
 * A block lives as long as a channel shows it or a reader copies it, and a grace
 * period more; so does an author.
 *
 * Locks, outermost first:
 *
 *   open_file->claiming  which channels it has claimed; a mutex
 *   watch->reading       one reader of a watch at a time; a mutex
 *   open_file->lock      which channel is selected and waited for
 *   expiries->lock       which channel expires next
 *   slot->lock           which channels and watches there are
 *   channel->lock        publishing a message; raw, so nothing nests in it, but
 *                        for a snapshot that takes those of many channels
 *   slot->waiters[]      a queue's own lock: waking, with the ones below inside
 *   waiter->pollers, watch->readers
 *
 * No lock is held while waking, but open_file->lock around beginning to wait.
 * User memory is touched under none but the mutexes and, for a copy that gives
 * up at a page fault, channel->lock or RCU: a fault can be held up for ever by
 * whoever serves the page (userfaultfd, FUSE).
 */
#ifndef MESSAGE_SLOT_CHANNEL_H
#define MESSAGE_SLOT_CHANNEL_H

#include <linux/rhashtable-types.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "message.h"

struct author;
struct budget;
struct expiry;
struct iov_iter;
struct msg_slot_record;

/* In a size: the message has a time to live. */
#define SIZE_EXPIRES BIT(31)

/**
 * enum channel_state - whether a channel can have a message
 * @CHANNEL_LIVE: it can
 * @CHANNEL_KEPT: it has none, and stays in the table only for watches to tell
 *	what happened; a writer makes it live first
 * @CHANNEL_GONE: it is no longer in the table, for good
 */
enum channel_state {
	CHANNEL_LIVE,
	CHANNEL_KEPT,
	CHANNEL_GONE,
};

/**
 * struct channel - the last message written under one id
 * @node: in the slot's table; the slot's
 * @id: 1 to 2^32-1; never changes
 * @lock: orders writers. Raw, so that a writer inside is not preempted, on
 *	PREEMPT_RT either.
 * @latch: bit 0 says which of the buffers is current; stepped under @lock. It is
 *	also the lower half of the version, which grows by 1 with it.
 * @index: its place among the slot's channels; never changes
 * @users: see above
 * @state: an enum channel_state. Changes under slot->lock and @lock.
 * @emptied: why there is no message, an enum msg_slot_event; under @lock
 * @expiry: when messages are over, or NULL; set once, under @lock
 * @owner: the only open file that may write, or NULL; under @lock
 * @high: the upper half of each buffer's version
 * @rcu: frees it, when it is gone and none of its halves is looked at
 * @size: of the messages in @buffer, and SIZE_EXPIRES; 0: none
 * @written: when each was written, in nanoseconds of CLOCK_BOOTTIME
 * @author: who wrote each; held
 * @buffer: the current message and the one before. Only what is idle of all
 *	these pairs is written, under @lock; both are read under @latch. The
 *	idle buffer never has a block.
 */
struct channel {
	struct rhash_head node;
	u32 id;
	raw_spinlock_t lock; /* orders writers */
	seqcount_latch_t latch;
	u32 index;
	refcount_t users;
	u8 state;
	u8 emptied;
	struct expiry *expiry;
	union {
		struct {
			const void *owner;
			u32 high[2];
		};
		struct rcu_head rcu;
	};
	u32 size[2];
	u64 written[2];
	struct author *author[2];
	union content buffer[2];
};

/**
 * struct change - what is to become of a channel
 * @message: its new message; NULL: none
 * @author: who changes it
 * @owner: the open file through which it is changed, or NULL for the kernel,
 *	which claims do not keep out
 * @release: from now on the owner is not the only one any more
 * @reserved: bytes that @message counts for in the budget already
 * @now: the time, in nanoseconds of CLOCK_BOOTTIME
 * @expires: when the message is over, likewise; 0: never
 * @expiry: for that, if the channel has none yet; NULL once the channel has it
 * @conditional: change nothing unless the channel's version is @version
 * @version: in: see above; out: the new version, or with -ESTALE the present
 *	one; where a message is taken away, that message's, or 0
 * @emptied: an enum msg_slot_event, where there is no @message
 */
struct change {
	const struct message *message;
	struct author *author;
	const void *owner;
	bool release;
	u32 reserved;
	u64 now;
	u64 expires;
	struct expiry *expiry;
	bool conditional;
	u64 version;
	u8 emptied;
};

int channel_init(void);
void channel_exit(void);

struct channel *channel_create(u32 id, gfp_t gfp);
void channel_begin(struct channel *channel, u64 version);
void channel_put(struct channel *channel);

int channel_change(struct channel *channel, struct change *change,
		   struct budget *budget, struct wait_queue_head *waiters);
int channel_claim(struct channel *channel, const void *owner);
void channel_release(struct channel *channel);
bool channel_set_state(struct channel *channel, enum channel_state state);
bool channel_settle(struct channel *channel);
void channel_wake(struct channel *channel, struct wait_queue_head *waiters);

u64 channel_get(struct channel *channel, struct message *message,
		struct msg_slot_record *record, u64 now);
u64 channel_get_locked(struct channel *channel, struct message *message,
		       struct msg_slot_record *record, u64 now);
ssize_t channel_read_iter(struct channel *channel, struct iov_iter *to,
			  u32 *version);
u64 channel_version(struct channel *channel);
u64 channel_last_version(const struct channel *channel);
u64 channel_expires(struct channel *channel);

/* One more user. Return: whether there was one, so that it will stay. */
static inline bool channel_hold(struct channel *channel)
{
	return refcount_inc_not_zero(&channel->users);
}

/* The latch, which tells what is current; for anyone to compare. */
static inline u32 channel_latch(const struct channel *channel)
{
	return raw_read_seqcount_latch(&channel->latch);
}

/* Whether it has no message. Nothing keeps it so, but the lock. */
static inline bool channel_empty(const struct channel *channel)
{
	return !READ_ONCE(channel->size[channel_latch(channel) & 1]);
}

/* Which buffer is current, and which is idle; for whoever holds the lock. */
static inline u32 channel_current(const struct channel *channel)
{
	return channel_latch(channel) & 1;
}

static inline u32 channel_idle(const struct channel *channel)
{
	return ~channel_latch(channel) & 1;
}

#endif /* MESSAGE_SLOT_CHANNEL_H */
