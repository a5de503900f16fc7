// SPDX-License-Identifier: GPL-2.0
/*
 * pread() and pwrite(): the offset names the channel; the selection, and what
 * read() and poll() make of it, stay as they are.
 */
#include "fixture.h"
#include "page.h"

#include <poll.h>

#define LAST 0xffffffffll
#define BAD ((void *)8)

static char message[MSG_SLOT_MAX_MESSAGE + 1];

/* As the C library would split an offset, on 32-bit machines too. */
static long gather_at(int fd, const struct iovec *vec, int n, loff_t at,
		      int flags)
{
	return slot_result(syscall(SYS_pwritev2, fd, vec, n, (long)at,
				   (long)(at >> 16 >> 16), flags));
}

static long scatter_at(int fd, const struct iovec *vec, int n, loff_t at,
		       int flags)
{
	return slot_result(syscall(SYS_preadv2, fd, vec, n, (long)at,
				   (long)(at >> 16 >> 16), flags));
}

static short poll_now(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	poll(&ready, 1, 0);
	return ready.revents;
}

#define EXPECT_MESSAGE_AT(fd, at, buf, n)                                 \
	do {                                                              \
		char __got[MSG_SLOT_MAX_MESSAGE];                         \
		long __n = (n);                                           \
		EXPECT_EQ(__n, slot_pread(fd, __got, sizeof(__got), at)); \
		EXPECT_EQ(0, memcmp(buf, __got, __n));                    \
	} while (0)

TEST_F(slot, needs_no_selection)
{
	EXPECT_EQ(5, slot_pwrite(self->fd, "hello", 5, 7));
	EXPECT_MESSAGE_AT(self->fd, 7, "hello", 5);
	EXPECT_MESSAGE_AT(self->fd, 7, "hello", 5);
	EXPECT_EQ(-EINVAL, slot_write(self->fd, "x", 1));
	EXPECT_EQ(-EINVAL, slot_read(self->fd, message, sizeof(message)));
}

TEST_F(slot, means_the_channel_that_is_selected_by_that_id)
{
	const loff_t ids[] = { 1, 2, 127, 128, 1ll << 31, LAST - 1, LAST };

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_EQ(4, slot_pwrite(self->fd, &i, 4, ids[i]));
		EXPECT_MESSAGE_AT(self->fd, ids[i], &i, 4);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		unsigned int seen = i + 100;

		EXPECT_MESSAGE(self->fd, ids[i], &i, 4);
		EXPECT_EQ(4, slot_send(self->fd, ids[i], &seen, 4));
		EXPECT_MESSAGE_AT(self->fd, ids[i], &seen, 4);
	}
}

TEST_F(slot, offset_0_is_the_selected_channel)
{
	EXPECT_EQ(-EINVAL, slot_pwrite(self->fd, "x", 1, 0));
	EXPECT_EQ(-EINVAL, slot_pread(self->fd, message, 1, 0));
	ASSERT_EQ(0, slot_select(self->fd, 9));
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, message, 1, 0));
	EXPECT_EQ(4, slot_pwrite(self->fd, "nine", 4, 0));
	EXPECT_MESSAGE_AT(self->fd, 9, "nine", 4);
	EXPECT_MESSAGE_AT(self->fd, 0, "nine", 4);
}

/* Nothing may be cut off of an offset to make an id of it. */
TEST_F(slot, offset_that_is_no_id_is_refused)
{
	const loff_t offsets[] = {
		LAST + 1,  LAST + 2,  LAST + 6, 1ll << 33, (1ll << 40) + 5,
		1ll << 62, INT64_MAX, -1,	-5,	   INT64_MIN
	};

	ASSERT_EQ(3, slot_send(self->fd, 5, "old", 3));
	for (unsigned int i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_EQ(-EINVAL, slot_pwrite(self->fd, "new", 3, offsets[i]));
		EXPECT_EQ(-EINVAL,
			  slot_pread(self->fd, message, 3, offsets[i]));
	}
	EXPECT_MESSAGE_AT(self->fd, 5, "old", 3);
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, message, 3, 1));
}

/* Before the other errors, as for a channel that was not selected. */
TEST_F(slot, bad_offset_comes_first)
{
	EXPECT_EQ(-EINVAL, slot_pwrite(self->fd, message, 0, LAST + 1));
	EXPECT_EQ(-EINVAL, slot_pwrite(self->fd, BAD, 1, LAST + 1));
	EXPECT_EQ(-EINVAL, slot_pread(self->fd, BAD, 1, LAST + 1));
}

TEST_F(slot, cannot_seek)
{
	EXPECT_EQ(-ESPIPE, slot_result(lseek(self->fd, 0, SEEK_SET)));
	EXPECT_EQ(-ESPIPE, slot_result(lseek(self->fd, 7, SEEK_SET)));
	EXPECT_EQ(-ESPIPE, slot_result(lseek(self->fd, 0, SEEK_CUR)));
	EXPECT_EQ(-ESPIPE, slot_result(lseek(self->fd, 0, SEEK_END)));
}

