// SPDX-License-Identifier: GPL-2.0
/*
 * Where memory runs out, and where it does not matter; fail_nth has what all
 * operations have in common.
 */
#include "fixture.h"

#include "failure.h"

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

/* Reading and selecting have nothing that could fail for want of memory. */
TEST_F(failing, absent_channel)
{
	char got[8];

	failure_order(self->fail_nth, 1);
	EXPECT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_read(self->fd, got, sizeof(got)));
	EXPECT_FALSE(failure_happened(self->fail_nth));
}

/* Failures of the table's growth strike at sizes that cannot be foreseen. */
TEST_F(failing, many_channels)
{
	bool happened;

	for (unsigned int id = 1; id <= 5000; id++) {
		long ret;

		ASSERT_EQ(0, slot_select(self->fd, id));
		failure_order(self->fail_nth, id % 7 + 1);
		ret = slot_write(self->fd, &id, 4);
		happened = failure_happened(self->fail_nth);
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
