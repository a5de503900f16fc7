// SPDX-License-Identifier: GPL-2.0
/* Who pays for slots and names: who makes them; and what is looked for costs nothing. */
#include "slotfs.h"

#include "group.h"
#include "memory.h"

#include <sys/param.h>
#include <sys/resource.h>

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

/* What can be made, and removed again, by its path. */
struct kind {
	const char *what;
	const char *format;
	long (*make)(const char *path);
	long (*remove)(const char *path);
};

static long make_name(const char *path)
{
	return fs_put(path, "x");
}

static long remove_name(const char *path)
{
	return unlink(path);
}

static long make_slot(const char *path)
{
	return mkdir(path, 0777);
}

static long remove_slot(const char *path)
{
	return rmdir(path);
}

static const struct kind names = { "a name with a message", "robot/name%d",
				   make_name, remove_name };
static const struct kind slots = { "a slot", "slot%d", make_slot, remove_slot };

/* Each is charged with more than @least bytes, which come back. */
static void expect_charged(struct __test_metadata *_metadata,
			   const struct kind *kind, int count, long long least)
{
	struct group group;
	long long before;
	char path[40];

	if (!join_group(&group))
		SKIP(return, "no memory cgroups here");
	before = group_charged(&group);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), kind->format, i);
		ASSERT_EQ(0, kind->make(path));
	}
	EXPECT_LT(before + count * least, group_charged(&group));
	printf("# info: %s takes %lld bytes\n", kind->what,
	       (group_charged(&group) - before) / count);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), kind->format, i);
		ASSERT_EQ(0, kind->remove(path));
	}
	EXPECT_TRUE(group_shrinks_to(&group, before + SLACK));
	group_remove(&group);
}

TEST_F(fs, names_are_charged_to_who_makes_them)
{
	/* An inode alone has more than that. */
	expect_charged(_metadata, &names, NAMES, 600);
}

TEST_F(fs, slots_are_charged_to_who_makes_them)
{
	expect_charged(_metadata, &slots, SLOTS, 2000);
}

#define READERS many(300, 100)
#define KEPT 65536u

/* Who stops in the middle of a long message keeps the rest, in memory of its own. */
TEST_F(fs, what_is_kept_is_charged_to_who_reads)
{
	static char message[KEPT] = "x";
	struct rlimit files = { READERS + 100, READERS + 100 };
	int writer, fds[READERS];
	struct group group;
	long long before;
	char got;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	ASSERT_EQ(0, fs_remount("max_message=65536"));
	writer = fs_open("robot/long", O_WRONLY | O_CREAT);
	ASSERT_EQ((long)KEPT, slot_write(writer, message, KEPT));
	if (!join_group(&group))
		SKIP(return, "no memory cgroups here");
	before = group_charged(&group);
	for (int i = 0; i < READERS; i++) {
		fds[i] = fs_open("robot/long", O_RDONLY);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(1, slot_read(fds[i], &got, 1));
	}
	EXPECT_LT(before + READERS * (long long)KEPT - group_stock(),
		  group_charged(&group));
	for (int i = 0; i < READERS; i++)
		close(fds[i]);
	EXPECT_TRUE(group_shrinks_to(&group, before + SLACK));
	group_remove(&group);
	close(writer);
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
