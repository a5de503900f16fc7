// SPDX-License-Identifier: GPL-2.0
/* Claims, with wills, and their end. */
#include <sys/ioctl.h>

#include "acts.h"
#include "check.h"

static long wanted_of_claim(const struct actor *actor,
			    const struct msg_slot_claim *claim,
			    const struct buffer *buffer)
{
	struct open_file *file = open_file_of(actor);
	struct text will = { .size = claim->will_size,
			     .seed = actor->act->seed };
	struct channel *channel;
	long err = right_to_change(actor);

	if (err)
		return err;
	if (claim->end > MSG_SLOT_END_WILL || claim->reserved)
		return -EINVAL;
	if (claim->end != MSG_SLOT_END_WILL &&
	    (claim->will || claim->will_size))
		return -EINVAL;
	err = model_place(file, claim->channel, &channel);
	return err   ?:
		       model_claim(file, channel, claim->end, will,
				   buffer->there);
}

void act_claim(struct actor *actor, const struct act *act)
{
	static const uint32_t ends[] = { 0, 1, 2, 2, 2, 0, 3, 0xffffffff };
	struct buffer buffer = memory_for(&actor->memory, act->memory & 15,
					  size_of(act->size));
	struct msg_slot_claim claim = {
		.channel = channel_id_of(actor),
		.end = ends[act->how & 7],
		.reserved = (act->how >> 3 & 15) == 15,
	};
	long ret;

	/* A will where there is none to be is one case more. */
	if (claim.end == MSG_SLOT_END_WILL || act->how >> 7) {
		claim.will = (uintptr_t)buffer.at;
		claim.will_size = buffer.size;
	}
	buffer_fill(&actor->memory, &buffer, act->seed);
	ret = result(ioctl(fd_of(actor), MSG_SLOT_CLAIM,
			   memory_lend(&actor->memory, act->memory >> 4, &claim,
				       sizeof(claim))));
	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	told(actor, ret);
	check(actor, "it returned", ret,
	      wanted_of_claim(actor, &claim, &buffer));
}

static long wanted_of_release(struct actor *actor, uint32_t id)
{
	struct open_file *file = open_file_of(actor);
	struct channel *channel;
	long err;

	if (!file)
		return -EBADF;
	err = model_place(file, id, &channel);
	return err ?: model_release(&actor->stage->model, file, channel);
}

void act_release(struct actor *actor, const struct act *act)
{
	uint32_t id = channel_id_of(actor);
	long ret = result(ioctl(fd_of(actor), MSG_SLOT_RELEASE, id));

	(void)act;
	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	told(actor, ret);
	check(actor, "it returned", ret, wanted_of_release(actor, id));
}
