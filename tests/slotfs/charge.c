// SPDX-License-Identifier: GPL-2.0
/* Who pays for slots and names: who makes them; and what is looked for costs nothing. */
#include "slotfs.h"

#include "group.h"
#include "memory.h"

#include <sys/param.h>

/*
 * What is kept of each is more than the slack. A kernel for debugging is slow, and takes
 * two to three times as much for each.
 */
static int many(int n, int large_and_slow)
{
	return kernel_is_for_debugging() ? large_and_slow : n;
}

#define NAMES many(5000, 800)
#define LOOKS many(20000, 4000)
#define SLOTS many(500, 150)
#define ROUNDS many(2000, 150)

/* What is freed after a grace period, and those slots that may wait for it. */
#define QUEUE 3000000ll

/*
 * Whatever a process and its cgroup take for themselves, what 7.x keeps back, and
 * what processors keep in store of a charge.
 */
#define SLACK (400000ll + group_stock())

/* From here on the test is in a cgroup of its own; false where there is none. */
static bool join_group(struct group *group)
{
	return group_make(group) && group_join(group);
}

TEST_F(fs, names_are_charged_to_who_makes_them)
{
	struct group group;
	long long before;
	char path[40];

	if (!join_group(&group))
		SKIP(return, "no memory cgroups here");
	before = group_charged(&group);
	for (int i = 0; i < NAMES; i++) {
		snprintf(path, sizeof(path), "robot/name%d", i);
		ASSERT_EQ(0, fs_put(path, "x"));
	}
	/* An inode alone has more than that. */
	EXPECT_LT(before + NAMES * 600ll, group_charged(&group));
	printf("# info: a name with a message takes %lld bytes\n",
	       (group_charged(&group) - before) / NAMES);
	for (int i = 0; i < NAMES; i++) {
		snprintf(path, sizeof(path), "robot/name%d", i);
		ASSERT_EQ(0, unlink(path));
	}
	EXPECT_TRUE(group_shrinks_to(&group, before + SLACK));
	group_remove(&group);
}

TEST_F(fs, slots_are_charged_to_who_makes_them)
{
	struct group group;
	long long before;
	char path[40];

	if (!join_group(&group))
		SKIP(return, "no memory cgroups here");
	before = group_charged(&group);
	for (int i = 0; i < SLOTS; i++) {
		snprintf(path, sizeof(path), "slot%d", i);
		ASSERT_EQ(0, mkdir(path, 0777));
	}
	EXPECT_LT(before + SLOTS * 2000ll, group_charged(&group));
	printf("# info: a slot takes %lld bytes\n",
	       (group_charged(&group) - before) / SLOTS);
	for (int i = 0; i < SLOTS; i++) {
		snprintf(path, sizeof(path), "slot%d", i);
		ASSERT_EQ(0, rmdir(path));
	}
	EXPECT_TRUE(group_shrinks_to(&group, before + SLACK));
	group_remove(&group);
}

TEST_F(fs, looking_for_what_is_not_there_keeps_nothing)
{
	unsigned int id;
	struct group group;
	long long before;
	char path[40];

	if (!join_group(&group))
		SKIP(return, "no memory cgroups here");
	before = group_charged(&group);
	for (int i = 0; i < LOOKS; i++) {
		snprintf(path, sizeof(path), "robot/none%d", i);
		ASSERT_FALSE(fs_exists(path));
		ASSERT_EQ(-ENOENT, fs_get_id(self->door, path + 6, &id));
	}
	EXPECT_TRUE(group_shrinks_to(&group, before + SLACK));
	group_remove(&group);
}

/* One more than may be made leaves nothing, however often it is tried. */
TEST_F(fs, what_is_refused_keeps_nothing)
{
	struct group group;
	long long before;
	char path[40];

	ASSERT_EQ(0, fs_remount("max_slots=1,max_names=1"));
	ASSERT_EQ(0, fs_put("robot/a", "a"));
	if (!join_group(&group))
		SKIP(return, "no memory cgroups here");
	before = group_charged(&group);
	for (int i = 0; i < LOOKS / 4; i++) {
		snprintf(path, sizeof(path), "robot/b%d", i);
		ASSERT_EQ(-ENOSPC, fs_put(path, "b"));
		ASSERT_EQ(-ENOSPC, slot_result(mkdir(path, 0777)));
		ASSERT_EQ(-ENOSPC, slot_result(mkdir(path + 6, 0777)));
		ASSERT_EQ(-EINVAL, fs_put("robot/0", "b"));
	}
	EXPECT_TRUE(group_shrinks_to(&group, before + SLACK));
	group_remove(&group);
}

/* Made and removed again and again, slots and names come back as memory. */
TEST_F(fs, again_and_again)
{
	long long before, most = 0;
	struct group group;

	if (!join_group(&group))
		SKIP(return, "no memory cgroups here");
	before = group_charged(&group);
	for (int i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, slot_result(mkdir("slot", 0777)));
		ASSERT_EQ(0, fs_put("slot/a", "a"));
		ASSERT_EQ(0, unlink("slot/a"));
		ASSERT_EQ(0, rmdir("slot"));
		most = MAX(most, group_charged(&group));
	}
	/* Not even for a while is there a queue of those that were removed. */
	EXPECT_GT(before + SLACK + QUEUE, most);
	printf("# info: at most %lld bytes at a time\n", most - before);
	EXPECT_TRUE(group_shrinks_to(&group, before + SLACK));
	group_remove(&group);
}

/* Names, slots and messages go with the mount, and before umount() returns. */
TEST_F(fs, unmounting_gives_all_back)
{
	struct group group;
	long long before;
	char path[60];

	if (!join_group(&group))
		SKIP(return, "no memory cgroups here");
	ASSERT_EQ(0, mkdir("/tmp/slotfs-charged", 0777));
	before = group_charged(&group);
	ASSERT_EQ(0, fs_mount("/tmp/slotfs-charged", "max_message=100000"));
	for (int i = 0; i < SLOTS; i++) {
		snprintf(path, sizeof(path), "/tmp/slotfs-charged/%d", i);
		ASSERT_EQ(0, mkdir(path, 0777));
		strcat(path, "/a");
		ASSERT_EQ(0, fs_put(path, "a"));
	}
	EXPECT_LT(before + SLOTS * 3000ll, group_charged(&group));
	ASSERT_EQ(0, umount("/tmp/slotfs-charged"));
	EXPECT_TRUE(group_shrinks_to(&group, before + SLACK));
	EXPECT_EQ(0, rmdir("/tmp/slotfs-charged"));
	group_remove(&group);
}

TEST_HARNESS_MAIN
