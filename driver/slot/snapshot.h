/* SPDX-License-Identifier: GPL-2.0 */
/* A snapshot: the messages of several channels at one moment. */
#ifndef MESSAGE_SLOT_SNAPSHOT_H
#define MESSAGE_SLOT_SNAPSHOT_H

#include <linux/types.h>

#include "channel/message.h"
#include "message_slot.h"

struct channel;
struct slot;

/**
 * struct snapshot_item - a channel in a snapshot
 * @id: its id; the caller's
 * @position: where the caller has it
 * @room: up to which size the caller has room for its message
 * @channel: the channel, held, or NULL
 * @stamp: its channel_stamp() before the message was copied
 * @message: its message; without size if there is none
 * @record: what is known of it
 */
struct snapshot_item {
	u32 id;
	u32 position;
	u32 room;
	struct channel *channel;
	u64 stamp;
	struct message message;
	struct msg_slot_record record;
};

/**
 * struct snapshot - the messages of several channels at one moment
 * @count: how many
 * @items: each of them
 */
struct snapshot {
	u32 count;
	struct snapshot_item items[];
};

struct snapshot *snapshot_create(u32 count);
void snapshot_destroy(struct snapshot *shot);
int snapshot_sort(struct snapshot *shot);
int snapshot_take(struct snapshot *shot, struct slot *slot);

#endif /* MESSAGE_SLOT_SNAPSHOT_H */
