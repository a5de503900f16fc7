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
 *	lane->latch (acquire): 8
 *	page: half a message
 *	                                cell->latch: 9, in another lane
 *	                                puts its page where the old one was
 *	                                lane->latch = 9 (release)
 *	page: half of another
 *	cell->latch: 9, not 8: anew
 *
 * lane->cell may be that of a later latch: as the channel has each version once, no cell
 * of its has this latch by then.
 */
#ifndef MSGSLOT_LANES_H
#define MSGSLOT_LANES_H

#include <stdbool.h>

#include "view.h"

/* What no cell has as its size. */
#define LANE_MARK 0xffff

/**
 * struct lane - where a reader finds a channel's messages
 * @head: what a reader has as its cell: no version, no channel, LANE_MARK as its size
 * @page: what is mapped of it, or of the one before
 * @cell: the channel's cell
 * @latch: what that has as its latch as long as it says that the message is here
 * @channel: the channel; just behind @latch, as in a cell, so that both are one number
 * @high: the upper half of that version
 * @next: another one of the view
 */
struct lane {
	struct msg_slot_cell head;
	const struct msg_slot_cell *page;
	const struct msg_slot_cell *cell;
	__attribute__((aligned(8))) uint32_t latch;
	uint32_t channel;
	uint32_t high;
	struct lane *next;
};

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

#endif /* MSGSLOT_LANES_H */
