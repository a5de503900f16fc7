// SPDX-License-Identifier: GPL-2.0
/*
 * A watch: which channels have changed since they were last told of.
 *
 * Writers mark and the reader takes marks away, without a lock between them:
 *
 *   writer                              reader
 *
 *   publish                             clear the mark (a full barrier)
 *   set the mark (a full barrier)       look at the channel
 *   if it was not set before:
 *     set the group, wake
 *
 * If the reader clears the mark after the writer set it, it sees what was
 * published; else the mark stays for the next time. The reader clears a group
 * before it looks for the last time whether a mark in it is set, and the writer
 * sets the group after the mark, so no mark stays in a group that is not set.
 */
#include <linux/bitmap.h>
#include <linux/bsearch.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "cells.h"
#include "channel.h"
#include "memory.h"
#include "waiter.h"
#include "watch.h"

/* Marks in a group: 2^20 channels make two steps of a few words each. */
#define GROUP 512

static int compare(const void *a, const void *b)
{
	u32 left = *(const u32 *)a;
	u32 right = *(const u32 *)b;

	return left < right ? -1 : left > right;
}

static u32 groups(const struct watch *watch)
{
	return DIV_ROUND_UP(watch->places, GROUP);
}

/* Return: the channel's place, or -1 if it is not watched. */
static s64 place_of(const struct watch *watch, u32 id, u32 index)
{
	const u32 *found;

	if (!watch->ids)
		return index;
	found = bsearch(&id, watch->ids, watch->count, sizeof(id), compare);
	return found ? found - watch->ids : -1;
}

static void mark(struct watch *watch, u32 place)
{
	if (test_and_set_bit(place, watch->marks))
		return;
	set_bit(place / GROUP, watch->groups);
	wake_up_interruptible_poll(&watch->readers, EPOLLIN | EPOLLRDNORM);
}

/* Called when a slot's queue is woken, with a struct wake_up as the key. */
static int note(struct wait_queue_entry *entry, unsigned int mode, int flags,
		void *key)
{
	const struct wake_up *wake_up = key;

	if (wake_up->channel)
		watch_mark(entry->private, wake_up->id,
			   cells_index(wake_up->channel));
	return 0;
}

static int allocate_set(struct watch *watch, const u32 *ids, u32 count)
{
	u32 i;

	watch->ids = kvmalloc_array(count, sizeof(*ids), MEMORY_WAIT);
	if (!watch->ids)
		return -ENOMEM;
	memcpy(watch->ids, ids, count * sizeof(*ids));
	sort(watch->ids, count, sizeof(*ids), compare, NULL);
	/* One id twice is one channel. */
	for (i = 0; i < count; i++)
		if (!i || watch->ids[i] != watch->ids[i - 1])
			watch->ids[watch->count++] = watch->ids[i];
	return 0;
}

static int allocate_marks(struct watch *watch)
{
	watch->marks = kvcalloc(BITS_TO_LONGS(watch->places),
				sizeof(*watch->marks), MEMORY_WAIT);
	watch->groups = kvcalloc(BITS_TO_LONGS(groups(watch)),
				 sizeof(*watch->groups), MEMORY_WAIT);
	return watch->marks && watch->groups ? 0 : -ENOMEM;
}

/**
 * watch_create() - a watch without marks
 * @ids: the set of channels
 * @count: how many; 0: all of the slot's
 * @places: how many the slot has
 *
 * Return: the watch, for watch_destroy(), or ERR_PTR(-ENOMEM).
 */
struct watch *watch_create(const u32 *ids, u32 count, u32 places)
{
	struct watch *watch = kzalloc(sizeof(*watch), MEMORY_WAIT);
	int err = 0;
	int i;

	if (!watch)
		return ERR_PTR(-ENOMEM);
	init_waitqueue_head(&watch->readers);
	watch->telling = WATCH_NOTHING;
	for (i = 0; i < ARRAY_SIZE(watch->entries); i++) {
		init_waitqueue_func_entry(&watch->entries[i], note);
		watch->entries[i].private = watch;
	}
	if (count)
		err = allocate_set(watch, ids, count);
	watch->places = count ? watch->count : places;
	if (!err)
		err = allocate_marks(watch);
	if (!err)
		return watch;
	watch_destroy(watch);
	return ERR_PTR(err);
}

