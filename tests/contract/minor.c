// SPDX-License-Identifier: GPL-2.0
/* Every minor is a slot of its own, from 0 to 2^20 - 1. */
#include "fixture.h"

#define SLOTS 256
#define SHARED_ID 4000000000u

static const unsigned int far_minors[] = { 257,	    1000,    0x7ff,
					   0x10000, 0x3ffff, 0x7ffff,
					   0x80000, 0xffffe, 0xfffff };

/*
 * Not slot_fresh(): these minors have names of their own, and an earlier run
 * may have left messages in them.
 */
static int open_minor(unsigned int minor)
{
	int node = slot_at(MSG_SLOT_MAJOR, minor);
	int fd = slot_open(node, O_RDWR);

	close(node);
	return fd;
}

static unsigned int nth_minor(unsigned int i)
{
	return i < SLOTS ? i : far_minors[i - SLOTS];
}

TEST(slots_share_nothing)
{
	static int fds[SLOTS + ARRAY_SIZE(far_minors)];
	char buf[MSG_SLOT_MAX_MESSAGE];

	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = open_minor(nth_minor(i));
		ASSERT_LE(0, fds[i]);
		message_fill(buf, 40, i);
		ASSERT_EQ(40, slot_send(fds[i], SHARED_ID, buf, 40));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_EQ(40, slot_read(fds[i], buf, sizeof(buf)));
		EXPECT_TRUE(message_is(buf, 40, i))
		{
			TH_LOG("minor %u holds another's message",
			       nth_minor(i));
		}
	}
}

TEST(slots_outlive_every_close)
{
	char buf[MSG_SLOT_MAX_MESSAGE];

	for (unsigned int i = 0; i < SLOTS; i++) {
		int fd = open_minor(i);

		message_fill(buf, 40, i + 5000);
		ASSERT_EQ(40, slot_send(fd, SHARED_ID, buf, 40));
		close(fd);
	}
	for (unsigned int i = 0; i < SLOTS; i++) {
		int fd = open_minor(i);

		EXPECT_EQ(40, slot_receive(fd, SHARED_ID, buf, sizeof(buf)));
		EXPECT_TRUE(message_is(buf, 40, i + 5000));
		close(fd);
	}
}

TEST(two_nodes_of_one_minor_are_one_slot)
{
	unsigned int minor = slot_fresh_minor();
	int one = open_minor(minor), two = open_minor(minor);

	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	EXPECT_EQ(5, slot_send(one, 1, "hello", 5));
	EXPECT_MESSAGE(two, 1, "hello", 5);
}

TEST(prepared_nodes)
{
	int zero = open("/dev/slot0", O_RDWR), one = open("/dev/slot1", O_RDWR);

	ASSERT_LE(0, zero);
	ASSERT_LE(0, one);
	EXPECT_EQ(4, slot_send(zero, 1, "zero", 4));
	EXPECT_EQ(3, slot_send(one, 1, "one", 3));
	EXPECT_MESSAGE(zero, 1, "zero", 4);
	EXPECT_MESSAGE(one, 1, "one", 3);
}

TEST_HARNESS_MAIN
