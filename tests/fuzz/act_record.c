// SPDX-License-Identifier: GPL-2.0
/* Putting messages, on conditions and for a time, renewing that, and clearing channels. */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "acts.h"
#include "check.h"
#include "frame.h"
#include "pace.h"

#define HOUR 3600000000000ull

/* A time to live, and whether it is one. */
static const uint64_t times[] = {
	0,
	0,
	0,
	MSG_SLOT_FOREVER,
	HOUR,
	HOUR,
	(1ull << 63) - 1,
	1,
	2000000,
	1ull << 63,
	MSG_SLOT_FOREVER - 1,
	0,
	0,
	0,
	0,
	0,
};

static bool is_time(uint64_t ttl)
{
	return ttl < 1ull << 63 || ttl == MSG_SLOT_FOREVER;
}

static bool is_mortal(uint64_t ttl)
{
	return ttl && ttl < 1ull << 63;
}

/* Over as soon as it can be waited for. */
static bool is_short(uint64_t ttl)
{
	return ttl && ttl <= 2000000;
}

/* The version for a condition: often the one that it takes. */
static uint64_t condition_of(const struct actor *actor, struct channel *channel)
{
	unsigned int value = actor->act->value;
	uint64_t present;

	if (!alone(actor))
		return value & 3 ? value : 0;
	present = channel ? version_of(actor, channel) : 0;
	switch (value & 7) {
	case 0:
		return 0;
	case 1:
		return present + 1;
	case 2:
		return present - 1;
	case 3:
		return present ^ 1ull << 32;
	case 4:
		return ~0ull;
	default:
		return present;
	}
}

static struct channel *channel_of(const struct actor *actor)
{
	struct channel *channel = NULL;

	if (alone(actor) && open_file_of(actor))
		model_place(open_file_of(actor), channel_id_of(actor),
			    &channel);
	return channel;
}

/* The channel expires, and from then on it is as if it had been cleared. */
static void await_expiry(struct actor *actor, struct channel *channel,
			 uint64_t version)
{
	struct msg_slot_wait wait = {
		.version = version,
		.timeout = MSG_SLOT_FOREVER,
		.flags = MSG_SLOT_ANY_CHANGE,
		.get.channel = channel->id,
	};
	long ret;

	do {
		ret = result(ioctl(look_of(actor), MSG_SLOT_WAIT, &wait));
	} while (ret == -EINTR);
	check(actor, "waiting for the end returned", ret, 0);
	if (wait.get.record.event != MSG_SLOT_EXPIRED &&
	    wait.get.record.event != MSG_SLOT_NOTHING)
		wrong(actor, "the event is %u", wait.get.record.event);
	model_expire(&actor->stage->model, channel);
	check_usage(actor, slot_of(actor->act));
}

static void await_if_short(struct actor *actor, struct channel *channel,
			   uint64_t ttl, uint64_t version)
{
	enum pace_part before;

	if (!is_short(ttl))
		return;
	before = pace_enter(PACE_EXPIRY);
	await_expiry(actor, channel, version);
	pace_leave(before);
}

static long wanted_of_put(struct actor *actor, const struct msg_slot_put *put,
			  struct writing *writing, struct channel **channel)
{
	struct open_file *file = open_file_of(actor);
	long err = right_to_change(actor);

	if (err)
		return err;
	if (put->flags & ~(MSG_SLOT_IF_VERSION | MSG_SLOT_FRAME) ||
	    put->reserved || !is_time(put->ttl) ||
	    (writing->text.frame && put->size))
		return -EINVAL;
	err = model_place(file, put->channel, channel);
	if (err)
		return err;
	if (!can_be_written(actor->act->memory >> 4))
		return -EFAULT;
	return model_write(&actor->stage->model, file, *channel, writing);
}

static void check_put(struct actor *actor, long ret, struct msg_slot_put *put,
		      struct writing *writing)
{
	const struct msg_slot_put *lent =
		(void *)(actor->memory.structure.end - sizeof(*lent));
	struct channel *channel;
	long wanted = wanted_of_put(actor, put, writing, &channel);

	told(actor, ret);
	check(actor, "it returned", ret, wanted);
	if (!ret && !model_learn(channel, lent->version))
		wrong(actor, "version %llu, not above %llu", lent->version,
		      (unsigned long long)channel->above);
	if (ret == -ESTALE)
		check(actor, "the version told", lent->version,
		      writing->version);
	if (!ret)
		await_if_short(actor, channel, put->ttl, lent->version);
}

/* What is to be put, but for the message. */
static struct msg_slot_put put_of(const struct actor *actor)
{
	static const uint32_t flags[] = { 0, 0, 1, 1, 1, 0, 2, 0x80000000 };
	const struct act *act = actor->act;

	return (struct msg_slot_put){
		.channel = channel_id_of(actor),
		.flags = flags[act->how & 7],
		.reserved = (act->how >> 3 & 7) == 7,
		.ttl = times[act->value >> 4],
		.version = condition_of(actor, channel_of(actor)),
	};
}

