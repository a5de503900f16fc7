// SPDX-License-Identifier: GPL-2.0
/* read(): the whole message or, with an error, nothing at all. */
#include "fixture.h"

#define BAD ((void *)8)

static char buffer[256];
static char pristine[sizeof(buffer)];

/* Filled with what no message here holds, to see what a failed read leaves. */
static void mark_buffer(void)
{
	memset(buffer, 0xa5, sizeof(buffer));
	memset(pristine, 0xa5, sizeof(pristine));
}

TEST_F(slot, returns_the_size)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	EXPECT_EQ(5, slot_read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(0, memcmp(buffer, "hello", 5));
}

TEST_F(slot, does_not_consume)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	for (int i = 0; i < 10; i++)
		EXPECT_MESSAGE(self->fd, 1, "hello", 5);
}

TEST_F(slot, leaves_what_is_behind_the_message)
{
	mark_buffer();
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	EXPECT_EQ(5, slot_read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(0, memcmp(buffer + 5, pristine, sizeof(buffer) - 5));
}

TEST_F(slot, exact_buffer_is_enough)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	EXPECT_EQ(5, slot_read(self->fd, buffer, 5));
}

TEST_F(slot, without_a_channel_is_refused)
{
	int fd = slot_open(self->node, O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	mark_buffer();
	EXPECT_EQ(-EINVAL, slot_read(fd, buffer, sizeof(buffer)));
	EXPECT_EQ(-EINVAL, slot_read(fd, buffer, 0));
	EXPECT_EQ(-EINVAL, slot_read(fd, BAD, 128));
	EXPECT_EQ(0, memcmp(buffer, pristine, sizeof(buffer)));
	close(fd);
}

TEST_F(slot, no_message_comes_before_buffer_errors)
{
	mark_buffer();
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, buffer, 0));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, BAD, 128));
	EXPECT_EQ(0, memcmp(buffer, pristine, sizeof(buffer)));
}

TEST_F(slot, short_buffer_is_refused_and_untouched)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	long n = sizeof(message);

	mark_buffer();
	message_fill(message, n, 1);
	ASSERT_EQ(n, slot_send(self->fd, 1, message, n));
	for (long room = 0; room < n; room++)
		EXPECT_EQ(-ENOSPC, slot_read(self->fd, buffer, room));
	EXPECT_EQ(0, memcmp(buffer, pristine, sizeof(buffer)));
	EXPECT_MESSAGE(self->fd, 1, message, n);
}

TEST_F(slot, short_buffer_comes_before_bad_address)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	EXPECT_EQ(-ENOSPC, slot_read(self->fd, BAD, 4));
	EXPECT_EQ(-ENOSPC, slot_read(self->fd, NULL, 0));
	EXPECT_EQ(-EFAULT, slot_read(self->fd, BAD, 5));
	EXPECT_EQ(-EFAULT, slot_read(self->fd, NULL, 128));
	EXPECT_MESSAGE(self->fd, 1, "hello", 5);
}

TEST_F(slot, never_blocks)
{
	int modes[] = { O_RDONLY, O_RDONLY | O_NONBLOCK };

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		int fd = slot_open(self->node, modes[i]);

		ASSERT_LE(0, fd);
		EXPECT_EMPTY(fd, 1);
		close(fd);
	}
}

TEST_F(slot, sees_what_another_open_file_wrote)
{
	int other = slot_open(self->node, O_WRONLY);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, slot_select(self->fd, 9));
	ASSERT_EQ(5, slot_send(other, 9, "first", 5));
	EXPECT_EQ(5, slot_read(self->fd, buffer, sizeof(buffer)));
	ASSERT_EQ(3, slot_write(other, "2nd", 3));
	EXPECT_EQ(3, slot_read(self->fd, buffer, sizeof(buffer)));
	EXPECT_EQ(0, memcmp(buffer, "2nd", 3));
	close(other);
}

TEST_HARNESS_MAIN
