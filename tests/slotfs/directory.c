// SPDX-License-Identifier: GPL-2.0
/* Slots and the directories in them: making, removing, renaming, listing. */
#include "slotfs.h"

#define NAME "robot/temperature"

static bool lists(const char *path, const char *name)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (dir && (entry = readdir(dir)))
		found |= !strcmp(entry->d_name, name);
	closedir(dir);
	return found;
}

TEST_F(fs, a_slot_begins_empty)
{
	EXPECT_EQ(0, fs_entries("robot"));
	EXPECT_EQ(1, fs_entries("."));
	EXPECT_TRUE(fs_exists(DOOR));
	EXPECT_FALSE(lists("robot", ".slot"));
}

TEST_F(fs, slots_have_nothing_in_common)
{
	int other;

	ASSERT_EQ(0, mkdir("other", 0777));
	other = fs_open("other/.slot", O_RDWR);
	ASSERT_EQ(1, slot_pwrite(self->door, "a", 1, 7));
	EXPECT_NONE(other, 7);
	ASSERT_EQ(0, fs_put(NAME, "1"));
	EXPECT_EQ(-ENOENT, fs_size("other/temperature"));
	ASSERT_EQ(0, fs_put("other/temperature", "2"));
	EXPECT_FILE(NAME, "1");
	close(other);
}

TEST_F(fs, only_slots_in_the_root)
{
	EXPECT_EQ(-EPERM, fs_put("file", "no"));
	EXPECT_EQ(-EPERM, slot_result(mknod("file", S_IFREG | 0666, 0)));
	ASSERT_EQ(0, fs_put(NAME, "a"));
	EXPECT_EQ(-EXDEV, slot_result(rename(NAME, "file")));
	EXPECT_EQ(1, fs_entries("."));
}

TEST_F(fs, directories_group)
{
	struct stat st;

	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	ASSERT_EQ(0, mkdir("robot/arm/left", 0777));
	ASSERT_EQ(0, fs_put("robot/arm/left/torque", "3"));
	EXPECT_FILE("robot/arm/left/torque", "3");
	EXPECT_FALSE(fs_exists("robot/arm/.slot"));
	ASSERT_EQ(0, stat("robot", &st));
	EXPECT_EQ(3u, st.st_nlink);
	EXPECT_EQ(-ENOTEMPTY, slot_result(rmdir("robot/arm")));
	EXPECT_EQ(-ENOTEMPTY, slot_result(rmdir("robot")));
	ASSERT_EQ(0, unlink("robot/arm/left/torque"));
	ASSERT_EQ(0, rmdir("robot/arm/left"));
	ASSERT_EQ(0, rmdir("robot/arm"));
	ASSERT_EQ(0, rmdir("robot"));
	EXPECT_FALSE(fs_exists("robot"));
}

TEST_F(fs, names_that_are_taken)
{
	ASSERT_EQ(0, fs_put(NAME, "a"));
	EXPECT_EQ(-EEXIST, slot_result(mkdir(NAME, 0777)));
	EXPECT_EQ(-EEXIST, slot_result(mkdir("robot", 0777)));
	EXPECT_EQ(-EEXIST, fs_open(NAME, O_RDWR | O_CREAT | O_EXCL));
	EXPECT_EQ(-ENOTDIR, slot_result(mkdir("robot/temperature/x", 0777)));
	EXPECT_EQ(-ENOTDIR, slot_result(rmdir(NAME)));
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	EXPECT_EQ(-EISDIR, fs_put("robot/arm", "no"));
	EXPECT_EQ(-EISDIR, slot_result(unlink("robot/arm")));
	EXPECT_FILE(NAME, "a");
}

