// SPDX-License-Identifier: GPL-2.0
/* Messages with their records: at once, after waiting, and several at a time. */
#include <string.h>
#include <sys/ioctl.h>

#include "acts.h"
#include "check.h"
#include "interrupt.h"

/* Structures that were lent end here, if their memory is good. */
static const void *lent(const struct actor *actor, size_t size)
{
	return actor->memory.structure.end - size;
}

static struct msg_slot_get get_of(const struct actor *actor,
				  const struct buffer *buffer)
{
	struct msg_slot_get get = { .channel = channel_id_of(actor),
				    .room = buffer->size,
				    .buffer = (uintptr_t)buffer->at };

	memset(&get.record, 0xee, sizeof(get.record));
	return get;
}

/* What giving a channel's message comes to. */
static long wanted_of_giving(const struct channel *channel,
			     const struct buffer *buffer)
{
	if (!channel->text.size)
		return -EWOULDBLOCK;
	if (channel->text.size > buffer->size)
		return -ENOSPC;
	return channel->text.size > buffer->room ? -EFAULT : 0;
}

static void note_got(struct actor *actor, const struct buffer *buffer, long ret,
		     const struct msg_slot_get *get, struct channel *channel)
{
	struct open_file *file = open_file_of(actor);

	check_record(actor, &get->record, channel->id, channel);
	check_message(actor, buffer,
		      !ret && channel->text.size ? channel->text.size : ret,
		      channel);
	if (!ret && channel->text.size && !get->channel)
		model_mark_read(file, channel);
}

static void check_any_get(struct actor *actor, const struct buffer *buffer,
			  long ret, const struct msg_slot_get *get)
{
	check_any(actor, ret);
	if (ret)
		return;
	check_growth(actor, &get->record);
	check_whole(actor, buffer, get->record.size);
}

/* Return: 0 and the channel, or what is wrong before it is looked at. */
static long may_get(const struct actor *actor, uint32_t id,
		    struct channel **channel)
{
	long err = right_to_read(actor);

	*channel = NULL;
	return err ?: model_place(open_file_of(actor), id, channel);
}

static void check_get(struct actor *actor, const struct buffer *buffer,
		      long ret)
{
	const struct msg_slot_get *get = lent(actor, sizeof(*get));
	struct channel *channel;
	long wanted = may_get(actor, channel_id_of(actor), &channel);

	if (!wanted)
		wanted = can_be_written(actor->act->memory >> 4) ?
				 wanted_of_giving(channel, buffer) :
				 -EFAULT;
	told(actor, ret);
	check(actor, "it returned", ret, wanted);
	if (!channel || !can_be_written(actor->act->memory >> 4))
		return;
	note_got(actor, buffer, ret, get, channel);
}

void act_get(struct actor *actor, const struct act *act)
{
	struct buffer buffer = memory_for(&actor->memory, act->memory & 15,
					  size_of(act->size));
	struct msg_slot_get get = get_of(actor, &buffer);
	long ret;

	buffer_blank(&buffer);
	ret = result(ioctl(fd_of(actor), MSG_SLOT_GET,
			   memory_lend(&actor->memory, act->memory >> 4, &get,
				       sizeof(get))));
	if (alone(actor))
		check_get(actor, &buffer, ret);
	else
		check_any_get(actor, &buffer, ret, lent(actor, sizeof(get)));
}

/* Versions to wait for something newer than: often the present one. */
static uint64_t version_before(const struct actor *actor,
			       struct channel *channel)
{
	uint64_t present = channel ? version_of(actor, channel) :
				     actor->act->seed;

	switch (actor->act->value & 7) {
	case 0:
	case 1:
		return 0;
	case 2:
	case 3:
		return present - !!present;
	case 4:
		return present + 1;
	case 5:
		return ~0ull;
	default:
		return present;
	}
}

static const uint64_t timeouts[] = {
	0, 1, 100000, MSG_SLOT_FOREVER, MSG_SLOT_FOREVER, 1ull << 63, 0, 0
};

