/* SPDX-License-Identifier: GPL-2.0 */
/* A view: what there is to know of a channel's message, but for its bytes. */
#ifndef MESSAGE_SLOT_VIEW_H
#define MESSAGE_SLOT_VIEW_H

#include <linux/types.h>

#include "channel.h"

/**
 * struct view - a message but for its bytes
 * @size: its size, 0: there is none
 * @version: its version, or what the last one's has become by taking it away
 * @written: when it was written
 * @expires: when it is over; 0: never
 * @now: if it ever is, the time at which it was looked at: not later, when it
 *	would be over but be another's turn already
 * @author: who wrote it; under RCU
 * @cell_size: what the cell has as its size
 * @origin: where it comes from
 */
struct view {
	u32 size;
	u64 version;
	u64 written;
	u64 expires;
	u64 now;
	const struct author *author;
	u16 cell_size;
	union origin origin;
};

void view_look_locked(struct view *view, const struct channel *channel);

/* Return: whether there is no message, or none any more at time @now. */
static inline bool view_is_over(const struct view *view, u64 now)
{
	return !view->size || (view->expires && view->expires <= now);
}

#endif /* MESSAGE_SLOT_VIEW_H */
