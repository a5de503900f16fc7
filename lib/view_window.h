/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows that a view reads: long messages, see "Windows" in message_slot.h.
 *
 * As with lanes (view_lane.h), a reader that was in a window begins there the next time,
 * and what it has as its cell is the head of a &struct window. A window stays where it is
 * until the view is closed, as does the memory that is mapped there; another of the
 * channel's takes its place if it is as large, maybe while another thread copies a
 * message:
 *
 *	reader                          who maps anew
 *
 *	window->number (acquire): 8
 *	cell: it is in window 8
 *	half a message
 *	                                window->number = none
 *	                                puts window 9 where 8 was
 *	                                window->number = 9 (release)
 *	half of another
 *	window->number: 9, not 8: anew
 *
 * A larger one gets a place of its own. Each is twice as large as the one before, so all
 * of a channel's are not twice the last.
 */
#ifndef MSGSLOT_VIEW_WINDOW_H
#define MSGSLOT_VIEW_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "cell.h"
#include "view.h"

/* What neither a cell nor a lane has as its size. */
#define WINDOW_MARK 0xfffe

/*
 * The number of no window, while it is another's turn to be mapped there. Not 0: cells have
 * that where a long message is in none.
 */
#define WINDOW_NONE UINT64_MAX

/**
 * struct window - where a reader finds a channel's long messages
 * @head: what a reader has as its cell: no version, no channel, WINDOW_MARK as its size
 * @base: what is mapped
 * @bytes: how many bytes of that
 * @number: that of the window, or WINDOW_NONE
 * @channel: the channel
 * @cell: its cell
 * @next: another one of the view
 */
struct window {
	struct msg_slot_cell head;
	const char *base;
	size_t bytes;
	uint64_t number;
	uint32_t channel;
	const struct msg_slot_cell *cell;
	struct window *next;
};

/* Return: the window whose head it is, or NULL. */
static inline const struct window *window_of(const struct msg_slot_cell *cell)
{
	return cell->size[0] == WINDOW_MARK ? (const struct window *)cell :
					      NULL;
}

/**
 * window_find() - the window that a channel's message is in
 * @view: the view
 * @channel: the channel
 * @number: that of the window
 *
 * Return: the window, which is the view's, or NULL if it is not mapped.
 */
const struct window *window_find(const struct msgslot_view *view,
				 uint32_t channel, uint64_t number);

/**
 * window_want() - map a channel's window
 * @view: the view
 * @channel: the channel
 * @cell: its cell
 * @size: how many bytes its messages have
 *
 * Where that can't be, or another thread is about it, nothing is changed.
 */
void window_want(struct msgslot_view *view, uint32_t channel,
		 const struct msg_slot_cell *cell, size_t size);

/* Unmaps and frees all of a view. */
void window_free_all(struct msgslot_view *view);

#endif /* MSGSLOT_VIEW_WINDOW_H */
