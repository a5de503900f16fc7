// SPDX-License-Identifier: GPL-2.0
/* Names of channels, and the ids that they stand for. */
#include "slotfs.h"

#include "scale.h"

static long make(const char *path)
{
	int fd = fs_open(path, O_WRONLY | O_CREAT | O_EXCL);

	close(fd);
	return fd < 0 ? fd : 0;
}

TEST_F(fs, a_name_gets_an_id_that_is_no_other_s)
{
	unsigned int a, b, c;

	ASSERT_EQ(0, make("robot/a"));
	ASSERT_EQ(0, make("robot/b"));
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	ASSERT_EQ(0, make("robot/arm/a"));
	a = fs_id(self->door, "a");
	b = fs_id(self->door, "b");
	c = fs_id(self->door, "arm/a");
	EXPECT_LE(MSG_SLOT_FIRST_NAMED, a);
	EXPECT_LE(MSG_SLOT_FIRST_NAMED, b);
	EXPECT_LE(MSG_SLOT_FIRST_NAMED, c);
	EXPECT_TRUE(a != b && b != c && c != a);
	EXPECT_EQ(a, fs_id(self->door, "a"));
	EXPECT_TRUE(fs_is_named(self->door, a, "a"));
	EXPECT_TRUE(fs_is_named(self->door, c, "arm/a"));
}

TEST_F(fs, it_is_the_channel_of_that_id)
{
	unsigned int id;

	ASSERT_EQ(0, fs_put("robot/a", "by name"));
	id = fs_id(self->door, "a");
	EXPECT_GET(self->door, id, "by name");
	ASSERT_EQ(9, slot_pwrite(self->door, "by number", 9, id));
	EXPECT_FILE("robot/a", "by number");
}

TEST_F(fs, a_number_is_that_channel)
{
	ASSERT_EQ(5, slot_pwrite(self->door, "seven", 5, 7));
	EXPECT_FALSE(fs_exists("robot/7"));
	EXPECT_EQ(-ENOENT, fs_name(self->door, 7).ret);
	ASSERT_EQ(0, make("robot/7"));
	EXPECT_FILE("robot/7", "seven");
	EXPECT_EQ(7u, fs_id(self->door, "7"));
	EXPECT_TRUE(fs_is_named(self->door, 7, "7"));
	ASSERT_EQ(0, fs_put("robot/7", "again"));
	EXPECT_GET(self->door, 7, "again");
	ASSERT_EQ(0, unlink("robot/7"));
	EXPECT_NONE(self->door, 7);
	ASSERT_EQ(0, fs_put("robot/4294967295", "last"));
	EXPECT_GET(self->door, 4294967295u, "last");
}

/* One that others know by its number is not cleared behind their backs. */
TEST_F(fs, a_number_is_not_cleared_when_its_file_is_closed)
{
	int fd;

	ASSERT_EQ(0, fs_put("robot/7", "seven"));
	fd = fs_open("robot/7", O_RDWR);
	ASSERT_EQ(0, unlink("robot/7"));
	ASSERT_EQ(5, slot_pwrite(self->door, "again", 5, 7));
	close(fd);
	EXPECT_GET(self->door, 7, "again");
}

TEST_F(fs, numbers_that_are_none)
{
	const char *const bad[] = {
		"robot/0",
		"robot/00",
		"robot/007",
		"robot/4294967296",
		"robot/18446744073709551617",
		"robot/99999999999999999999999999999999999999999",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, make(bad[i]));
		EXPECT_EQ(-EINVAL, fs_put(bad[i], "no"));
		EXPECT_EQ(-ENOENT, fs_size(bad[i]));
	}
	EXPECT_EQ(0, fs_entries("robot"));
}

/* Only a number right in the slot's directory is one; these are names. */
TEST_F(fs, names_that_look_like_numbers)
{
	const char *const good[] = { "7a",    "-7",	 "+7",	     "0x7",
				     "7.",    "1e3",	 "\xd9\xa3", " 7",
				     "arm/7", "arm/007", "arm/0" };
	char path[40];

	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
		snprintf(path, sizeof(path), "robot/%s", good[i]);
		EXPECT_EQ(0, make(path));
		EXPECT_LE(MSG_SLOT_FIRST_NAMED, fs_id(self->door, good[i]));
		EXPECT_TRUE(fs_is_named(self->door, fs_id(self->door, good[i]),
					good[i]));
	}
	EXPECT_NONE(self->door, 7);
}

