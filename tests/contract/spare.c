// SPDX-License-Identifier: GPL-2.0
/*
 * What a file that writes long messages keeps: the memory of one message more, until its
 * messages are gone, or somebody needs the room.
 */
#include "commit.h"

#include "frame.h"
#include "group.h"
#include "kernel_bits.h"
#include "memory.h"

#include <signal.h>
#include <sys/wait.h>

#define ID 1
#define OTHER 2
#define MANY 32

/* What is charged beside messages stays below this. */
#define LITTLE (LARGEST / 4)

FIXTURE(spare)
{
	struct group group;
	long long before;
	int node;
	int fd;
};

FIXTURE_SETUP(spare)
{
	if (!group_make(&self->group))
		SKIP(return, "no memory cgroups here");
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	/* What the test takes itself is there before it is looked at. */
	ASSERT_EQ(LARGEST, slot_put_large(self->fd, ID, LARGEST, 1));
	ASSERT_TRUE(slot_has_large(self->fd, ID, LARGEST, 1));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	group_put(&self->group, "memory.swap.max", "0");
	ASSERT_TRUE(group_join(&self->group));
	self->before = group_charged(&self->group);
}

FIXTURE_TEARDOWN(spare)
{
	close(self->fd);
	close(self->node);
	group_remove(&self->group);
}

static void write_twice(struct __test_metadata *_metadata, int fd,
			unsigned int id)
{
	ASSERT_EQ(LARGEST, slot_put_large(fd, id, LARGEST, 1));
	ASSERT_EQ(LARGEST, slot_put_large(fd, id, LARGEST, 2));
}

/* Whether so many messages are charged, neither more nor fewer. */
static bool charged(FIXTURE_DATA(spare) * self, unsigned int messages)
{
	long long exact = self->before + messages * LARGEST;
	long long slack = LITTLE + group_stock();

	return group_shrinks_to(&self->group, exact + slack) &&
	       group_charged(&self->group) >= exact - slack;
}

TEST_F(spare, is_one_message_whatever_the_channels)
{
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int id = 1; id <= 8; id++)
			write_twice(_metadata, self->fd, id);
	EXPECT_TRUE(charged(self, 8 + 1));
}

TEST_F(spare, is_no_usage)
{
	unsigned long long once;

	ASSERT_EQ(LARGEST, slot_put_large(self->fd, ID, LARGEST, 1));
	once = slot_usage(self->fd).bytes;
	ASSERT_EQ(LARGEST, slot_put_large(self->fd, ID, LARGEST, 2));
	EXPECT_EQ(once, slot_usage(self->fd).bytes);
}

TEST_F(spare, goes_with_the_message)
{
	write_twice(_metadata, self->fd, ID);
	ASSERT_TRUE(charged(self, 2));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_TRUE(charged(self, 0));
}

TEST_F(spare, goes_with_the_message_that_another_clears)
{
	int other = slot_open(self->node, O_RDWR);

	write_twice(_metadata, self->fd, ID);
	ASSERT_EQ(0, slot_clear(other, ID));
	EXPECT_TRUE(charged(self, 0));
	close(other);
}

TEST_F(spare, goes_with_the_message_that_is_over)
{
	write_twice(_metadata, self->fd, ID);
	ASSERT_EQ(0, slot_put_for(self->fd, ID, large(LARGEST, 3), LARGEST,
				  50 * MILLISECOND));
	EXPECT_TRUE(charged(self, 0));
}

TEST_F(spare, goes_where_a_short_message_comes)
{
	write_twice(_metadata, self->fd, ID);
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, ID));
	EXPECT_TRUE(charged(self, 0));
}

TEST_F(spare, goes_with_the_file)
{
	int writer = slot_open(self->node, O_RDWR);

	write_twice(_metadata, writer, ID);
	ASSERT_TRUE(charged(self, 2));
	close(writer);
	EXPECT_TRUE(charged(self, 1));
	EXPECT_TRUE(slot_has_large(self->fd, ID, LARGEST, 2));
}

TEST_F(spare, is_not_kept_of_another_size)
{
	write_twice(_metadata, self->fd, ID);
	ASSERT_EQ(1000, slot_put_large(self->fd, ID, 1000, 3));
	ASSERT_EQ(1000, slot_put_large(self->fd, ID, 1000, 4));
	EXPECT_TRUE(charged(self, 0));
	EXPECT_TRUE(slot_has_large(self->fd, ID, 1000, 4));
}

/* Nor does another's buffer take a message: who writes is charged for it. */
TEST_F(spare, is_the_writer_s)
{
	int other = slot_open(self->node, O_RDWR);
	struct group group;

	write_twice(_metadata, self->fd, ID);
	ASSERT_TRUE(group_make_nth(&group, 1));
	ASSERT_TRUE(group_join(&group));
	for (unsigned int i = 0; i < 4; i++)
		ASSERT_EQ(LARGEST, slot_put_large(other, ID, LARGEST, i));
	EXPECT_LE(LARGEST, group_charged(&group));
	close(other);
	/* What the first has kept is for its next message. */
	EXPECT_TRUE(charged(self, 1));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	group_remove(&group);
}

TEST_F(spare, survives_a_write_that_fails)
{
	write_twice(_metadata, self->fd, ID);
	EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, NULL, LARGEST, ID));
	EXPECT_TRUE(slot_has_large(self->fd, ID, LARGEST, 2));
	write_twice(_metadata, self->fd, ID);
	EXPECT_TRUE(slot_has_large(self->fd, ID, LARGEST, 2));
	EXPECT_TRUE(charged(self, 2));
}

