// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "acts.h"
#include "check.h"

/* Who wants to know of outcomes, as the fuzzer does; else NULL. */
void (*on_outcome)(unsigned int kind, long ret);
/* Called before the program ends because of something wrong; or NULL. */
void (*on_wrong)(void);

/**
 * wrong() - end with the news that an act came to what it should not
 * @actor: whose act
 * @what: in words
 */
void wrong(const struct actor *actor, const char *what, ...)
{
	const struct act *act = actor->act;
	va_list arguments;

	va_start(arguments, what);
	fprintf(stderr, "fuzz: %s f%x c%x n%x m%x h%x v%x s%x: ",
		act_kinds[act->kind].name, act->file, act->channel, act->size,
		act->memory, act->how, act->value, act->seed);
	vfprintf(stderr, what, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	if (on_wrong)
		on_wrong();
	abort();
}

/* Each errno of each call is a place to have been at. */
void told(const struct actor *actor, long ret)
{
	if (on_outcome)
		on_outcome(actor->act->kind, ret);
}

/**
 * check() - compare
 * @actor: whose act
 * @what: what is compared
 * @is: what it is
 * @wanted: what it should be
 */
void check(const struct actor *actor, const char *what, long long is,
	   long long wanted)
{
	if (is != wanted)
		wrong(actor, "%s: %lld, not %lld", what, is, wanted);
}

/* Of several actors: it is a result that is documented at all. */
void check_any(const struct actor *actor, long ret)
{
	static const int documented[] = {
		EBADF,	    EINVAL, EPERM,  EMSGSIZE, EBUSY,   ESTALE,
		ETIMEDOUT,  EAGAIN, EINTR,  ENOSPC,   EFAULT,  ENOMEM,
		EOPNOTSUPP, ENOTTY, ESPIPE, EACCES,   ENODATA,
	};

	if (ret >= 0)
		return;
	for (unsigned int i = 0; i < COUNT(documented); i++) {
		if (ret == -documented[i])
			return;
	}
	wrong(actor, "it returned %ld", ret);
}

/**
 * check_message() - compare what was read with the channel's message
 * @actor: who has read it
 * @buffer: into where
 * @ret: the size, or what was wrong
 * @channel: the channel
 */
void check_message(const struct actor *actor, const struct buffer *buffer,
		   long ret, const struct channel *channel)
{
	if (ret > 0) {
		if ((size_t)ret > buffer->room ||
		    !text_is(buffer->at, channel->text))
			wrong(actor, "%ld bytes, but other ones", ret);
	}
	if (ret != -EFAULT && !buffer_is_blank(buffer, ret > 0 ? ret : 0))
		wrong(actor, "bytes were touched behind %ld", ret);
}

/* What can't be otherwise in any record that has been filled in. */
void check_any_record(struct actor *actor, const struct msg_slot_record *record)
{
	struct msg_slot_record empty = { .channel = record->channel,
					 .event = record->event };

	if (record->event == MSG_SLOT_WRITTEN) {
		if (!record->version || !record->size || !record->channel ||
		    record->uid == MSG_SLOT_NO_ID)
			wrong(actor, "a record of version %llu, size %u",
			      record->version, record->size);
	} else if (record->event > MSG_SLOT_EXPIRED ||
		   memcmp(record, &empty, sizeof(empty))) {
		wrong(actor, "an unsound record of event %u", record->event);
	}
}

/**
 * check_record() - compare a record with a channel
 * @actor: who has got it
 * @record: the record
 * @id: the channel's id
 * @channel: the channel, or NULL if there never is any
 */
void check_record(struct actor *actor, const struct msg_slot_record *record,
		  uint32_t id, struct channel *channel)
{
	check_any_record(actor, record);
	check(actor, "the channel", record->channel, id);
	if (!channel || !channel->text.size) {
		if (record->event == MSG_SLOT_WRITTEN)
			wrong(actor, "a message of an empty channel");
		return;
	}
	check(actor, "the event", record->event, MSG_SLOT_WRITTEN);
	check(actor, "the size", record->size, channel->text.size);
	check(actor, "that it lives for ever", record->ttl == MSG_SLOT_FOREVER,
	      !channel->mortal);
	if (!model_learn(channel, record->version))
		wrong(actor, "version %llu, known %llu, above %llu",
		      record->version, (unsigned long long)channel->version,
		      (unsigned long long)channel->above);
}

/* Of several actors: whatever was read is one whole message. */
void check_whole(struct actor *actor, const struct buffer *buffer, long ret)
{
	if (ret > 0 &&
	    ((size_t)ret > buffer->room || !text_is_whole(buffer->at, ret)))
		wrong(actor, "%ld bytes that nobody wrote", ret);
}

/* Several actors: each of them sees a channel's versions only grow. */
void check_growth(struct actor *actor, const struct msg_slot_record *record)
{
	struct slot *slot = &actor->stage->model.slots[0];
	struct channel *channel = model_channel(slot, record->channel);
	uint64_t *seen;

	check_any_record(actor, record);
	if (!channel || record->event != MSG_SLOT_WRITTEN)
		return;
	seen = &actor->seen[slot_of(actor->act)][channel - slot->channels];
	if (record->version < *seen)
		wrong(actor, "version %llu after %llu", record->version,
		      (unsigned long long)*seen);
	*seen = record->version;
}

/* The version of the channel's message, which is asked for if need be; or 0. */
uint64_t version_of(const struct actor *actor, struct channel *channel)
{
	struct msg_slot_get get = { .channel = channel->id };

	if (!channel->text.size || channel->version)
		return channel->text.size ? channel->version : 0;
	ioctl(look_of(actor), MSG_SLOT_GET, &get);
	if (!model_learn(channel, get.record.version))
		wrong(actor, "version %llu, not above %llu", get.record.version,
		      (unsigned long long)channel->above);
	return channel->version;
}