/* The door is there with the slot, and goes with it. */
TEST_F(fs, the_door_is_not_made_or_removed_by_hand)
{
	ASSERT_EQ(0, fs_put(NAME, "a"));
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	EXPECT_EQ(-EPERM, slot_result(unlink(DOOR)));
	EXPECT_EQ(-ENOTDIR, slot_result(rmdir(DOOR)));
	EXPECT_EQ(-EPERM, slot_result(rename(DOOR, "robot/door")));
	EXPECT_EQ(-EPERM, slot_result(rename(DOOR, "robot/arm/.slot")));
	EXPECT_EQ(-EPERM, slot_result(rename(NAME, DOOR)));
	EXPECT_EQ(-EPERM, slot_result(rename(NAME, "robot/arm/.slot")));
	EXPECT_EQ(-EEXIST, slot_result(mkdir(DOOR, 0777)));
	EXPECT_EQ(-EPERM, slot_result(mkdir("robot/arm/.slot", 0777)));
	EXPECT_EQ(-EPERM, fs_put("robot/arm/.slot", "a"));
	EXPECT_EQ(-EPERM, slot_result(mkdir(".slot", 0777)));
	EXPECT_EQ(-EPERM, slot_result(link(DOOR, "robot/door")));
	EXPECT_EQ(-EINVAL, slot_result(truncate(DOOR, 0)));
	EXPECT_FILE(NAME, "a");
	EXPECT_TRUE(fs_exists(DOOR));
	EXPECT_EQ(2, fs_entries("robot"));
}

TEST_F(fs, names_with_a_dot_first)
{
	EXPECT_EQ(0, fs_put("robot/.a", "a"));
	EXPECT_EQ(0, fs_put("robot/.slots", "b"));
	EXPECT_EQ(0, fs_put("robot/..c", "c"));
	EXPECT_EQ(0, mkdir("robot/.d", 0777));
	EXPECT_EQ(0, mkdir(".e", 0777));
	EXPECT_FILE("robot/.a", "a");
	EXPECT_EQ(4, fs_entries("robot"));
}

TEST_F(fs, renaming_inside_a_slot)
{
	ASSERT_EQ(0, fs_put(NAME, "a"));
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	ASSERT_EQ(0, mkdir("robot/leg", 0777));
	ASSERT_EQ(0, rename(NAME, "robot/arm/a"));
	EXPECT_EQ(-ENOTEMPTY, slot_result(rename("robot/leg", "robot/arm")));
	EXPECT_EQ(-EISDIR, slot_result(rename("robot/arm/a", "robot/leg")));
	EXPECT_EQ(-ENOTDIR, slot_result(rename("robot/leg", "robot/arm/a")));
	EXPECT_EQ(-EINVAL, slot_result(rename("robot/arm", "robot/arm/a")));
	EXPECT_EQ(0, rename("robot/arm", "robot/leg"));
	EXPECT_FILE("robot/leg/a", "a");
	EXPECT_EQ(1, fs_entries("robot"));
	EXPECT_EQ(-EEXIST,
		  slot_result(renameat2(AT_FDCWD, "robot/leg/a", AT_FDCWD,
					"robot/leg", RENAME_NOREPLACE)));
	EXPECT_EQ(0, renameat2(AT_FDCWD, "robot/leg/a", AT_FDCWD, "robot/b",
			       RENAME_NOREPLACE));
	EXPECT_EQ(-EINVAL,
		  slot_result(renameat2(AT_FDCWD, "robot/b", AT_FDCWD,
					"robot/leg", RENAME_EXCHANGE)));
	EXPECT_EQ(0, rmdir("robot/leg"));
	EXPECT_EQ(0, unlink("robot/b"));
	EXPECT_EQ(0, rmdir("robot"));
}

TEST_F(fs, not_across_slots)
{
	ASSERT_EQ(0, mkdir("other", 0777));
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	ASSERT_EQ(0, fs_put(NAME, "a"));
	EXPECT_EQ(-EXDEV, slot_result(rename(NAME, "other/temperature")));
	EXPECT_EQ(-EXDEV, slot_result(rename("robot/arm", "other/arm")));
	EXPECT_EQ(-EXDEV, slot_result(rename("robot/arm", "arm")));
	EXPECT_EQ(-EXDEV, slot_result(rename("other", "robot/other")));
	EXPECT_FILE(NAME, "a");
	EXPECT_EQ(2, fs_entries("robot"));
	EXPECT_EQ(0, fs_entries("other"));
}

