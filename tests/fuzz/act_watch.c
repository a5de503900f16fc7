// SPDX-License-Identifier: GPL-2.0
/* Watches: of a slot or of a set, and the events that they tell. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "acts.h"
#include "check.h"
#include "interrupt.h"

#define MOST_IDS 12u
#define UNKNOWN_FLAG 4u
#define FLAGS (MSG_SLOT_WATCH_CHANGES | MSG_SLOT_WATCH_PRESENT)

/* An event: the message follows. */
struct event {
	struct msg_slot_record record;
	uint8_t message[];
};

static unsigned int watch_of(const struct act *act)
{
	return act->file % WATCHES;
}

static void put_watch(struct stage *stage, unsigned int i, int fd)
{
	stage_retire(stage, __atomic_exchange_n(&stage->watches[i], fd,
						__ATOMIC_SEQ_CST));
}

/* The same id may be there twice; now and then one that is none. */
static void fill_ids(const struct actor *actor, uint32_t *ids, uint32_t count)
{
	const struct act *act = actor->act;
	const struct channel *channels = actor->stage->model.slots[0].channels;

	for (uint32_t i = 0; i < count; i++)
		ids[i] = channels[(act->channel + i * (act->value & 3)) %
				  CHANNELS]
				 .id;
	if (count && (act->value >> 2) == 63)
		ids[count - 1] = 0;
}

static long wanted_of_watch(const struct actor *actor,
			    const struct msg_slot_watch *watch,
			    const uint32_t *ids)
{
	const struct open_file *file = open_file_of(actor);
	long err = right_to_read(actor);

	if (err)
		return err;
	if (watch->count > MSG_SLOT_MAX_WATCHED || watch->flags & ~FLAGS)
		return -EINVAL;
	if (watch->count &&
	    (watch->channels != (uintptr_t)ids || watch->count > MOST_IDS))
		return -EFAULT;
	if (file->only && !watch->count)
		return -EPERM;
	for (uint32_t i = 0; i < watch->count; i++) {
		if (!ids[i])
			return -EINVAL;
		if (file->only && ids[i] != file->only)
			return -EPERM;
	}
	return 0;
}

static void keep_watch(struct actor *actor, int fd,
		       const struct msg_slot_watch *watch, const uint32_t *ids)
{
	struct stage *stage = actor->stage;
	unsigned int i = watch_of(actor->act);

	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		wrong(actor, "a watch that takes no flags");
	put_watch(stage, i, fd);
	if (alone(actor))
		model_watch(&stage->model.watches[i], open_file_of(actor)->slot,
			    ids, watch->count, watch->flags);
}

void act_watch(struct actor *actor, const struct act *act)
{
	static const uint32_t counts[] = { 0,  0, 0,	 1,	2,	    3,
					   12, 5, 65536, 65537, 0xffffffff, 0,
					   0,  0, 0,	 0 };
	static const uint32_t flags[] = { 0,
					  0,
					  0,
					  0,
					  0,
					  0,
					  0,
					  MSG_SLOT_WATCH_CHANGES,
					  MSG_SLOT_WATCH_CHANGES,
					  MSG_SLOT_WATCH_PRESENT,
					  MSG_SLOT_WATCH_PRESENT,
					  MSG_SLOT_WATCH_PRESENT,
					  FLAGS,
					  UNKNOWN_FLAG | FLAGS,
					  0,
					  UNKNOWN_FLAG };
	/* They end where the memory does. */
	uint32_t *ids = (uint32_t *)actor->memory.message.end - MOST_IDS;
	struct msg_slot_watch watch = { .count = counts[act->how & 15],
					.flags = flags[act->how >> 4] };
	uint32_t count = watch.count < MOST_IDS ? watch.count : MOST_IDS;
	long ret;

	ids += MOST_IDS - count;
	fill_ids(actor, ids, count);
	watch.channels = (act->how >> 4) == 14 ? 0x10000 : (uintptr_t)ids;
	ret = result(ioctl(fd_of(actor), MSG_SLOT_WATCH,
			   memory_lend(&actor->memory, act->memory >> 4, &watch,
				       sizeof(watch))));
	if (alone(actor)) {
		told(actor, ret < 0 ? ret : 0);
		check(actor, "it returned", ret < 0 ? ret : 0,
		      wanted_of_watch(actor, &watch, ids));
	} else {
		check_any(actor, ret);
	}
	if (ret >= 0)
		keep_watch(actor, ret, &watch, ids);
}

