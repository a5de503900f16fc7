// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring: the offset names the channel, as in pread() and pwrite(), and what
 * would fail for want of a message waits for it, unless the file says not to.
 */
#include "limit.h"
#include "kernel_bits.h"
#include "owner.h"
#include "page.h"
#include "ring.h"

TEST_F(ring, offset_is_the_channel)
{
	const __u64 ids[] = { 1, 2, 1u << 31, 0xffffffff };
	char got[8];

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_EQ(4, do_write(&self->ring, self->fd, &i, 4, ids[i]));
		EXPECT_EQ(4, do_read(&self->ring, self->fd, got, 8, ids[i]));
		EXPECT_EQ(0, memcmp(got, &i, 4));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
		EXPECT_MESSAGE(self->fd, ids[i], &i, 4);
}

TEST_F(ring, errors_of_the_contract)
{
	struct io_uring *ring = &self->ring;
	char got[200] = "";

	EXPECT_EQ(-EINVAL, do_write(ring, self->fd, "x", 1, 1ull << 32));
	EXPECT_EQ(-EINVAL, do_read(ring, self->fd, got, 8, 1ull << 32));
	EXPECT_EQ(-EINVAL, do_write(ring, self->fd, "x", 1, 0));
	EXPECT_EQ(-EINVAL, do_read(ring, self->fd, got, 8, 0));
	ASSERT_EQ(5, do_write(ring, self->fd, "hello", 5, 1));
	EXPECT_EQ(-EMSGSIZE, do_write(ring, self->fd, got, 0, 1));
	EXPECT_EQ(-EMSGSIZE, do_write(ring, self->fd, got, 129, 1));
	EXPECT_EQ(-EFAULT, do_write(ring, self->fd, (void *)8, 5, 1));
	EXPECT_EQ(-ENOSPC, do_read(ring, self->fd, got, 4, 1));
	EXPECT_EQ(-EFAULT, do_read(ring, self->fd, (void *)8, 128, 1));
	EXPECT_EQ(5, do_read(ring, self->fd, got, sizeof(got), 1));
	EXPECT_EQ(0, memcmp(got, "hello", 5));
}

/* Offset -1 is the file's position, which never moves. */
TEST_F(ring, selected_channel)
{
	const __u64 offsets[] = { 0, -1 };
	char got[8];

	ASSERT_EQ(0, slot_select(self->fd, 7));
	for (unsigned int i = 0; i < 10; i++) {
		__u64 at = offsets[i % 2];

		EXPECT_EQ(4, do_write(&self->ring, self->fd, &i, 4, at));
		EXPECT_EQ(4, do_read(&self->ring, self->fd, got, 8, at));
		EXPECT_EQ(0, memcmp(got, &i, 4));
		EXPECT_MESSAGE(self->writer, 7, &i, 4);
	}
	EXPECT_EQ(1, slot_write(self->fd, "x", 1));
	EXPECT_MESSAGE(self->writer, 7, "x", 1);
}

TEST_F(ring, vectors)
{
	char a[2], b[8];
	struct iovec from[] = { { "ab", 2 }, { "cde", 3 } };
	struct iovec to[] = { { a, sizeof(a) }, { b, sizeof(b) } };

	io_uring_prep_writev(next_entry(&self->ring, 0), self->fd, from, 2, 5);
	EXPECT_EQ(5, completes(&self->ring));
	io_uring_prep_readv(next_entry(&self->ring, 0), self->fd, to, 2, 5);
	EXPECT_EQ(5, completes(&self->ring));
	EXPECT_EQ(0, memcmp(a, "ab", 2));
	EXPECT_EQ(0, memcmp(b, "cde", 3));
	EXPECT_MESSAGE(self->fd, 5, "abcde", 5);
	io_uring_prep_readv(next_entry(&self->ring, 0), self->fd, to, 1, 5);
	EXPECT_EQ(-ENOSPC, completes(&self->ring));
}

/* 64 channels in one call; each completion is of one of them. */
TEST_F(ring, batch)
{
	unsigned int values[BATCH], got[BATCH] = {};
	unsigned int seen = 0;

	for (unsigned int i = 0; i < BATCH; i++) {
		values[i] = i + 1000;
		add_write(&self->ring, self->fd, &values[i], 4, i + 1, i);
	}
	EXPECT_EQ((int)BATCH, io_uring_submit_and_wait(&self->ring, BATCH));
	for (unsigned int i = 0; i < BATCH; i++) {
		EXPECT_EQ(4, wait_for(&self->ring, SOON_MS).res);
		EXPECT_MESSAGE(self->fd, i + 1, &values[i], 4);
	}
	for (unsigned int i = 0; i < BATCH; i++)
		add_read(&self->ring, self->fd, &got[i], 4, i + 1, i);
	EXPECT_EQ((int)BATCH, io_uring_submit_and_wait(&self->ring, BATCH));
	for (unsigned int i = 0; i < BATCH; i++) {
		struct completion done = wait_for(&self->ring, SOON_MS);

		EXPECT_EQ(4, done.res);
		seen += done.name;
		EXPECT_EQ(values[i], got[i]);
	}
	EXPECT_EQ(BATCH * (BATCH - 1) / 2, seen);
}

