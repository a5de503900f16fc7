// SPDX-License-Identifier: GPL-2.0
/*
 * The clock is set while messages are there: their written time goes with it, for it
 * is counted back from the present, and their age stays. As message_slot.h says at
 * struct msg_slot_record.
 */
#include "record.h"

#define DAY (24ll * 3600 * (long long)SECOND)

/* How long the calls of a test may take, on an emulated machine. */
#define MOMENT (30ll * (long long)SECOND)

/* Returns whether it could be set. */
static bool shift_clock(long long by)
{
	long long then = (long long)clock_now(CLOCK_REALTIME) + by;
	struct timespec time = { .tv_sec = then / (long long)SECOND,
				 .tv_nsec = then % (long long)SECOND };

	return !clock_settime(CLOCK_REALTIME, &time);
}

static bool is_near(long long a, long long b)
{
	return a - b < MOMENT && b - a < MOMENT;
}

static void expect_moved(struct __test_metadata *_metadata, int fd,
			 long long by)
{
	struct msg_slot_record before = slot_record(fd, 1), after, back;

	if (!shift_clock(by))
		SKIP(return, "the clock can't be set");
	after = slot_record(fd, 1);
	ASSERT_TRUE(shift_clock(-by));
	back = slot_record(fd, 1);
	EXPECT_TRUE(is_near(after.written, before.written + by));
	EXPECT_TRUE(is_near(back.written, before.written));
	EXPECT_TRUE(is_near(after.age, before.age));
	EXPECT_LE(before.age, after.age);
	EXPECT_LE(after.age, back.age);
	EXPECT_EQ(before.version, after.version);
}

TEST_F(slot, message_of_before_goes_with_a_clock_set_forward)
{
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	expect_moved(_metadata, self->fd, DAY);
}

TEST_F(slot, message_of_before_goes_with_a_clock_set_back)
{
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	expect_moved(_metadata, self->fd, -DAY);
}

/* Its time to live does not. */
TEST_F(slot, message_lives_as_long_whatever_the_clock_says)
{
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "x", 1, 3600 * SECOND));
	expect_moved(_metadata, self->fd, DAY);
	EXPECT_GET(self->fd, 1, "x");
}

TEST_HARNESS_MAIN
