// SPDX-License-Identifier: GPL-2.0
/* What channels take is charged to the memory cgroup of who writes them. */
#include "fixture.h"
#include "group.h"
#include "memory.h"

#define CHANNELS 20000u

FIXTURE(charge)
{
	struct group group;
	int node;
	int fd;
};

FIXTURE_SETUP(charge)
{
	if (!group_make(&self->group))
		SKIP(return, "no memory cgroups here");
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(charge)
{
	group_remove(&self->group);
}

static unsigned int make_channels(int fd, unsigned int count)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	unsigned int id;

	for (id = 1; id <= count; id++) {
		message_fill(message, sizeof(message), id);
		if (slot_send(fd, id, message, sizeof(message)) < 0)
			break;
	}
	return id - 1;
}

static unsigned int miss_channels(int fd, unsigned int count)
{
	char got[MSG_SLOT_MAX_MESSAGE];
	unsigned int id;

	for (id = 1; id <= count; id++) {
		if (slot_receive(fd, id, got, sizeof(got)) != -EWOULDBLOCK)
			break;
	}
	return id - 1;
}

struct outcome {
	long long charged;
	unsigned int done;
	int status;
};

/* Does work in the group, and tells what it was charged. */
static struct outcome in_group(const struct group *group, int fd,
			       unsigned int count,
			       unsigned int (*work)(int fd, unsigned int count))
{
	struct outcome *shared = mmap(NULL, sizeof(*shared),
				      PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct outcome outcome;
	pid_t child;

	*shared = (struct outcome){ .charged = -1 };
	child = fork();
	if (!child) {
		long long before;

		if (!group_join(group))
			_exit(2);
		before = group_charged(group);
		shared->done = work(fd, count);
		shared->charged = group_charged(group) - before;
		_exit(0);
	}
	waitpid(child, &shared->status, 0);
	outcome = *shared;
	munmap(shared, sizeof(*shared));
	return outcome;
}

TEST_F(charge, channels_are_charged_to_their_writer)
{
	struct outcome made =
		in_group(&self->group, self->fd, CHANNELS, make_channels);

	ASSERT_EQ(0, made.status);
	EXPECT_EQ(CHANNELS, made.done);
	EXPECT_LE(CHANNELS * (long long)MSG_SLOT_MAX_MESSAGE, made.charged);
	printf("# info: charged %lld bytes a channel\n",
	       made.charged / CHANNELS);
}

TEST_F(charge, overwriting_is_not_charged)
{
	struct outcome again;

	ASSERT_EQ(CHANNELS, make_channels(self->fd, CHANNELS));
	again = in_group(&self->group, self->fd, CHANNELS, make_channels);
	ASSERT_EQ(0, again.status);
	EXPECT_EQ(CHANNELS, again.done);
	EXPECT_GT(MEGABYTE, again.charged);
}

TEST_F(charge, absent_channels_are_not_charged)
{
	struct outcome missed =
		in_group(&self->group, self->fd, 100000, miss_channels);

	ASSERT_EQ(0, missed.status);
	EXPECT_EQ(100000u, missed.done);
	EXPECT_GT(MEGABYTE, missed.charged);
}

/*
 * At the group's limit the kernel refuses the memory or kills the writer; what
 * was written before stays whole, and other groups may go on.
 */
TEST_F(charge, limit_of_the_group_holds)
{
	unsigned int id = 0;
	char got[MSG_SLOT_MAX_MESSAGE];
	struct outcome made;

	ASSERT_TRUE(group_put(&self->group, "memory.max", "6M"));
	group_put(&self->group, "memory.swap.max", "0");
	made = in_group(&self->group, self->fd, 200000, make_channels);
	if (WIFEXITED(made.status)) {
		ASSERT_EQ(0, made.status);
		EXPECT_GT(200000u, made.done);
	} else {
		EXPECT_EQ(SIGKILL, WTERMSIG(made.status));
	}
	while (slot_receive(self->fd, id + 1, got, sizeof(got)) ==
	       sizeof(got)) {
		id++;
		EXPECT_TRUE(message_is(got, sizeof(got), id));
	}
	printf("# info: %u channels under a limit of 6 MB\n", id);
	EXPECT_LE(1000u, id);
	EXPECT_GT(6u * 1024 * 1024 / MSG_SLOT_MAX_MESSAGE, id);
	EXPECT_EQ(2, slot_send(self->fd, 1000000, "on", 2));
}

TEST_HARNESS_MAIN
