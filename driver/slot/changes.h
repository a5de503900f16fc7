/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Changes: which channels of a slot have changed, for all those who watch the whole
 * slot.
 *
 * A writer sets one mark, however many watches there are: in the present generation
 * of changes, which they share. A watch that collects its changes closes the present
 * generation, so that the next one begins, and takes the marks of all generations
 * since it collected last:
 *
 *   generations, oldest first      [ 1 ]   [ 2 ]   [ 3 ]   [ 4, present ]
 *   watches that have still                  |       |
 *   to collect all from it on:      A        B      C, D        E
 *
 * A generation from which no watch begins is merged into the one before it, or, if
 * it is the first, forgotten. So there is one for each watch and one more at the most,
 * each watch brings the memory for one, and a watch that is never read costs the
 * others at most one merge of what they collect themselves.
 */
#ifndef MESSAGE_SLOT_CHANGES_H
#define MESSAGE_SLOT_CHANGES_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "marks.h"

/**
 * struct generation - what changed between two times
 * @entry: in the order of time; or in the list of spare ones
 * @watches: how many have still to collect all from this one on
 * @marks: by the channel's place
 */
struct generation {
	struct list_head entry;
	u32 watches;
	struct marks marks;
};

/**
 * struct changes - what changed in a slot
 * @watched: whether anybody wants to know; read without a lock
 * @lock: for writers: @present and its marks
 * @present: the last of @generations, or NULL
 * @collecting: guards all below, and with @lock the change of @present
 * @generations: all that are in use
 * @spare: those that are not, without marks
 */
struct changes {
	bool watched;
	spinlock_t lock; /* of the present generation */
	struct generation *present;
	struct mutex collecting; /* of the generations */
	struct list_head generations;
	struct list_head spare;
};

/**
 * struct collector - where a watch stands
 * @since: it has still to collect all from this generation on. Changes under
 *	changes->collecting and changes->lock.
 */
struct collector {
	struct generation *since;
};

void changes_init(struct changes *changes);

int changes_begin(struct changes *changes, struct collector *collector,
		  u32 places);
void changes_end(struct changes *changes, struct collector *collector);

bool changes_mark(struct changes *changes, u32 place);
bool changes_ready(struct changes *changes, const struct collector *collector);
bool changes_collect(struct changes *changes, struct collector *collector,
		     struct marks *marks);

#endif /* MESSAGE_SLOT_CHANGES_H */
