/* SPDX-License-Identifier: GPL-2.0 */
/* A slot: its channels by id, its limits, its lifetime. */
#ifndef MESSAGE_SLOT_SLOT_H
#define MESSAGE_SLOT_SLOT_H

#include <linux/hash.h>
#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "budget.h"
#include "cells.h"
#include "expiry.h"
#include "message_slot.h"

struct change;
struct channel;
struct watch;

#define SLOT_QUEUE_BITS 6

/*
 * How many channels without a message a slot keeps, for watches to tell what
 * happened to them.
 */
#define SLOT_MAX_KEPT 4096

/* How many snapshots at a time may hold long messages that are not their own. */
#define SLOT_MAX_SNAPSHOTS 4

/**
 * struct slot - channels by id
 * @channels: every channel; found under RCU, added and removed under @lock
 * @cells: where they are
 * @watches: every watch; under @lock
 * @lock: guards @count, @kept, the limits, and what is said above. Taken in
 *	process context only.
 * @count: how many channels are live
 * @kept: how many are not
 * @floor: no channel that is gone had a version above this. Changes under @lock.
 * @removals: stepped under @lock when a channel is removed
 * @max_channels: how many may be live; fewer than @count if lowered later
 * @max_message: the largest message that is taken; read without @lock
 * @max_short: the largest one, or MESSAGE_SHORT if that is less; likewise
 * @budget: the memory that channels and long messages take
 * @expiries: which channels expire when
 * @snapshots: how many hold messages: see snapshot.c
 * @waiters: queues of those who wait, by a hash of the channel's id
 */
struct slot {
	struct rhashtable channels;
	struct cells cells;
	struct list_head watches;
	spinlock_t lock; /* for adding and removing */
	u32 count;
	u32 kept;
	u64 floor;
	seqcount_spinlock_t removals;
	u32 max_channels;
	u32 max_message;
	u32 max_short;
	struct budget budget;
	struct expiries expiries;
	atomic_t snapshots;
	struct wait_queue_head waiters[1 << SLOT_QUEUE_BITS];
};

bool slot_limits_valid(const struct msg_slot_limits *limits);

struct slot *slot_create(const struct msg_slot_limits *limits);
void slot_empty(struct slot *slot);
void slot_destroy(struct slot *slot);

struct channel *slot_find(struct slot *slot, u32 id);
struct channel *slot_get(struct slot *slot, u32 id);
struct channel *slot_obtain(struct slot *slot, u32 id, bool nowait);
void slot_prune(struct slot *slot, struct channel *channel);
int slot_change(struct slot *slot, u32 id, struct change *change, bool nowait);
int slot_change_held(struct slot *slot, struct channel *channel,
		     struct change *change);
void slot_expire(struct slot *slot, struct channel *channel);
void slot_settle(struct slot *slot, u32 id);

void slot_mark(struct slot *slot, struct watch *watch);
void slot_add_watch(struct slot *slot, struct watch *watch);
void slot_remove_watch(struct slot *slot, struct watch *watch);

void slot_get_limits(struct slot *slot, struct msg_slot_limits *limits);
void slot_set_limits(struct slot *slot, const struct msg_slot_limits *limits);
void slot_get_usage(struct slot *slot, struct msg_slot_usage *usage);

/* The queue for those who wait for messages of channel @id. */
static inline struct wait_queue_head *slot_queue(struct slot *slot, u32 id)
{
	return &slot->waiters[hash_32(id, SLOT_QUEUE_BITS)];
}

#endif /* MESSAGE_SLOT_SLOT_H */
