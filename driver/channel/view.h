/* SPDX-License-Identifier: GPL-2.0 */
/* A view: what there is to know of a channel's message, but for its bytes. */
#ifndef MESSAGE_SLOT_VIEW_H
#define MESSAGE_SLOT_VIEW_H

#include <linux/types.h>

#include "channel.h"
#include "message_slot.h"

/**
 * struct view - a message but for its bytes
 * @size: its size, 0: there is none
 * @version: its version, or what the last one's has become by taking it away
 * @written: when it was written
 * @expires: when it is over; 0 or EXPIRY_NEVER: never
 * @now: with @expires, the time at which it was looked at: not later, when it
 *	would be over but be another's turn already, nor after @expires, which
 *	may have been renewed before it was over
 * @author: who wrote it; under RCU
 * @cell_size: what the cell has as its size, or would have if it were not in a lane
 * @origin: where it comes from
 * @bytes: its bytes, of a short one
 * @frame: it is a frame
 * @overtaken: it is in a lane, and not known but for its version: its owner has to be
 *	kept from writing first
 */
struct view {
	u32 size;
	u64 version;
	u64 written;
	u64 expires;
	u64 now;
	const struct author *author;
	u16 cell_size;
	bool overtaken;
	bool frame;
	union origin origin;
	const u8 *bytes;
};

void view_look_locked(struct view *view, const struct channel *channel);

/*
 * When the message in a half of a cell is over, which says that it ever is. For one that
 * is mapped it is what those who map it see, lest two clocks tell two times; but to 32
 * bits that is two numbers.
 */
static inline u64 half_expires(const struct channel *channel, u32 half,
			       u16 cell_size)
{
	if (cell_has_expiry(cell_size))
		return READ_ONCE(*cell_expires(channel->cell, half));
	return atomic64_read(&channel->expiry->expires[half]);
}

/* What the message counts for in a budget. */
static inline u64 view_bytes(const struct view *view)
{
	return budget_bytes(view->size, view->frame);
}

/* Return: whether there is no message, or none any more at time @now. */
static inline bool view_is_over(const struct view *view, u64 now)
{
	return !view->size || (view->expires && view->expires <= now);
}

/* Return: the version of the message that there was when it was looked at, or 0. */
static inline u64 view_version(const struct view *view)
{
	return view_is_over(view, view->now) ? 0 : view->version;
}

#endif /* MESSAGE_SLOT_VIEW_H */
