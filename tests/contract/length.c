// SPDX-License-Identifier: GPL-2.0
/* Messages of every length and of any bytes come back as they were. */
#include "fixture.h"

static char message[MSG_SLOT_MAX_MESSAGE];
static char got[MSG_SLOT_MAX_MESSAGE + 64];
static char tail[sizeof(got)];

static void expect_round_trip(struct __test_metadata *_metadata, int fd,
			      size_t n, unsigned long long seed)
{
	message_fill(message, n, seed);
	memset(got, 0xa5, sizeof(got));
	memset(tail, 0xa5, sizeof(tail));
	EXPECT_EQ((long)n, slot_write(fd, message, n));
	EXPECT_EQ((long)n, slot_read(fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(message, got, n));
	EXPECT_EQ(0, memcmp(got + n, tail, sizeof(got) - n));
}

TEST_F(slot, growing)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (size_t n = 1; n <= sizeof(message); n++)
		expect_round_trip(_metadata, self->fd, n, n);
}

TEST_F(slot, shrinking)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (size_t n = sizeof(message); n; n--)
		expect_round_trip(_metadata, self->fd, n, n);
}

TEST_F(slot, every_length_on_its_own_channel)
{
	for (size_t n = 1; n <= sizeof(message); n++) {
		message_fill(message, n, n);
		ASSERT_EQ((long)n, slot_send(self->fd, n, message, n));
	}
	for (size_t n = sizeof(message); n; n--) {
		message_fill(message, n, n);
		EXPECT_MESSAGE(self->fd, n, message, n);
	}
}

/* A short message between two long ones must leave nothing of the first. */
TEST_F(slot, long_and_short_in_turn)
{
	size_t longest = sizeof(message);

	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (size_t n = 1; n < longest; n++) {
		expect_round_trip(_metadata, self->fd, longest, n);
		expect_round_trip(_metadata, self->fd, n, n + 1000);
		expect_round_trip(_metadata, self->fd, longest - n, n + 2000);
	}
}

TEST_F(slot, every_byte_value)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (int value = 0; value < 256; value++) {
		memset(message, value, sizeof(message));
		EXPECT_EQ(1, slot_write(self->fd, message, 1));
		EXPECT_MESSAGE(self->fd, 1, message, 1);
		EXPECT_EQ((long)sizeof(message),
			  slot_write(self->fd, message, sizeof(message)));
		EXPECT_MESSAGE(self->fd, 1, message, sizeof(message));
	}
}

TEST_F(slot, zero_bytes_are_bytes)
{
	EXPECT_EQ(3, slot_send(self->fd, 1, "\0\0", 3));
	EXPECT_MESSAGE(self->fd, 1, "\0\0", 3);
	EXPECT_EQ(4, slot_write(self->fd, "a\0b", 4));
	EXPECT_MESSAGE(self->fd, 1, "a\0b", 4);
}

TEST_F(slot, misaligned_buffers)
{
	static char from[sizeof(message) + 16], to[sizeof(from)];
	size_t n = sizeof(message) - 3;

	ASSERT_EQ(0, slot_select(self->fd, 1));
	for (int off = 0; off < 16; off++) {
		message_fill(from + off, n, off);
		EXPECT_EQ((long)n, slot_write(self->fd, from + off, n));
		EXPECT_EQ((long)n, slot_read(self->fd, to + 15 - off, n));
		EXPECT_EQ(0, memcmp(from + off, to + 15 - off, n));
	}
}

TEST_HARNESS_MAIN