/* Return: 0 if there is something newer, or what comes of waiting. */
static long wanted_of_waiting(const struct msg_slot_wait *wait,
			      struct channel *channel)
{
	bool newer;

	if (channel->text.size)
		newer = channel->version > wait->version;
	else
		newer = wait->flags & MSG_SLOT_ANY_CHANGE && wait->version;
	if (newer)
		return 0;
	return wait->timeout >= 1ull << 62 ? -EINTR : -ETIMEDOUT;
}

static void check_wait(struct actor *actor, const struct buffer *buffer,
		       const struct msg_slot_wait *wait, long ret)
{
	const struct msg_slot_wait *filled = lent(actor, sizeof(*filled));
	bool sound = !(wait->flags & ~MSG_SLOT_ANY_CHANGE) && !wait->reserved;
	struct channel *channel;
	long wanted = may_get(actor, wait->get.channel, &channel);

	if (wanted != -EBADF && wanted != -EFAULT && !sound)
		wanted = -EINVAL;
	if (!wanted)
		wanted = wanted_of_waiting(wait, channel);
	told(actor, ret);
	if (wanted || !channel) {
		check(actor, "it returned", ret, wanted);
		return;
	}
	if (!can_be_written(actor->act->memory >> 4))
		wanted = -EFAULT;
	else if (channel->text.size)
		wanted = wanted_of_giving(channel, buffer);
	check(actor, "it returned", ret, wanted);
	if (can_be_written(actor->act->memory >> 4))
		note_got(actor, buffer, ret, &filled->get, channel);
}

void act_wait(struct actor *actor, const struct act *act)
{
	static const uint32_t flags[] = { 0, 0, 1, 1, 0, 1, 2, 0x80000000 };
	struct buffer buffer = memory_for(&actor->memory, act->memory & 15,
					  size_of(act->size));
	struct msg_slot_wait wait = {
		.flags = flags[act->how & 7],
		.reserved = (act->value >> 6) == 3,
		.timeout = timeouts[act->value >> 3 & 7],
		.get = get_of(actor, &buffer),
	};
	struct channel *channel = NULL;
	const struct msg_slot_wait *at;
	long ret;

	if (alone(actor) && open_file_of(actor))
		model_place(open_file_of(actor), wait.get.channel, &channel);
	wait.version = version_before(actor, channel);
	buffer_blank(&buffer);
	at = memory_lend(&actor->memory, act->memory >> 4, &wait, sizeof(wait));
	interrupt_begin();
	ret = result(ioctl(fd_of(actor), MSG_SLOT_WAIT, at));
	interrupt_end();
	/* A signal came before the time was over. */
	if (ret == -EINTR && wait.timeout < 1ull << 62)
		return;
	at = lent(actor, sizeof(wait));
	if (alone(actor))
		check_wait(actor, &buffer, &wait, ret);
	else
		check_any_get(actor, &buffer, ret, &at->get);
}

#define SEVERAL 6u
#define ROOM 9000u

/* Channels for a snapshot: in turn from the act's on, or one twice. */
static void fill_gets(struct actor *actor, struct msg_slot_get *gets,
		      uint32_t count)
{
	const struct act *act = actor->act;
	const struct channel *channels = actor->stage->model.slots[0].channels;
	uint8_t *at = actor->memory.message.end - SEVERAL * ROOM;

	memset(at, 0, SEVERAL * ROOM);
	for (uint32_t i = 0; i < count; i++) {
		unsigned int number =
			(act->channel + i * (act->value & 7)) % CHANNELS;

		gets[i] = (struct msg_slot_get){
			.channel = channels[number].id,
			.room = size_of(act->size + i) % ROOM,
			.buffer = (uintptr_t)at + i % SEVERAL * ROOM,
		};
		if ((act->value & 7) == 7 && !i)
			gets[i].channel = 0;
		if ((act->memory & 15) >= PLACE_NULL && i == 1)
			gets[i].buffer = 0x10000;
	}
}

