/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The quick ways to write and read a short message: straight between a user's
 * memory and a channel's buffer. Inline, for this is what read() and write()
 * cost; for file.c only. channel.c says why they are right.
 */
#ifndef MESSAGE_SLOT_QUICK_H
#define MESSAGE_SLOT_QUICK_H

#include <linux/fault-inject-usercopy.h>
#include <linux/instrumented.h>
#include <linux/kcsan-checks.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "channel.h"

/*
 * How often a read may be overtaken by a writer before it takes the lock. One
 * who is overtaken this often has several writers at full speed beside it.
 */
#define READ_TRIES 8

/* Readers' copies race with a writer by intent, and find out by the latch. */
static __always_inline void channel_lock(struct channel *channel)
{
	raw_spin_lock(&channel->lock);
	kcsan_nestable_atomic_begin();
}

static __always_inline void channel_unlock(struct channel *channel)
{
	kcsan_nestable_atomic_end();
	raw_spin_unlock(&channel->lock);
}

/* Makes the idle buffer the current one. Return: whether somebody waits. */
static __always_inline bool channel_step(struct channel *channel)
{
	raw_write_seqcount_latch(&channel->latch);
	/* The lock is the barrier: see the top of channel.c. */
	return waitqueue_active(channel->waiters);
}

/* Leaves nothing of the longer message that the idle buffer may have held. */
static __always_inline void channel_wipe_beyond(struct channel *channel,
						u32 idle, u32 n)
{
	u32 held = channel->size[idle];

	if (unlikely(held > n))
		memset(channel->buffer[idle].bytes + n, 0, held - n);
}

/*
 * copy_from_user() without a check of the kernel's side, which is a buffer of
 * sufficient size by the caller's own check. The user's side has been checked
 * by the VFS, speculatively perhaps. Return: whether all was copied.
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

/* The same in the other direction. */
static __always_inline bool copy_out(void __user *to, const void *from,
				     size_t n)
{
	if (should_fail_usercopy())
		return false;
	instrument_copy_to_user(to, from, n);
	return !raw_copy_to_user(to, from, n);
}

/* What a failed copy leaves is wiped with the next message. */
static __always_inline bool channel_fill(struct channel *channel, u32 idle,
					 const char __user *buf, size_t n)
{
	bool copied;

	pagefault_disable();
	copied = copy_in(channel->buffer[idle].bytes, buf, n);
	pagefault_enable();
	if (likely(copied))
		channel_wipe_beyond(channel, idle, n);
	if (likely(copied || channel->size[idle] < n))
		WRITE_ONCE(channel->size[idle], n);
	return copied;
}

/**
 * channel_write() - replace a channel's message the quick way
 * @channel: the channel
 * @buf: the new message, in a user's memory for which access_ok() was said
 * @n: its size, 1 to MESSAGE_SHORT
 *
 * Copies straight into the idle buffer, with page faults off, so the user's
 * page holds nobody up. Otherwise as channel_publish().
 *
 * Return: whether it could be done: not where the page is not there, or the
 * old message is a long one. If not, the old message stays.
 */
static __always_inline bool channel_write(struct channel *channel,
					  const char __user *buf, size_t n)
{
	bool waiters = false;
	bool done = false;
	u32 current_buffer;

	channel_lock(channel);
	current_buffer = channel_current(channel);
	if (likely(!content_is_long(channel->size[current_buffer]) &&
		   channel_fill(channel, current_buffer ^ 1, buf, n))) {
		waiters = channel_step(channel);
		done = true;
	}
	channel_unlock(channel);

	if (unlikely(waiters))
		channel_wake(channel);
	return done;
}

/**
 * channel_read() - copy a channel's message to a user
 * @channel: the channel
 * @buf: where to: a user's memory for which access_ok() was said
 * @n: its size
 * @version: the message's version, if it was copied
 *
 * As channel_get(), but a short message goes straight to the user, and once
 * more if a writer came meanwhile. Nothing is held, so page faults may take
 * their time.
 *
 * Return: the message's size, -ENOSPC if it is larger than @n, or -EFAULT.
 */
static __always_inline ssize_t channel_read(struct channel *channel,
					    char __user *buf, size_t n,
					    u32 *version)
{
	bool copied;
	int tries;
	u32 latch;
	u32 size;

	for (tries = 0; tries < READ_TRIES; tries++) {
		latch = read_seqcount_latch(&channel->latch);
		size = READ_ONCE(channel->size[latch & 1]);
		if (unlikely(content_is_long(size)))
			break;
		copied = size <= n &&
			 copy_out(buf, channel->buffer[latch & 1].bytes, size);
		if (unlikely(read_seqcount_latch_retry(&channel->latch, latch)))
			continue;
		if (likely(copied)) {
			*version = latch;
			return size;
		}
		return size > n ? -ENOSPC : -EFAULT;
	}
	return channel_read_slowly(channel, buf, n, version);
}

#endif /* MESSAGE_SLOT_QUICK_H */
