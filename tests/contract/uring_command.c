// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring commands: a message to or from a channel, as with pwrite() and
 * pread(), whose errors they have.
 */
#include "limit.h"
#include "ring.h"

#include <sys/mman.h>

static int put(struct io_uring *ring, int fd, const void *message,
	       unsigned int n, unsigned int channel)
{
	return do_command(ring, fd, MSG_SLOT_URING_WRITE, message, n, channel);
}

static int get(struct io_uring *ring, int fd, void *buffer, unsigned int n,
	       unsigned int channel)
{
	return do_command(ring, fd, MSG_SLOT_URING_READ, buffer, n, channel);
}

TEST_F(ring, writes_and_reads_any_channel)
{
	const unsigned int ids[] = { 1, 2, 1u << 31, 0xffffffff };
	char got[8];

	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(ids); i++) {
		unsigned int id = ids[i % ARRAY_SIZE(ids)];

		EXPECT_EQ(4, put(&self->ring, self->fd, &i, 4, id));
		EXPECT_EQ(4, get(&self->ring, self->fd, got, 8, id));
		EXPECT_EQ(0, memcmp(got, &i, 4));
		EXPECT_MESSAGE(self->fd, id, &i, 4);
	}
}

TEST_F(ring, channel_0_is_the_selected_one)
{
	char got[8] = "";

	EXPECT_EQ(-EINVAL, put(&self->ring, self->fd, "x", 1, 0));
	EXPECT_EQ(-EINVAL, get(&self->ring, self->fd, got, 8, 0));
	ASSERT_EQ(0, slot_select(self->fd, 7));
	EXPECT_EQ(1, put(&self->ring, self->fd, "x", 1, 0));
	EXPECT_EQ(1, get(&self->ring, self->fd, got, 8, 0));
	EXPECT_EQ('x', got[0]);
	EXPECT_MESSAGE(self->writer, 7, "x", 1);
}

TEST_F(ring, errors_of_the_contract)
{
	struct io_uring *ring = &self->ring;
	char got[200] = "";

	ASSERT_EQ(5, put(ring, self->fd, "hello", 5, 1));
	EXPECT_EQ(-EMSGSIZE, put(ring, self->fd, got, 0, 1));
	EXPECT_EQ(-EMSGSIZE, put(ring, self->fd, got, 129, 1));
	EXPECT_EQ(-EFAULT, put(ring, self->fd, (void *)8, 5, 1));
	EXPECT_EQ(-EFAULT, put(ring, self->fd, (void *)-4096, 5, 1));
	EXPECT_EQ(-ENOSPC, get(ring, self->fd, got, 4, 1));
	EXPECT_EQ(-EFAULT, get(ring, self->fd, (void *)8, 128, 1));
	EXPECT_EQ(-EFAULT, get(ring, self->fd, (void *)-4096, 128, 1));
	EXPECT_EQ(-EINVAL,
		  do_command(ring, self->fd, MSG_SLOT_CHANNEL, got, 4, 1));
	EXPECT_EQ(-EINVAL, do_command(ring, self->fd, 0, got, 4, 1));
	EXPECT_MESSAGE(self->fd, 1, "hello", 5);
}

TEST_F(ring, mode_of_the_file)
{
	int reader = slot_open(self->node, O_RDONLY);
	int writer = slot_open(self->node, O_WRONLY);
	char got[8];

	ASSERT_LE(0, reader);
	ASSERT_LE(0, writer);
	EXPECT_EQ(1, put(&self->ring, writer, "x", 1, 1));
	EXPECT_EQ(1, get(&self->ring, reader, got, 8, 1));
	EXPECT_EQ(-EBADF, put(&self->ring, reader, "y", 1, 1));
	EXPECT_EQ(-EBADF, get(&self->ring, writer, got, 8, 1));
	EXPECT_MESSAGE(reader, 1, "x", 1);
	close(reader);
	close(writer);
}

/* It does not wait, nor go to a worker: it completes in the submission. */
TEST_F(ring, no_message_is_an_answer)
{
	struct msg_slot_transfer transfer = { .channel = 9 };
	struct io_uring_cqe *cqe;

	ASSERT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_BLOCKING, (void *)1));
	add_command(&self->ring, self->fd, MSG_SLOT_URING_READ, transfer, 3);
	EXPECT_EQ(1, io_uring_submit(&self->ring));
	ASSERT_EQ(0, io_uring_peek_cqe(&self->ring, &cqe));
	EXPECT_EQ(-EWOULDBLOCK, cqe->res);
	EXPECT_EQ(3u, cqe->user_data);
	io_uring_cqe_seen(&self->ring, cqe);
}

/* A page that is not there yet: done where a task may sleep for it. */
TEST_F(ring, page_that_faults)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(5, put(&self->ring, self->fd, "hello", 5, 1));
	EXPECT_EQ(5, get(&self->ring, self->fd, page, 128, 1));
	EXPECT_EQ(0, memcmp(page, "hello", 5));
	EXPECT_EQ(8, put(&self->ring, self->fd, page + 4096, 8, 1));
	EXPECT_MESSAGE(self->fd, 1, "\0\0\0\0\0\0\0\0", 8);
	munmap(page, 8192);
}

TEST_F(ring, long_messages)
{
	static char sent[30000], got[30000];

	ASSERT_EQ(0, slot_set_max_message(self->fd, sizeof(sent)));
	memset(sent, 'L', sizeof(sent));
	EXPECT_EQ((int)sizeof(sent),
		  put(&self->ring, self->fd, sent, sizeof(sent), 1));
	EXPECT_EQ((int)sizeof(got),
		  get(&self->ring, self->fd, got, sizeof(got), 1));
	EXPECT_EQ(0, memcmp(sent, got, sizeof(got)));
}

/* 64 channels in one call, none of which was there. */
TEST_F(ring, batch)
{
	unsigned int values[BATCH];

	for (unsigned int i = 0; i < BATCH; i++) {
		struct msg_slot_transfer transfer = {
			.buffer = (uintptr_t)&values[i],
			.size = 4,
			.channel = i + 1,
		};

		values[i] = i + 1000;
		add_command(&self->ring, self->fd, MSG_SLOT_URING_WRITE,
			    transfer, i);
	}
	EXPECT_EQ((int)BATCH, io_uring_submit_and_wait(&self->ring, BATCH));
	for (unsigned int i = 0; i < BATCH; i++)
		EXPECT_EQ(4, wait_for(&self->ring, SOON_MS).res);
	for (unsigned int i = 0; i < BATCH; i++)
		EXPECT_MESSAGE(self->fd, i + 1, &values[i], 4);
}

TEST_HARNESS_MAIN
