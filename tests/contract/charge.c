// SPDX-License-Identifier: GPL-2.0
/* What channels take is charged to the memory cgroup of who writes them. */
#include "mapping.h"

#include "group.h"
#include "kernel_bits.h"
#include "memory.h"

#include <sys/resource.h>

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

#define LANES 2000u

static unsigned int make_lanes(int fd, unsigned int count)
{
	struct msg_slot_lane lane = {};

	for (lane.channel = 1; lane.channel <= count; lane.channel++) {
		if (slot_claim(fd, lane.channel, MSG_SLOT_END_CLEAR) ||
		    slot_ioctl(fd, MSG_SLOT_LANE, &lane))
			break;
	}
	return lane.channel - 1;
}

TEST_F(charge, lanes_are_charged_to_who_has_them)
{
	struct outcome made =
		in_group(&self->group, self->fd, LANES, make_lanes);

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	ASSERT_EQ(0, made.status);
	EXPECT_EQ(LANES, made.done);
	EXPECT_LE(LANES * (long long)PAGE, made.charged);
	close(self->fd);
	self->fd = -1;
	EXPECT_TRUE(group_shrinks_to(&self->group, 2 * MEGABYTE));
}

TEST_F(charge, limit_of_the_group_holds_for_lanes)
{
	struct msg_slot_lane lane = {};
	struct outcome made;

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	ASSERT_TRUE(group_put(&self->group, "memory.max", "6M"));
	group_put(&self->group, "memory.swap.max", "0");
	made = in_group(&self->group, self->fd, LANES, make_lanes);
	if (WIFEXITED(made.status)) {
		ASSERT_EQ(0, made.status);
		EXPECT_GT(LANES, made.done);
		EXPECT_LE(300u, made.done);
	} else {
		EXPECT_EQ(SIGKILL, WTERMSIG(made.status));
	}
	/* Others may go on. */
	lane.channel = 1000000;
	EXPECT_EQ(0, slot_claim(self->fd, lane.channel, MSG_SLOT_END_KEEP));
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_LANE, &lane));
}

/* As many as a page has; a chunk that is not full is charged like one that is. */
#define PLACES 14u
#define CHUNKS (kernel_is_for_debugging() ? 600u : 2000u)
#define MANY (CHUNKS * PLACES)

static bool stays(unsigned int id, bool one_of_each_page)
{
	return one_of_each_page && id % PLACES == 0;
}

static unsigned int clear_channels(int fd, unsigned int count)
{
	for (unsigned int id = 1; id <= count; id++)
		slot_clear(fd, id);
	return count;
}

static unsigned int clear_most(int fd, unsigned int count)
{
	for (unsigned int id = 1; id <= count; id++) {
		if (!stays(id, true))
			slot_clear(fd, id);
	}
	return count;
}

static unsigned int make_others(int fd, unsigned int count)
{
	char message[MSG_SLOT_MAX_MESSAGE] = "other";
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (slot_pwrite(fd, message, sizeof(message), MANY + 1 + i) < 0)
			break;
	}
	return i;
}

/*
 * Who cleared what it made leaves no places to others that it goes on paying for.
 */
static void expect_own(struct __test_metadata *_metadata,
		       FIXTURE_DATA(charge) * self,
		       unsigned int (*clear)(int fd, unsigned int count),
		       unsigned int count)
{
	struct outcome first, second;
	struct group other;

	ASSERT_TRUE(group_make_nth(&other, 1));
	first = in_group(&self->group, self->fd, MANY, make_channels);
	ASSERT_EQ(MANY, first.done);
	clear(self->fd, MANY);
	second = in_group(&other, self->fd, count, make_others);
	EXPECT_EQ(count, second.done);
	EXPECT_LE(first.charged / MANY * count * 9 / 10, second.charged);
	EXPECT_GE(first.charged / MANY * count * 11 / 10, second.charged);
	group_remove(&other);
}

TEST_F(charge, channels_made_after_others_have_gone)
{
	struct outcome first;

	expect_own(_metadata, self, clear_channels, MANY - 20);
	first = in_group(&self->group, self->fd, 1, make_channels);
	ASSERT_EQ(1u, first.done);
	EXPECT_TRUE(group_shrinks_to(&self->group, 2 * MEGABYTE));
}

TEST_F(charge, channels_made_where_some_of_others_are_left)
{
	expect_own(_metadata, self, clear_most, MANY - MANY / PLACES - 20);
}

TEST_F(charge, channels_made_while_the_slot_is_mapped)
{
	struct msg_slot_mapping mapping = slot_mapping(self->fd);
	void *cells =
		mmap(NULL, mapping.size, PROT_READ, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, cells);
	expect_own(_metadata, self, clear_channels, MANY - 20);
	EXPECT_LE(150ll * MANY, group_charged(&self->group));
	ASSERT_EQ(0, munmap(cells, mapping.size));
	EXPECT_TRUE(group_shrinks_to(&self->group, 2 * MEGABYTE));
}

#define FILES CHUNKS

/*
 * What an open file has read last is no reason to keep it: it would be a channel of
 * each page, so all pages. Each processor keeps up to 256 KiB of a group's charge in
 * store for what comes next, which is no page's.
 */
TEST_F(charge, idle_files_hold_nothing_of_channels_that_are_gone)
{
	struct rlimit files = { FILES + 100, FILES + 100 };
	struct outcome made;
	char got[MSG_SLOT_MAX_MESSAGE];

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	made = in_group(&self->group, self->fd, MANY, make_channels);
	ASSERT_EQ(MANY, made.done);
	for (unsigned int i = 0; i < FILES; i++) {
		int fd = slot_open(self->node, O_RDONLY);

		ASSERT_LE(0, fd);
		ASSERT_EQ((long)sizeof(got),
			  slot_receive(fd, 1 + i * PLACES, got, sizeof(got)));
	}
	clear_channels(self->fd, MANY);
	EXPECT_TRUE(group_shrinks_to(&self->group, made.charged / 2));
	printf("# info: %lld of %lld bytes are charged still\n",
	       group_charged(&self->group), made.charged);
}

TEST_HARNESS_MAIN
