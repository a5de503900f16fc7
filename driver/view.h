/* SPDX-License-Identifier: GPL-2.0 */
/* A view: what there is to know of a channel's message, but for its bytes. */
#ifndef MESSAGE_SLOT_VIEW_H
#define MESSAGE_SLOT_VIEW_H

#include <linux/types.h>

#include "channel.h"
#include "expiry.h"

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

/*
 * Looks at the buffer that is current by that latch. A reader may see what is torn;
 * it finds out by the latch.
 */
static inline void view_look(struct view *view, const struct channel *channel,
			     u32 latch)
{
	u32 i = latch & 1;
	/* Pairs with fill(): with the flag, the expiry is there. */
	u32 size = smp_load_acquire(&channel->size[i]);

	view->size = size & ~SIZE_EXPIRES;
	view->version = (u64)READ_ONCE(channel->high[i]) << 32 | latch;
	view->written = channel->written[i];
	view->expires = 0;
	if (size & SIZE_EXPIRES)
		view->expires = channel->expiry->expires[i];
	view->author = READ_ONCE(channel->author[i]);
}

/* Return: whether there is no message, or none any more at time @now. */
static inline bool view_is_over(const struct view *view, u64 now)
{
	return !view->size || (view->expires && view->expires <= now);
}

#endif /* MESSAGE_SLOT_VIEW_H */
