// SPDX-License-Identifier: GPL-2.0
/*
 * A view of a channel: its message, what is known of it, and both at one moment.
 * channel.c says why no lock is needed for that.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "author.h"
#include "channel.h"
#include "message_slot.h"
#include "quick.h"
#include "view.h"

/*
 * Looks at the half that is current in that version. A reader may see what is torn,
 * and finds out by the latch; only then it follows the origin, in view_resolve().
 */
static void view_look(struct view *view, const struct channel *channel,
		      u64 version)
{
	const struct msg_slot_cell *cell = channel->cell;
	u32 i = version & 1;

	/* Pairs with fill(): with the flag, the expiry is there. */
	view->cell_size = smp_load_acquire(&cell->size[i]);
	view->version = version;
	view->written = READ_ONCE(cell->written[i]);
	view->expires = 0;
	view->now = 0;
	if (unlikely(view->cell_size & MSG_SLOT_CELL_EXPIRES)) {
		view->expires = channel->expiry->expires[i];
		view->now = ktime_get_boottime_ns();
	}
	view->origin.author = READ_ONCE(channel->origin[i].author);
}

/* Under RCU, or the channel's lock. */
static void view_resolve(struct view *view)
{
	if (cell_is_long(view->cell_size)) {
		view->size = view->origin.block->size;
		view->author = view->origin.block->author;
	} else {
		view->size = view->cell_size & MSG_SLOT_CELL_BYTES;
		view->author = view->origin.author;
	}
}

/**
 * view_look_locked() - what there is to know of a message
 * @view: where to
 * @channel: the channel, whose lock the caller has
 */
void view_look_locked(struct view *view, const struct channel *channel)
{
	const struct msg_slot_cell *cell = channel->cell;

	view_look(view, channel, (u64)cell->high << 32 | cell->latch);
	view_resolve(view);
}

/*
 * Copies a short message that is in the half. The reader's copy may be torn; it
 * finds out by the latch.
 */
static void copy_short(struct message *message, const struct view *view,
		       const struct msg_slot_cell *cell)
{
	u32 size = view->cell_size & MSG_SLOT_CELL_BYTES;

	if (!cell_is_long(view->cell_size))
		memcpy(message->bytes, cell->bytes[view->version & 1],
		       min_t(u32, size, MESSAGE_SHORT));
}

/* As view_is_over() at @now, or if that is 0, when it was looked at. */
static bool is_over_at(const struct view *view, u64 now)
{
	return view_is_over(view, now ?: view->now);
}

/* Under RCU. Return: whether @message and @view are those of one moment. */
static bool try_get(struct channel *channel, struct message *message,
		    struct view *view)
{
	const struct msg_slot_cell *cell = channel->cell;

	view_look(view, channel, cell_begin_version(cell));
	if (message)
		copy_short(message, view, cell);
	if (cell_retry_version(cell, view->version))
		return false;
	view_resolve(view);
	if (!message)
		return true;
	message->size = view->size;
	if (!message_is_long(message))
		return true;
	message->block = view->origin.block;
	return refcount_inc_not_zero(&message->block->users);
}

static void get_locked(struct channel *channel, struct message *message,
		       struct view *view)
{
	view_look_locked(view, channel);
	if (!message)
		return;
	copy_short(message, view, channel->cell);
	message->size = view->size;
	if (message_is_long(message))
		message->block = view->origin.block;
	message_hold(message);
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
	bool none = is_over_at(view, now);

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
	return is_over_at(&view, 0) ? 0 : view.version;
}

/**
 * channel_last_version() - the highest version that a channel had
 * @channel: one that is not written to any more
 *
 * Return: the version.
 */
u64 channel_last_version(struct channel *channel)
{
	struct view view;

	raw_spin_lock(&channel->lock);
	view_look_locked(&view, channel);
	raw_spin_unlock(&channel->lock);
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

	rcu_read_lock();
	get(channel, NULL, &view);
	rcu_read_unlock();
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
