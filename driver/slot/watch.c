// SPDX-License-Identifier: GPL-2.0
/* A watch: which channels have changed since they were last told of. */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "channel/cells.h"
#include "channel/channel.h"
#include "memory.h"
#include "message_slot.h"
#include "slot.h"
#include "slot_listeners.h"
#include "slot_watches.h"
#include "watch.h"

/* One of a set's channels has changed. */
static bool watched_channel_told(struct listener *listener, u8 event,
				 bool deferred)
{
	struct watched_channel *watched =
		container_of(listener, struct watched_channel, listener);
	struct watch *watch = watched->watch;
	u32 place = watched - watch->set;

	assign_bit(place, watch->expired, event == MSG_SLOT_EXPIRED);
	/* Who was to be woken later has the mark already. */
	if (marks_set(&watch->marks, place) || deferred)
		return listener_wake(&watch->readers, deferred);
	return true;
}

/* A channel of the slot has changed. */
static bool watch_told(struct listener *listener, u8 event, bool deferred)
{
	struct watch *watch = container_of(listener, struct watch, listener);

	return listener_wake(&watch->readers, deferred);
}

/* Marks what has a message; whoever comes later to have one marks itself. */
static void mark_slot(struct watch *watch)
{
	struct cells *cells = &watch->slot->cells;
	u32 index;

	for (index = 0; cells_next(cells, &index); index++) {
		struct channel *channel = cells_get(cells, index);

		if (channel) {
			u64 version;

			channel_settle(channel, channel->id, false, &version);
			if (version || !channel_empty(channel))
				marks_set(&watch->marks, index);
			channel_put(channel);
		}
		cond_resched();
	}
}

/* Whether what is there when it begins is told. */
static bool tells_state(const struct watch *watch)
{
	return !(watch->flags & MSG_SLOT_WATCH_CHANGES);
}

/* Return: 0 or -ENOMEM. */
static int listen_to(struct watch *watch, u32 id)
{
	struct watched_channel *watched = &watch->set[watch->count];
	struct listener_list *list = slot_listeners(watch->slot, id);

	if (IS_ERR(list))
		return PTR_ERR(list);
	listener_init(&watched->listener, watched_channel_told);
	watched->list = list;
	watched->watch = watch;
	listener_join(&watched->listener, list);
	if (slot_settle(watch->slot, id) && tells_state(watch))
		marks_set(&watch->marks, watch->count);
	watch->count++;
	return 0;
}

/* Gives way, for sorting a large set takes many times a scheduler's tick. */
static int compare_ids(const void *a, const void *b, const void *calls)
{
	u32 left = *(const u32 *)a;
	u32 right = *(const u32 *)b;

	if (!(++*(u32 *)calls % 1024))
		cond_resched();
	return left < right ? -1 : left > right;
}

static int allocate_set(struct watch *watch, u32 count)
{
	watch->set = kvcalloc(count, sizeof(*watch->set), MEMORY_WAIT);
	watch->expired = kvcalloc(BITS_TO_LONGS(count), sizeof(*watch->expired),
				  MEMORY_WAIT);
	if (!watch->set || !watch->expired)
		return -ENOMEM;
	return marks_init(&watch->marks, count);
}

/* Return: 0, or -ENOMEM; after both, close_set() may be called. */
static int open_set(struct watch *watch, u32 *ids, u32 count)
{
	int err = allocate_set(watch, count);
	u32 calls = 0;
	u32 i;

	sort_r(ids, count, sizeof(*ids), compare_ids, NULL, &calls);
	for (i = 0; i < count && !err; i++) {
		/* One id twice is one channel. */
		if (!i || ids[i] != ids[i - 1])
			err = listen_to(watch, ids[i]);
		cond_resched();
	}
	return err;
}

static void close_set(struct watch *watch)
{
	u32 i;

	for (i = 0; i < watch->count; i++) {
		struct watched_channel *watched = &watch->set[i];

		listener_leave(&watched->listener, watched->list);
		slot_put_listeners(watch->slot, watched->list);
		cond_resched();
	}
	kvfree(watch->set);
	kvfree(watch->expired);
}

static int open_slot(struct watch *watch)
{
	int err = marks_init(&watch->marks, cells_places(&watch->slot->cells));

	listener_init(&watch->listener, watch_told);
	if (!err)
		err = slot_begin_watch(watch->slot, &watch->collector,
				       &watch->position);
	if (!err && tells_state(watch))
		mark_slot(watch);
	return err;
}

static void close_slot(struct watch *watch)
{
	listener_leave(&watch->listener, &watch->slot->watches);
	slot_end_watch(watch->slot, &watch->collector, &watch->position);
}

/* The present state is told from now on, or none of it. */
static void begin_present(struct watch *watch, bool state)
{
	if (watch->flags & MSG_SLOT_WATCH_PRESENT)
		WRITE_ONCE(watch->present,
			   state ? PRESENT_BEGUN : PRESENT_COMPLETE);
	watch->next = 0;
}

static void free_watch(struct watch *watch)
{
	marks_exit(&watch->marks);
	kfree(watch);
}

/**
 * watch_create() - a watch that has all channels with a message to tell
 * @slot: the slot
 * @ids: the set of channels, which is brought in order
 * @count: how many; 0: all of the slot's
 * @flags: MSG_SLOT_WATCH_CHANGES, MSG_SLOT_WATCH_PRESENT
 *
 * Charged to the caller's memory cgroup. May sleep.
 *
 * Return: the watch, for watch_destroy(), or ERR_PTR(-ENOMEM).
 */
