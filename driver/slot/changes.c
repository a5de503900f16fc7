// SPDX-License-Identifier: GPL-2.0
/* Changes: which channels of a slot have changed, for all who watch the slot. */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "changes.h"
#include "memory.h"

/**
 * changes_init() - changes that nobody collects
 * @changes: the changes
 */
void changes_init(struct changes *changes)
{
	spin_lock_init(&changes->lock);
	mutex_init(&changes->collecting);
	INIT_LIST_HEAD(&changes->generations);
	INIT_LIST_HEAD(&changes->spare);
}

static void destroy_generation(struct generation *generation)
{
	if (!generation)
		return;
	marks_exit(&generation->marks);
	kfree(generation);
}

static struct generation *create_generation(u32 places)
{
	struct generation *generation =
		kzalloc(sizeof(*generation), MEMORY_WAIT);

	if (!generation)
		return NULL;
	if (!marks_init(&generation->marks, places))
		return generation;
	destroy_generation(generation);
	return NULL;
}

static struct generation *take_spare(struct changes *changes)
{
	struct generation *spare =
		list_first_entry(&changes->spare, struct generation, entry);

	lockdep_assert_held(&changes->collecting);
	list_del(&spare->entry);
	return spare;
}

/* Writers mark in another generation from now on. */
static void make_present(struct changes *changes, struct generation *generation)
{
	lockdep_assert_held(&changes->collecting);
	list_add_tail(&generation->entry, &changes->generations);
	spin_lock(&changes->lock);
	changes->present = generation;
	spin_unlock(&changes->lock);
}

/* A generation from which no watch begins need not be there. */
static void retire_unused(struct changes *changes,
			  struct generation *generation)
{
	lockdep_assert_held(&changes->collecting);

	if (generation->watches || generation == changes->present)
		return;
	if (!list_is_first(&generation->entry, &changes->generations))
		marks_merge(&list_prev_entry(generation, entry)->marks,
			    &generation->marks);
	if (marks_any(&generation->marks))
		marks_clear(&generation->marks);
	list_move(&generation->entry, &changes->spare);
}

/* Begins another generation, if this one has marks. Return: the one before, or NULL. */
static struct generation *close_present(struct changes *changes)
{
	struct generation *closed = changes->present;

	/* Whoever sets the first one now tells the watches. */
	if (!marks_any(&closed->marks))
		return NULL;
	make_present(changes, take_spare(changes));
	return closed;
}

static void move_to_present(struct changes *changes,
			    struct collector *collector)
{
	lockdep_assert_held(&changes->collecting);

	changes->present->watches++;
	spin_lock(&changes->lock);
	collector->since = changes->present;
	spin_unlock(&changes->lock);
}

/**
 * changes_begin() - collect what changes from now on
 * @changes: the changes
 * @collector: who collects
 * @places: how many places the slot has
 *
 * Charged to the caller's memory cgroup. May sleep. Whoever changes a channel
 * afterwards marks it; see slot_settle() about afterwards.
 *
 * Return: 0, for changes_end(), or -ENOMEM.
 */
int changes_begin(struct changes *changes, struct collector *collector,
		  u32 places)
{
	struct generation *brought = create_generation(places);
	struct generation *first, *closed;
	int err = 0;

	if (!brought)
		return -ENOMEM;
	mutex_lock(&changes->collecting);
	list_add(&brought->entry, &changes->spare);
	if (!changes->present) {
		first = create_generation(places);
		if (first)
			make_present(changes, first);
		else
			err = -ENOMEM;
	}
	if (!err) {
		closed = close_present(changes);
		if (closed)
			retire_unused(changes, closed);
		move_to_present(changes, collector);
		WRITE_ONCE(changes->watched, true);
	} else {
		list_del(&brought->entry);
	}
	mutex_unlock(&changes->collecting);
	if (err)
		destroy_generation(brought);
	return err;
}

/* Return: the last generation, to be destroyed, when nobody collects any more. */
static struct generation *take_last(struct changes *changes)
{
	struct generation *last = changes->present;

	lockdep_assert_held(&changes->collecting);

	if (last->watches ||
	    !list_is_first(&last->entry, &changes->generations))
		return NULL;
	WRITE_ONCE(changes->watched, false);
	spin_lock(&changes->lock);
	changes->present = NULL;
	spin_unlock(&changes->lock);
	list_del(&last->entry);
	return last;
}

/**
 * changes_end() - undo changes_begin()
 * @changes: the changes
 * @collector: who collected
 */
void changes_end(struct changes *changes, struct collector *collector)
{
	struct generation *brought, *last;

	mutex_lock(&changes->collecting);
	collector->since->watches--;
	retire_unused(changes, collector->since);
	brought = take_spare(changes);
	last = take_last(changes);
	mutex_unlock(&changes->collecting);
	destroy_generation(brought);
	destroy_generation(last);
}

/**
 * changes_mark() - a channel has changed
 * @changes: the changes
 * @place: its place in the slot
 *
 * Process context; may be called under slot->lock.
 *
 * Return: whether nobody knew yet, so that watches are to be told.
 */
bool changes_mark(struct changes *changes, u32 place)
{
	struct generation *present;
	bool marked = false;

	spin_lock(&changes->lock);
	present = changes->present;
	if (present)
		marked = marks_set(&present->marks, place);
	spin_unlock(&changes->lock);
	return marked;
}

/**
 * changes_ready() - whether there is anything to collect
 * @changes: the changes
 * @collector: who collects
 *
 * Return: whether there is.
 */
bool changes_ready(struct changes *changes, const struct collector *collector)
{
	bool ready;

	spin_lock(&changes->lock);
	/* One that is closed has marks. */
	ready = collector->since != changes->present ||
		marks_any(&changes->present->marks);
	spin_unlock(&changes->lock);
	return ready;
}

/* Merges the marks of a generation that was closed, and retires it if it is unused. */
static void take_marks(struct changes *changes, struct generation *closed,
		       struct marks *marks)
{
	lockdep_assert_held(&changes->collecting);

	/* Nobody else is there to collect it: it goes without being copied. */
	if (!closed->watches && !marks_any(marks) &&
	    list_is_first(&closed->entry, &changes->generations))
		swap(closed->marks, *marks);
	else
		marks_merge(marks, &closed->marks);
	retire_unused(changes, closed);
}

/**
 * changes_collect() - collect what has changed since the last time
 * @changes: the changes
 * @collector: who collects; one caller at a time
 * @marks: where to
 *
 * May sleep. Takes time in proportion to the groups of marks that are collected.
 *
 * Return: whether there was anything.
 */
bool changes_collect(struct changes *changes, struct collector *collector,
		     struct marks *marks)
{
	struct generation *first = collector->since;
	struct generation *closed, *generation;

	if (!changes_ready(changes, collector))
		return false;
	mutex_lock(&changes->collecting);
	generation = first;
	list_for_each_entry_from(generation, &changes->generations, entry)
		if (generation != changes->present)
			marks_merge(marks, &generation->marks);
	first->watches--;
	/* Now there is a spare one, for no watch is without one of its own. */
	retire_unused(changes, first);
	closed = close_present(changes);
	if (closed)
		take_marks(changes, closed, marks);
	move_to_present(changes, collector);
	mutex_unlock(&changes->collecting);
	return true;
}
