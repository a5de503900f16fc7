// SPDX-License-Identifier: GPL-2.0
/* A claim's will: what the channel's message becomes when the claim ends. */
#include "record.h"
#include "child.h"
#include "waiting.h"

#define USER 1234u

FIXTURE(will)
{
	int node;
	/* The holder's open file, and a witness's. */
	int fd;
	int other;
};

FIXTURE_SETUP(will)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->other = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(will)
{
	close(self->fd);
	close(self->other);
	close(self->node);
}

static void die(FIXTURE_DATA(will) * self)
{
	close(self->fd);
	self->fd = slot_open(self->node, O_RDWR);
}

TEST_F(will, comes_true_at_the_end)
{
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "gone", 4));
	ASSERT_EQ(0, slot_put(self->fd, 1, "alive", 5));
	EXPECT_GET(self->other, 1, "alive");
	die(self);
	EXPECT_GET(self->other, 1, "gone");
	ASSERT_EQ(0, slot_put(self->other, 1, "free", 4));
	EXPECT_GET(self->other, 1, "free");
}

TEST_F(will, comes_true_by_release)
{
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "gone", 4));
	ASSERT_EQ(0, slot_release(self->fd, 1));
	EXPECT_GET(self->other, 1, "gone");
	ASSERT_EQ(0, slot_put(self->other, 1, "free", 4));
	die(self);
	EXPECT_GET(self->other, 1, "free");
}

TEST_F(will, of_an_empty_channel)
{
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "gone", 4));
	EXPECT_NONE(self->other, 1);
	die(self);
	EXPECT_GET(self->other, 1, "gone");
	EXPECT_EQ(1u, slot_usage(self->other).channels);
}

TEST_F(will, was_said_when_the_channel_was_claimed)
{
	char will[] = "first words";

	ASSERT_EQ(0, slot_claim_will(self->fd, 1, will, 11));
	memset(will, 'x', sizeof(will));
	die(self);
	EXPECT_GET(self->other, 1, "first words");
}

TEST_F(will, is_a_new_version)
{
	unsigned long long version;

	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "same", 4));
	ASSERT_EQ(0, slot_put(self->fd, 1, "same", 4));
	version = slot_version(self->other, 1);
	die(self);
	EXPECT_LT(version, slot_version(self->other, 1));
}

TEST_F(will, is_written_when_it_comes_true)
{
	unsigned long long before, age;

	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "gone", 4));
	usleep(100000);
	before = clock_now(CLOCK_REALTIME);
	die(self);
	age = slot_record(self->other, 1).age;
	EXPECT_LE(before,
		  slot_record(self->other, 1).written + 10 * MILLISECOND);
	EXPECT_GE(clock_now(CLOCK_REALTIME) - before + 10 * MILLISECOND, age);
	EXPECT_EQ(FOREVER, slot_record(self->other, 1).ttl);
}

TEST_F(will, outlives_the_time_of_the_last_message)
{
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "gone", 4));
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "brief", 5, 50 * MILLISECOND));
	ASSERT_EQ(0, slot_release(self->fd, 1));
	usleep(200000);
	EXPECT_GET(self->other, 1, "gone");
}

static int hold_as_user(int node)
{
	int fd;

	if (syscall(SYS_setresuid, USER, USER, USER))
		return 2;
	fd = slot_open(node, O_RDWR);
	return slot_claim_will(fd, 1, "gone", 4) != 0;
}

TEST_F(will, author_is_who_opened)
{
	struct msg_slot_record record;

	EXPECT_EQ(0, in_child(hold_as_user, self->node));
	record = slot_record(self->other, 1);
	EXPECT_EVENT(MSG_SLOT_WRITTEN, record);
	EXPECT_EQ(USER, record.uid);
	EXPECT_EQ(0u, record.gid);
}

TEST_F(will, author_is_known_while_he_lives)
{
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "gone", 4));
	ASSERT_EQ(0, slot_release(self->fd, 1));
	EXPECT_EQ((__u32)getpid(), slot_record(self->other, 1).pid);
}

static int hold_and_be_killed(int node)
{
	int fd = slot_open(node, O_RDWR);

	if (slot_claim_will(fd, 1, "gone", 4) || slot_put(fd, 1, "alive", 5))
		return 2;
	return kill(getpid(), SIGKILL);
}

TEST_F(will, of_one_who_is_killed)
{
	int status = in_child(hold_and_be_killed, self->node);

	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_GET(self->other, 1, "gone");
}

