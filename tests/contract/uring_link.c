// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring commands beside one another: links, drains, and success that is not
 * told. io_uring does that by each command's result, so it must not take what
 * is a success for a failure.
 */
#include "ring.h"

#include <sys/mman.h>

#define ALL 8

/* What completed: names in the order in which they came, and results by name. */
struct told {
	unsigned int n;
	__u64 names[ALL];
	int results[ALL];
};

static void put(struct io_uring *ring, int fd, const char *text,
		unsigned int flags, __u64 name)
{
	struct msg_slot_transfer transfer = { .buffer = (uintptr_t)text,
					      .size = strlen(text),
					      .channel = 1 };

	add_command(ring, fd, MSG_SLOT_URING_WRITE, transfer, name)->flags |=
		flags;
}

static void get(struct io_uring *ring, int fd, char *buffer, unsigned int flags,
		__u64 name)
{
	struct msg_slot_transfer transfer = { .buffer = (uintptr_t)buffer,
					      .size = 128,
					      .channel = 1 };

	add_command(ring, fd, MSG_SLOT_URING_READ, transfer, name)->flags |=
		flags;
}

static struct told submit(struct io_uring *ring, unsigned int n)
{
	struct told told = {};

	io_uring_submit(ring);
	for (; told.n < n; told.n++) {
		struct completion one = wait_for(ring, SOON_MS);

		if (one.res == -ETIME || one.name >= ALL)
			return told;
		told.names[told.n] = one.name;
		told.results[one.name] = one.res;
	}
	return told;
}

static bool no_more(struct io_uring *ring)
{
	return wait_for(ring, NEVER_MS).res == -ETIME;
}