void act_unwatch(struct actor *actor, const struct act *act)
{
	unsigned int i = watch_of(act);

	put_watch(actor->stage, i, -1);
	if (alone(actor))
		actor->stage->model.watches[i].slot = NULL;
}

/* Zeroes follow a message up to the next event. */
static bool is_padded(const struct event *event)
{
	uint32_t n = event->record.size;

	while (n % 8) {
		if (event->message[n++])
			return false;
	}
	return true;
}

/* An event of no channel: all but what it is has to be 0. */
static bool is_bare(const struct msg_slot_record *record)
{
	const struct msg_slot_record bare = { .event = record->event };

	return (record->event == MSG_SLOT_RESTART ||
		record->event == MSG_SLOT_PRESENT) &&
	       !memcmp(record, &bare, sizeof(bare));
}

/* It comes once, and not before all that was there has been told. */
static void check_complete(struct actor *actor, struct watch *watch)
{
	if (!watch->completes)
		wrong(actor, "the present state is complete again");
	for (unsigned int i = 0; i < CHANNELS; i++) {
		if (watch->state[i])
			wrong(actor, "complete without channel %u",
			      watch->slot->channels[i].id);
	}
	watch->completes = false;
}

/* What an event has of a channel's message: of a frame nothing. */
static struct text told_text(const struct channel *channel)
{
	struct text nothing = {};

	return channel->text.frame ? nothing : channel->text;
}

/* Of a frame it says no size. */
static void check_told_record(struct actor *actor, struct channel *channel,
			      const struct msg_slot_record *told)
{
	struct msg_slot_record record = *told;

	if (channel->text.frame) {
		check(actor, "the size of a frame in an event", record.size, 0);
		record.size = channel->text.size;
	}
	check_record(actor, &record, record.channel, channel);
}

/* Of a channel that was made in vain, and went again: see MSG_SLOT_WATCH. */
static bool is_of_none(const struct watch *watch, const struct channel *channel,
		       const struct msg_slot_record *record)
{
	return channel && watch->watched[channel - watch->slot->channels] &&
	       !channel->text.size && record->event == MSG_SLOT_CLEARED &&
	       !record->version && !record->size;
}

/* It is of a marked channel, which it tells as it is; the mark is gone then. */
static void check_event(struct actor *actor, struct watch *watch,
			const struct event *event)
{
	const struct msg_slot_record *record = &event->record;
	struct channel *channel = model_channel(watch->slot, record->channel);
	ptrdiff_t at = channel - watch->slot->channels;

	if (is_of_none(watch, channel, record) && !watch->marked[at])
		return;
	if (!channel ||
	    (!watch->marked[at] && !(watch->watched[at] && channel->expired)))
		wrong(actor, "event %u of channel %u, which did not change",
		      record->event, record->channel);
	check_told_record(actor, channel, record);
	if (record->event == MSG_SLOT_NOTHING)
		wrong(actor, "an event of nothing");
	if (!text_is(event->message, told_text(channel)))
		wrong(actor, "an event with other bytes");
	watch->marked[at] = false;
	watch->state[at] = false;
}

/* Of several actors, a message without a size may be a frame. */
static void check_any_event(struct actor *actor,
			    const struct msg_slot_record *told)
{
	struct msg_slot_record record = *told;

	if (is_bare(told))
		return;
	if (record.event == MSG_SLOT_WRITTEN && !record.size)
		record.size = 1;
	check_any_record(actor, &record);
}

static void check_told(struct actor *actor, struct watch *watch,
		       const struct event *event)
{
	const struct msg_slot_record *record = &event->record;

	if (watch && record->event == MSG_SLOT_PRESENT && is_bare(record))
		check_complete(actor, watch);
	else if (watch)
		check_event(actor, watch, event);
	else
		check_any_event(actor, record);
	if (record->size && !text_is_whole(event->message, record->size))
		wrong(actor, "an event with bytes that nobody wrote");
}

static size_t size_of_event(const struct channel *channel)
{
	return MSG_SLOT_EVENT_SIZE(told_text(channel).size);
}

static bool has_events(const struct watch *watch)
{
	bool any = watch->completes;

	for (unsigned int i = 0; i < CHANNELS; i++)
		any |= watch->marked[i];
	return any;
}

