// SPDX-License-Identifier: GPL-2.0
/* readv() and writev(): one message gathered, one message scattered. */
#include "fixture.h"

static char message[MSG_SLOT_MAX_MESSAGE];

static long gather(int fd, const struct iovec *vec, int n)
{
	return slot_result(syscall(SYS_writev, fd, vec, n));
}

static long scatter(int fd, const struct iovec *vec, int n)
{
	return slot_result(syscall(SYS_readv, fd, vec, n));
}

TEST_F(slot, writev_gathers_one_message)
{
	struct iovec vec[] = {
		{ "ab", 2 }, { NULL, 0 }, { "c", 1 }, { "defg", 4 }
	};

	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(7, gather(self->fd, vec, ARRAY_SIZE(vec)));
	EXPECT_MESSAGE(self->fd, 1, "abcdefg", 7);
}

TEST_F(slot, readv_scatters_one_message)
{
	char a[2] = "", b[3] = "", c[64] = "";
	struct iovec vec[] = { { a, 2 }, { b, 3 }, { c, sizeof(c) } };

	ASSERT_EQ(9, slot_send(self->fd, 1, "123456789", 9));
	EXPECT_EQ(9, scatter(self->fd, vec, ARRAY_SIZE(vec)));
	EXPECT_EQ(0, memcmp(a, "12", 2));
	EXPECT_EQ(0, memcmp(b, "345", 3));
	EXPECT_EQ(0, memcmp(c, "6789\0", 5));
}

TEST_F(slot, single_bytes_both_ways)
{
	struct iovec vec[MSG_SLOT_MAX_MESSAGE];
	char got[MSG_SLOT_MAX_MESSAGE];
	size_t n = ARRAY_SIZE(vec);

	message_fill(message, n, 5);
	for (size_t i = 0; i < n; i++)
		vec[i] = (struct iovec){ message + i, 1 };
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ((long)n, gather(self->fd, vec, n));
	for (size_t i = 0; i < n; i++)
		vec[n - 1 - i] = (struct iovec){ got + i, 1 };
	EXPECT_EQ((long)n, scatter(self->fd, vec, n));
	for (size_t i = 0; i < n; i++)
		EXPECT_EQ(message[i], got[n - 1 - i]);
}

TEST_F(slot, limits_count_the_whole_vector)
{
	struct iovec vec[] = { { message, 64 }, { message, 65 } };

	ASSERT_EQ(3, slot_send(self->fd, 1, "old", 3));
	EXPECT_EQ(-EMSGSIZE, gather(self->fd, vec, 2));
	EXPECT_MESSAGE(self->fd, 1, "old", 3);
	vec[1].iov_len = 64;
	EXPECT_EQ(128, gather(self->fd, vec, 2));
	vec[1].iov_len = 63;
	EXPECT_EQ(-ENOSPC, scatter(self->fd, vec, 2));
}

TEST_F(slot, no_channel_and_no_message)
{
	struct iovec vec[] = { { message, 64 }, { message, 64 } };

	EXPECT_EQ(-EINVAL, gather(self->fd, vec, 2));
	EXPECT_EQ(-EINVAL, scatter(self->fd, vec, 2));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, scatter(self->fd, vec, 2));
}

TEST_F(slot, one_bad_part_changes_nothing)
{
	struct iovec vec[] = { { message, 8 },
			       { (void *)8, 8 },
			       { message, 8 } };

	ASSERT_EQ(24, slot_send(self->fd, 1, "old message of 24 bytes.", 24));
	EXPECT_EQ(-EFAULT, gather(self->fd, vec, 3));
	EXPECT_MESSAGE(self->fd, 1, "old message of 24 bytes.", 24);
	EXPECT_EQ(-EFAULT, scatter(self->fd, vec, 3));
	EXPECT_MESSAGE(self->fd, 1, "old message of 24 bytes.", 24);
	ASSERT_EQ(0, slot_select(self->fd, 2));
	EXPECT_EQ(-EFAULT, gather(self->fd, vec, 3));
	EXPECT_EMPTY(self->fd, 2);
}

TEST_HARNESS_MAIN
