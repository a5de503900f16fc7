/* SPDX-License-Identifier: GPL-2.0 */
/* Channels and windows: which block a message goes to, and one that is there already. */
#ifndef MESSAGE_SLOT_CHANNEL_WINDOW_H
#define MESSAGE_SLOT_CHANNEL_WINDOW_H

#include <linux/types.h>

struct block;
struct channel;
struct window;

struct block *channel_take_block(const struct channel *channel,
				 const void *owner, u32 size);
void channel_move_to_window(struct channel *channel, struct window *window);

#endif /* MESSAGE_SLOT_CHANNEL_WINDOW_H */
