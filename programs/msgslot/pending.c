// SPDX-License-Identifier: GPL-2.0
#include <search.h>
#include <stdlib.h>

#include "complaint.h"
#include "pending.h"

/**
 * struct turn - a channel whose event waits
 * @event: the event, with bytes of its own
 * @next: the one after it
 * @fresh: it was told in this pending_catch_up()
 */
struct turn {
	struct message event;
	struct turn *next;
	bool fresh;
};

/* What is of no channel, a restart or that all was told, does not replace the other. */
static uint64_t place(const struct turn *turn)
{
	const struct msg_slot_record *record = &turn->event.record;

	return (uint64_t)record->channel << 32 |
	       (record->channel ? 0 : record->event);
}

static int compare_places(const void *a, const void *b)
{
	uint64_t one = place(a), other = place(b);

	return (one > other) - (one < other);
}

static struct turn *find(struct pending *pending, const struct message *event)
{
	struct turn key = { .event.record = event->record };
	struct turn **found = tfind(&key, &pending->channels, compare_places);

	return found ? *found : NULL;
}

static struct turn *add(struct pending *pending, const struct message *event)
{
	struct turn *turn = must_realloc(NULL, 1, sizeof(*turn));

	*turn = (struct turn){ .event.record = event->record };
	if (!tsearch(turn, &pending->channels, compare_places))
		die(STATUS_ERROR, "not enough memory");
	if (pending->first)
		pending->last->next = turn;
	else
		pending->first = turn;
	pending->last = turn;
	return turn;
}

/* What was told so far is to be forgotten: the present state follows. */
static void begin_anew(struct pending *pending)
{
	struct message event;

	while (pending_take(pending, &event))
		message_free(&event);
}

int pending_catch_up(struct pending *pending, const struct slot *slot,
		     struct msgslot_watch *watch)
{
	struct message event;
	struct turn *turn;
	bool again = false;
	int ret = 0;

	for (turn = pending->first; turn; turn = turn->next)
		turn->fresh = false;
	while (!again && (ret = message_next(slot->fd, watch, &event)) == 1) {
		turn = find(pending, &event);
		again = turn && turn->fresh;
		if (event.record.event == MSG_SLOT_RESTART) {
			begin_anew(pending);
			turn = NULL;
		}
		if (!turn)
			turn = add(pending, &event);
		turn->fresh = true;
		message_copy(&turn->event, &event);
	}
	return ret < 0 ? ret : 0;
}

bool pending_take(struct pending *pending, struct message *event)
{
	struct turn *turn = pending->first;

	if (!turn)
		return false;
	pending->first = turn->next;
	tdelete(turn, &pending->channels, compare_places);
	*event = turn->event;
	free(turn);
	return true;
}
