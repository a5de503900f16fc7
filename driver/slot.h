/* SPDX-License-Identifier: GPL-2.0 */
/* A slot: its channels by id, its limits, its lifetime. */
#ifndef MESSAGE_SLOT_SLOT_H
#define MESSAGE_SLOT_SLOT_H

#include <linux/hash.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "budget.h"
#include "message_slot.h"

struct channel;
struct message;

#define SLOT_QUEUE_BITS 6

/**
 * struct slot - channels by id
 * @channels: every channel; found under RCU, added under @lock, never removed
 * @lock: guards @count, the limits, and adding to @channels. Taken in process
 *	context only.
 * @count: how many @channels has
 * @max_channels: how many it may have; fewer than @count if lowered later
 * @max_message: the largest message that is taken; read without @lock
 * @max_short: the largest one, or MESSAGE_SHORT if that is less; likewise
 * @budget: the memory that channels and long messages take
 * @waiters: queues of struct waiter, by a hash of the channel's id
 */
struct slot {
	struct rhashtable channels;
	spinlock_t lock; /* for adding */
	u32 count;
	u32 max_channels;
	u32 max_message;
	u32 max_short;
	struct budget budget;
	struct wait_queue_head waiters[1 << SLOT_QUEUE_BITS];
};

bool slot_limits_valid(const struct msg_slot_limits *limits);

struct slot *slot_create(const struct msg_slot_limits *limits);
void slot_destroy(struct slot *slot);

struct channel *slot_find(struct slot *slot, u32 id);
int slot_add(struct slot *slot, u32 id, const struct message *first,
	     bool nowait);
void slot_settle(struct slot *slot, u32 id);

void slot_get_limits(struct slot *slot, struct msg_slot_limits *limits);
void slot_set_limits(struct slot *slot, const struct msg_slot_limits *limits);
void slot_get_usage(struct slot *slot, struct msg_slot_usage *usage);

/* The queue for those who wait for messages of channel @id. */
static inline struct wait_queue_head *slot_queue(struct slot *slot, u32 id)
{
	return &slot->waiters[hash_32(id, SLOT_QUEUE_BITS)];
}

#endif /* MESSAGE_SLOT_SLOT_H */
