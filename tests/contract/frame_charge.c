// SPDX-License-Identifier: GPL-2.0
/*
 * Whose memory a frame is: that of who filled it, also when its process has ended, until
 * neither a channel nor a descriptor has it; and a hole's, that of who touches it.
 */
#include "frame.h"
#include "group.h"
#include "memory.h"

#include <sys/wait.h>

#define ID 1
#define SIZE (32u << 20)

/* All but the frame, of a group that takes part. */
#define REST (8ll << 20)

FIXTURE(frame_charge)
{
	struct group writer;
	struct group reader;
	int node;
	int fd;
};

FIXTURE_SETUP(frame_charge)
{
	if (!group_make_nth(&self->writer, 0) ||
	    !group_make_nth(&self->reader, 1))
		SKIP(return, "no memory cgroups here");
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(frame_charge)
{
	close(self->fd);
	close(self->node);
	group_remove(&self->writer);
	group_remove(&self->reader);
}

/* By a process of that group, which has ended when it returns. */
static bool in_group(const struct group *group, bool (*act)(int fd), int fd)
{
	pid_t child = fork();
	int status = -1;

	if (!child)
		_exit(group_join(group) && act(fd) ? 0 : 1);
	return waitpid(child, &status, 0) == child && !status;
}

static bool publish(int fd)
{
	int memfd = frame_of_pages(SIZE);
	long ret = slot_put_frame(fd, ID, memfd);

	close(memfd);
	return !ret;
}

static bool publish_hole(int fd)
{
	return !slot_put_frame(fd, ID, frame_of_nothing(SIZE));
}

static bool publish_again_and_again(int fd)
{
	for (unsigned int i = 0; i < 10; i++)
		if (!publish(fd))
			return false;
	return true;
}

/* Each page of it, of which the first byte is so. */
static bool touch_all(int fd, char first)
{
	long frame = slot_get_frame(fd, ID);
	char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, frame, 0);
	unsigned int sum = 0;

	if (map == MAP_FAILED)
		return false;
	for (unsigned int i = 0; i < SIZE; i += 4096)
		sum += map[i];
	return map[0] == first && (first || !sum);
}

static bool look(int fd)
{
	return touch_all(fd, 'p');
}

static bool touch(int fd)
{
	return touch_all(fd, 0);
}

TEST_F(frame_charge, writer_pays_and_goes)
{
	ASSERT_TRUE(in_group(&self->writer, publish, self->fd));
	EXPECT_LE((long long)SIZE, group_charged(&self->writer));
	ASSERT_TRUE(in_group(&self->reader, look, self->fd));
	EXPECT_GT(REST, group_charged(&self->reader));
	EXPECT_LE((long long)SIZE, group_charged(&self->writer));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_TRUE(group_shrinks_to(&self->writer, REST));
}

TEST_F(frame_charge, as_long_as_a_descriptor_is_there)
{
	long frame;

	ASSERT_TRUE(in_group(&self->writer, publish, self->fd));
	frame = slot_get_frame(self->fd, ID);
	ASSERT_EQ(0, slot_put(self->fd, ID, "other", 5));
	EXPECT_LE((long long)SIZE, group_charged(&self->writer));
	close(frame);
	EXPECT_TRUE(group_shrinks_to(&self->writer, REST));
}

/* What is replaced is given back before the next one is there, or soon. */
TEST_F(frame_charge, writer_at_its_limit_goes_on)
{
	ASSERT_TRUE(group_put(&self->writer, "memory.max", "80M"));
	group_put(&self->writer, "memory.swap.max", "0");
	ASSERT_TRUE(in_group(&self->writer, publish_again_and_again, self->fd));
	EXPECT_EQ(0, group_events(&self->writer, "oom_kill"));
}

TEST_F(frame_charge, who_touches_a_hole_pays)
{
	ASSERT_TRUE(in_group(&self->writer, publish_hole, self->fd));
	EXPECT_GT(REST, group_charged(&self->writer));
	ASSERT_TRUE(in_group(&self->reader, touch, self->fd));
	EXPECT_LE((long long)SIZE, group_charged(&self->reader));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_TRUE(group_shrinks_to(&self->reader, REST));
}

TEST_HARNESS_MAIN
