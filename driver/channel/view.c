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
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "author.h"
#include "channel.h"
#include "channel_lane.h"
#include "lane.h"
#include "message_slot.h"
#include "view.h"

/* How often pages are fetched for a read before it makes a copy first. */
#define FAULT_TRIES 3

/*
 * Looks at the half that is current in that version. A reader may see what is torn,
 * and finds out by the latch; only then it follows the origin, in view_resolve().
 */
static void view_look(struct view *view, const struct channel *channel,
		      u64 version)
{
	const struct msg_slot_cell *cell = channel->cell;
	u32 i = version & 1;

	/* Pairs with fill_half(): with the flag, the expiry is there. */
	view->cell_size = smp_load_acquire(&cell->size[i]);
	view->version = version;
	view->written = READ_ONCE(cell->written[i]);
	view->expires = 0;
	view->now = 0;
	if (unlikely(view->cell_size & MSG_SLOT_CELL_EXPIRES)) {
		view->now = ktime_get_boottime_ns();
		view->expires = half_expires(channel, i, view->cell_size);
	}
	view->origin.author = READ_ONCE(channel->origin[i].author);
	view->overtaken = false;
	view->bytes = cell->bytes[i];
}

/* With the channel's lock. */
static void view_look_in_lane(struct view *view, const struct channel *channel,
			      struct lane *lane)
{
	bool ring = channel->listened || READ_ONCE(*lane->watched);
	bool whole = lane_look(lane, view->version, ring);
	const struct lane_copy *copy = lane_message(lane);
	u64 newest = lane_newest(lane, view->version);

	view->overtaken = !whole;
	view->version = whole ? lane->version : newest;
	/* There is one then, of which no more is known. */
	view->cell_size = whole ? copy->size : 1;
	view->written = copy->written;
	view->expires = whole && copy->size ? copy->expires : 0;
	view->now = view->expires ? ktime_get_boottime_ns() : 0;
	view->origin.author = lane->author;
	view->bytes = copy->bytes;
}

/* With the block held, or the channel's lock. */
static void view_resolve(struct view *view)
{
	if (cell_is_long(view->cell_size)) {
		view->size = view->origin.block->size;
		view->author = view->origin.block->author;
		view->frame = block_is_frame(view->origin.block);
	} else {
		view->size = view->cell_size & MSG_SLOT_CELL_BYTES;
		view->author = view->origin.author;
		view->frame = false;
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

	struct lane *lane = channel_lane(channel);

	view_look(view, channel, cell_version(cell));
	if (unlikely(lane))
		view_look_in_lane(view, channel, lane);
	view_resolve(view);
}

/*
 * Copies a short message that is in the half. The reader's copy may be torn; it
 * finds out by the latch.
 */
static void copy_short(struct message *message, const struct view *view)
{
	u32 size = view->cell_size & MSG_SLOT_CELL_BYTES;

	if (!cell_is_long(view->cell_size))
		memcpy(message->bytes, view->bytes,
		       min_t(u32, size, MESSAGE_SHORT));
}

/* As view_is_over() at @now, or if that is 0, when it was looked at. */
static bool is_over_at(const struct view *view, u64 now)
{
	return view_is_over(view, now ?: view->now);
}

/* Lets go of the block that view_get() has held. */
static void view_put(const struct view *view)
{
	if (cell_is_long(view->cell_size))
		block_put_atomic(view->origin.block);
}

/* Return: whether the block, if there is one, is that of the view, and held. */
static bool hold_block(const struct view *view,
		       const struct msg_slot_cell *cell)
{
	if (!cell_is_long(view->cell_size))
		return true;
	if (!block_hold(view->origin.block))
		return false;
	/* It may have become another message's before: see channel.c. */
	if (!cell_retry_version(cell, view->version))
		return true;
	view_put(view);
	return false;
}

/*
 * That it is in a lane is only looked at with the lock. Return: whether it seems so.
 */
static bool view_is_in_lane(const struct view *view)
{
	return unlikely(view->cell_size & MSG_SLOT_CELL_LANE);
}

/* Under RCU. Return: as get_view(), where no writer was in the way. */
static bool try_view(struct view *view, const struct channel *channel)
{
	const struct msg_slot_cell *cell = channel->cell;

	view_look(view, channel, cell_begin_version(cell));
	return !cell_retry_version(cell, view->version) &&
	       !view_is_in_lane(view);
}

/* Likewise, as view_get(). */
static bool try_get(struct channel *channel, struct message *message,
		    struct view *view)
{
	const struct msg_slot_cell *cell = channel->cell;

	view_look(view, channel, cell_begin_version(cell));
	copy_short(message, view);
	if (cell_retry_version(cell, view->version) || view_is_in_lane(view) ||
	    !hold_block(view, cell))
		return false;
	view_resolve(view);
	return true;
}

static void get_locked(struct channel *channel, struct message *message,
		       struct view *view)
{
	view_look_locked(view, channel);
	copy_short(message, view);
}

/*
 * Takes no lock and stores nothing in the channel, so readers disturb neither
 * writers nor one another; those of a long message count themselves in its
 * block. Only when writers have overtaken it READ_TRIES times running does it
 * queue behind them, once. So it does, behind other readers, for a message in a lane.
 *
 * In rcu_read_lock_sched(): who holds a block runs until view_put(), so that a
 * message that was replaced is nobody's but those processors' that copy it.
 */
static void view_get(struct channel *channel, struct message *message,
		     struct view *view)
{
	int tries;

	for (tries = 0; tries < READ_TRIES; tries++) {
		if (likely(try_get(channel, message, view)))
			return;
		if (view_is_in_lane(view))
			break;
	}
	raw_spin_lock(&channel->lock);
	get_locked(channel, message, view);
	if (cell_is_long(view->cell_size))
		block_hold(view->origin.block);
	raw_spin_unlock(&channel->lock);
}

/* Likewise for one who has no use for size, author and bytes: holds no block. */
static void get_view(struct channel *channel, struct view *view)
{
	int tries;

	bool done = false;

	rcu_read_lock();
	for (tries = 0; tries < READ_TRIES && !done; tries++) {
		done = try_view(view, channel);
		if (view_is_in_lane(view))
			break;
	}
	if (unlikely(!done)) {
		raw_spin_lock(&channel->lock);
		view_look_locked(view, channel);
		raw_spin_unlock(&channel->lock);
	}
	rcu_read_unlock();
	/* Not 0, that is, if there is a message. */
	view->size = view->cell_size & MSG_SLOT_CELL_BYTES;
}

/* Nanoseconds of CLOCK_BOOTTIME as CLOCK_REALTIME has them since it was set. */
static u64 real_time(u64 boottime)
{
	u64 offset = ktime_mono_to_any(0, TK_OFFS_BOOT);

	return ktime_mono_to_real(boottime - offset);
}

/* Under RCU. */
static void fill_record(const struct view *view, struct msg_slot_record *record)
{
	u64 now = ktime_get_boottime_ns();

	record->event = MSG_SLOT_WRITTEN;
	record->version = view->version;
	record->written = real_time(view->written);
	record->age = now > view->written ? now - view->written : 0;
	record->ttl = MSG_SLOT_FOREVER;
	if (view->expires && view->expires != EXPIRY_NEVER)
		record->ttl = view->expires > now ? view->expires - now : 0;
	author_tell(view->author, record);
	record->size = view->size;
}

/* Under RCU. Return: as channel_get(); @message has its size, and no block. */
static u64 finish_get(const struct channel *channel, struct message *message,
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
			fill_record(view, record);
	}
	message->size = none ? 0 : view->size;
	message->frame = view->frame;
	if (message_is_long(message))
		message->block = NULL;
	return none ? 0 : view->version;
}

