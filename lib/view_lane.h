/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lanes that a view reads.
 *
 * A reader that was in a lane begins there the next time: its cell is then not the
 * channel's, but the head of a &struct lane, which looks like a cell without a version.
 *
 * A lane is of one channel and one view, and stays where it is until the view is closed,
 * as does the address of its page. When the channel has another lane, that one's page
 * takes the place of the old one, maybe while another thread copies a message there:
 *
 *	reader                          who maps anew
 *
 *	lane->place (acquire): 8
 *	page: half a message
 *	                                cell->latch: 9, in another lane
 *	                                puts its page where the old one was
 *	                                lane->place = 9 (release)
 *	page: half of another
 *	cell->latch: 9, not 8: anew
 *
 * lane->cell may be that of a later latch: as the channel has each version once, no cell
 * of its has this latch by then. Nor has it one of 2^32 versions later, when a reader
 * comes back after so many: lane->high tells, which is looked at last. (Only in the middle
 * of one reading it does not: a reader would have to stand still there while its channel
 * goes 65536 times at least from one lane to the next, to the very version.)
 */
#ifndef MSGSLOT_VIEW_LANE_H
#define MSGSLOT_VIEW_LANE_H

#include <stdbool.h>
#include <string.h>

#include "cell.h"
#include "view.h"

/* What no cell has as its size. */
#define LANE_MARK 0xffff

/**
 * union place - the beginning of a channel's cell as long as a lane has its messages
 * @latch: the latch
 * @id: the channel
 * @both: to compare them at once
 */
union place {
	struct {
		uint32_t latch;
		uint32_t id;
	};
	uint64_t both;
};

/**
 * struct lane - where a reader finds a channel's messages
 * @head: what a reader has as its cell: no version, no channel, LANE_MARK as its size
 * @page: what is mapped of it, or of the one before
 * @cell: the channel's cell
 * @place: what that begins with as long as it says that the message is here
 * @high: the upper half of its version then
 * @next: another one of the view
 */
struct lane {
	struct msg_slot_cell head;
	const struct msg_slot_cell *page;
	const struct msg_slot_cell *cell;
	union place place;
	uint32_t high;
	struct lane *next;
};

/* What the lane's page is to be read after. */
static inline union place lane_begin(const struct lane *lane)
{
	union place place = { .id = lane->place.id };

	/* A lane's id stays. */
#if UINTPTR_MAX > UINT32_MAX
	place.both = load_acquire(lane->place.both);
#else
	place.latch = load_acquire(lane->place.latch);
#endif
	return place;
}

/*
 * What a cell begins with. The lane's message was the channel's all the time since
 * lane_begin() if its cell begins with that still, and has lane->high.
 */
static inline uint64_t place_of(const struct msg_slot_cell *cell)
{
	uint64_t both;

	memcpy(&both, cell, sizeof(both));
	return both;
}

/* Return: the lane whose head it is, or NULL for a cell. */
static inline const struct lane *lane_of(const struct msg_slot_cell *cell)
{
	return cell->size[0] == LANE_MARK ? (const struct lane *)cell : NULL;
}

/**
 * lane_find() - map the lane that a channel's messages are in
 * @view: the view
 * @channel: the channel
 * @cell: its cell
 * @latch: that of @cell, in whose half it said so
 *
 * Return: the lane, which is the view's; NULL if that is over by now, it can't be mapped,
 * or another thread is about it at this moment.
 */
const struct lane *lane_find(struct msgslot_view *view, uint32_t channel,
			     const struct msg_slot_cell *cell, uint32_t latch);

/* Unmaps and frees all of a view. */
void lane_free_all(struct msgslot_view *view);

#endif /* MSGSLOT_VIEW_LANE_H */