TEST_F(will, wakes_who_waits)
{
	struct sleeper sleeper = { .call = sleep_in_poll, .fd = self->other };
	char got[8];

	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "gone", 4));
	ASSERT_EQ(0, slot_put(self->fd, 1, "alive", 5));
	ASSERT_EQ(5, slot_receive(self->other, 1, got, sizeof(got)));
	sleeper_start(&sleeper);
	ASSERT_FALSE(atomic_load(&sleeper.done));
	die(self);
	EXPECT_EQ(POLLIN, sleeper_join(&sleeper));
	EXPECT_EQ(4, slot_read(self->other, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "gone", 4));
}

TEST_F(will, is_changed_by_claiming_again)
{
	ASSERT_EQ(0, slot_put(self->fd, 1, "old", 3));
	ASSERT_EQ(0, slot_claim(self->fd, 1, MSG_SLOT_END_KEEP));
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "first", 5));
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "second", 6));
	die(self);
	EXPECT_GET(self->other, 1, "second");
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "third", 5));
	ASSERT_EQ(0, slot_claim(self->fd, 1, MSG_SLOT_END_KEEP));
	die(self);
	EXPECT_GET(self->other, 1, "second");
}

/* A long one by its size, for as long as the claim lasts. */
TEST_F(will, counts_as_a_message)
{
	unsigned long long each;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, large(5000, 1), 5000));
	each = slot_usage(self->fd).bytes - 5000;
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
	EXPECT_GT(4000u, each);
	ASSERT_EQ(4000, slot_put_large(self->fd, 1, 4000, 2));
	EXPECT_EQ(each + 9000, slot_usage(self->fd).bytes);
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, large(200, 3), 200));
	EXPECT_EQ(each + 4200, slot_usage(self->fd).bytes);
	ASSERT_EQ(0, slot_claim(self->fd, 1, MSG_SLOT_END_KEEP));
	EXPECT_EQ(each + 4000, slot_usage(self->fd).bytes);
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, large(5000, 1), 5000));
	die(self);
	EXPECT_EQ(each + 5000, slot_usage(self->fd).bytes);
	EXPECT_TRUE(slot_has_large(self->other, 1, 5000, 1));
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

/* Whatever others fill the slot with meanwhile, and lower its limits to. */
TEST_F(will, has_room_at_the_end)
{
	struct msg_slot_limits limits = { 1, 1, 1 };

	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, large(5000, 1), 5000));
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, slot_usage(self->fd).bytes));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->other, 2, 10, 2));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, 1, 5000, 2));
	ASSERT_EQ(0, slot_set_limits(self->fd, limits));
	die(self);
	EXPECT_TRUE(slot_has_large(self->other, 1, 5000, 1));
}

TEST_F(will, must_be_a_message)
{
	ASSERT_EQ(0, slot_put(self->fd, 1, "old", 3));
	EXPECT_EQ(-EMSGSIZE, slot_claim_will(self->fd, 1, large(129, 1), 129));
	EXPECT_EQ(-EMSGSIZE, slot_claim_will(self->fd, 1, "x", ~0u));
	EXPECT_EQ(-EMSGSIZE, slot_claim_will(self->fd, 1, "x", 0));
	EXPECT_EQ(-EFAULT, slot_claim_will(self->fd, 1, NULL, 5));
	EXPECT_EQ(-EFAULT, slot_claim_will(self->fd, 2, (void *)8, 5));
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
	EXPECT_EQ(0, slot_put(self->other, 1, "free", 4));
	die(self);
	EXPECT_GET(self->other, 1, "free");
}

/* A claim that could not be changed is as it was. */
TEST_F(will, refused_leaves_the_old_one)
{
	ASSERT_EQ(0, slot_claim_will(self->fd, 1, "first", 5));
	EXPECT_EQ(-EMSGSIZE, slot_claim_will(self->fd, 1, large(129, 1), 129));
	EXPECT_EQ(-EFAULT, slot_claim_will(self->fd, 1, NULL, 5));
	EXPECT_EQ(-EBUSY, slot_claim_will(self->other, 1, "other", 5));
	EXPECT_EQ(-EBUSY, slot_put(self->other, 1, "no", 2));
	die(self);
	EXPECT_GET(self->other, 1, "first");
}

TEST_F(will, of_many_channels)
{
	char text[16];

	for (unsigned int id = 1; id <= 500; id++) {
		int n = snprintf(text, sizeof(text), "will of %u", id);

		ASSERT_EQ(0, slot_claim_will(self->fd, id, text, n));
	}
	die(self);
	for (unsigned int id = 1; id <= 500; id++) {
		snprintf(text, sizeof(text), "will of %u", id);
		EXPECT_GET(self->other, id, text);
	}
}

TEST_HARNESS_MAIN