/*
 * Gives a long message a copy of its bytes, or if it is a frame, the frame. Return: 0, or
 * how many bytes there have to be in @copy for that.
 */
static u32 copy_long(struct message *message, struct block *block,
		     struct block *copy, u32 room)
{
	if (message_is_frame(message)) {
		message->block = block;
		message_hold(message);
		return 0;
	}
	if (!message_is_long(message) || message->size > room)
		return 0;
	if (!copy || copy->size < message->size)
		return message->size;
	memcpy(copy->bytes, block->bytes, message->size);
	message->block = copy;
	return 0;
}

/* For try_copy(): the message is in a lane whose owner was quicker every time. */
#define OVERTAKEN U32_MAX

/* As channel_get(), with a @copy for long messages. Return: as copy_long(). */
static __always_inline u32 try_copy(struct channel *channel,
				    struct message *message,
				    struct msg_slot_record *record, u64 now,
				    u32 room, struct block *copy, u64 *version)
{
	struct view view;
	u32 wanted = 0;

	rcu_read_lock_sched();
	view_get(channel, message, &view);
	*version = finish_get(channel, message, &view, record, now);
	if (unlikely(cell_is_long(view.cell_size))) {
		wanted = copy_long(message, view.origin.block, copy, room);
		view_put(&view);
	} else if (unlikely(view.overtaken)) {
		wanted = OVERTAKEN;
	}
	rcu_read_unlock_sched();
	return wanted;
}

/* The same for one who may sleep. Return: as copy_long(), and only that. */
static u32 try_copy_whole(struct channel *channel, struct message *message,
			  struct msg_slot_record *record, u64 now, u32 room,
			  struct block *copy, u64 *version)
{
	u32 wanted = OVERTAKEN;

	while (wanted == OVERTAKEN) {
		struct lane *lane = channel_freeze_lane(channel);

		wanted = try_copy(channel, message, record, now, room, copy,
				  version);
		channel_thaw_lane(lane);
	}
	return wanted;
}

