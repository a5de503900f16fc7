// SPDX-License-Identifier: GPL-2.0
/* io_uring: its commands, and its reads and writes. Only of those who act alone. */
#include <liburing.h>
#include <string.h>

#include "acts.h"
#include "check.h"

static struct io_uring ring;
/* 1: it is there; -1: this kernel has none. */
static int state;

static bool have_ring(void)
{
	if (!state)
		state = io_uring_queue_init(8, &ring, 0) ? -1 : 1;
	return state > 0;
}

static long complete(struct actor *actor)
{
	struct io_uring_cqe *cqe;
	long ret;

	do {
		ret = io_uring_submit_and_wait(&ring, 1);
	} while (ret == -EINTR);
	if (ret < 0 || io_uring_peek_cqe(&ring, &cqe))
		wrong(actor, "io_uring does not answer: %ld", ret);
	ret = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return ret;
}

static long command(struct actor *actor, unsigned int operation,
		    const struct buffer *buffer, uint32_t id)
{
	struct msg_slot_transfer transfer = { .buffer = (uintptr_t)buffer->at,
					      .size = buffer->size,
					      .channel = id };
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd_of(actor), NULL, 0, 0);
	sqe->cmd_op = operation;
	memcpy(sqe->cmd, &transfer, sizeof(transfer));
	return complete(actor);
}

static long plain(struct actor *actor, bool write, const struct buffer *buffer,
		  uint32_t id)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (write)
		io_uring_prep_write(sqe, fd_of(actor), buffer->at, buffer->size,
				    id);
	else
		io_uring_prep_read(sqe, fd_of(actor), buffer->at, buffer->size,
				   id);
	/* Or a read that finds nothing would wait. */
	sqe->rw_flags = RWF_NOWAIT;
	return complete(actor);
}

/* Short enough that there is memory at once: then nothing is left to others. */
static struct buffer buffer_of(const struct actor *actor)
{
	return memory_for(&actor->memory, actor->act->memory & 15,
			  size_of(actor->act->size) % 10000);
}

static long wanted_of_write(struct actor *actor, const struct buffer *buffer,
			    uint32_t id)
{
	struct open_file *file = open_file_of(actor);
	struct writing writing = buffer_writing(buffer, actor->act->seed);
	struct channel *channel;
	long err;

	if (!file || !file->can_write)
		return -EBADF;
	if (file->read_only)
		return -EPERM;
	err = model_place(file, id, &channel);
	if (err)
		return err;
	return model_write(&actor->stage->model, file, channel, &writing) ?:
		       (long)buffer->size;
}

static void check_result(const struct actor *actor, const struct buffer *buffer,
			 long ret, long wanted)
{
	told(actor, ret);
	if (buffer->foreign && ret == -EFAULT && wanted <= 0)
		return;
	check(actor, "it returned", ret, wanted);
}

void act_ring_write(struct actor *actor, const struct act *act)
{
	struct buffer buffer = buffer_of(actor);
	uint32_t id = channel_id_of(actor);
	long ret;

	if (!alone(actor) || !have_ring() || !buffer.size)
		return;
	buffer_fill(&actor->memory, &buffer, act->seed);
	if (act->how & 1)
		ret = plain(actor, true, &buffer, id);
	else
		ret = command(actor, MSG_SLOT_URING_WRITE, &buffer, id);
	if (ret == -EAGAIN)
		return;
	check_result(actor, &buffer, ret, wanted_of_write(actor, &buffer, id));
}

static long wanted_of_read(struct actor *actor, const struct buffer *buffer,
			   uint32_t id, struct channel **channel)
{
	struct open_file *file = open_file_of(actor);
	bool news = actor->act->how & 1 && !id;
	long err;

	*channel = NULL;
	if (!file || !file->can_read)
		return -EBADF;
	if (buffer->foreign)
		return -EFAULT;
	err = model_place(file, id, channel);
	if (err)
		return err;
	if (!(*channel)->text.size ||
	    (news && file->blocking && !model_has_news(file)))
		return -EWOULDBLOCK;
	if ((*channel)->text.size > buffer->size)
		return -ENOSPC;
	return (*channel)->text.size > buffer->room ?
		       -EFAULT :
		       (long)(*channel)->text.size;
}

void act_ring_read(struct actor *actor, const struct act *act)
{
	struct buffer buffer = buffer_of(actor);
	uint32_t id = channel_id_of(actor);
	struct channel *channel;
	long ret;

	if (!alone(actor) || !have_ring() || !buffer.size)
		return;
	buffer_blank(&buffer);
	if (act->how & 1)
		ret = plain(actor, false, &buffer, id);
	else
		ret = command(actor, MSG_SLOT_URING_READ, &buffer, id);
	check_result(actor, &buffer, ret,
		     wanted_of_read(actor, &buffer, id, &channel));
	if (!channel)
		return;
	check_message(actor, &buffer, ret, channel);
	if (ret > 0 && !id)
		model_mark_read(open_file_of(actor), channel);
}
