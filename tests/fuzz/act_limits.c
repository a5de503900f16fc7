// SPDX-License-Identifier: GPL-2.0
/* Limits, usage, counters, restriction, and commands that there are not. */
#include <string.h>
#include <sys/ioctl.h>

#include "acts.h"
#include "check.h"

static void check_or_any(const struct actor *actor, long ret, long wanted)
{
	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	told(actor, ret);
	check(actor, "it returned", ret, wanted);
}

void act_restrict(struct actor *actor, const struct act *act)
{
	static const uint32_t flags[] = {
		0, 0, MSG_SLOT_READ_ONLY, MSG_SLOT_READ_ONLY, 2, 0x80000001
	};
	struct msg_slot_restrict restriction = {
		.channel = channel_id_of(actor),
		.flags = flags[act->how % 6],
	};
	struct open_file *file = open_file_of(actor);
	void *at = memory_lend(&actor->memory, act->memory >> 4, &restriction,
			       sizeof(restriction));
	long ret = result(ioctl(fd_of(actor), MSG_SLOT_RESTRICT, at));
	long wanted = -EBADF;

	if (alone(actor) && file)
		wanted = can_be_read(act->memory >> 4) ?
				 model_restrict(file, restriction.channel,
						restriction.flags) :
				 -EFAULT;
	check_or_any(actor, ret, wanted);
}

/* Of a call that fills in a structure unless the file is narrowed. */
static long wanted_of_report(const struct actor *actor)
{
	const struct open_file *file = open_file_of(actor);

	if (!file)
		return -EBADF;
	if (file->only)
		return -EPERM;
	return can_be_written(actor->act->memory >> 4) ? 0 : -EFAULT;
}

/* Calls for @size bytes at @to, which become what the call has filled in. */
static long report(struct actor *actor, unsigned int command, void *to,
		   size_t size)
{
	void *at;
	long ret;

	memset(to, 0xff, size);
	at = memory_lend(&actor->memory, actor->act->memory >> 4, to, size);
	ret = result(ioctl(fd_of(actor), command, at));
	if (!ret)
		memcpy(to, at, size);
	return ret;
}

void act_get_limits(struct actor *actor, const struct act *act)
{
	const struct open_file *file = open_file_of(actor);
	struct msg_slot_limits limits;
	long ret;

	(void)act;
	ret = report(actor, MSG_SLOT_GET_LIMITS, &limits, sizeof(limits));
	check_or_any(actor, ret, alone(actor) ? wanted_of_report(actor) : 0);
	if (alone(actor) && !ret &&
	    memcmp(&limits, &file->slot->limits, sizeof(limits)))
		wrong(actor, "other limits");
}

void act_usage(struct actor *actor, const struct act *act)
{
	const struct open_file *file = open_file_of(actor);
	struct msg_slot_usage usage, wanted;
	long ret;

	ret = report(actor, MSG_SLOT_GET_USAGE, &usage, sizeof(usage));
	check_or_any(actor, ret, alone(actor) ? wanted_of_report(actor) : 0);
	if (!alone(actor) || ret)
		return;
	/* What has expired is given back soon: see check_usage(). */
	if (actor->stage->model.expired) {
		check_usage(actor, slot_of(act));
		report(actor, MSG_SLOT_GET_USAGE, &usage, sizeof(usage));
	}
	wanted = model_usage(file->slot);
	check(actor, "channels", usage.channels, wanted.channels);
	check(actor, "reserved", usage.reserved, 0);
	check(actor, "bytes", usage.bytes, wanted.bytes);
}

/* Return: as the call is to, whose argument is read before it is filled in. */
static long wanted_of_counters(const struct actor *actor,
			       const struct msg_slot_counters *given)
{
	unsigned int memory = actor->act->memory >> 4;
	long ret = wanted_of_report(actor);

	if (ret && ret != -EFAULT)
		return ret;
	if (!can_be_read(memory))
		return -EFAULT;
	return given->reserved[0] ? -EINVAL : ret;
}