TEST_F(slot, selection_stays)
{
	ASSERT_EQ(8, slot_send(self->fd, 1, "selected", 8));
	for (loff_t id = 2; id < 100; id++) {
		EXPECT_EQ(5, slot_pwrite(self->fd, "other", 5, id));
		EXPECT_MESSAGE_AT(self->fd, id, "other", 5);
		EXPECT_EQ(-EWOULDBLOCK,
			  slot_pread(self->fd, message, 8, id + 1000));
		EXPECT_EQ(8, slot_read(self->fd, message, sizeof(message)));
		EXPECT_EQ(0, memcmp(message, "selected", 8));
		EXPECT_EQ(8, slot_write(self->fd, "selected", 8));
	}
	EXPECT_MESSAGE_AT(self->fd, 1, "selected", 8);
	EXPECT_MESSAGE_AT(self->fd, 2, "other", 5);
}

/* A file position that moved would make read() positional. */
TEST_F(slot, read_and_write_do_not_move)
{
	ASSERT_EQ(0, slot_select(self->fd, 50));
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(5, slot_write(self->fd, "fifty", 5));
		EXPECT_EQ(5, slot_read(self->fd, message, sizeof(message)));
	}
	for (loff_t id = 1; id < 128; id++) {
		if (id != 50)
			EXPECT_EQ(-EWOULDBLOCK,
				  slot_pread(self->fd, message, 8, id));
	}
}

TEST_F(slot, poll_of_the_selected_channel_stays)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(1, slot_pwrite(self->fd, "2", 1, 2));
	EXPECT_EQ(0, poll_now(self->fd));
	EXPECT_EQ(1, slot_pwrite(self->fd, "1", 1, 1));
	EXPECT_EQ(POLLIN, poll_now(self->fd));
	EXPECT_MESSAGE_AT(self->fd, 2, "2", 1);
	EXPECT_MESSAGE_AT(self->fd, 1, "1", 1);
	EXPECT_EQ(POLLIN, poll_now(self->fd));
	EXPECT_MESSAGE_AT(self->fd, 0, "1", 1);
	EXPECT_EQ(0, poll_now(self->fd));
	EXPECT_EQ(1, slot_pwrite(self->fd, "3", 1, 2));
	EXPECT_EQ(0, poll_now(self->fd));
}

TEST_F(slot, poll_without_a_selection_stays)
{
	EXPECT_EQ(1, slot_pwrite(self->fd, "2", 1, 2));
	EXPECT_MESSAGE_AT(self->fd, 2, "2", 1);
	EXPECT_EQ(POLLERR, poll_now(self->fd));
}

TEST_F(slot, errors_change_nothing)
{
	char canary[8] = "canary!";
	char got[8] = "canary!";

	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, got, sizeof(got), 4));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, message, 0, 4));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, message, 129, 4));
	EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, BAD, 5, 4));
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, got, sizeof(got), 4));
	ASSERT_EQ(8, slot_pwrite(self->fd, "old text", 8, 4));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, message, 0, 4));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, message, 129, 4));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, BAD, 129, 4));
	EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, BAD, 5, 4));
	EXPECT_EQ(-ENOSPC, slot_pread(self->fd, got, 7, 4));
	EXPECT_EQ(-ENOSPC, slot_pread(self->fd, got, 0, 4));
	EXPECT_EQ(0, memcmp(got, canary, sizeof(got)));
	EXPECT_EQ(-EFAULT, slot_pread(self->fd, BAD, 128, 4));
	EXPECT_MESSAGE_AT(self->fd, 4, "old text", 8);
}

TEST_F(slot, half_mapped_buffer_changes_nothing)
{
	char *border = page_end();

	ASSERT_EQ(8, slot_pwrite(self->fd, "old text", 8, 4));
	for (int inside = 1; inside < 8; inside++) {
		EXPECT_EQ(-EFAULT,
			  slot_pwrite(self->fd, border - inside, 8, 4));
		EXPECT_EQ(-EFAULT,
			  slot_pwrite(self->fd, border - inside, 8, 5));
		EXPECT_EQ(-EFAULT, slot_pread(self->fd, border - inside, 8, 4));
	}
	EXPECT_MESSAGE_AT(self->fd, 4, "old text", 8);
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, message, 8, 5));
}