/* With the message in @writing, to which all else is added. */
static void put_message(struct actor *actor, struct msg_slot_put *put,
			struct writing *writing)
{
	long ret;

	writing->conditional = put->flags & MSG_SLOT_IF_VERSION;
	writing->version = put->version;
	writing->mortal = is_mortal(put->ttl);
	ret = result(ioctl(fd_of(actor), MSG_SLOT_PUT,
			   memory_lend(&actor->memory, actor->act->memory >> 4,
				       put, sizeof(*put))));
	if (alone(actor))
		check_put(actor, ret, put, writing);
	else
		check_any(actor, ret);
}

void act_put(struct actor *actor, const struct act *act)
{
	struct buffer buffer = memory_for(&actor->memory, act->memory & 15,
					  size_of(act->size));
	struct writing writing = buffer_writing(&buffer, act->seed);
	struct msg_slot_put put = put_of(actor);

	put.buffer = (uintptr_t)buffer.at;
	put.size = buffer.size;
	buffer_fill(&actor->memory, &buffer, act->seed);
	put_message(actor, &put, &writing);
}

void act_put_frame(struct actor *actor, const struct act *act)
{
	struct frame frame = frame_for(actor, act->memory & 15,
				       size_of(act->size), act->seed);
	struct writing writing = { .text = frame.text,
				   .refused = frame.refused };
	struct msg_slot_put put = put_of(actor);

	put.flags |= MSG_SLOT_FRAME;
	put.buffer = frame.fd;
	put.size = (act->how >> 6) == 3;
	put_message(actor, &put, &writing);
	frame_close(&frame);
}

static long wanted_of_clear(struct actor *actor,
			    const struct msg_slot_clear *clear,
			    uint64_t *version)
{
	struct open_file *file = open_file_of(actor);
	struct channel *channel;
	long err = right_to_change(actor);

	if (err)
		return err;
	if (clear->flags & ~MSG_SLOT_IF_VERSION)
		return -EINVAL;
	err = model_place(file, clear->channel, &channel);
	if (err)
		return err;
	if (!can_be_written(actor->act->memory >> 4))
		return -EFAULT;
	return model_clear(&actor->stage->model, file, channel,
			   clear->flags & MSG_SLOT_IF_VERSION, version);
}

/* Of a call that may have a condition, and nothing else. */
static const uint32_t condition_flags[] = { 0, 0, 0, 1, 1, 1, 2, 0x80000000 };

void act_clear(struct actor *actor, const struct act *act)
{
	struct channel *channel = channel_of(actor);
	struct msg_slot_clear clear = {
		.channel = channel_id_of(actor),
		.flags = condition_flags[act->how & 7],
		.version = condition_of(actor, channel),
	};
	const struct msg_slot_clear *lent;
	uint64_t version = clear.version;
	long ret;

	/* Afterwards it is too late to ask. */
	if (channel)
		version_of(actor, channel);
	lent = memory_lend(&actor->memory, act->memory >> 4, &clear,
			   sizeof(clear));
	ret = result(ioctl(fd_of(actor), MSG_SLOT_CLEAR, lent));
	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	told(actor, ret);
	check(actor, "it returned", ret,
	      wanted_of_clear(actor, &clear, &version));
	if (!ret || ret == -ESTALE)
		check(actor, "the version told", lent->version, version);
}

static long wanted_of_renew(struct actor *actor,
			    const struct msg_slot_renew *renew,
			    uint64_t *version)
{
	struct open_file *file = open_file_of(actor);
	struct channel *channel;
	long err = right_to_change(actor);

	if (err)
		return err;
	if (renew->flags & ~MSG_SLOT_IF_VERSION || !is_time(renew->ttl))
		return -EINVAL;
	err = model_place(file, renew->channel, &channel);
	if (err)
		return err;
	if (!can_be_written(actor->act->memory >> 4))
		return -EFAULT;
	return model_renew(file, channel, renew->flags & MSG_SLOT_IF_VERSION,
			   version, is_mortal(renew->ttl));
}

void act_renew(struct actor *actor, const struct act *act)
{
	struct channel *channel = channel_of(actor);
	struct msg_slot_renew renew = {
		.channel = channel_id_of(actor),
		.flags = condition_flags[act->how & 7],
		.version = condition_of(actor, channel),
		.ttl = times[act->value >> 4],
	};
	const struct msg_slot_renew *lent;
	uint64_t version = renew.version;
	long ret;

	/* With a short time it may be too late to ask. */
	if (channel)
		version_of(actor, channel);
	lent = memory_lend(&actor->memory, act->memory >> 4, &renew,
			   sizeof(renew));
	ret = result(ioctl(fd_of(actor), MSG_SLOT_RENEW, lent));
	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	told(actor, ret);
	check(actor, "it returned", ret,
	      wanted_of_renew(actor, &renew, &version));
	if (!ret || ret == -ESTALE || ret == -EWOULDBLOCK)
		check(actor, "the version told", lent->version, version);
	if (!ret)
		await_if_short(actor, channel, renew.ttl, version);
}
