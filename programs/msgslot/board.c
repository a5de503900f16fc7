// SPDX-License-Identifier: GPL-2.0
#include <search.h>
#include <stdlib.h>
#include <time.h>

#include "board.h"
#include "complaint.h"
#include "failure.h"
#include "timestamp.h"

static int compare_channels(const void *a, const void *b)
{
	uint32_t one = ((const struct channel *)a)->message.record.channel;
	uint32_t other = ((const struct channel *)b)->message.record.channel;

	return (one > other) - (one < other);
}

static void free_channel(void *channel)
{
	message_free(&((struct channel *)channel)->message);
	free(channel);
}

void board_free(struct board *board)
{
	tdestroy(board->channels, free_channel);
	board->channels = NULL;
	board->present = 0;
}

static struct channel *find(const struct board *board, uint32_t id)
{
	struct channel key = { .message.record.channel = id };
	struct channel **found =
		tfind(&key, &board->channels, compare_channels);

	return found ? *found : NULL;
}

static struct channel *add(struct board *board, uint32_t id)
{
	struct channel *channel = must_realloc(NULL, 1, sizeof(*channel));

	*channel = (struct channel){ .message.record.channel = id };
	if (!tsearch(channel, &board->channels, compare_channels))
		die(STATUS_ERROR, "not enough memory");
	return channel;
}

/*
 * Only the last of several changes is told. If the channel had a message all the
 * time its versions say how many there were; else there was one that is known of,
 * unless a restart tells the same again.
 */
static uint64_t count_changes(const struct channel *channel,
			      const struct message *event)
{
	uint64_t version = event->record.version;

	if (!message_present(event))
		return message_present(&channel->message);
	if (version == channel->version)
		return 0;
	return message_present(&channel->message) ? version - channel->version :
						    1;
}

static void update(struct board *board, struct channel *channel,
		   const struct message *event)
{
	channel->changes += count_changes(channel, event);
	board->present -= message_present(&channel->message);
	board->present += message_present(event);
	if (message_present(event)) {
		message_copy(&channel->message, event);
		channel->version = event->record.version;
	} else {
		channel->message.record = event->record;
	}
	channel->born = timestamp_now(CLOCK_BOOTTIME) - event->record.age;
	channel->round = board->round;
}

static void forget(const void *node, VISIT visit, void *board)
{
	struct channel *channel = *(struct channel **)node;

	if (visit != postorder && visit != leaf)
		return;
	channel->message.record.event = MSG_SLOT_NOTHING;
	channel->round = 0;
	((struct board *)board)->present = 0;
}

/* Return: whether it is the channel's first in this round. */
static bool take_in(struct board *board, const struct message *event)
{
	struct channel *channel;
	bool first;

	if (event->record.event == MSG_SLOT_RESTART) {
		twalk_r(board->channels, forget, board);
		return true;
	}
	channel = find(board, event->record.channel);
	if (!channel)
		channel = add(board, event->record.channel);
	first = channel->round != board->round;
	update(board, channel, event);
	return first;
}

int board_catch_up(struct board *board, const struct slot *slot,
		   struct msgslot_watch *watch, void (*told)(size_t events))
{
	struct message event;
	size_t events = 0;
	int ret;

	board->round++;
	while ((ret = message_next(slot->fd, watch, &event)) == 1) {
		if (!take_in(board, &event))
			return 0;
		if (told)
			told(++events);
	}
	return ret;
}

struct gathering {
	struct channel **all;
	size_t count;
};

static void gather(const void *node, VISIT visit, void *argument)
{
	struct gathering *gathering = argument;
	struct channel *channel = *(struct channel **)node;

	if ((visit == postorder || visit == leaf) &&
	    message_present(&channel->message))
		gathering->all[gathering->count++] = channel;
}

struct channel **board_present(const struct board *board)
{
	struct gathering gathering = {
		.all = must_realloc(NULL, board->present + 1,
				    sizeof(struct channel *)),
	};

	twalk_r(board->channels, gather, &gathering);
	return gathering.all;
}

static void measure(const void *node, VISIT visit, void *seconds)
{
	struct channel *channel = *(struct channel **)node;

	if (visit != postorder && visit != leaf)
		return;
	channel->rate = (channel->changes - channel->measured) /
			*(const double *)seconds;
	channel->measured = channel->changes;
}

void board_measure(struct board *board, double seconds)
{
	twalk_r(board->channels, measure, &seconds);
}

void board_read(struct board *board, const struct slot *slot,
		void (*told)(size_t events))
{
	struct msgslot_watch *watch;
	int ret = msgslot_watch_open(slot->fd, NULL, 0, &watch);

	if (ret)
		failure_die_slot(slot, ret);
	*board = (struct board){ 0 };
	ret = board_catch_up(board, slot, watch, told);
	if (ret)
		failure_die_slot(slot, ret);
	msgslot_watch_close(watch);
}