/* Its number is what a number's name stands for. */
TEST_F(fs, numbers_are_not_renamed)
{
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	ASSERT_EQ(0, fs_put("robot/7", "7"));
	ASSERT_EQ(0, fs_put(NAME, "a"));
	EXPECT_EQ(-EINVAL, slot_result(rename("robot/7", "robot/8")));
	EXPECT_EQ(-EINVAL, slot_result(rename("robot/7", "robot/seven")));
	EXPECT_EQ(-EINVAL, slot_result(rename("robot/7", "robot/arm/7")));
	EXPECT_EQ(-EINVAL, slot_result(rename(NAME, "robot/8")));
	EXPECT_EQ(-EINVAL, slot_result(rename(NAME, "robot/7")));
	EXPECT_EQ(-EINVAL, slot_result(rename(NAME, "robot/0")));
	EXPECT_EQ(0, slot_result(rename("robot/7", "robot/7")));
	EXPECT_EQ(0, slot_result(rename(NAME, "robot/arm/7")));
	EXPECT_EQ(-EINVAL, slot_result(rename("robot/arm/7", "robot/9")));
	/* Directories are no channels. */
	EXPECT_EQ(0, slot_result(rename("robot/arm", "robot/9")));
	EXPECT_FILE("robot/7", "7");
	EXPECT_FILE("robot/9/7", "a");
	EXPECT_EQ(-EISDIR, fs_put("robot/9", "no"));
}

TEST_F(fs, renaming_slots)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "a"));
	ASSERT_EQ(0, rename("robot", "robby"));
	EXPECT_FILE("robby/temperature", "a");
	ASSERT_EQ(0, mkdir("other", 0777));
	fd = fs_open("other/.slot", O_RDWR);
	ASSERT_EQ(3, slot_pwrite(fd, "old", 3, 7));
	ASSERT_EQ(0, rename("robby", "other"));
	EXPECT_FILE("other/temperature", "a");
	EXPECT_GET(fd, 7, "old");
	EXPECT_NONE(self->door, 7);
	EXPECT_EQ(1, fs_entries("."));
	ASSERT_EQ(0, mkdir("full", 0777));
	ASSERT_EQ(0, fs_put("full/a", "a"));
	EXPECT_EQ(-ENOTEMPTY, slot_result(rename("other", "full")));
	close(fd);
}

/* Who has the door goes on; what it has of the slot ends with the last who does. */
TEST_F(fs, removing_a_slot_that_is_in_use)
{
	int other;

	ASSERT_EQ(3, slot_pwrite(self->door, "old", 3, 7));
	ASSERT_EQ(0, rmdir("robot"));
	EXPECT_FALSE(fs_exists("robot"));
	EXPECT_GET(self->door, 7, "old");
	EXPECT_EQ(3, slot_pwrite(self->door, "new", 3, 7));
	EXPECT_EQ(-ENOENT, fs_get_id(self->door, "a", &(unsigned int){ 0 }));
	ASSERT_EQ(0, mkdir("robot", 0777));
	other = fs_open(DOOR, O_RDWR);
	EXPECT_NONE(other, 7);
	EXPECT_GET(self->door, 7, "new");
	close(other);
}

static bool is_mounted_on(const char *end)
{
	FILE *file = fopen("/proc/self/mounts", "r");
	char line[512];
	bool found = false;

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		found = found || strstr(line, end);
	fclose(file);
	return found;
}

/* What is mounted on a door goes with it, too, and keeps nothing. */
TEST_F(fs, removing_a_slot_whose_door_is_mounted_on)
{
	ASSERT_EQ(0, slot_result(mount("/dev/null", DOOR, NULL, MS_BIND, "")));
	EXPECT_TRUE(is_mounted_on("robot/.slot"));
	close(self->door);
	ASSERT_EQ(0, rmdir("robot"));
	EXPECT_FALSE(is_mounted_on("robot/.slot"));
	ASSERT_EQ(0, mkdir("robot", 0777));
	self->door = fs_open(DOOR, O_RDWR);
	EXPECT_EQ(3, slot_pwrite(self->door, "new", 3, 7));
}

