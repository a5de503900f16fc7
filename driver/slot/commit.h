/* SPDX-License-Identifier: GPL-2.0 */
/* A commit: several channels changed at one moment, or none of them. */
#ifndef MESSAGE_SLOT_COMMIT_H
#define MESSAGE_SLOT_COMMIT_H

#include <linux/types.h>

#include "channel/channel.h"
#include "channel/half.h"
#include "channel/view.h"
#include "message_slot.h"

struct slot;

/**
 * struct commit_item - what a commit makes of a channel
 * @id: the channel; this and all of @message and @change is the caller's
 * @message: its new message, if it gets one; put with the commit
 * @change: what is to become of it. Out: as channel_change(), and where a condition was
 *	not met, @change.version of each.
 * @channel: the channel, held, or NULL if there is none
 * @spare: one to be added if there is none, or NULL
 * @view: the message that there was
 * @leftover: what is to be put
 */
struct commit_item {
	u32 id;
	struct message message;
	struct change change;
	struct channel *channel;
	struct channel *spare;
	struct view view;
	struct leftover leftover;
};

/**
 * struct commit - several channels changed at one moment, or none of them
 * @slot: the slot
 * @count: how many
 * @failed: out: which is to blame, or @count if none alone is
 * @wanted: how many bytes more it takes of the budget
 * @limit: within how many, of all
 * @frozen: lanes.all is held for writing, and the lanes of all channels are unmapped
 * @order: the items in the order of their ids
 * @items: each of them, as the caller has them
 */
struct commit {
	struct slot *slot;
	u32 count;
	u32 failed;
	u64 wanted;
	u64 limit;
	bool frozen;
	struct commit_item *order[MSG_SLOT_MAX_COMMIT];
	struct commit_item items[];
};

struct commit *commit_create(struct slot *slot, u32 count);
void commit_destroy(struct commit *commit);
int commit_sort(struct commit *commit);
int commit_apply(struct commit *commit);
void commit_await(struct slot *slot);

#endif /* MESSAGE_SLOT_COMMIT_H */
