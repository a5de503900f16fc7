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

static int compare_channels(const void *a, const void *b)
{
	uint32_t one = ((const struct turn *)a)->event.record.channel;
	uint32_t other = ((const struct turn *)b)->event.record.channel;

	return (one > other) - (one < other);
}

static struct turn *find(struct pending *pending, uint32_t channel)
{
	struct turn key = { .event.record.channel = channel };
	struct turn **found = tfind(&key, &pending->channels, compare_channels);

	return found ? *found : NULL;
}

static struct turn *add(struct pending *pending, uint32_t channel)
{
	struct turn *turn = must_realloc(NULL, 1, sizeof(*turn));

	*turn = (struct turn){ .event.record.channel = channel };
	if (!tsearch(turn, &pending->channels, compare_channels))
		die(STATUS_ERROR, "not enough memory");
	if (pending->first)
		pending->last->next = turn;
	else
		pending->first = turn;
	pending->last = turn;
	return turn;
}

int pending_catch_up(struct pending *pending, struct msgslot_watch *watch)
{
	struct message event;
	struct turn *turn;
	bool again = false;
	int ret = 0;

	for (turn = pending->first; turn; turn = turn->next)
		turn->fresh = false;
	while (!again && (ret = message_next(watch, &event)) == 1) {
		turn = find(pending, event.record.channel);
		if (!turn)
			turn = add(pending, event.record.channel);
		again = turn->fresh;
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
	tdelete(turn, &pending->channels, compare_channels);
	*event = turn->event;
	free(turn);
	return true;
}