/* As channel_get(), of a message that wants @wanted bytes. */
static noinline u64 get_long(struct channel *channel, struct message *message,
			     struct msg_slot_record *record, u64 now, u32 room,
			     u32 wanted)
{
	struct block *copy = NULL;
	u64 version;

	do {
		/* One that has grown meanwhile may go on growing. */
		if (copy)
			wanted = min(room, max(wanted, 2 * copy->size));
		block_put(copy);
		copy = block_create(wanted, false);
		if (!copy)
			room = 0;
		wanted = try_copy(channel, message, record, now, room, copy,
				  &version);
		if (wanted == OVERTAKEN)
			wanted = try_copy_whole(channel, message, record, now,
						room, copy, &version);
	} while (wanted);
	if (!message_is_long(message) || message->block != copy)
		block_put(copy);
	return version;
}

/**
 * channel_get() - copy a channel's message
 * @channel: the channel, held
 * @message: where to; for message_put(). Its size is 0 if there is none.
 * @record: what is known of it, or NULL
 * @now: at which time, in nanoseconds of CLOCK_BOOTTIME; 0: the present
 * @room: up to which size the caller can use its bytes
 *
 * Takes no lock, see view_get(). A long message is copied to a block of the caller's
 * own, charged to it, and has none if it is larger than @room or if there is no
 * memory. May sleep for that. A frame is the channel's, held, whatever its size.
 *
 * Return: the message's version, or 0 if there is none.
 */
u64 channel_get(struct channel *channel, struct message *message,
		struct msg_slot_record *record, u64 now, u32 room)
{
	u64 version;
	u32 wanted;

	wanted = try_copy(channel, message, record, now, room, NULL, &version);
	if (unlikely(wanted == OVERTAKEN))
		wanted = try_copy_whole(channel, message, record, now, room,
					NULL, &version);
	if (likely(!wanted))
		return version;
	return get_long(channel, message, record, now, room, wanted);
}

/**
 * channel_get_locked() - the same, for one who holds the channel's lock
 * @channel: the channel
 * @message: where to; a long message's block is the channel's, held, for
 *	message_own()
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
	version = finish_get(channel, message, &view, record, now);
	rcu_read_unlock();
	if (message_is_long(message)) {
		message->block = view.origin.block;
		message_hold(message);
	}
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

	get_view(channel, &view);
	return view_version(&view);
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
 * Return: when, in nanoseconds of CLOCK_BOOTTIME; 0 or EXPIRY_NEVER: never, or there
 * is none.
 */
u64 channel_expires(struct channel *channel)
{
	struct view view;

	get_view(channel, &view);
	return view.expires;
}

static ssize_t read_copy(struct channel *channel, struct iov_iter *to,
			 u32 *version)
{
	struct message message;
	ssize_t ret;

	*version = channel_get(channel, &message, NULL, 0, iov_iter_count(to));
	ret = message_give(&message, to);
	message_put(&message);
	return ret;
}

/*
 * Copies a long message straight to the user, with page faults off. Return: as
 * message_give(); -EFAULT also where a page is not there just now.
 */
static ssize_t try_read(struct channel *channel, struct message *message,
			struct iov_iter *to, u32 *version)
{
	struct view view;
	ssize_t ret = 0;

	rcu_read_lock_sched();
	view_get(channel, message, &view);
	*version = finish_get(channel, message, &view, NULL, 0);
	if (message_is_long(message) && !message_is_frame(message)) {
		message->block = view.origin.block;
		pagefault_disable();
		ret = message_give(message, to);
		pagefault_enable();
	}
	view_put(&view);
	rcu_read_unlock_sched();
	if (unlikely(view.overtaken || message_is_frame(message))) {
		/* Nothing is left to be tried. */
		message->size = 0;
		return read_copy(channel, to, version);
	}
	return message_is_long(message) ? ret : message_give(message, to);
}

/**
 * channel_read_iter() - copy a channel's message to a user, whatever its size
 * @channel: the channel, held
 * @to: where to
 * @version: the lower half of the message's version
 *
 * Nobody holds a block while touching pages that have to come first, for as long
 * as their owner likes: they are fetched with nothing held. If they go again each
 * time, or are no user's, a copy of one's own is what is given.
 *
 * Return: the message's size, -EWOULDBLOCK if there is none, -ENOSPC if @to has
 * less room, -ENOMEM, or -EFAULT; of a frame, as frame_give().
 */
ssize_t channel_read_iter(struct channel *channel, struct iov_iter *to,
			  u32 *version)
{
	struct iov_iter begin = *to;
	struct message message;
	ssize_t ret;
	int tries;

	if (!user_backed_iter(to))
		return read_copy(channel, to, version);
	for (tries = 0; tries < FAULT_TRIES; tries++) {
		ret = try_read(channel, &message, to, version);
		if (ret != -EFAULT || !message_is_long(&message))
			return ret;
		*to = begin;
		if (fault_in_iov_iter_writeable(to, message.size))
			break;
	}
	return read_copy(channel, to, version);
}