/* Whether there is an event left that does not fit in @left bytes, or none. */
static bool may_end(const struct watch *watch, size_t left)
{
	if (watch->completes && MSG_SLOT_EVENT_SIZE(0) > left)
		return true;
	for (unsigned int i = 0; i < CHANNELS; i++) {
		if (watch->marked[i] &&
		    size_of_event(&watch->slot->channels[i]) > left)
			return true;
	}
	return !has_events(watch);
}

static void check_events(struct actor *actor, const struct buffer *buffer,
			 long ret, struct watch *watch)
{
	long at = 0;

	while (at < ret) {
		const struct event *event = (void *)(buffer->at + at);
		long left = ret - at;

		if (left < (long)sizeof(*event) ||
		    left < (long)MSG_SLOT_EVENT_SIZE(event->record.size) ||
		    !is_padded(event))
			wrong(actor, "an unsound event at %ld", at);
		check_told(actor, watch, event);
		at += MSG_SLOT_EVENT_SIZE(event->record.size);
	}
}

/* How long what has expired may take to be told: for ever, for a machine that runs. */
#define SOON_MS 20000

/* Whether all that is still to be told has expired: that is told soon, by nobody who acts. */
static bool only_expired(const struct watch *watch)
{
	for (unsigned int i = 0; i < CHANNELS; i++) {
		if (watch->marked[i] && !watch->slot->channels[i].expired)
			return false;
	}
	return !watch->completes;
}

/* poll() may say once that there is something where nothing is left. */
static void check_readiness(const struct actor *actor,
			    const struct watch *watch, int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	bool any = has_events(watch);

	poll(&ready, 1, any && only_expired(watch) ? SOON_MS : 0);
	if (any && !(ready.revents & POLLIN))
		wrong(actor, "poll() does not see an event");
}

/*
 * After what was told has been checked, with @ret as read() returned it. One that a signal
 * came to, if it @may_stop, ends before the rest.
 */
static void check_rest(struct actor *actor, const struct buffer *buffer,
		       long ret, const struct watch *watch, bool may_stop)
{
	int fd = actor->stage->watches[watch_of(actor->act)];
	size_t room = buffer->size;

	if (!watch->slot)
		check(actor, "it returned", ret, -EBADF);
	else if (buffer->foreign)
		check(actor, "it returned", ret, -EFAULT);
	else if (!has_events(watch) && ret <= 0)
		check(actor, "it returned", ret, -EAGAIN);
	else if (ret == -EFAULT && buffer->room < room)
		return;
	else if ((ret > 0 && may_stop) ||
		 (only_expired(watch) && (ret > 0 || ret == -EAGAIN)))
		check_readiness(actor, watch, fd);
	else if (ret <= 0)
		check(actor, "it returned", ret,
		      may_end(watch, room) ? -ENOSPC : 1);
	else if (!may_end(watch, buffer->room - ret))
		wrong(actor, "there is room for events that were not told");
}

/* With O_NONBLOCK, or else until a signal comes. */
static long read_events(int fd, const struct buffer *buffer, bool wait)
{
	long ret;

	if (!wait)
		return result(read(fd, buffer->at, buffer->size));
	fcntl(fd, F_SETFL, 0);
	interrupt_begin();
	ret = result(read(fd, buffer->at, buffer->size));
	interrupt_end();
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return ret == -EINTR ? -EAGAIN : ret;
}

void act_events(struct actor *actor, const struct act *act)
{
	unsigned int i = watch_of(act);
	int fd = actor->stage->watches[i];
	struct watch *watch = alone(actor) ? &actor->stage->model.watches[i] :
					     NULL;
	bool wait = (act->how & 6) == 6;
	struct buffer buffer;
	long ret;

	/* There are events of 56 bytes and more, and mostly there is room. */
	buffer = memory_for(&actor->memory, act->memory & 15,
			    act->how & 1 ?
				    (56 + size_of(act->size) % 70000) & ~7u :
				    200000);
	if (watch && watch->slot)
		check_readiness(actor, watch, fd);
	if (buffer.room)
		memset(buffer.at, 0xa5, buffer.room);
	ret = read_events(fd, &buffer, wait);
	if (!watch)
		check_any(actor, ret);
	check_events(actor, &buffer, ret, watch);
	if (watch) {
		told(actor, ret < 0 ? ret : 1);
		check_rest(actor, &buffer, ret, watch, wait);
	}
}