TEST_F(ring, linked_write_and_read)
{
	char got[8] = "";
	struct io_uring_sqe *sqe;

	for (unsigned int id = 1; id < 100; id++) {
		sqe = next_entry(&self->ring, 1);
		io_uring_prep_write(sqe, self->fd, &id, 4, id);
		sqe->flags |= IOSQE_IO_LINK;
		add_read(&self->ring, self->fd, got, sizeof(got), id, 2);
		ASSERT_EQ(2, io_uring_submit_and_wait(&self->ring, 2));
		EXPECT_EQ(4, wait_for(&self->ring, SOON_MS).res);
		EXPECT_EQ(4, wait_for(&self->ring, SOON_MS).res);
		EXPECT_EQ(0, memcmp(got, &id, 4));
	}
}

TEST_F(ring, link_is_cut_by_an_error)
{
	char got[8] = "";
	struct io_uring_sqe *sqe = next_entry(&self->ring, 1);

	ASSERT_EQ(3, slot_pwrite(self->fd, "old", 3, 1));
	io_uring_prep_write(sqe, self->fd, got, 129, 1);
	sqe->flags |= IOSQE_IO_LINK;
	add_write(&self->ring, self->fd, "new", 3, 1, 2);
	ASSERT_LE(1, io_uring_submit(&self->ring));
	EXPECT_EQ(-EMSGSIZE, wait_for(&self->ring, SOON_MS).res);
	EXPECT_EQ(-ECANCELED, wait_for(&self->ring, SOON_MS).res);
	EXPECT_MESSAGE(self->fd, 1, "old", 3);
}

static int do_nowait_read(struct io_uring *ring, int fd, void *buf, size_t n,
			  __u64 at)
{
	struct io_uring_sqe *sqe = next_entry(ring, 0);

	io_uring_prep_read(sqe, fd, buf, n, at);
	sqe->rw_flags = RWF_NOWAIT;
	return completes(ring);
}

TEST_F(ring, nowait_read_does_not_wait)
{
	struct io_uring *ring = &self->ring;
	char got[8];

	EXPECT_EQ(-EAGAIN, do_nowait_read(ring, self->fd, got, 8, 5));
	ASSERT_EQ(0, slot_select(self->fd, 5));
	EXPECT_EQ(-EAGAIN, do_nowait_read(ring, self->fd, got, 8, 0));
	EXPECT_EQ(-EAGAIN, do_nowait_read(ring, self->fd, got, 8, -1));
	EXPECT_EQ(-EAGAIN, do_nowait_read(ring, self->fd, got, 8, 6));
	ASSERT_EQ(0, slot_set_blocking(self->fd, 1));
	EXPECT_EQ(-EAGAIN, do_nowait_read(ring, self->fd, got, 8, 0));
	ASSERT_EQ(1, slot_pwrite(self->writer, "x", 1, 5));
	EXPECT_EQ(1, do_nowait_read(ring, self->fd, got, 8, 0));
	EXPECT_EQ(-EAGAIN, do_nowait_read(ring, self->fd, got, 8, 0));
	EXPECT_EQ(1, do_nowait_read(ring, self->fd, got, 8, 5));
}

/*
 * O_NONBLOCK is for read(): io_uring waits for whatever can be polled all the
 * same, as it does for sockets and pipes.
 */
TEST_F(ring, nonblocking_file_is_waited_for)
{
	char got[8];

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, do_read(&self->ring, self->fd, got, 8, 5));
	ASSERT_EQ(0, slot_select(self->fd, 5));
	add_read(&self->ring, self->fd, got, sizeof(got), 0, 1);
	EXPECT_TRUE(waits(&self->ring));
	ASSERT_EQ(1, slot_pwrite(self->writer, "x", 1, 5));
	EXPECT_EQ(1, wait_for(&self->ring, SOON_MS).res);
}