/**
 * watch_destroy() - free a watch
 * @watch: one that no slot tells anything
 */
void watch_destroy(struct watch *watch)
{
	kvfree(watch->ids);
	kvfree(watch->marks);
	kvfree(watch->groups);
	kfree(watch);
}

/**
 * watch_mark() - a channel has changed
 * @watch: the watch
 * @id: the channel's id
 * @index: its place in the slot
 *
 * Wakes readers. Any context.
 */
void watch_mark(struct watch *watch, u32 id, u32 index)
{
	s64 place = place_of(watch, id, index);

	if (place >= 0)
		mark(watch, place);
}

/**
 * watch_wants() - whether there is a change of a channel to tell
 * @watch: the watch
 * @id: the channel's id
 * @index: its place in the slot
 *
 * Return: whether it is marked, or about to be told.
 */
bool watch_wants(const struct watch *watch, u32 id, u32 index)
{
	s64 place = place_of(watch, id, index);

	if (place < 0)
		return false;
	/* The reader says what it tells before it takes the mark away. */
	return test_bit_acquire(place, watch->marks) ||
	       READ_ONCE(watch->telling) == place;
}

/**
 * watch_lose() - a channel goes that is marked
 * @watch: the watch
 *
 * That of a set is told as cleared: its id is known.
 */
void watch_lose(struct watch *watch)
{
	if (!watch->ids)
		WRITE_ONCE(watch->lost, true);
}

/**
 * watch_ready() - whether there is anything to tell
 * @watch: the watch
 *
 * Return: whether there is.
 */
bool watch_ready(const struct watch *watch)
{
	return READ_ONCE(watch->lost) ||
	       !bitmap_empty(watch->groups, groups(watch));
}

/**
 * watch_take_lost() - whether everything is to be told anew
 * @watch: the watch
 *
 * One reader at a time.
 *
 * Return: whether it is; the next time it is not.
 */
bool watch_take_lost(struct watch *watch)
{
	return READ_ONCE(watch->lost) && xchg(&watch->lost, false);
}

static bool has_mark(const struct watch *watch, u32 from, u32 to)
{
	return find_next_bit(watch->marks, to, from) < to;
}

/* A group without marks need not be looked at any more. */
static void leave_group(struct watch *watch, u32 group)
{
	u32 begin = group * GROUP;
	u32 end = min(begin + GROUP, watch->places);

	if (has_mark(watch, begin, end))
		return;
	clear_bit(group, watch->groups);
	/* See the top. */
	smp_mb__after_atomic();
	if (has_mark(watch, begin, end))
		set_bit(group, watch->groups);
}

/* Return: whether a place of @from to @to - 1 is marked: *@place. */
static bool find(struct watch *watch, u32 from, u32 to, u32 *place)
{
	u32 group = from / GROUP;

	while (1) {
		u32 end;

		group = find_next_bit(watch->groups, groups(watch), group);
		if (group * GROUP >= to)
			return false;
		end = min((group + 1) * GROUP, to);
		*place = find_next_bit(watch->marks, end,
				       max(from, group * GROUP));
		if (*place < end)
			return true;
		leave_group(watch, group++);
	}
}

/**
 * watch_take() - take a mark away
 * @watch: the watch
 * @place: whose
 *
 * In turn, from the place after the one that was taken before. One reader at a
 * time.
 *
 * Return: whether there was one, for watch_told() or watch_take_back().
 */
bool watch_take(struct watch *watch, u32 *place)
{
	if (!find(watch, watch->next, watch->places, place) &&
	    !find(watch, 0, watch->next, place))
		return false;
	WRITE_ONCE(watch->telling, *place);
	/* A full barrier: see the top. */
	test_and_clear_bit(*place, watch->marks);
	leave_group(watch, *place / GROUP);
	watch->next = *place + 1;
	return true;
}

/**
 * watch_told() - what was taken has been told
 * @watch: the watch
 *
 * One reader at a time.
 */
void watch_told(struct watch *watch)
{
	WRITE_ONCE(watch->telling, WATCH_NOTHING);
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
	mark(watch, place);
	watch_told(watch);
	watch->next = place;
}
