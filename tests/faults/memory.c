// SPDX-License-Identifier: GPL-2.0
/*
 * Calls whose allocations and copies are made to fail one after another: the
 * error is one of the contract, and nothing has changed.
 */
#include "fixture.h"

#include "failure.h"

#define MOST_FAILURES 1000u

FIXTURE(failing)
{
	int node;
	int fd;
	int fail_nth;
};

FIXTURE_SETUP(failing)
{
	if (!failure_possible())
		SKIP(return, "this kernel has no fault injection");
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->fail_nth = failure_open();
	ASSERT_LE(0, self->fail_nth);
}

FIXTURE_TEARDOWN(failing)
{
	close(self->fail_nth);
	close(self->fd);
	close(self->node);
}

static long write_with_failure(FIXTURE_DATA(failing) * self, unsigned int nth,
			       const void *buf, size_t n, bool *happened)
{
	long ret;

	failure_order(self->fail_nth, nth);
	ret = slot_write(self->fd, buf, n);
	*happened = failure_happened(self->fail_nth);
	return ret;
}

/* A new channel for each failure; a failure that is outlived counts as one. */
TEST_F(failing, write_to_a_new_channel)
{
	unsigned int nth, failed = 0;
	bool happened = true;

	for (nth = 1; happened && nth < MOST_FAILURES; nth++) {
		long ret;

		ASSERT_EQ(0, slot_select(self->fd, nth));
		ret = write_with_failure(self, nth, "hello", 5, &happened);
		if (ret == 5) {
			EXPECT_MESSAGE(self->fd, nth, "hello", 5);
			continue;
		}
		failed++;
		EXPECT_TRUE(happened);
		EXPECT_TRUE(ret == -ENOMEM || ret == -EFAULT)
		{
			TH_LOG("failure %u gave %ld", nth, ret);
		}
		EXPECT_EMPTY(self->fd, nth);
		EXPECT_EQ(3, slot_write(self->fd, "yes", 3));
		EXPECT_MESSAGE(self->fd, nth, "yes", 3);
	}
	EXPECT_FALSE(happened);
	EXPECT_LT(0u, failed);
}

TEST_F(failing, write_to_an_old_channel)
{
	bool happened = true;
	unsigned int nth;

	ASSERT_EQ(3, slot_send(self->fd, 1, "old", 3));
	for (nth = 1; happened && nth < MOST_FAILURES; nth++) {
		long ret = write_with_failure(self, nth, "newer", 5, &happened);

		if (ret != 5) {
			EXPECT_EQ(-EFAULT, ret);
			EXPECT_MESSAGE(self->fd, 1, "old", 3);
		}
		ASSERT_EQ(3, slot_write(self->fd, "old", 3));
	}
	EXPECT_FALSE(happened);
}

TEST_F(failing, read)
{
	bool happened = true;
	char got[8];

	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	for (unsigned int nth = 1; happened && nth < MOST_FAILURES; nth++) {
		long ret;

		failure_order(self->fail_nth, nth);
		ret = slot_read(self->fd, got, sizeof(got));
		happened = failure_happened(self->fail_nth);
		EXPECT_TRUE(ret == 5 || (happened && ret == -EFAULT));
		EXPECT_MESSAGE(self->fd, 1, "hello", 5);
	}
	EXPECT_FALSE(happened);
}

/* Reading and selecting have nothing that could fail for want of memory. */
TEST_F(failing, absent_channel)
{
	char got[8];

	failure_order(self->fail_nth, 1);
	EXPECT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, got, sizeof(got)));
	EXPECT_FALSE(failure_happened(self->fail_nth));
}

TEST_F(failing, open_of_a_new_slot)
{
	unsigned int nth, failed = 0;
	bool happened = true;

	for (nth = 1; happened && nth < MOST_FAILURES; nth++) {
		int node = slot_fresh(), fd;

		failure_order(self->fail_nth, nth);
		fd = slot_open(node, O_RDWR);
		happened = failure_happened(self->fail_nth);
		if (fd < 0) {
			failed++;
			EXPECT_TRUE(happened);
			EXPECT_TRUE(fd == -ENOMEM || fd == -EFAULT)
			{
				TH_LOG("failure %u gave %d", nth, fd);
			}
			fd = slot_open(node, O_RDWR);
		}
		ASSERT_LE(0, fd);
		EXPECT_EMPTY(fd, 1);
		EXPECT_EQ(5, slot_write(fd, "hello", 5));
		close(fd);
		close(node);
	}
	EXPECT_FALSE(happened);
	EXPECT_LT(1u, failed);
}

/* Failures of the table's growth strike at sizes that cannot be foreseen. */
TEST_F(failing, many_channels)
{
	bool happened;

	for (unsigned int id = 1; id <= 5000; id++) {
		long ret;

		ASSERT_EQ(0, slot_select(self->fd, id));
		ret = write_with_failure(self, id % 7 + 1, &id, 4, &happened);
		if (ret != 4) {
			EXPECT_TRUE(happened);
			EXPECT_TRUE(ret == -ENOMEM || ret == -EFAULT);
			EXPECT_EMPTY(self->fd, id);
			ASSERT_EQ(4, slot_write(self->fd, &id, 4));
		}
	}
	for (unsigned int id = 1; id <= 5000; id++)
		EXPECT_MESSAGE(self->fd, id, &id, 4);
}

TEST_HARNESS_MAIN