/* There is no poll() that tells of a channel that is not selected. */
TEST_F(ring, positional_read_without_selection_does_not_wait)
{
	char got[8];

	EXPECT_EQ(-EAGAIN, do_read(&self->ring, self->fd, got, 8, 5));
	ASSERT_EQ(1, slot_pwrite(self->writer, "x", 1, 5));
	EXPECT_EQ(1, do_read(&self->ring, self->fd, got, 8, 5));
}

static void expect_waits(struct __test_metadata *_metadata,
			 FIXTURE_DATA(ring) * self, __u64 at)
{
	char got[8];

	for (unsigned int id = 100; id < 170; id++) {
		ASSERT_EQ(0, slot_select(self->fd, id));
		add_read(&self->ring, self->fd, got, sizeof(got), at, 1);
		io_uring_submit(&self->ring);
		if (id == 100)
			EXPECT_TRUE(waits(&self->ring));
		ASSERT_EQ(1, slot_pwrite(self->writer, "x", 1, id + 1000));
		ASSERT_EQ(4, slot_pwrite(self->writer, &id, 4, id));
		ASSERT_EQ(4, wait_for(&self->ring, SOON_MS).res);
		EXPECT_EQ(0, memcmp(got, &id, 4));
	}
}

TEST_F(ring, read_waits_for_the_first_message)
{
	expect_waits(_metadata, self, 0);
}

TEST_F(ring, read_at_the_position_waits_too)
{
	expect_waits(_metadata, self, -1);
}

TEST_F(ring, blocking_read_waits_for_a_newer_message)
{
	char got[8];

	ASSERT_EQ(0, slot_set_blocking(self->fd, 1));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (unsigned int i = 0; i < 50; i++) {
		add_read(&self->ring, self->fd, got, sizeof(got), 0, 1);
		io_uring_submit(&self->ring);
		if (!i)
			EXPECT_TRUE(waits(&self->ring));
		ASSERT_EQ(4, slot_pwrite(self->writer, &i, 4, 1));
		ASSERT_EQ(4, wait_for(&self->ring, SOON_MS).res);
		EXPECT_EQ(0, memcmp(got, &i, 4));
	}
}

TEST_F(ring, waiting_read_can_be_cancelled)
{
	char got[8];
	int first, second;

	ASSERT_EQ(0, slot_set_blocking(self->fd, 1));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	add_read(&self->ring, self->fd, got, sizeof(got), 0, 1);
	EXPECT_TRUE(waits(&self->ring));
	io_uring_prep_cancel64(next_entry(&self->ring, 2), 1, 0);
	io_uring_submit(&self->ring);
	first = wait_for(&self->ring, SOON_MS).res;
	second = wait_for(&self->ring, SOON_MS).res;
	EXPECT_EQ(-ECANCELED, first + second);
	ASSERT_EQ(1, slot_pwrite(self->writer, "x", 1, 1));
	EXPECT_EQ(1, do_read(&self->ring, self->fd, got, 8, 0));
}

/* The ring's end finds requests that wait. */
TEST_F(ring, exits_while_a_read_waits)
{
	char got[8];

	ASSERT_EQ(0, slot_set_blocking(self->fd, 1));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (unsigned int i = 0; i < 5; i++)
		add_read(&self->ring, self->fd, got, sizeof(got), 0, i);
	EXPECT_TRUE(waits(&self->ring));
}

static void add_poll(struct io_uring *ring, int fd)
{
	struct io_uring_sqe *sqe = next_entry(ring, 0);

	io_uring_prep_poll_multishot(sqe, fd, POLLIN);
	sqe->user_data = 7;
	io_uring_submit(ring);
}

static void expect_event(struct __test_metadata *_metadata,
			 struct io_uring *ring)
{
	struct completion done = wait_for(ring, SOON_MS);

	EXPECT_EQ(POLLIN, done.res);
	EXPECT_EQ(7u, done.name);
	EXPECT_TRUE(done.more);
}

TEST_F(ring, multishot_poll_tells_every_write)
{
	char got[8];

	ASSERT_EQ(0, slot_select(self->fd, 1));
	add_poll(&self->ring, self->fd);
	for (unsigned int i = 0; i < 50; i++) {
		ASSERT_EQ(4, slot_pwrite(self->writer, &i, 4, 1));
		expect_event(_metadata, &self->ring);
		EXPECT_EQ(4, slot_read(self->fd, got, sizeof(got)));
		ASSERT_EQ(4, slot_pwrite(self->writer, &i, 4, 2 + i));
	}
	EXPECT_EQ(-ETIME, wait_for(&self->ring, NEVER_MS).res);
}