struct watch *watch_create(struct slot *slot, u32 *ids, u32 count, u32 flags)
{
	struct watch *watch = kzalloc(sizeof(*watch), MEMORY_WAIT);
	int err;

	if (!watch)
		return ERR_PTR(-ENOMEM);
	watch->slot = slot;
	watch->flags = flags;
	init_waitqueue_head(&watch->readers);
	begin_present(watch, tells_state(watch));
	if (count) {
		err = open_set(watch, ids, count);
		if (err)
			close_set(watch);
	} else {
		err = open_slot(watch);
	}
	if (!err)
		return watch;
	free_watch(watch);
	return ERR_PTR(err);
}

/**
 * watch_destroy() - undo watch_create()
 * @watch: the watch, which nobody reads or waits for any more
 *
 * May sleep.
 */
void watch_destroy(struct watch *watch)
{
	if (watch->count)
		close_set(watch);
	else
		close_slot(watch);
	free_watch(watch);
}

/**
 * watch_wait() - from now on, wake whoever is in @watch->readers
 * @watch: the watch
 */
void watch_wait(struct watch *watch)
{
	if (!watch->count)
		listener_join(&watch->listener, &watch->slot->watches);
}

/**
 * watch_ready() - whether there is anything to tell
 * @watch: the watch
 *
 * Return: whether there is.
 */
bool watch_ready(const struct watch *watch)
{
	if (READ_ONCE(watch->lost) || READ_ONCE(watch->present) ||
	    marks_any(&watch->marks))
		return true;
	return !watch->count &&
	       changes_ready(&watch->slot->changes, &watch->collector);
}

/**
 * watch_collect() - what is still to be told and has changed is told once
 * @watch: the watch
 *
 * Comes before marks are taken. One reader at a time. May sleep.
 */
void watch_collect(struct watch *watch)
{
	/* A set has its marks as they come, and without any watch_advance() is next. */
	if (watch->count || !marks_any(&watch->marks))
		return;
	slot_collect_watch(watch->slot, &watch->position);
	changes_collect(&watch->slot->changes, &watch->collector,
			&watch->marks);
}

/**
 * watch_advance() - all marks were taken, and what was taken is told
 * @watch: the watch
 *
 * Sets @watch->lost if everything is to be told anew. One reader at a time. May
 * sleep.
 *
 * Return: whether there is more to tell.
 */
bool watch_advance(struct watch *watch)
{
	struct changes *changes = &watch->slot->changes;

	if (watch->count)
		return false;
	if (!slot_advance_watch(watch->slot, &watch->position)) {
		WRITE_ONCE(watch->lost, true);
		return true;
	}
	return changes_collect(changes, &watch->collector, &watch->marks);
}

/**
 * watch_restart() - tell everything anew
 * @watch: a watch of the whole slot that was lost
 *
 * One reader at a time. May sleep; takes time in proportion to the channels.
 */
void watch_restart(struct watch *watch)
{
	counters_inc(&watch->slot->counters, COUNT_RESTARTS);
	WRITE_ONCE(watch->lost, false);
	/* What came before is in the state that follows. */
	changes_collect(&watch->slot->changes, &watch->collector,
			&watch->marks);
	marks_clear(&watch->marks);
	begin_present(watch, true);
	mark_slot(watch);
}

/**
 * watch_take() - take a mark away
 * @watch: the watch
 * @place: whose
 *
 * In turn, from the place after the one that was taken before. One reader at a
 * time. Takes none where that completes the present state, see
 * watch_tells_present().
 *
 * Return: whether there was one.
 */
bool watch_take(struct watch *watch, u32 *place)
{
	bool taken = marks_take(&watch->marks, watch->next, place);

	if (watch->present == PRESENT_BEGUN &&
	    (!taken || *place < watch->next)) {
		watch->present = PRESENT_COMPLETE;
		if (taken)
			watch_take_back(watch, *place);
		return false;
	}
	if (taken)
		watch->next = *place + 1;
	return taken;
}

/**
 * watch_take_back() - a mark that was taken could not be told
 * @watch: the watch
 * @place: whose
 *
 * It is the next one that is taken. One reader at a time.
 */
void watch_take_back(struct watch *watch, u32 place)
{
	marks_set(&watch->marks, place);
	watch->next = place;
}

/**
 * watch_channel() - the channel at a place of a watch's
 * @watch: the watch
 * @place: the place
 *
 * Return: the channel, for channel_put(), or NULL if it is gone.
 */
struct channel *watch_channel(struct watch *watch, u32 place)
{
	if (watch->count)
		return slot_get(watch->slot, watch->set[place].list->id);
	return cells_get(&watch->slot->cells, place);
}

/**
 * watch_tells_gone() - whether to tell of a channel that is gone
 * @watch: the watch
 * @place: the channel's place
 * @id: its id
 * @event: an enum msg_slot_event
 *
 * Return: whether there is something to tell, which is for a set alone: of the
 * whole slot, channels are kept until they are told.
 */
bool watch_tells_gone(const struct watch *watch, u32 place, u32 *id, u32 *event)
{
	if (!watch->count)
		return false;
	*id = watch->set[place].list->id;
	*event = test_bit(place, watch->expired) ? MSG_SLOT_EXPIRED :
						   MSG_SLOT_CLEARED;
	return true;
}
