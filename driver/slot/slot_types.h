/* SPDX-License-Identifier: GPL-2.0 */
/* What a slot is made of: for slot.c, and for those of its parts that it calls. */
#ifndef MESSAGE_SLOT_SLOT_TYPES_H
#define MESSAGE_SLOT_SLOT_TYPES_H

#include <linux/llist.h>
#include <linux/rwsem.h>
#include <linux/rhashtable-types.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "changes.h"
#include "channel/budget.h"
#include "channel/cells.h"
#include "channel/counters.h"
#include "expiry.h"
#include "kept.h"
#include "listener.h"

/* How many snapshots at a time may hold long messages that are not their own. */
#define SLOT_MAX_SNAPSHOTS 4

/**
 * struct slot_lanes - a slot's lanes
 * @all: for writing: of a snapshot that keeps all owners from writing
 * @places: by their place, which says where each is mapped
 * @next: where to look for a place: none comes again soon, for mappings of lanes that
 *	have ended are still there. Under the array's lock.
 */
struct slot_lanes {
	struct rw_semaphore all; /* of all lanes */
	struct xarray places;
	u32 next;
};

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
 * @counters: how often things happened
 * @dev: with @ino, how tracepoints and /proc tell the slot from others: see trace.h;
 *	never change once it is used
 * @ino: see above
 * @budget: the memory that channels and long messages take
 * @expiries: which channels expire when
 * @lanes: whose owners write them without a call
 * @snapshots: how many hold messages: see snapshot.c
 * @listeners: who is told when a channel changes
 * @watches: those of @listeners that are told of every channel: in no table
 * @changes: what they have still to collect
 * @retired: in the list of those that are to be freed: retired.c
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
	dev_t dev;
	u64 ino;
	struct counters counters;
	struct budget budget;
	struct expiries expiries;
	struct slot_lanes lanes;
	atomic_t snapshots;
	struct listener_table listeners;
	struct listener_list watches;
	struct changes changes;
	struct llist_node retired;
};

#endif /* MESSAGE_SLOT_SLOT_TYPES_H */