/* A directory that somebody is in when it is removed. */
TEST_F(fs, nothing_is_made_in_a_removed_directory)
{
	ASSERT_EQ(0, chdir("robot"));
	ASSERT_EQ(0, rmdir("../robot"));
	EXPECT_EQ(-ENOENT, fs_put("a", "a"));
	EXPECT_EQ(-ENOENT, slot_result(mkdir("a", 0777)));
	EXPECT_EQ(-ENOENT, fs_open(".slot", O_RDWR));
	EXPECT_EQ(0, chown(".", ONE, ONE));
	ASSERT_EQ(0, chdir(self->path));
}

TEST_F(fs, modes_and_the_mask)
{
	struct stat st;

	umask(027);
	ASSERT_EQ(0, mkdir("other", 0777));
	ASSERT_EQ(0, mkdir("other/arm", 0777));
	ASSERT_EQ(0, fs_put("other/a", "a"));
	ASSERT_EQ(0, stat("other", &st));
	EXPECT_EQ(0750u, st.st_mode & 07777);
	ASSERT_EQ(0, stat("other/arm", &st));
	EXPECT_EQ(0750u, st.st_mode & 07777);
	ASSERT_EQ(0, stat("other/a", &st));
	EXPECT_EQ(0640u, st.st_mode & 07777);
	ASSERT_EQ(0, stat("other/.slot", &st));
	EXPECT_EQ(0600u, st.st_mode & 07777);
	EXPECT_TRUE(S_ISFIFO(st.st_mode));
	ASSERT_EQ(0, chmod("other/.slot", 0640));
	ASSERT_EQ(0, stat("other/.slot", &st));
	EXPECT_EQ(0640u, st.st_mode & 07777);
	ASSERT_EQ(0, chown("other/a", ONE, OTHER));
	ASSERT_EQ(0, stat("other/a", &st));
	EXPECT_EQ((uid_t)ONE, st.st_uid);
	EXPECT_EQ((gid_t)OTHER, st.st_gid);
}

TEST_F(fs, a_group_that_is_handed_down)
{
	struct stat st;

	ASSERT_EQ(0, chown("robot", 0, OTHER));
	ASSERT_EQ(0, chmod("robot", 02775));
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	ASSERT_EQ(0, fs_put("robot/arm/a", "a"));
	ASSERT_EQ(0, stat("robot/arm/a", &st));
	EXPECT_EQ((gid_t)OTHER, st.st_gid);
}

TEST_F(fs, times_of_directories)
{
	struct stat before, after;

	ASSERT_EQ(0, stat("robot", &before));
	usleep(20000);
	ASSERT_EQ(0, fs_put(NAME, "a"));
	ASSERT_EQ(0, stat("robot", &after));
	EXPECT_LT(before.st_mtim.tv_sec * SECOND + before.st_mtim.tv_nsec,
		  after.st_mtim.tv_sec * SECOND + after.st_mtim.tv_nsec);
}

/* Of more than a buffer of getdents() has room for, with some removed meanwhile. */
TEST_F(fs, listing_much)
{
	struct dirent *entry;
	char path[40];
	int n = 0;
	DIR *dir;

	for (int i = 0; i < 1500; i++) {
		snprintf(path, sizeof(path), "robot/%d", i + 1);
		ASSERT_EQ(0, fs_put(path, path));
	}
	EXPECT_EQ(1500, fs_entries("robot"));
	dir = opendir("robot");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		EXPECT_EQ(DT_REG, entry->d_type);
		EXPECT_EQ(0, unlinkat(dirfd(dir), entry->d_name, 0));
		n++;
	}
	EXPECT_EQ(1500, n);
	rewinddir(dir);
	EXPECT_EQ(0, fs_entries("robot"));
	closedir(dir);
}

TEST_HARNESS_MAIN
