/* SPDX-License-Identifier: GPL-2.0 */
/* Events that wait for their turn: of each channel the last. */
#ifndef MSGSLOT_PENDING_H
#define MSGSLOT_PENDING_H

#include "slot.h"

struct turn;

/**
 * struct pending - the events, in the order in which their channels came
 * @channels: a tree of &struct turn, by tsearch()
 * @first: the one whose turn is next, or NULL
 * @last: the last, if there is a first
 */
struct pending {
	void *channels;
	struct turn *first;
	struct turn *last;
};

/**
 * pending_catch_up() - take in what happened since the last time
 *
 * Of a restart on, what waits from before it is left out.
 *
 * Ends at the latest when a channel comes a second time: however fast it is written
 * to, it ends.
 *
 * Return: 0 or -errno.
 */
int pending_catch_up(struct pending *pending, const struct slot *slot,
		     struct msgslot_watch *watch);

/* Takes the next out, for message_free(). Return: false if there is none. */
bool pending_take(struct pending *pending, struct message *event);

#endif /* MSGSLOT_PENDING_H */