/* @flags: of every command */
FIXTURE_VARIANT(ring)
{
	unsigned int flags;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(ring, at_once) {
	.flags = 0,
};

FIXTURE_VARIANT_ADD(ring, by_a_worker) {
	.flags = IOSQE_ASYNC,
};

/* clang-format on */

TEST_F(ring, chain_is_done_in_order)
{
	const unsigned int link = IOSQE_IO_LINK | variant->flags;
	char first[128], second[128];
	struct told told;

	put(&self->ring, self->fd, "one", link, 0);
	get(&self->ring, self->fd, first, link, 1);
	put(&self->ring, self->fd, "second", link, 2);
	get(&self->ring, self->fd, second, variant->flags, 3);
	told = submit(&self->ring, 4);
	ASSERT_EQ(4u, told.n);
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(i, told.names[i]);
	EXPECT_EQ(3, told.results[0]);
	EXPECT_EQ(3, told.results[1]);
	EXPECT_EQ(6, told.results[2]);
	EXPECT_EQ(6, told.results[3]);
	EXPECT_EQ(0, memcmp(first, "one", 3));
	EXPECT_EQ(0, memcmp(second, "second", 6));
	EXPECT_MESSAGE(self->writer, 1, "second", 6);
}

TEST_F(ring, failure_cancels_what_follows)
{
	const unsigned int link = IOSQE_IO_LINK | variant->flags;
	char got[128];
	struct told told;

	get(&self->ring, self->fd, got, link, 0);
	put(&self->ring, self->fd, "x", link, 1);
	put(&self->ring, self->fd, "y", variant->flags, 2);
	told = submit(&self->ring, 3);
	ASSERT_EQ(3u, told.n);
	EXPECT_EQ(-EWOULDBLOCK, told.results[0]);
	EXPECT_EQ(-ECANCELED, told.results[1]);
	EXPECT_EQ(-ECANCELED, told.results[2]);
	EXPECT_EMPTY(self->writer, 1);

	put(&self->ring, self->fd, "kept", link, 0);
	put(&self->ring, self->fd, "", link, 1);
	put(&self->ring, self->fd, "lost", variant->flags, 2);
	told = submit(&self->ring, 3);
	ASSERT_EQ(3u, told.n);
	EXPECT_EQ(4, told.results[0]);
	EXPECT_EQ(-EMSGSIZE, told.results[1]);
	EXPECT_EQ(-ECANCELED, told.results[2]);
	EXPECT_MESSAGE(self->writer, 1, "kept", 4);
}

TEST_F(ring, hard_link_goes_on_after_a_failure)
{
	const unsigned int link = IOSQE_IO_HARDLINK | variant->flags;
	char got[128];
	struct told told;

	get(&self->ring, self->fd, got, link, 0);
	put(&self->ring, self->fd, "", link, 1);
	put(&self->ring, self->fd, "there", link, 2);
	get(&self->ring, self->fd, got, variant->flags, 3);
	told = submit(&self->ring, 4);
	ASSERT_EQ(4u, told.n);
	EXPECT_EQ(-EWOULDBLOCK, told.results[0]);
	EXPECT_EQ(-EMSGSIZE, told.results[1]);
	EXPECT_EQ(5, told.results[2]);
	EXPECT_EQ(5, told.results[3]);
	EXPECT_EQ(0, memcmp(got, "there", 5));
}

TEST_F(ring, success_may_go_untold)
{
	const unsigned int quiet = IOSQE_CQE_SKIP_SUCCESS | variant->flags;
	char got[128];
	struct told told;

	put(&self->ring, self->fd, "first", quiet | IOSQE_IO_LINK, 0);
	get(&self->ring, self->fd, got, quiet | IOSQE_IO_LINK, 1);
	put(&self->ring, self->fd, "last", variant->flags, 2);
	told = submit(&self->ring, 1);
	ASSERT_EQ(1u, told.n);
	EXPECT_EQ(2u, told.names[0]);
	EXPECT_EQ(4, told.results[2]);
	EXPECT_TRUE(no_more(&self->ring));
	EXPECT_EQ(0, memcmp(got, "first", 5));
	EXPECT_MESSAGE(self->writer, 1, "last", 4);
}

TEST_F(ring, failure_is_told_where_success_would_not_be)
{
	struct told told;

	put(&self->ring, self->fd, "", IOSQE_CQE_SKIP_SUCCESS | variant->flags,
	    0);
	told = submit(&self->ring, 1);
	ASSERT_EQ(1u, told.n);
	EXPECT_EQ(-EMSGSIZE, told.results[0]);
}

/* Behind all that was given before, here a read of a pipe, which waits. */
TEST_F(ring, drain_waits_for_what_came_before)
{
	struct told told;
	char byte, got[128];
	int pipe_fds[2];

	ASSERT_EQ(0, pipe(pipe_fds));
	add_read(&self->ring, pipe_fds[0], &byte, 1, 0, 0);
	put(&self->ring, self->fd, "later", IOSQE_IO_DRAIN | variant->flags, 1);
	get(&self->ring, self->fd, got, IOSQE_IO_DRAIN | variant->flags, 2);
	told = submit(&self->ring, 0);
	EXPECT_TRUE(no_more(&self->ring));
	EXPECT_EMPTY(self->writer, 1);

	ASSERT_EQ(1, write(pipe_fds[1], "x", 1));
	told = submit(&self->ring, 3);
	ASSERT_EQ(3u, told.n);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(i, told.names[i]);
	EXPECT_EQ(1, told.results[0]);
	EXPECT_EQ(5, told.results[1]);
	EXPECT_EQ(5, told.results[2]);
	EXPECT_EQ(0, memcmp(got, "later", 5));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* Where a page is not there, io_uring gives the command again to a worker. */
TEST_F(ring, chain_goes_on_behind_a_page_that_faults)
{
	const unsigned int link = IOSQE_IO_LINK | variant->flags;
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct told told;

	ASSERT_NE(MAP_FAILED, page);
	put(&self->ring, self->fd, "hello", link, 0);
	get(&self->ring, self->fd, page, link, 1);
	put(&self->ring, self->fd, "bye", variant->flags, 2);
	told = submit(&self->ring, 3);
	ASSERT_EQ(3u, told.n);
	EXPECT_EQ(5, told.results[0]);
	EXPECT_EQ(5, told.results[1]);
	EXPECT_EQ(3, told.results[2]);
	EXPECT_EQ(0, memcmp(page, "hello", 5));
	EXPECT_MESSAGE(self->writer, 1, "bye", 3);
	munmap(page, 4096);
}

TEST_HARNESS_MAIN