/* The channels of gets in order; -EINVAL if one is there twice. */
static long find_channels(const struct open_file *file,
			  const struct msg_slot_get *gets, uint32_t count,
			  struct channel **channels)
{
	for (uint32_t i = 0; i < count; i++) {
		long err = model_place(file, gets[i].channel, &channels[i]);

		if (err)
			return err;
	}
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (channels[j] == channels[i])
				return -EINVAL;
		}
	}
	return 0;
}

static bool is_given(const struct msg_slot_get *get,
		     const struct channel *channel)
{
	return channel->text.size && channel->text.size <= get->room;
}

static long wanted_of_snapshot(const struct actor *actor,
			       const struct msg_slot_snapshot *snapshot,
			       const struct msg_slot_get *gets,
			       struct channel **channels)
{
	const struct open_file *file = open_file_of(actor);
	long err = right_to_read(actor);

	if (err)
		return err;
	if (!snapshot->count || snapshot->count > MSG_SLOT_MAX_SNAPSHOT ||
	    snapshot->reserved)
		return -EINVAL;
	if (snapshot->gets != (uintptr_t)gets)
		return -EFAULT;
	err = find_channels(file, gets, snapshot->count, channels);
	for (uint32_t i = 0; !err && i < snapshot->count; i++) {
		if (gets[i].buffer == 0x10000 &&
		    is_given(&gets[i], channels[i]))
			return -EFAULT;
	}
	return err;
}

static void check_given(struct actor *actor, const struct msg_slot_get *get,
			struct channel *channel)
{
	check_record(actor, &get->record, channel->id, channel);
	if (is_given(get, channel) &&
	    !text_is((const uint8_t *)(uintptr_t)get->buffer, channel->text))
		wrong(actor, "a snapshot of channel %u has other bytes",
		      channel->id);
}

/* Where the gets of a snapshot are: before the memory that is lent. */
static struct msg_slot_get *gets_of(const struct actor *actor)
{
	return (void *)(actor->memory.structure.end - 8192);
}

static void check_snapshot(struct actor *actor,
			   const struct msg_slot_snapshot *snapshot, long ret)
{
	struct msg_slot_get *gets = gets_of(actor);
	struct channel *channels[MSG_SLOT_MAX_SNAPSHOT];

	told(actor, ret);
	if (snapshot->count > MSG_SLOT_MAX_SNAPSHOT) {
		check(actor, "it succeeded", !ret, false);
		return;
	}
	check(actor, "it returned", ret,
	      wanted_of_snapshot(actor, snapshot, gets, channels));
	for (uint32_t i = 0; !ret && i < snapshot->count; i++)
		check_given(actor, &gets[i], channels[i]);
}

void act_snapshot(struct actor *actor, const struct act *act)
{
	static const uint32_t counts[] = { 2, 3,  5,	      6, 2, 1, 24, 64,
					   0, 65, 0xffffffff, 4, 4, 4, 4,  4 };
	struct msg_slot_get *gets = gets_of(actor);
	struct msg_slot_snapshot snapshot = {
		.gets = (uintptr_t)gets,
		.count = counts[act->how & 15],
		.reserved = (act->how >> 4) == 15,
	};
	long ret;

	if ((act->how >> 4) == 14)
		snapshot.gets = 0x10000;
	fill_gets(actor, gets,
		  snapshot.count > MSG_SLOT_MAX_SNAPSHOT ?
			  MSG_SLOT_MAX_SNAPSHOT :
			  snapshot.count);
	ret = result(ioctl(fd_of(actor), MSG_SLOT_SNAPSHOT,
			   memory_lend(&actor->memory, act->memory >> 4,
				       &snapshot, sizeof(snapshot))));
	if (alone(actor)) {
		check_snapshot(actor, &snapshot, ret);
		return;
	}
	check_any(actor, ret);
	for (uint32_t i = 0; !ret && i < snapshot.count; i++)
		check_growth(actor, &gets[i].record);
}
