/* SPDX-License-Identifier: GPL-2.0 */
/* A slot, two open files of it, and an io_uring. */
#ifndef RING_H
#define RING_H

#include "waiting.h"

#include <liburing.h>

#define BATCH 64u

FIXTURE(ring)
{
	struct io_uring ring;
	int node;
	int fd;
	int writer;
};

FIXTURE_SETUP(ring)
{
	int err = io_uring_queue_init(2 * BATCH, &self->ring, 0);

	if (err && err != -ENOMEM)
		SKIP(return, "this kernel has no io_uring, or not for us");
	ASSERT_EQ(0, err);
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->writer = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->writer);
}

FIXTURE_TEARDOWN(ring)
{
	io_uring_queue_exit(&self->ring);
	close(self->fd);
	close(self->writer);
	close(self->node);
}

static inline struct io_uring_sqe *next_entry(struct io_uring *ring, __u64 name)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe)
		abort();
	sqe->user_data = name;
	return sqe;
}

/* Preparing resets an entry, its name included. */
static inline void add_read(struct io_uring *ring, int fd, void *buf, size_t n,
			    __u64 at, __u64 name)
{
	struct io_uring_sqe *sqe = next_entry(ring, name);

	io_uring_prep_read(sqe, fd, buf, n, at);
	sqe->user_data = name;
}

static inline void add_write(struct io_uring *ring, int fd, const void *buf,
			     size_t n, __u64 at, __u64 name)
{
	struct io_uring_sqe *sqe = next_entry(ring, name);

	io_uring_prep_write(sqe, fd, buf, n, at);
	sqe->user_data = name;
}

struct completion {
	int res;
	__u64 name;
	bool more;
};

/* The next completion. None within that time: its result is -ETIME. */
static inline struct completion wait_for(struct io_uring *ring, int ms)
{
	struct __kernel_timespec time = { .tv_sec = ms / 1000,
					  .tv_nsec = ms % 1000 * 1000000 };
	struct completion completion = { .res = -ETIME };
	struct io_uring_cqe *cqe;

	if (io_uring_wait_cqe_timeout(ring, &cqe, &time))
		return completion;
	completion.res = cqe->res;
	completion.name = cqe->user_data;
	completion.more = cqe->flags & IORING_CQE_F_MORE;
	io_uring_cqe_seen(ring, cqe);
	return completion;
}

static inline int completes(struct io_uring *ring)
{
	io_uring_submit(ring);
	return wait_for(ring, SOON_MS).res;
}

/* The kernel has IORING_OP_URING_CMD since Linux 5.19; liburing need not. */
static inline struct io_uring_sqe *
add_command(struct io_uring *ring, int fd, unsigned int operation,
	    struct msg_slot_transfer transfer, __u64 name)
{
	struct io_uring_sqe *sqe = next_entry(ring, name);

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
	sqe->user_data = name;
	sqe->cmd_op = operation;
	memcpy(sqe->cmd, &transfer, sizeof(transfer));
	return sqe;
}

static inline int do_command(struct io_uring *ring, int fd,
			     unsigned int operation, const void *buffer,
			     unsigned int n, unsigned int channel)
{
	struct msg_slot_transfer transfer = { .buffer = (uintptr_t)buffer,
					      .size = n,
					      .channel = channel };

	add_command(ring, fd, operation, transfer, 0);
	return completes(ring);
}

static inline int do_read(struct io_uring *ring, int fd, void *buf, size_t n,
			  __u64 at)
{
	add_read(ring, fd, buf, n, at, 0);
	return completes(ring);
}

static inline int do_write(struct io_uring *ring, int fd, const void *buf,
			   size_t n, __u64 at)
{
	add_write(ring, fd, buf, n, at, 0);
	return completes(ring);
}

static inline bool waits(struct io_uring *ring)
{
	io_uring_submit(ring);
	return wait_for(ring, NEVER_MS).res == -ETIME;
}

#endif /* RING_H */
