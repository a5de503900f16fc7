// SPDX-License-Identifier: GPL-2.0
/* msgslot_claim(), msgslot_release(), msgslot_restrict(). */
#include "library.h"

TEST_F(library, a_claim_keeps_others_out)
{
	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	EXPECT_EQ(-EBUSY, put_text(self->other, 7, "no"));
	EXPECT_EQ(-EBUSY, msgslot_clear(self->other, 7, NULL));
	EXPECT_EQ(-EBUSY,
		  msgslot_claim(self->other, 7, MSG_SLOT_END_CLEAR, NULL, 0));
	EXPECT_EQ(-EINVAL, msgslot_release(self->other, 7));
	EXPECT_EQ(0, put_text(self->fd, 7, "yes"));
	EXPECT_EQ(0, msgslot_release(self->fd, 7));
	EXPECT_GET(self->other, 7, "yes");
	EXPECT_EQ(0, put_text(self->other, 7, "now"));
}

TEST_F(library, a_will_is_done)
{
	int holder = library_open(self->node, O_RDWR);

	ASSERT_EQ(0, msgslot_claim(holder, 7, MSG_SLOT_END_WILL, "gone", 4));
	ASSERT_EQ(0, put_text(holder, 7, "here"));
	EXPECT_GET(self->fd, 7, "here");
	msgslot_close(holder);
	EXPECT_GET(self->fd, 7, "gone");
}

TEST_F(library, a_will_needs_its_end)
{
	EXPECT_EQ(-EINVAL,
		  msgslot_claim(self->fd, 7, MSG_SLOT_END_CLEAR, "gone", 4));
	EXPECT_EQ(-EINVAL, msgslot_claim(self->fd, 7, 9, NULL, 0));
}

TEST_F(library, narrows_to_a_channel)
{
	struct msg_slot_usage usage;
	char buf[16];

	ASSERT_EQ(0, msgslot_restrict(self->fd, 7, 0));
	EXPECT_EQ(0, put_text(self->fd, 7, "yes"));
	EXPECT_EQ(-EPERM, put_text(self->fd, 8, "no"));
	EXPECT_EQ(-EPERM, msgslot_get(self->fd, 8, buf, 16, NULL));
	EXPECT_EQ(-EPERM, msgslot_usage(self->fd, &usage));
	EXPECT_EQ(-EPERM, msgslot_restrict(self->fd, 8, 0));
	EXPECT_EQ(3, msgslot_get(self->fd, 0, buf, 16, NULL));
}

TEST_F(library, narrows_to_reading)
{
	ASSERT_EQ(0, msgslot_restrict(self->fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_EQ(-EPERM, put_text(self->fd, 7, "no"));
	EXPECT_EQ(0, put_text(self->other, 7, "yes"));
	EXPECT_GET(self->fd, 7, "yes");
	EXPECT_EQ(-EINVAL, msgslot_restrict(self->fd, 0, 0));
}

TEST_HARNESS_MAIN