/* With room for two messages and some channels. */
static int begin_tight(struct __test_metadata *_metadata,
		       FIXTURE_DATA(spare) * self)
{
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, 2 * LARGEST + 10000));
	write_twice(_metadata, self->fd, ID);
	return slot_open(self->node, O_RDWR);
}

/* One of more than there is for frames: it would not fit without what is kept either. */
TEST_F(spare, stays_where_a_frame_is_refused)
{
	int frame = frame_of_nothing(4000ll << 20);

	if (memory_line("MemTotal") / 2 > 4000ll << 20)
		SKIP(return, "so large a frame is not too large here");
	write_twice(_metadata, self->fd, ID);
	ASSERT_TRUE(charged(self, 2));
	EXPECT_EQ(-ENOSPC, slot_put_frame(self->fd, OTHER, frame));
	EXPECT_TRUE(charged(self, 2));
	close(frame);
}

TEST_F(spare, makes_way_for_another_s_message)
{
	int other = begin_tight(_metadata, self);

	EXPECT_EQ(LARGEST, slot_put_large(other, OTHER, LARGEST, 3));
	EXPECT_TRUE(slot_has_large(self->fd, ID, LARGEST, 2));
	EXPECT_TRUE(slot_has_large(self->fd, OTHER, LARGEST, 3));
	EXPECT_TRUE(charged(self, 2));
	/* Nor is any kept while there is no room. */
	write_twice(_metadata, self->fd, ID);
	EXPECT_TRUE(charged(self, 2));
	close(other);
}

TEST_F(spare, makes_way_for_one_s_own)
{
	close(begin_tight(_metadata, self));
	EXPECT_EQ(LARGEST, slot_put_large(self->fd, OTHER, LARGEST, 3));
	EXPECT_TRUE(slot_has_large(self->fd, ID, LARGEST, 2));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, 3, LARGEST, 4));
}

TEST_F(spare, makes_way_for_a_commit)
{
	int other = begin_tight(_metadata, self);
	struct msg_slot_put puts[] = {
		put_of(OTHER, large(LARGEST, 3), LARGEST),
		put_text(3, "x"),
	};

	EXPECT_EQ(0, slot_commit(other, puts, 2));
	EXPECT_TRUE(slot_has_large(self->fd, OTHER, LARGEST, 3));
	close(other);
}

TEST_F(spare, makes_way_for_a_will)
{
	int other = begin_tight(_metadata, self);
	struct msg_slot_claim claim = {
		.channel = OTHER,
		.end = MSG_SLOT_END_WILL,
		.will = (unsigned long)large(LARGEST, 3),
		.will_size = LARGEST,
	};

	EXPECT_EQ(0, slot_ioctl(other, MSG_SLOT_CLAIM, &claim));
	close(other);
	EXPECT_TRUE(slot_has_large(self->fd, OTHER, LARGEST, 3));
}

TEST_F(spare, makes_way_for_channels)
{
	unsigned int made = 0;

	close(begin_tight(_metadata, self));
	while (made < 2 * LARGEST / MSG_SLOT_MAX_MESSAGE &&
	       slot_pwrite(self->fd, "x", 1, 100 + made) == 1)
		made++;
	/* One message's room, and no more: what is kept was half of it. */
	EXPECT_LT(LARGEST / 1000u, made);
	EXPECT_LE(slot_usage(self->fd).bytes, slot_limits(self->fd).max_bytes);
	EXPECT_TRUE(slot_has_large(self->fd, ID, LARGEST, 2));
}

/* Of so many files, each with a message, and one kept. */
static void keep_many(struct __test_metadata *_metadata, int node, int *files)
{
	for (unsigned int i = 0; i < MANY; i++) {
		files[i] = slot_open(node, O_RDWR);
		write_twice(_metadata, files[i], 1 + i);
	}
}

/* Its memory is only to be had if what is kept is given back. */
static void touch_and_exit(size_t n)
{
	char *memory = mmap(NULL, n, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		_exit(1);
	for (size_t i = 0; i < n; i += 4096)
		memory[i] = 1;
	_exit(0);
}

TEST_F(spare, makes_way_where_the_group_s_memory_is_short)
{
	int files[MANY];
	int status = -1;
	char most[32];
	pid_t child;

	keep_many(_metadata, self->node, files);
	ASSERT_TRUE(charged(self, 2 * MANY));
	snprintf(most, sizeof(most), "%lld",
		 group_charged(&self->group) + 4 * LARGEST);
	ASSERT_TRUE(group_put(&self->group, "memory.max", most));
	child = fork();
	if (!child)
		touch_and_exit((MANY - 8) * LARGEST);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, group_events(&self->group, "oom_kill"));
	for (unsigned int i = 0; i < MANY; i++) {
		EXPECT_TRUE(slot_has_large(files[i], 1 + i, LARGEST, 2));
		close(files[i]);
	}
}

TEST_F(spare, makes_way_where_caches_are_dropped)
{
	int files[MANY];

	if (!kernel_has_64_bits())
		SKIP(return, TOO_LARGE_IN_32_BITS);
	keep_many(_metadata, self->node, files);
	ASSERT_TRUE(charged(self, 2 * MANY));
	if (!group_put_in("/proc/sys/vm", "drop_caches", "2"))
		SKIP(return, "caches can't be dropped here");
	EXPECT_TRUE(charged(self, MANY));
	/* And are kept again, though not at once. */
	usleep(300000);
	for (unsigned int i = 0; i < MANY; i++)
		write_twice(_metadata, files[i], 1 + i);
	EXPECT_TRUE(charged(self, 2 * MANY));
	for (unsigned int i = 0; i < MANY; i++)
		close(files[i]);
	EXPECT_TRUE(charged(self, MANY));
}

TEST_HARNESS_MAIN
