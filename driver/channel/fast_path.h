/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fast path of writing and reading: a short message goes straight between a user's
 * memory and a channel's cell, a long one straight from its block. Inline, for this is
 * what read() and write() cost; for transfer.c only. channel.c says why it is right.
 */
#ifndef MESSAGE_SLOT_FAST_PATH_H
#define MESSAGE_SLOT_FAST_PATH_H

#include <linux/fault-inject-usercopy.h>
#include <linux/instrumented.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "author.h"
#include "block.h"
#include "budget.h"
#include "channel.h"
#include "counters.h"
#include "half.h"

/*
 * __copy_from_user_inatomic() but for check_object_size(), which is what hardening
 * adds (CONFIG_HARDENED_USERCOPY, on in Debian): it looks for what the kernel's
 * side is an address of, and for how much room is there. Here that is always a half
 * of a cell, of 128 bytes, and @n was compared with 128 before. It took 147
 * instructions of a write (835 without, 982 with it) and 150 of a read (701 and
 * 851), counted on 6.12. Or it is a block, whose capacity is no less than its size.
 *
 * The user's side has been checked by the VFS, speculatively perhaps. Return:
 * whether all was copied.
 */
static __always_inline bool copy_in(void *to, const void __user *from, size_t n)
{
	unsigned long left;

	barrier_nospec();
	instrument_copy_from_user_before(to, from, n);
	if (should_fail_usercopy())
		return false;
	left = raw_copy_from_user(to, from, n);
	instrument_copy_from_user_after(to, from, n, left);
	return !left;
}

/* The same for a whole block, with nothing held: it may sleep for the user's pages. */
static __always_inline bool copy_long_in(struct block *block,
					 const void __user *from)
{
	might_fault();
	return copy_in(block->bytes, from, block->size);
}

/* The same in the other direction; cell_is_plain() is what keeps @n to 128. */
static __always_inline bool copy_out(void __user *to, const void *from,
				     size_t n)
{
	if (should_fail_usercopy())
		return false;
	instrument_copy_to_user(to, from, n);
	return !raw_copy_to_user(to, from, n);
}

/* What a failed copy leaves is nobody's message, and must not be seen. */
static __always_inline bool cell_copy_in(struct msg_slot_cell *cell, u32 idle,
					 const char __user *buf, size_t n)
{
	bool copied;

	pagefault_disable();
	copied = copy_in(cell->bytes[idle], buf, n);
	pagefault_enable();
	if (unlikely(!copied))
		memset(cell->bytes[idle], 0, n);
	return copied;
}

static __always_inline bool cell_fill(struct msg_slot_cell *cell, u32 idle,
				      const char __user *buf, size_t n)
{
	bool copied;

	cell_store_begin();
	copied = cell_copy_in(cell, idle, buf, n);
	cell_store_end();
	return copied;
}

/* Whether a message can be replaced, and by one that readers can map. */
static __always_inline bool cell_can_change(const struct msg_slot_cell *cell,
					    u32 latch)
{
	return likely(cell_is_plain(cell->size[latch & 1])) &&
	       likely(latch != U32_MAX);
}

/**
 * channel_write_fast() - replace a channel's message by the fast path
 * @channel: the channel; under RCU
 * @watched: whether the whole slot is watched
 * @counters: where a write is counted
 * @author: who writes
 * @owner: the open file that writes
 * @buf: the new message, in a user's memory for which access_ok() was said
 * @n: its size, 1 to MESSAGE_SHORT
 * @tell: the channel, held, if somebody may have to be told: for slot_tell(),
 *	once no longer under RCU, and for channel_put()
 *
 * Copies straight into the idle half, with page faults off, so the user's
 * page holds nobody up. Otherwise as channel_change().
 *
 * Return: whether it could be done: not where the page is not there, the old
 * message is a long one or has a time to live, there is none, or another owner
 * has the channel. If not, nothing has changed.
 */
static __always_inline bool
channel_write_fast(struct channel *channel, const bool *watched,
		   const struct counters *counters, struct author *author,
		   const void *owner, const char __user *buf, size_t n,
		   struct channel **tell)
{
	u64 now = ktime_get_boottime_ns();
	struct msg_slot_cell *cell = channel->cell;
	struct author *replaced = NULL;
	bool listened = false;
	bool done = false;
	u32 latch;
	u32 idle;

	raw_spin_lock(&channel->lock);
	latch = cell_latch(cell);
	idle = ~latch & 1;
	if (cell_can_change(cell, latch) &&
	    likely(!channel->owner || channel->owner == owner) &&
	    likely(cell_fill(cell, idle, buf, n))) {
		WRITE_ONCE(cell->size[idle], n);
		/* The time was taken before the lock: see channel.c. */
		WRITE_ONCE(cell->written[idle],
			   max(now, cell->written[idle ^ 1]));
		if (unlikely(channel->origin[idle].author != author)) {
			replaced = channel->origin[idle].author;
			author_hold(author);
			WRITE_ONCE(channel->origin[idle].author, author);
		}
		cell_step(cell);
		cell_wipe(cell, idle ^ 1);
		/* The lock is the barrier: see the top of channel.c. */
		listened = channel->listened || READ_ONCE(*watched);
		counters_write(counters);
		done = true;
	}
	raw_spin_unlock(&channel->lock);

	if (unlikely(replaced))
		author_put(replaced);
	/* Who takes the message away again tells them, too. */
	if (unlikely(listened) && channel_hold(channel))
		*tell = channel;
	return done;
}

