/* SPDX-License-Identifier: GPL-2.0 */
/* A slot: its channels by id, its limits, its lifetime. */
#ifndef MESSAGE_SLOT_SLOT_H
#define MESSAGE_SLOT_SLOT_H

#include <linux/rhashtable-types.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "budget.h"
#include "cells.h"
#include "changes.h"
#include "expiry.h"
#include "kept.h"
#include "listener.h"
#include "message_slot.h"

struct change;
struct channel;

/* How many snapshots at a time may hold long messages that are not their own. */
#define SLOT_MAX_SNAPSHOTS 4

/**
 * struct slot - channels by id
 * @channels: every channel; found under RCU, added and removed under @lock
 * @cells: where they are
 * @lock: guards @count, @kept, the limits, and what is said above. Taken in
 *	process context only.
 * @count: how many channels are live
 * @kept: the channels that are not
 * @floor: no channel that is gone had a version above this. Changes under @lock.
 * @removals: stepped under @lock when a channel is removed
 * @max_channels: how many may be live; fewer than @count if lowered later
 * @max_message: the largest message that is taken; read without @lock
 * @max_short: the largest one, or MESSAGE_SHORT if that is less; likewise
 * @budget: the memory that channels and long messages take
 * @expiries: which channels expire when
 * @snapshots: how many hold messages: see snapshot.c
 * @listeners: who is told when a channel changes
 * @watches: those of @listeners that are told of every channel: in no table
 * @changes: what they have still to collect
 */
struct slot {
	struct rhashtable channels;
	struct cells cells;
	spinlock_t lock; /* for adding and removing */
	u32 count;
	struct kept kept;
	u64 floor;
	seqcount_spinlock_t removals;
	u32 max_channels;
	u32 max_message;
	u32 max_short;
	struct budget budget;
	struct expiries expiries;
	atomic_t snapshots;
	struct listener_table listeners;
	struct listener_list watches;
	struct changes changes;
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

void slot_remove(struct slot *slot, struct channel *channel);
void slot_put_removed(struct slot *slot, struct channel *channel);

/* slot_listeners.c */
struct listener_list *slot_listeners(struct slot *slot, u32 id);
void slot_put_listeners(struct slot *slot, struct listener_list *list);
u64 slot_settle(struct slot *slot, u32 id);
void slot_tell(struct slot *slot, struct channel *channel, u8 event);
void slot_tell_emptied(struct slot *slot, struct channel *channel);
void slot_tell_watches(struct slot *slot, u8 event);
bool slot_has_listeners(struct slot *slot, u32 id);
void slot_release_listeners(struct listener_table *table,
			    struct listener_list *list);

/* slot_watches.c */
int slot_begin_watch(struct slot *slot, struct collector *collector,
		     struct position *position);
void slot_end_watch(struct slot *slot, struct collector *collector,
		    struct position *position);
bool slot_advance_watch(struct slot *slot, struct position *position);
void slot_collect_watch(struct slot *slot, struct position *position);

void slot_get_limits(struct slot *slot, struct msg_slot_limits *limits);
void slot_set_limits(struct slot *slot, const struct msg_slot_limits *limits);
void slot_get_usage(struct slot *slot, struct msg_slot_usage *usage);

#endif /* MESSAGE_SLOT_SLOT_H */
