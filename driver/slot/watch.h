/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A watch: which channels have changed since they were last told of.
 *
 * A mark for each channel, so a watch takes the same memory however much
 * changes, and a channel that changes a thousand times is told of once. A watch of a
 * set is among the listeners of each of its channels, and is marked by who changes
 * them. One of the whole slot collects its marks from those that all such watches
 * share (changes.h).
 */
#ifndef MESSAGE_SLOT_WATCH_H
#define MESSAGE_SLOT_WATCH_H

#include <linux/types.h>
#include <linux/wait.h>

#include "changes.h"
#include "kept.h"
#include "listener.h"
#include "marks.h"

struct channel;
struct slot;
struct watch;

/**
 * struct watched_channel - a channel of a watch's set
 * @listener: among the channel's listeners
 * @list: the list of those, a user of it
 * @watch: the watch
 */
struct watched_channel {
	struct listener listener;
	struct listener_list *list;
	struct watch *watch;
};

/**
 * enum watch_present - whether a watch has said that the present state is told
 * @PRESENT_TOLD: it has, or is not to
 * @PRESENT_BEGUN: channels are told that had a message when it began, each in turn by
 *	their places: it is complete when one before them comes, or none
 * @PRESENT_COMPLETE: it is to say so next
 */
enum watch_present {
	PRESENT_TOLD = 0,
	PRESENT_BEGUN,
	PRESENT_COMPLETE,
};

/**
 * struct watch - marks
 * @slot: its slot
 * @marks: what is to be told: by the place in the set, or in the slot
 * @next: the place to go on from, so that each has its turn; the reader's
 * @lost: everything is to be told anew; the reader's
 * @flags: MSG_SLOT_WATCH_CHANGES, MSG_SLOT_WATCH_PRESENT; never change
 * @present: an enum watch_present; the reader's
 * @readers: who waits for something to tell
 * @count: how many channels are in the set; 0: the whole slot is watched
 * @set: the channels
 * @expired: of each: it lost its message when that was over; under its list's lock
 * @collector: of the whole slot: what is still to be collected
 * @position: what has been told
 * @listener: among slot->watches, once somebody has waited
 */
struct watch {
	struct slot *slot;
	struct marks marks;
	u32 next;
	bool lost;
	u32 flags;
	u8 present;
	struct wait_queue_head readers;
	u32 count;
	struct watched_channel *set;
	unsigned long *expired;
	struct collector collector;
	struct position position;
	struct listener listener;
};

struct watch *watch_create(struct slot *slot, u32 *ids, u32 count, u32 flags);
void watch_destroy(struct watch *watch);

void watch_wait(struct watch *watch);
bool watch_ready(const struct watch *watch);
void watch_collect(struct watch *watch);
bool watch_advance(struct watch *watch);
void watch_restart(struct watch *watch);

bool watch_take(struct watch *watch, u32 *place);
void watch_take_back(struct watch *watch, u32 place);
struct channel *watch_channel(struct watch *watch, u32 place);
bool watch_tells_gone(const struct watch *watch, u32 place, u32 *id,
		      u32 *event);

/**
 * watch_tells_present() - whether to say now that the present state was told
 * @watch: the watch
 *
 * One reader at a time.
 *
 * Return: whether that is next.
 */
static inline bool watch_tells_present(const struct watch *watch)
{
	return watch->present == PRESENT_COMPLETE;
}

/**
 * watch_told_present() - it was said
 * @watch: the watch
 */
static inline void watch_told_present(struct watch *watch)
{
	WRITE_ONCE(watch->present, PRESENT_TOLD);
}

#endif /* MESSAGE_SLOT_WATCH_H */
