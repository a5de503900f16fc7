// SPDX-License-Identifier: GPL-2.0
/* Reading and writing in all their forms. */
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "acts.h"
#include "check.h"
#include "interrupt.h"

enum way { PLAIN, POSITIONAL, VECTOR, POSITIONAL_VECTOR, FLAGS };

/* Linux moves no more in one call. */
#define MOST 0x7ffff000u

/* How a message is to be moved. */
struct transfer {
	enum way way;
	int fd;
	struct open_file *file;
	struct buffer buffer;
	long long at;
	int flags;
};

static const enum way ways[] = {
	PLAIN, POSITIONAL, POSITIONAL, VECTOR, POSITIONAL_VECTOR,
	FLAGS, FLAGS,	   PLAIN
};

static const int flags[] = { 0, RWF_NOWAIT, RWF_HIPRI, 1 << 30 };

static struct transfer transfer_of(const struct actor *actor)
{
	const struct act *act = actor->act;
	struct transfer transfer = {
		.way = ways[act->how % 8],
		.fd = fd_of(actor),
		.file = open_file_of(actor),
		.buffer = memory_for(&actor->memory, act->memory & 15,
				     size_of(act->size)),
		.flags = flags[act->how >> 3 & 3],
	};

	if (transfer.way != PLAIN && transfer.way != VECTOR)
		transfer.at = offset_of(actor);
	if (transfer.way != FLAGS)
		transfer.flags = 0;
	return transfer;
}

/* In three pieces, one of them empty. */
static void divide(const struct transfer *transfer, struct iovec *pieces)
{
	const struct buffer *buffer = &transfer->buffer;
	size_t half = buffer->size / 2;

	pieces[0] = (struct iovec){ buffer->at, half };
	pieces[1] = (struct iovec){ buffer->at + half, 0 };
	pieces[2] = (struct iovec){ buffer->at + half, buffer->size - half };
}

/* By the numbers of system calls for each way: vectors take two words for @at. */
static long move(const struct transfer *transfer, const long *calls)
{
	const struct buffer *buffer = &transfer->buffer;
	long call = calls[transfer->way];
	struct iovec pieces[3];

	divide(transfer, pieces);
	switch (transfer->way) {
	case PLAIN:
		return syscall(call, transfer->fd, buffer->at, buffer->size);
	case POSITIONAL:
		return syscall(call, transfer->fd, buffer->at, buffer->size,
			       transfer->at);
	case VECTOR:
		return syscall(call, transfer->fd, pieces, 3);
	default:
		return syscall(call, transfer->fd, pieces, 3, transfer->at,
			       transfer->at >> 32 >> 32, transfer->flags);
	}
}

/*
 * What Linux itself makes of the call, before the slot has it. Returns whether it
 * does: *@ret is what comes of it.
 */
static bool answered_before(const struct transfer *transfer, bool may,
			    long *ret)
{
	bool vector = transfer->way > POSITIONAL;
	bool current = transfer->way == FLAGS && transfer->at == -1;

	*ret = 0;
	if (transfer->at < 0 && !current)
		*ret = -EINVAL;
	else if (!transfer->file || !may)
		*ret = -EBADF;
	else if (transfer->buffer.foreign)
		*ret = -EFAULT;
	else if (vector && !transfer->buffer.size)
		return true;
	else if (transfer->flags & 1 << 30)
		*ret = -EOPNOTSUPP;
	return *ret;
}

/*
 * With a foreign address, or with flags that there are not beside an offset that
 * there can't be, which of two errors comes first is Linux's affair.
 */
static void check_result(const struct actor *actor,
			 const struct transfer *transfer, long ret, long wanted)
{
	told(actor, ret);
	if (transfer->buffer.foreign && ret == -EFAULT && wanted <= 0)
		return;
	if (wanted == -EOPNOTSUPP && ret == -EINVAL &&
	    transfer->at > UINT32_MAX)
		return;
	check(actor, "it returned", ret, wanted);
}

static long long place_at(const struct transfer *transfer)
{
	return transfer->at < 0 ? 0 : transfer->at;
}

static long wanted_of_write(struct actor *actor,
			    const struct transfer *transfer)
{
	struct open_file *file = transfer->file;
	struct writing writing =
		buffer_writing(&transfer->buffer, actor->act->seed);
	struct channel *channel;
	long ret;

	if (answered_before(transfer, file && file->can_write, &ret))
		return ret;
	if (file->read_only)
		return -EPERM;
	ret = model_place(file, place_at(transfer), &channel);
	if (ret)
		return ret;
	return model_write(&actor->stage->model, file, channel, &writing) ?:
		       (long)transfer->buffer.size;
}

void act_write(struct actor *actor, const struct act *act)
{
	static const long calls[] = { SYS_write, SYS_pwrite64, SYS_writev,
				      SYS_pwritev, SYS_pwritev2 };
	struct transfer transfer = transfer_of(actor);
	long ret;

	buffer_fill(&actor->memory, &transfer.buffer, act->seed);
	ret = result(move(&transfer, calls));
	/* There was no memory to be had at once. */
	if (transfer.flags & RWF_NOWAIT && ret == -EAGAIN)
		return;
	if (alone(actor))
		check_result(actor, &transfer, ret,
			     wanted_of_write(actor, &transfer));
	else
		check_any(actor, ret);
}

/* Of a read of the selected channel that is to have what is new. */
static bool waits_for_news(const struct transfer *transfer)
{
	const struct open_file *file = transfer->file;

	return file->blocking && !place_at(transfer) && file->selected &&
	       !model_has_news(file);
}

static long wanted_of_read(const struct transfer *transfer,
			   struct channel **channel)
{
	struct open_file *file = transfer->file;
	long ret;

	*channel = NULL;
	if (answered_before(transfer, file && file->can_read, &ret))
		return ret;
	ret = model_place(file, place_at(transfer), channel);
	if (ret)
		return ret;
	if (waits_for_news(transfer))
		return file->nonblock || transfer->flags & RWF_NOWAIT ?
			       -EWOULDBLOCK :
			       -EINTR;
	if (!(*channel)->text.size)
		return -EWOULDBLOCK;
	if ((*channel)->text.size > transfer->buffer.size ||
	    (*channel)->text.size > MOST)
		return -ENOSPC;
	if ((*channel)->text.size > transfer->buffer.room)
		return -EFAULT;
	return (*channel)->text.size;
}

static void check_read(struct actor *actor, const struct transfer *transfer,
		       long ret)
{
	struct channel *channel;
	long wanted = wanted_of_read(transfer, &channel);

	check_result(actor, transfer, ret, wanted);
	if (!channel)
		return;
	check_message(actor, &transfer->buffer, ret, channel);
	if (ret > 0 && !place_at(transfer))
		model_mark_read(transfer->file, channel);
}

void act_read(struct actor *actor, const struct act *act)
{
	static const long calls[] = { SYS_read, SYS_pread64, SYS_readv,
				      SYS_preadv, SYS_preadv2 };
	struct transfer transfer = transfer_of(actor);
	bool may_sleep = !alone(actor) ||
			 (transfer.file && transfer.file->blocking);
	long ret;

	(void)act;
	buffer_blank(&transfer.buffer);
	if (may_sleep)
		interrupt_begin();
	ret = result(move(&transfer, calls));
	if (may_sleep)
		interrupt_end();
	if (alone(actor)) {
		check_read(actor, &transfer, ret);
	} else {
		check_any(actor, ret);
		check_whole(actor, &transfer.buffer, ret);
	}
}
