// SPDX-License-Identifier: GPL-2.0
/* msgslot_claim(), msgslot_release(), msgslot_restrict(). */
#include "library.h"

TEST_F(library, a_claim_keeps_others_out)
{
	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	EXPECT_EQ(-EBUSY, put_text(self->other, 7, "no"));
	EXPECT_EQ(-EBUSY, msgslot_renew(self->other, 7, 1, NULL));
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

TEST_F(library, the_descriptor_that_was_passed_on_writes)
{
	uint64_t version = 0;

	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	pass_on(self->fd);
	EXPECT_EQ(0, put_text(self->other, 7, "yes"));
	EXPECT_GET(self->other, 7, "yes");
	EXPECT_EQ(-ESTALE,
		  msgslot_put_if(self->other, 7, "no", 2, 0, &version));
	EXPECT_NE(0U, version);
	EXPECT_EQ(0, msgslot_put_if(self->other, 7, "if", 2, 0, &version));
	EXPECT_EQ(0, msgslot_renew(self->other, 7, 3600 * SECOND, NULL));
	EXPECT_EQ(0, msgslot_renew_if(self->other, 7, FOREVER, &version));
	EXPECT_EQ(0, msgslot_clear_if(self->other, 7, &version));
	EXPECT_EQ(0, msgslot_clear(self->other, 7, NULL));
	/* The claim itself is its holder's. */
	EXPECT_EQ(-EBUSY,
		  msgslot_claim(self->other, 7, MSG_SLOT_END_CLEAR, NULL, 0));
}

/* Another file may have another channel selected. */
TEST_F(library, the_descriptor_that_was_passed_on_selects_nothing)
{
	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	ASSERT_EQ(0, ioctl(self->fd, MSG_SLOT_CHANNEL, 8));
	ASSERT_EQ(0, ioctl(self->other, MSG_SLOT_CHANNEL, 7));
	pass_on(self->fd);
	EXPECT_EQ(-EBUSY, put_text(self->other, 0, "no"));
	EXPECT_EQ(-EWOULDBLOCK, msgslot_get(self->other, 8, NULL, 0, NULL));
}

TEST_F(library, what_is_passed_on_must_be_this_slot)
{
	static const char *const bad[] = { "",	 "x", "-1", "0x5",	 "5 ",
					   " 5", "1", "99", "4294967301" };
	int node = slot_fresh();
	int elsewhere = library_open(node, O_RDWR);
	int reading = library_open(self->node, O_RDONLY);
	size_t i;

	ASSERT_LE(0, elsewhere);
	ASSERT_LE(0, reading);
	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		setenv("MSGSLOT_FD", bad[i], 1);
		EXPECT_EQ(-EBUSY, put_text(self->other, 7, "no"));
	}
	pass_on(elsewhere);
	EXPECT_EQ(-EBUSY, put_text(self->other, 7, "no"));
	EXPECT_EQ(-EWOULDBLOCK, msgslot_get(elsewhere, 7, NULL, 0, NULL));
	pass_on(reading);
	EXPECT_EQ(-EBUSY, put_text(self->other, 7, "no"));
	pass_on(self->other);
	EXPECT_EQ(-EBUSY, put_text(self->other, 7, "no"));
	msgslot_close(reading);
	msgslot_close(elsewhere);
	close(node);
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