/* Ids that somebody uses by their numbers are left to them. */
TEST_F(fs, ids_in_use_are_avoided)
{
	unsigned int id, next;
	char path[40];

	ASSERT_EQ(0, make("robot/a"));
	id = fs_id(self->door, "a");
	for (next = id + 1; next < id + 50; next++)
		ASSERT_EQ(6, slot_pwrite(self->door, "in use", 6, next));
	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "robot/b%d", i);
		ASSERT_EQ(0, fs_put(path, path));
	}
	for (next = id + 1; next < id + 50; next++)
		EXPECT_GET(self->door, next, "in use");
}

TEST_F(fs, a_number_that_is_another_name_s)
{
	unsigned int id;
	char path[40];

	ASSERT_EQ(0, fs_put("robot/a", "a"));
	id = fs_id(self->door, "a");
	snprintf(path, sizeof(path), "robot/%u", id);
	EXPECT_EQ(-EEXIST, make(path));
	EXPECT_EQ(-EEXIST, fs_put(path, "no"));
	EXPECT_FILE("robot/a", "a");
	ASSERT_EQ(0, unlink("robot/a"));
	EXPECT_EQ(0, fs_put(path, "yes"));
	EXPECT_EQ(0, fs_put("robot/a", "a"));
	EXPECT_FILE(path, "yes");
}

TEST_F(fs, renaming_keeps_the_id)
{
	unsigned int id;

	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	ASSERT_EQ(0, fs_put("robot/a", "a"));
	id = fs_id(self->door, "a");
	ASSERT_EQ(0, rename("robot/a", "robot/b"));
	EXPECT_TRUE(fs_is_named(self->door, id, "b"));
	ASSERT_EQ(0, rename("robot/b", "robot/arm/c"));
	EXPECT_TRUE(fs_is_named(self->door, id, "arm/c"));
	ASSERT_EQ(0, rename("robot/arm", "robot/leg"));
	EXPECT_TRUE(fs_is_named(self->door, id, "leg/c"));
	ASSERT_EQ(0, rename("robot", "other"));
	EXPECT_TRUE(fs_is_named(self->door, id, "leg/c"));
	EXPECT_EQ(id, fs_id(self->door, "leg/c"));
	EXPECT_FILE("other/leg/c", "a");
}

TEST_F(fs, replacing_by_renaming)
{
	unsigned int id, old;
	int fd;

	ASSERT_EQ(0, fs_put("robot/a", "a"));
	ASSERT_EQ(0, fs_put("robot/b", "b"));
	id = fs_id(self->door, "a");
	old = fs_id(self->door, "b");
	fd = fs_open("robot/b", O_RDONLY);
	ASSERT_EQ(0, rename("robot/a", "robot/b"));
	EXPECT_FILE("robot/b", "a");
	EXPECT_FALSE(fs_exists("robot/a"));
	EXPECT_EQ(id, fs_id(self->door, "b"));
	EXPECT_NONE(self->door, old);
	EXPECT_EQ(0, slot_pread(fd, &(char){ 0 }, 1, 0));
	EXPECT_EQ(-ENOENT, fs_name(self->door, old).ret);
	close(fd);
}

TEST_F(fs, errors_of_looking_for_ids)
{
	struct msg_slot_name arg = { .name = (unsigned long)"a", .size = 1 };
	static char longest[MSG_SLOT_LONGEST_NAME + 2];
	unsigned int id;

	ASSERT_EQ(0, make("robot/a"));
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	EXPECT_EQ(-ENOENT, fs_get_id(self->door, "b", &id));
	EXPECT_EQ(-ENOENT, fs_get_id(self->door, "arm/a", &id));
	EXPECT_EQ(-ENOENT, fs_get_id(self->door, "7", &id));
	EXPECT_EQ(-ENOTDIR, fs_get_id(self->door, "a/a", &id));
	EXPECT_EQ(-EISDIR, fs_get_id(self->door, "arm", &id));
	EXPECT_EQ(-EISDIR, fs_get_id(self->door, ".", &id));
	EXPECT_EQ(-EISDIR, fs_get_id(self->door, "..", &id));
	EXPECT_EQ(-EINVAL, fs_get_id(self->door, ".slot", &id));
	EXPECT_EQ(-EINVAL, fs_get_id(self->door, "", &id));
	EXPECT_EQ(-EINVAL, fs_get_id(self->door, "/a", &id));
	EXPECT_EQ(-ENOENT, fs_get_id(self->door, "../robot/a", &id));
	memset(longest, 'a', sizeof(longest) - 1);
	EXPECT_EQ(-ENAMETOOLONG, fs_get_id(self->door, longest, &id));
	longest[256] = '\0';
	EXPECT_EQ(-ENAMETOOLONG, fs_get_id(self->door, longest, &id));
	arg.size = 2;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->door, MSG_SLOT_GET_ID, &arg));
	arg.size = 1;
	arg.channel = 1;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->door, MSG_SLOT_GET_ID, &arg));
	arg.channel = 0;
	arg.name = 0;
	EXPECT_EQ(-EFAULT, slot_ioctl(self->door, MSG_SLOT_GET_ID, &arg));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->door, MSG_SLOT_GET_ID, NULL));
}