/* What it has; how often things happened, the model does not know. */
void act_counters(struct actor *actor, const struct act *act)
{
	struct msg_slot_counters counters = { .reserved[0] = act->how & 1 };
	const struct open_file *file = open_file_of(actor);
	const struct msg_slot_limits *limits;
	void *at = memory_lend(&actor->memory, act->memory >> 4, &counters,
			       sizeof(counters));
	long ret = result(ioctl(fd_of(actor), MSG_SLOT_GET_COUNTERS, at));

	check_or_any(actor, ret,
		     alone(actor) ? wanted_of_counters(actor, &counters) : 0);
	if (!alone(actor) || ret)
		return;
	memcpy(&counters, at, sizeof(counters));
	limits = &file->slot->limits;
	check(actor, "max_message", counters.max_message, limits->max_message);
	check(actor, "max_channels", counters.max_channels,
	      limits->max_channels);
	check(actor, "max_bytes", counters.max_bytes, limits->max_bytes);
	if (!actor->stage->model.expired)
		check(actor, "channels", counters.channels,
		      model_usage(file->slot).channels);
}

static bool valid(const struct msg_slot_limits *limits)
{
	return limits->max_message &&
	       limits->max_message <= MSG_SLOT_LARGEST_MESSAGE &&
	       limits->max_channels &&
	       limits->max_channels <= MSG_SLOT_MAX_CHANNELS &&
	       limits->max_bytes;
}

static struct msg_slot_limits limits_of(const struct act *act)
{
	static const uint32_t channels[] = { MSG_SLOT_MAX_CHANNELS,
					     MSG_SLOT_MAX_CHANNELS,
					     1,
					     2,
					     3,
					     20,
					     MSG_SLOT_MAX_CHANNELS + 1,
					     0 };
	static const uint64_t bytes[] = {
		MSG_SLOT_NO_LIMIT, MSG_SLOT_NO_LIMIT, 600, 1500, 9000,
		1 << 20,	   1ull << 63,	      0
	};

	return (struct msg_slot_limits){ .max_message = size_of(act->size),
					 .max_channels = channels[act->how % 8],
					 .max_bytes = bytes[act->value % 8] };
}

void act_set_limits(struct actor *actor, const struct act *act)
{
	struct open_file *file = open_file_of(actor);
	struct msg_slot_limits limits = limits_of(act);
	void *at = memory_lend(&actor->memory, act->memory >> 4, &limits,
			       sizeof(limits));
	long ret = result(ioctl(fd_of(actor), MSG_SLOT_SET_LIMITS, at));
	long wanted = 0;

	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	if (!file)
		wanted = -EBADF;
	else if (file->only || file->read_only)
		wanted = -EPERM;
	else if (!can_be_read(act->memory >> 4))
		wanted = -EFAULT;
	else if (!valid(&limits))
		wanted = -EINVAL;
	check_or_any(actor, ret, wanted);
	if (!wanted)
		file->slot->limits = limits;
}

/*
 * A command with another number, direction or size than one that there is, or with
 * the number of one for io_uring. The magics left out are those of which Linux
 * itself has commands for every file.
 */
void act_command(struct actor *actor, const struct act *act)
{
	static const unsigned int others[] = { 5, 6, 1, 19, 31, 64, 200, 255 };
	static const unsigned int magics[] = { MSG_SLOT_MAJOR, MSG_SLOT_MAJOR,
					       234, 0xee };
	uint8_t random[256];
	unsigned int command;
	long ret;

	memset(random, act->seed, sizeof(random));
	command = _IOC(act->how & 3, magics[act->how >> 2 & 3],
		       others[act->value % 8], act->size);
	ret = result(ioctl(fd_of(actor), command,
			   memory_lend(&actor->memory, act->memory >> 4, random,
				       sizeof(random))));
	check_or_any(actor, ret,
		     alone(actor) && !open_file_of(actor) ? -EBADF : -EINVAL);
}
