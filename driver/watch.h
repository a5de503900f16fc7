/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A watch: which channels have changed since they were last told of.
 *
 * A mark for each channel, so a watch takes the same memory however much
 * changes, and a channel that changes a thousand times is told of once.
 */
#ifndef MESSAGE_SLOT_WATCH_H
#define MESSAGE_SLOT_WATCH_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "slot.h"

#define WATCH_NOTHING U32_MAX

/**
 * struct watch - marks
 * @entry: in the slot's list; the slot's
 * @entries: in each of the slot's queues, so that writers find it where they
 *	look for waiters anyhow; the slot's
 * @ids: the set of channels, in order; NULL: all
 * @count: how many are in the set
 * @places: how many marks there are: one for each of the set, or for each place
 *	in the slot
 * @marks: set by whoever changes a channel, cleared by whoever tells
 * @groups: which groups of marks to look at
 * @lost: a channel is gone that was marked, so everything is to be told anew
 * @telling: the place whose mark was taken and which is not told yet, or
 *	WATCH_NOTHING; the reader's, and looked at under slot->lock
 * @next: the place to go on from, so that each has its turn; the reader's
 * @readers: who waits for a mark
 */
struct watch {
	struct list_head entry;
	struct wait_queue_entry entries[1 << SLOT_QUEUE_BITS];
	u32 *ids;
	u32 count;
	u32 places;
	unsigned long *marks;
	unsigned long *groups;
	bool lost;
	u32 telling;
	u32 next;
	struct wait_queue_head readers;
};

struct watch *watch_create(const u32 *ids, u32 count, u32 places);
void watch_destroy(struct watch *watch);

void watch_mark(struct watch *watch, u32 id, u32 index);
bool watch_wants(const struct watch *watch, u32 id, u32 index);
void watch_lose(struct watch *watch);

bool watch_ready(const struct watch *watch);
bool watch_take_lost(struct watch *watch);
bool watch_take(struct watch *watch, u32 *place);
void watch_told(struct watch *watch);
void watch_take_back(struct watch *watch, u32 place);

#endif /* MESSAGE_SLOT_WATCH_H */