TEST_F(slot, vectors_gather_and_scatter)
{
	char a[2], b[8];
	struct iovec from[] = { { "ab", 2 }, { NULL, 0 }, { "cde", 3 } };
	struct iovec to[] = { { a, sizeof(a) }, { b, sizeof(b) } };

	ASSERT_EQ(8, slot_send(self->fd, 1, "selected", 8));
	EXPECT_EQ(5, slot_result(pwritev(self->fd, from, 3, LAST)));
	EXPECT_EQ(5, slot_result(preadv(self->fd, to, 2, LAST)));
	EXPECT_EQ(0, memcmp(a, "ab", 2));
	EXPECT_EQ(0, memcmp(b, "cde", 3));
	EXPECT_EQ(5, gather_at(self->fd, from, 3, 1ll << 31, 0));
	EXPECT_EQ(5, scatter_at(self->fd, to, 2, 1ll << 31, 0));
	EXPECT_EQ(-ENOSPC, scatter_at(self->fd, to, 1, LAST, 0));
	EXPECT_EQ(-EINVAL, gather_at(self->fd, from, 3, LAST + 1, 0));
	EXPECT_EQ(-EINVAL, scatter_at(self->fd, to, 2, LAST + 2, 0));
	EXPECT_EQ(8, scatter_at(self->fd, to, 2, 0, 0));
	EXPECT_MESSAGE(self->fd, 1, "selected", 8);
}

/* Of preadv2() and pwritev2() alone: as if it were readv() or writev(). */
TEST_F(slot, offset_minus_1_of_a_vector_is_the_selected_channel)
{
	char got[8];
	struct iovec from = { "new", 3 };
	struct iovec to = { got, sizeof(got) };

	EXPECT_EQ(-EINVAL, gather_at(self->fd, &from, 1, -1, 0));
	EXPECT_EQ(-EINVAL, scatter_at(self->fd, &to, 1, -1, 0));
	ASSERT_EQ(0, slot_select(self->fd, 3));
	EXPECT_EQ(3, gather_at(self->fd, &from, 1, -1, 0));
	EXPECT_EQ(3, scatter_at(self->fd, &to, 1, -1, 0));
	EXPECT_MESSAGE_AT(self->fd, 3, "new", 3);
	EXPECT_EQ(-EINVAL, gather_at(self->fd, &from, 1, -2, 0));
}

TEST_F(slot, nowait_is_obeyed)
{
	char got[8];
	struct iovec from = { "hello", 5 };
	struct iovec to = { got, sizeof(got) };

	EXPECT_EQ(-EAGAIN, scatter_at(self->fd, &to, 1, 6, RWF_NOWAIT));
	ASSERT_EQ(5, slot_pwrite(self->fd, "first", 5, 6));
	EXPECT_EQ(5, gather_at(self->fd, &from, 1, 6, RWF_NOWAIT));
	EXPECT_EQ(5, scatter_at(self->fd, &to, 1, 6, RWF_NOWAIT));
	EXPECT_EQ(0, memcmp(got, "hello", 5));
}

/* Memory for a new channel may be had without sleeping, or not just now. */
TEST_F(slot, nowait_makes_a_channel_or_nothing)
{
	struct iovec from = { "hello", 5 };

	for (loff_t id = 1; id <= 1000; id++) {
		long ret = gather_at(self->fd, &from, 1, id, RWF_NOWAIT);

		EXPECT_TRUE(ret == 5 || ret == -EAGAIN);
		if (ret == 5)
			EXPECT_MESSAGE_AT(self->fd, id, "hello", 5);
		else
			EXPECT_EQ(-EWOULDBLOCK,
				  slot_pread(self->fd, message, 8, id));
	}
}

TEST_F(slot, append_does_not_move_the_offset)
{
	int fd = slot_open(self->node, O_RDWR | O_APPEND);

	ASSERT_LE(0, fd);
	EXPECT_EQ(5, slot_pwrite(fd, "hello", 5, 8));
	EXPECT_EQ(3, slot_pwrite(fd, "bye", 3, 8));
	EXPECT_MESSAGE_AT(fd, 8, "bye", 3);
	close(fd);
}

TEST_F(slot, mode_of_the_open_file_holds)
{
	int reader = slot_open(self->node, O_RDONLY);
	int writer = slot_open(self->node, O_WRONLY);

	EXPECT_EQ(5, slot_pwrite(writer, "hello", 5, 8));
	EXPECT_EQ(-EBADF, slot_pread(writer, message, 8, 8));
	EXPECT_EQ(-EBADF, slot_pwrite(reader, "x", 1, 8));
	EXPECT_MESSAGE_AT(reader, 8, "hello", 5);
	close(reader);
	close(writer);
}

TEST_F(slot, two_slots_are_apart)
{
	int node = slot_fresh();
	int other = slot_open(node, O_RDWR);

	EXPECT_EQ(3, slot_pwrite(self->fd, "one", 3, 8));
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(other, message, 8, 8));
	EXPECT_EQ(3, slot_pwrite(other, "two", 3, 8));
	EXPECT_MESSAGE_AT(self->fd, 8, "one", 3);
	close(other);
	close(node);
}

TEST_HARNESS_MAIN
