/* SPDX-License-Identifier: GPL-2.0 */
/* Of a slot: its lanes, and telling what is written there. */
#ifndef MESSAGE_SLOT_SLOT_LANES_H
#define MESSAGE_SLOT_SLOT_LANES_H

#include <linux/types.h>

struct address_space;
struct author;
struct channel;
struct lane;
struct msg_slot_record;
struct page;
struct slot;

void slot_lanes_init(struct slot *slot);
void slot_lanes_exit(struct slot *slot);

struct lane *slot_begin_lane(struct slot *slot, struct channel *channel,
			     struct author *author,
			     struct address_space *mapping);
void slot_ring(struct slot *slot, struct channel *channel, struct lane *lane);
void slot_end_lane(struct slot *slot, struct channel *channel,
		   struct lane *lane);

struct lane *slot_get_lane(struct slot *slot, u32 place);
void slot_unmap_lane(struct slot *slot, u32 id);
void slot_ring_all(struct slot *slot);
void slot_await_expiry(struct slot *slot, struct channel *channel,
		       const struct msg_slot_record *record);

#endif /* MESSAGE_SLOT_SLOT_LANES_H */
