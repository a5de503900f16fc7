// SPDX-License-Identifier: GPL-2.0
/* ioctl(MSG_SLOT_CHANNEL): what it selects and what it refuses. */
#include "fixture.h"

#include <asm/ioctls.h>

#define MAGIC 235

static long command(int fd, unsigned int cmd, unsigned long arg)
{
	return slot_result(syscall(SYS_ioctl, fd, cmd, arg));
}

TEST_F(slot, command_number_is_the_published_one)
{
	EXPECT_EQ(0x4004eb00ul, MSG_SLOT_CHANNEL);
}

/* Programs have it with a type of their own, whose size is in the number. */
TEST_F(slot, size_in_the_number_may_be_that_of_a_long)
{
	const unsigned int numbers[] = {
		_IOW(MAGIC, 0, unsigned int),
		_IOW(MAGIC, 0, unsigned long),
		_IOW(MAGIC, 0, unsigned long *),
		_IOW(MAGIC, 0, unsigned long long),
	};

	int other = slot_open(self->node, O_RDONLY);

	ASSERT_LE(0, other);
	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		EXPECT_EQ(-EINVAL, command(self->fd, numbers[i], 0));
		EXPECT_EQ(0, command(self->fd, numbers[i], i + 1))
		{
			TH_LOG("command %#x", numbers[i]);
		}
		EXPECT_EQ(4, slot_write(self->fd, &i, 4));
		EXPECT_MESSAGE(other, i + 1, &i, 4);
	}
	close(other);
}

TEST_F(slot, select_returns_zero)
{
	EXPECT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(0, slot_select(self->fd, 0xffffffff));
}

TEST_F(slot, id_zero_is_refused_when_none_is_selected)
{
	char byte;

	EXPECT_EQ(-EINVAL, slot_select(self->fd, 0));
	EXPECT_EQ(-EINVAL, slot_write(self->fd, "x", 1));
	EXPECT_EQ(-EINVAL, slot_read(self->fd, &byte, 1));
}

TEST_F(slot, id_zero_keeps_the_selection)
{
	ASSERT_EQ(3, slot_send(self->fd, 7, "old", 3));
	EXPECT_EQ(-EINVAL, slot_select(self->fd, 0));
	EXPECT_EQ(3, slot_write(self->fd, "new", 3));
	EXPECT_MESSAGE(self->fd, 7, "new", 3);
}

TEST_F(slot, id_is_the_low_half_of_the_argument)
{
	const unsigned int half = sizeof(long) * 4;

	if (half < 32)
		SKIP(return, "the argument has no other half");
	ASSERT_EQ(0, command(self->fd, MSG_SLOT_CHANNEL, (1ul << half) + 5));
	EXPECT_EQ(4, slot_write(self->fd, "five", 4));
	EXPECT_MESSAGE(self->fd, 5, "five", 4);
	EXPECT_EQ(-EINVAL, command(self->fd, MSG_SLOT_CHANNEL, 1ul << half));
	EXPECT_EQ(-EINVAL, command(self->fd, MSG_SLOT_CHANNEL, ~0ul << half));
	EXPECT_MESSAGE(self->fd, 5, "five", 4);
}

TEST_F(slot, selecting_works_in_every_open_mode)
{
	int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_NONBLOCK };

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		int fd = slot_open(self->node, modes[i]);

		ASSERT_LE(0, fd);
		EXPECT_EQ(0, slot_select(fd, 1));
		close(fd);
	}
}

TEST_F(slot, neighbours_of_the_command_are_unknown)
{
	unsigned int unknown[] = {
		_IO(MAGIC, 0),
		_IOR(MAGIC, 0, unsigned int),
		_IOW(MAGIC, 0, char),
		_IOWR(MAGIC, 0, unsigned int),
		_IOR(MAGIC, 0, unsigned long long),
		_IOWR(MAGIC, 0, unsigned long long),
		_IOW(MAGIC, 0, long long[2]),
		_IOW(MAGIC, 0, char[0x3fff]),
		_IOW(MAGIC - 1, 0, unsigned int),
		_IOW(MAGIC + 1, 0, unsigned int),
	};

	ASSERT_EQ(3, slot_send(self->fd, 3, "old", 3));
	for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++) {
		EXPECT_EQ(-EINVAL, command(self->fd, unknown[i], 4))
		{
			TH_LOG("command %#x", unknown[i]);
		}
	}
	EXPECT_EQ(3, slot_write(self->fd, "new", 3));
	EXPECT_MESSAGE(self->fd, 3, "new", 3);
}

/* Another module of this contract has it; who wants that must not be told 0. */
TEST_F(slot, number_1_is_unknown_for_ever)
{
	const unsigned int unknown[] = {
		_IO(MAGIC, 1),
		_IOW(MAGIC, 1, unsigned int),
		_IOW(MAGIC, 1, unsigned long long),
		_IOR(MAGIC, 1, unsigned int),
		_IOWR(MAGIC, 1, unsigned int),
	};

	ASSERT_EQ(3, slot_send(self->fd, 3, "old", 3));
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(unknown); i++) {
		ASSERT_EQ(-EINVAL, command(self->fd, unknown[i / 2], i & 1))
		{
			TH_LOG("command %#x", unknown[i / 2]);
		}
	}
	EXPECT_MESSAGE(self->fd, 3, "old", 3);
	EXPECT_MESSAGE(self->fd, 3, "old", 3);
}

/* Low numbers are left alone: later commands will take them. */
TEST_F(slot, other_numbers_of_the_magic_are_unknown)
{
	for (unsigned int nr = 200; nr < 256; nr++) {
		EXPECT_EQ(-EINVAL,
			  command(self->fd, _IOW(MAGIC, nr, unsigned int), 1))
		{
			TH_LOG("number %u", nr);
		}
	}
	EXPECT_EQ(-EINVAL, slot_write(self->fd, "x", 1));
}

TEST_F(slot, commands_of_other_drivers_are_unknown)
{
	unsigned int unknown[] = { TCGETS, TIOCGWINSZ, 0,	  1,
				   235,	   0xffffffff, 0x80000000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++) {
		EXPECT_EQ(-EINVAL, command(self->fd, unknown[i], 1))
		{
			TH_LOG("command %#x", unknown[i]);
		}
	}
	EXPECT_EQ(-EINVAL, slot_write(self->fd, "x", 1));
}

TEST_F(slot, selecting_makes_no_message)
{
	for (unsigned int id = 1; id <= 100; id++)
		EXPECT_EMPTY(self->fd, id);
}

TEST_HARNESS_MAIN