/* Whoever is told and reads mapped makes no call that would ask for the next one. */
TEST_F(ring, multishot_poll_tells_every_put_in_a_lane)
{
	struct lane lane;

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	lane_open(&lane, self->writer, 1, MSG_SLOT_END_CLEAR);
	ASSERT_EQ(0, slot_select(self->fd, 1));
	add_poll(&self->ring, self->fd);
	for (unsigned int i = 0; i < 50; i++) {
		lane_put(&lane, &i, 4);
		expect_event(_metadata, &self->ring);
	}
	EXPECT_EQ(-ETIME, wait_for(&self->ring, NEVER_MS).res);
	lane_unmap(&lane);
}

TEST_F(ring, multishot_poll_across_selections)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	add_poll(&self->ring, self->fd);
	for (unsigned int id = 2; id < 100; id++) {
		ASSERT_EQ(0, slot_select(self->fd, id));
		ASSERT_EQ(4, slot_pwrite(self->writer, &id, 4, id));
		expect_event(_metadata, &self->ring);
	}
}

TEST_F(ring, one_shot_poll)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	io_uring_prep_poll_add(next_entry(&self->ring, 0), self->fd, POLLIN);
	EXPECT_TRUE(waits(&self->ring));
	ASSERT_EQ(1, slot_pwrite(self->writer, "x", 1, 1));
	EXPECT_EQ(POLLIN, wait_for(&self->ring, SOON_MS).res);
	io_uring_prep_poll_add(next_entry(&self->ring, 0), self->fd, POLLIN);
	EXPECT_EQ(POLLIN, completes(&self->ring));
}

TEST_F(ring, written_by_one_ring_read_by_another)
{
	struct io_uring other;
	char got[8];

	ASSERT_EQ(0, io_uring_queue_init(4, &other, 0));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	add_read(&self->ring, self->fd, got, sizeof(got), 0, 1);
	EXPECT_TRUE(waits(&self->ring));
	EXPECT_EQ(5, do_write(&other, self->writer, "hello", 5, 1));
	EXPECT_EQ(5, wait_for(&self->ring, SOON_MS).res);
	io_uring_queue_exit(&other);
}

TEST_F(ring, large_messages)
{
	const unsigned int sizes[] = { 129, 4096, 32768, LARGEST };
	static char got[LARGEST];

	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		int n = sizes[i];

		EXPECT_EQ(n,
			  do_write(&self->ring, self->fd, large(n, i), n, 1));
		EXPECT_EQ(n, do_read(&self->ring, self->fd, got, LARGEST, 1));
		EXPECT_EQ(0, memcmp(got, large(n, i), n));
		EXPECT_EQ(-ENOSPC,
			  do_read(&self->ring, self->fd, got, n - 1, 1));
	}
	EXPECT_EQ(-EMSGSIZE,
		  do_write(&self->ring, self->fd, got, LARGEST + 1, 1));
}

/* Registered files and buffers: the same calls by a shorter way. */
TEST_F(ring, registered_buffer_and_file)
{
	/* Of a page that no file is behind, as 6.1 wants it. */
	char *buffer = page_border(PROT_NONE) - 4096;
	struct iovec vec = { buffer, 4096 };
	struct io_uring_sqe *sqe;

	ASSERT_EQ(0, io_uring_register_buffers(&self->ring, &vec, 1));
	ASSERT_EQ(0, io_uring_register_files(&self->ring, &self->fd, 1));
	memcpy(buffer, "hello", 5);
	sqe = next_entry(&self->ring, 0);
	io_uring_prep_write_fixed(sqe, 0, buffer, 5, 9, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	EXPECT_EQ(5, completes(&self->ring));
	sqe = next_entry(&self->ring, 0);
	io_uring_prep_read_fixed(sqe, 0, buffer + 100, 200, 9, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	EXPECT_EQ(5, completes(&self->ring));
	EXPECT_EQ(0, memcmp(buffer + 100, "hello", 5));
}

/* By the kernel's own worker threads, who may sleep. */
TEST_F(ring, asynchronous_by_force)
{
	struct io_uring_sqe *sqe;
	char got[8];

	for (unsigned int id = 1; id < 50; id++) {
		sqe = next_entry(&self->ring, 0);
		io_uring_prep_write(sqe, self->fd, &id, 4, id);
		sqe->flags |= IOSQE_ASYNC;
		EXPECT_EQ(4, completes(&self->ring));
		sqe = next_entry(&self->ring, 0);
		io_uring_prep_read(sqe, self->fd, got, sizeof(got), id);
		sqe->flags |= IOSQE_ASYNC;
		EXPECT_EQ(4, completes(&self->ring));
		EXPECT_EQ(0, memcmp(got, &id, 4));
	}
}

TEST_HARNESS_MAIN
