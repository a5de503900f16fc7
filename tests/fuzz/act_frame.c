// SPDX-License-Identifier: GPL-2.0
/* Frames, got as descriptors. */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "acts.h"
#include "check.h"
#include "frame.h"

static const struct msg_slot_frame *lent_frame(const struct actor *actor)
{
	return (void *)(actor->memory.structure.end -
			sizeof(struct msg_slot_frame));
}

static long wanted_of_get(const struct actor *actor,
			  const struct msg_slot_frame *frame,
			  struct channel **channel)
{
	long err = right_to_read(actor);

	*channel = NULL;
	if (err)
		return err;
	if (frame->reserved)
		return -EINVAL;
	err = model_place(open_file_of(actor), frame->channel, channel);
	if (err)
		return err;
	if (!can_be_written(actor->act->memory >> 4))
		return -EFAULT;
	if (!(*channel)->text.size)
		return -EWOULDBLOCK;
	return (*channel)->text.frame ? 0 : -ENODATA;
}

static void check_get(struct actor *actor, const struct msg_slot_frame *frame,
		      long ret)
{
	struct channel *channel;
	long wanted = wanted_of_get(actor, frame, &channel);

	told(actor, ret < 0 ? ret : 0);
	check(actor, "it returned", ret < 0 ? ret : 0, wanted);
	if (!channel || wanted == -EFAULT)
		return;
	check_record(actor, &lent_frame(actor)->record, channel->id, channel);
	if (ret < 0)
		return;
	frame_check(actor, ret, channel->text);
	if (!frame->channel)
		model_mark_read(open_file_of(actor), channel);
}

/* What was got: as large as the record says. */
static struct text got_text(const struct actor *actor, int fd)
{
	struct text text = { .size = lent_frame(actor)->record.size,
			     .frame = true };

	if (pread(fd, &text.seed, 1, 0) != 1)
		wrong(actor, "a frame can't be read");
	return text;
}

/* Of several actors: it is what the record says, and whole. */
static void check_any_get(struct actor *actor, long ret)
{
	check_any(actor, ret);
	if (ret < 0)
		return;
	check_growth(actor, &lent_frame(actor)->record);
	frame_check(actor, ret, got_text(actor, ret));
}

void act_get_frame(struct actor *actor, const struct act *act)
{
	struct msg_slot_frame frame = { .channel = channel_id_of(actor),
					.reserved = (act->how & 7) == 7 };
	long ret;

	memset(&frame.record, 0xee, sizeof(frame.record));
	ret = result(ioctl(fd_of(actor), MSG_SLOT_GET_FRAME,
			   memory_lend(&actor->memory, act->memory >> 4, &frame,
				       sizeof(frame))));
	if (alone(actor))
		check_get(actor, &frame, ret);
	else
		check_any_get(actor, ret);
	if (ret >= 0)
		frame_keep(actor, ret, got_text(actor, ret));
}
