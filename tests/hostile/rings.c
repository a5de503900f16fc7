// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring: a user who may only read has thousands of polls and of reads that wait in
 * a ring, for other channels and for the victim's. They stand in the same queues as
 * those of system calls, and are to cost a writer as little.
 */
#include "hostile.h"

#include <liburing.h>
#include <poll.h>

#define RING_ENTRIES 256u
#define RING_ROOM (1u << 15)

static struct io_uring ring;

static void ring_make(void)
{
	struct io_uring_params params = { .flags = IORING_SETUP_CQSIZE,
					  .cq_entries = RING_ROOM };
	int err = io_uring_queue_init_params(RING_ENTRIES, &ring, &params);

	if (err) {
		fprintf(stderr, "# a stranger's io_uring: %d\n", err);
		abort();
	}
}

static struct io_uring_sqe *ring_next(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (sqe)
		return sqe;
	io_uring_submit(&ring);
	return io_uring_get_sqe(&ring);
}

/* Whatever completes is taken away, so that there is room for more. */
static void ring_reap(void)
{
	struct io_uring_cqe *cqe;

	for (;;) {
		if (!io_uring_wait_cqe(&ring, &cqe))
			io_uring_cqe_seen(&ring, cqe);
	}
}

static void ring_add_poll(int fd)
{
	io_uring_prep_poll_multishot(ring_next(), fd, POLLIN);
}

static void ring_poll_others(struct attacker *attacker, int node,
			     unsigned int number)
{
	ring_make();
	for (unsigned int i = 0; i < number; i++)
		ring_add_poll(stranger_select(node, other_channel(i)));
	io_uring_submit(&ring);
}

static void ring_read_others(struct attacker *attacker, int node,
			     unsigned int number)
{
	static char buf[MSG_SLOT_MAX_MESSAGE];

	ring_make();
	for (unsigned int i = 0; i < number; i++)
		io_uring_prep_read(ring_next(),
				   stranger_select(node, other_channel(i)), buf,
				   sizeof(buf), 0);
	io_uring_submit(&ring);
}

static void ring_poll_it(struct attacker *attacker, int node,
			 unsigned int number)
{
	ring_make();
	for (unsigned int i = 0; i < number; i++)
		ring_add_poll(stranger_select(node, VICTIM));
	io_uring_submit(&ring);
	attack_stands(attacker);
	ring_reap();
}

TEST_F(hostile, ring_polls)
{
	EXPECT_ATTACK(READER, ring_poll_others, many(5000), 1.05);
}

TEST_F(hostile, ring_reads)
{
	EXPECT_ATTACK(READER, ring_read_others, many(5000), 1.05);
}

TEST_F(hostile, its_ring_polls)
{
	EXPECT_ATTACK(READER, ring_poll_it, many(5000), 3);
}

TEST_HARNESS_MAIN