TEST_F(fs, errors_of_looking_for_names)
{
	char text[8] = "........";
	struct msg_slot_name arg = { .name = (unsigned long)text, .size = 3 };

	ASSERT_EQ(0, make("robot/four"));
	EXPECT_EQ(-EINVAL, slot_ioctl(self->door, MSG_SLOT_GET_NAME, &arg));
	arg.channel = 1;
	EXPECT_EQ(-ENOENT, slot_ioctl(self->door, MSG_SLOT_GET_NAME, &arg));
	arg.channel = fs_id(self->door, "four");
	EXPECT_EQ(-ENOSPC, slot_ioctl(self->door, MSG_SLOT_GET_NAME, &arg));
	EXPECT_EQ(4u, arg.size);
	EXPECT_EQ(0, memcmp(text, "........", 8));
	EXPECT_EQ(0, slot_ioctl(self->door, MSG_SLOT_GET_NAME, &arg));
	EXPECT_EQ(0, memcmp(text, "four....", 8));
	arg.name = 0;
	EXPECT_EQ(-EFAULT, slot_ioctl(self->door, MSG_SLOT_GET_NAME, &arg));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->door, MSG_SLOT_GET_NAME, NULL));
}

TEST_F(fs, a_device_has_no_names)
{
	struct msg_slot_name arg = { .name = (unsigned long)"a", .size = 1 };
	int node = slot_fresh(), fd = slot_open(node, O_RDWR);

	EXPECT_EQ(-EINVAL, slot_ioctl(fd, MSG_SLOT_GET_ID, &arg));
	arg.channel = 1;
	EXPECT_EQ(-EINVAL, slot_ioctl(fd, MSG_SLOT_GET_NAME, &arg));
	close(fd);
	close(node);
}

TEST_F(fs, the_longest_names)
{
	char path[300] = "robot/";
	int i;

	memset(path + 6, 'x', 255);
	EXPECT_EQ(0, fs_put(path, "long"));
	EXPECT_FILE(path, "long");
	i = fs_id(self->door, path + 6);
	EXPECT_TRUE(fs_is_named(self->door, i, path + 6));
	path[6 + 255] = 'x';
	EXPECT_EQ(-ENAMETOOLONG, fs_put(path, "longer"));
	EXPECT_EQ(-ENAMETOOLONG, slot_result(mkdir(path, 0777)));
	/* As deep as a path can be. */
	ASSERT_EQ(0, chdir("robot"));
	for (i = 0; i < 20; i++) {
		path[6 + 250] = '\0';
		ASSERT_EQ(0, mkdir(path + 6, 0777));
		ASSERT_EQ(0, chdir(path + 6));
	}
	ASSERT_EQ(0, fs_put("deep", "deep"));
	i = fs_open("deep", O_RDONLY);
	EXPECT_EQ(-ENAMETOOLONG, fs_name(i, 0).ret);
	close(i);
	EXPECT_FILE("deep", "deep");
}

TEST_F(fs, many_names)
{
	const int names = scaled(5000);
	char path[40];

	for (int i = 0; i < names; i++) {
		snprintf(path, sizeof(path), "robot/name%d", i);
		ASSERT_EQ(0, fs_put(path, path));
	}
	EXPECT_EQ(names, fs_entries("robot"));
	for (int i = 0; i < names; i++) {
		snprintf(path, sizeof(path), "robot/name%d", i);
		ASSERT_TRUE(fs_is_named(self->door, fs_id(self->door, path + 6),
					path + 6));
		EXPECT_FILE(path, path);
	}
}

TEST_HARNESS_MAIN
