/* SPDX-License-Identifier: GPL-2.0 */
/* Of a channel: that its messages are in its owner's lane. */
#ifndef MESSAGE_SLOT_CHANNEL_LANE_H
#define MESSAGE_SLOT_CHANNEL_LANE_H

#include <linux/types.h>

#include "cell.h"
#include "channel.h"

struct budget;
struct lane;
struct leftover;

void channel_begin_lane(struct channel *channel, struct lane *lane,
			struct expiry **expiry);
bool channel_ring_lane(struct channel *channel, struct lane *lane,
		       struct budget *budget);
bool channel_end_lane(struct channel *channel, struct lane *lane,
		      struct budget *budget);

u8 channel_lane_event(struct channel *channel, const struct lane *lane,
		      bool *expires);

struct lane *channel_get_lane(struct channel *channel);
struct lane *channel_freeze_lane(struct channel *channel);
void channel_thaw_lane(struct lane *lane);
struct lane *channel_lane(const struct channel *channel);
void channel_leave_lane(struct channel *channel, struct leftover *leftover);
u64 channel_stamp(const struct channel *channel);

/* Whether its messages are in a lane. Nothing keeps it so, but the lock. */
static inline bool channel_in_lane(const struct channel *channel)
{
	const struct msg_slot_cell *cell = channel->cell;

	return READ_ONCE(cell->size[cell_current(cell)]) & MSG_SLOT_CELL_LANE;
}

#endif /* MESSAGE_SLOT_CHANNEL_LANE_H */