/* Whether a message is long, lives for ever, and can be replaced by one that does. */
static __always_inline bool
cell_can_change_long(const struct msg_slot_cell *cell, u32 latch)
{
	return likely(cell->size[latch & 1] == CELL_LONG) &&
	       likely(latch != U32_MAX);
}

/**
 * channel_write_long() - replace a channel's long message by another, by the fast path
 * @channel: the channel; under RCU
 * @watched: whether the whole slot is watched
 * @counters: where a write is counted
 * @author: who writes
 * @owner: the open file that writes
 * @block: the new message, of which the caller is the only user; the channel is, then
 * @budget: what long messages are counted in
 * @replaced: the block of the message before, for replaced_put(), and
 * @stranger: an author or NULL, for author_put(): with no lock held, nor under RCU
 * @tell: as for channel_write_fast()
 *
 * Return: whether it could be done: not where there is no long message, or a frame, or one
 * with a time to live, where another owner has the channel, or the budget has no room. If
 * not, nothing has changed.
 */
static __always_inline bool
channel_write_long(struct channel *channel, const bool *watched,
		   const struct counters *counters, struct author *author,
		   const void *owner, struct block *block,
		   struct budget *budget, struct block **replaced,
		   struct author **stranger, struct channel **tell)
{
	u64 now = ktime_get_boottime_ns();
	struct msg_slot_cell *cell = channel->cell;
	struct block *before;
	bool listened = false;
	bool done = false;
	u32 latch;
	u32 idle;

	raw_spin_lock(&channel->lock);
	latch = cell_latch(cell);
	idle = ~latch & 1;
	if (cell_can_change_long(cell, latch) &&
	    likely(!channel->owner || channel->owner == owner)) {
		before = channel->origin[idle ^ 1].block;
		done = likely(!block_is_frame(before)) &&
		       budget_replace(budget, before->size, block->size);
	}
	if (likely(done)) {
		block_sign(block, author);
		*replaced = before;
		*stranger = channel->origin[idle].author;
		WRITE_ONCE(channel->origin[idle].block, block);
		if (unlikely(block->window))
			window_show(cell, idle, block);
		WRITE_ONCE(cell->written[idle],
			   max(now, cell->written[idle ^ 1]));
		WRITE_ONCE(cell->size[idle], CELL_LONG);
		cell_step(cell);
		WRITE_ONCE(channel->origin[idle ^ 1].author, NULL);
		/* Else a long message leaves nothing in the cell's bytes to wipe. */
		if (unlikely(before->window)) {
			window_leave(before, block);
			*cell_where(cell, idle ^ 1) = (struct msg_slot_where){};
		}
		WRITE_ONCE(cell->size[idle ^ 1], 0);
		listened = channel->listened || READ_ONCE(*watched);
		counters_write(counters);
	}
	raw_spin_unlock(&channel->lock);

	if (unlikely(listened) && channel_hold(channel))
		*tell = channel;
	return done;
}

/*
 * Copies a long message of a half that seemed to be the current one. Return: as
 * channel_read_fast().
 */
static noinline ssize_t channel_read_long(struct channel *channel,
					  char __user *buf, size_t n, u32 latch)
{
	const struct msg_slot_cell *cell = channel->cell;
	struct block *block = READ_ONCE(channel->origin[latch & 1].block);
	ssize_t ret = 0;

	kcsan_atomic_next(0);
	/* It may be what is left of a short message: nobody's block then. */
	if (!block || cell_retry(cell, latch) || !block_hold(block))
		return 0;
	/* It may have become another message's before: see channel.c. */
	if (likely(!cell_retry(cell, latch)) &&
	    likely(!block_is_frame(block))) {
		ret = block->size;
		if (unlikely(ret > n))
			ret = -ENOSPC;
		else if (unlikely(!copy_out(buf, block->bytes, ret)))
			ret = 0;
	}
	block_put_atomic(block);
	return ret;
}

/**
 * channel_read_fast() - copy a channel's message to a user by the fast path
 * @channel: the channel; under RCU
 * @buf: where to: a user's memory for which access_ok() was said
 * @n: its size
 * @version: the lower half of the message's version, if it was copied
 *
 * As channel_get(), but the message goes straight to the user, with page faults
 * off, and once more if a writer came meanwhile.
 *
 * Return: the message's size, -ENOSPC if it is larger than @n, or 0 if it could
 * not be done: where the page is not there, the message has a time to live, or there
 * is none.
 */
static __always_inline ssize_t channel_read_fast(struct channel *channel,
						 char __user *buf, size_t n,
						 u32 *version)
{
	const struct msg_slot_cell *cell = channel->cell;
	ssize_t ret = 0;
	bool copied;
	int tries;
	u32 latch;
	u16 size;

	pagefault_disable();
	for (tries = 0; tries < READ_TRIES; tries++) {
		latch = cell_begin(cell);
		size = READ_ONCE(cell->size[latch & 1]);
		if (unlikely(!cell_is_plain(size))) {
			*version = latch;
			if (size == CELL_LONG)
				ret = channel_read_long(channel, buf, n, latch);
			break;
		}
		copied = size <= n &&
			 copy_out(buf, cell->bytes[latch & 1], size);
		if (cell_retry(cell, latch))
			continue;
		*version = latch;
		if (likely(copied))
			ret = size;
		else if (size > n)
			ret = -ENOSPC;
		break;
	}
	pagefault_enable();
	return ret;
}

#endif /* MESSAGE_SLOT_FAST_PATH_H */
