// SPDX-License-Identifier: GPL-2.0
/* Of a slot: the watches of all of it, and what is kept for them. */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "channel/cells.h"
#include "channel/channel.h"
#include "memory.h"
#include "slot.h"
#include "slot_lanes.h"
#include "slot_watches.h"

/* Return: the oldest of the kept channels, removed, for slot_put_removed(); or NULL. */
static struct channel *remove_oldest(struct slot *slot)
{
	struct channel *channel = kept_take_first(&slot->kept);

	lockdep_assert_held(&slot->lock);

	if (channel)
		slot_remove(slot, channel);
	return channel;
}

/* So many in one go, lest the lock be held for long. */
#define REMOVED_AT_ONCE 32

/*
 * Removes the kept channels that all have told, and in the end the ring. Return:
 * whether there are more.
 */
static bool remove_told(struct slot *slot)
{
	struct channel *removed[REMOVED_AT_ONCE];
	struct channel **ring = NULL;
	bool more;
	int n = 0;

	spin_lock(&slot->lock);
	while ((more = kept_has_told(&slot->kept)) && n < REMOVED_AT_ONCE) {
		removed[n] = remove_oldest(slot);
		if (removed[n])
			n++;
	}
	if (!more && !kept_wanted(&slot->kept))
		swap(ring, slot->kept.ring);
	spin_unlock(&slot->lock);

	while (n--)
		slot_put_removed(slot, removed[n]);
	kvfree(ring);
	cond_resched();
	return more;
}

/* Return: whether there is a ring, perhaps *@ring from now on, so that it is done. */
static bool begin_kept(struct slot *slot, struct position *position,
		       struct channel ***ring)
{
	bool begun;

	spin_lock(&slot->lock);
	if (!slot->kept.ring)
		swap(*ring, slot->kept.ring);
	begun = slot->kept.ring;
	if (begun)
		kept_begin(&slot->kept, position);
	spin_unlock(&slot->lock);
	return begun;
}

/*
 * A ring is 32 KB, so it is allocated only where there is none; not under the lock,
 * so another watch may bring one meanwhile. Return: 0 or -ENOMEM.
 */
static int begin_kept_in_ring(struct slot *slot, struct position *position)
{
	struct channel **ring = NULL;

	if (begin_kept(slot, position, &ring))
		return 0;
	ring = kvcalloc(KEPT_MAX, sizeof(*ring), MEMORY_WAIT);
	if (!ring)
		return -ENOMEM;
	begin_kept(slot, position, &ring);
	kvfree(ring);
	return 0;
}

/**
 * slot_begin_watch() - keep what a watch of the whole slot will have to tell
 * @slot: the slot
 * @collector: collects what changes from now on
 * @position: what the watch has told
 *
 * A channel that is added from now on, its writer marks it; one that is there
 * already is there for channel_settle().
 *
 * Return: 0, for slot_end_watch(), or -ENOMEM.
 */
int slot_begin_watch(struct slot *slot, struct collector *collector,
		     struct position *position)
{
	int err = changes_begin(&slot->changes, collector,
				cells_places(&slot->cells));

	if (err)
		return err;
	err = begin_kept_in_ring(slot, position);
	if (err)
		changes_end(&slot->changes, collector);
	else
		slot_ring_all(slot);
	return err;
}

/**
 * slot_end_watch() - undo slot_begin_watch()
 * @slot: the slot
 * @collector: the watch's
 * @position: the watch's
 */
void slot_end_watch(struct slot *slot, struct collector *collector,
		    struct position *position)
{
	spin_lock(&slot->lock);
	kept_end(&slot->kept, position);
	spin_unlock(&slot->lock);
	while (remove_told(slot))
		;
	changes_end(&slot->changes, collector);
}

/**
 * slot_advance_watch() - a watch has told all that it has collected
 * @slot: the slot
 * @position: the watch's
 *
 * Comes before it collects anew.
 *
 * Return: whether nothing was lost to it since the last time.
 */
bool slot_advance_watch(struct slot *slot, struct position *position)
{
	bool complete, more;

	spin_lock(&slot->lock);
	complete = kept_advance(&slot->kept, position);
	more = kept_has_told(&slot->kept);
	spin_unlock(&slot->lock);
	while (more)
		more = remove_told(slot);
	return complete;
}

/**
 * slot_collect_watch() - a watch collects, and has still to tell what it has collected
 * @slot: the slot
 * @position: the watch's
 *
 * Comes before it collects.
 */
void slot_collect_watch(struct slot *slot, struct position *position)
{
	spin_lock(&slot->lock);
	kept_collect(&slot->kept, position);
	spin_unlock(&slot->lock);
}
