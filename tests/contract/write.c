// SPDX-License-Identifier: GPL-2.0
/* write(): replaces the whole message or, with an error, nothing. */
#include "fixture.h"

static char message[MSG_SLOT_MAX_MESSAGE + 1];

/* Above every user address's first page, yet an address user memory may have. */
#define BAD ((void *)8)

TEST_F(slot, returns_the_size)
{
	EXPECT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	EXPECT_MESSAGE(self->fd, 1, "hello", 5);
}

TEST_F(slot, replaces_the_message)
{
	EXPECT_EQ(5, slot_send(self->fd, 1, "first", 5));
	EXPECT_EQ(6, slot_write(self->fd, "second", 6));
	EXPECT_EQ(5, slot_write(self->fd, "third", 5));
	EXPECT_MESSAGE(self->fd, 1, "third", 5);
}

TEST_F(slot, without_a_channel_is_refused)
{
	EXPECT_EQ(-EINVAL, slot_write(self->fd, "x", 1));
}

TEST_F(slot, without_a_channel_comes_before_every_other_error)
{
	EXPECT_EQ(-EINVAL, slot_write(self->fd, message, 0));
	EXPECT_EQ(-EINVAL, slot_write(self->fd, message, sizeof(message)));
	EXPECT_EQ(-EINVAL, slot_write(self->fd, BAD, 1));
	EXPECT_EQ(-EINVAL, slot_write(self->fd, BAD, sizeof(message)));
}

TEST_F(slot, empty_or_too_long_is_refused)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, message, 0));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, message, sizeof(message)));
	EXPECT_EMPTY(self->fd, 1);
}

TEST_F(slot, wrong_size_comes_before_bad_address)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, BAD, 0));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, NULL, 0));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, BAD, sizeof(message)));
	EXPECT_EQ(-EFAULT, slot_write(self->fd, BAD, sizeof(message) - 1));
	EXPECT_EMPTY(self->fd, 1);
}

TEST_F(slot, longest_is_taken)
{
	size_t n = MSG_SLOT_MAX_MESSAGE;

	message_fill(message, n, 1);
	EXPECT_EQ((long)n, slot_send(self->fd, 1, message, n));
	EXPECT_MESSAGE(self->fd, 1, message, n);
}

TEST_F(slot, failure_keeps_the_old_message)
{
	ASSERT_EQ(3, slot_send(self->fd, 1, "old", 3));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, "", 0));
	EXPECT_MESSAGE(self->fd, 1, "old", 3);
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, message, sizeof(message)));
	EXPECT_MESSAGE(self->fd, 1, "old", 3);
	EXPECT_EQ(-EFAULT, slot_write(self->fd, NULL, 3));
	EXPECT_MESSAGE(self->fd, 1, "old", 3);
	EXPECT_EQ(-EFAULT, slot_write(self->fd, BAD, 100));
	EXPECT_MESSAGE(self->fd, 1, "old", 3);
}

TEST_F(slot, failure_makes_no_channel)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EFAULT, slot_write(self->fd, NULL, 1));
	EXPECT_EMPTY(self->fd, 1);
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, "", 0));
	EXPECT_EMPTY(self->fd, 1);
}

TEST_F(slot, nonblocking_changes_nothing)
{
	int fd = slot_open(self->node, O_RDWR | O_NONBLOCK);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, slot_write(fd, "x", 1));
	EXPECT_EQ(5, slot_send(fd, 1, "hello", 5));
	EXPECT_EQ(-EMSGSIZE, slot_write(fd, "", 0));
	EXPECT_MESSAGE(self->fd, 1, "hello", 5);
	close(fd);
}

TEST_F(slot, append_replaces_too)
{
	int fd = slot_open(self->node, O_WRONLY | O_APPEND);

	ASSERT_LE(0, fd);
	EXPECT_EQ(5, slot_send(fd, 1, "hello", 5));
	EXPECT_EQ(3, slot_write(fd, "bye", 3));
	EXPECT_MESSAGE(self->fd, 1, "bye", 3);
	close(fd);
}

TEST_HARNESS_MAIN
