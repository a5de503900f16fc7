// SPDX-License-Identifier: GPL-2.0
/* What a slot with a name tells of itself: which it is, and what it has counted. */
#include "slotfs.h"
#include "counters.h"

/* Whether /proc says that this descriptor is of the slot with this directory. */
static bool is_of(int fd, const char *directory)
{
	char path[40], line[128], wanted[64];
	bool found = false;
	struct stat st;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	if (!file || stat(directory, &st))
		abort();
	snprintf(wanted, sizeof(wanted), "slot:\t%u:%u/%llu\n",
		 major(st.st_dev), minor(st.st_dev),
		 (unsigned long long)st.st_ino);
	while (fgets(line, sizeof(line), file))
		found = found || !strcmp(line, wanted);
	fclose(file);
	return found;
}

TEST_F(fs, fdinfo_tells_the_directory)
{
	int fd;

	ASSERT_EQ(0, mkdir("other", 0777));
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	ASSERT_EQ(0, fs_put("robot/arm/torque", "3.25"));
	fd = fs_open("robot/arm/torque", O_RDWR);
	EXPECT_TRUE(is_of(self->door, "robot"));
	EXPECT_TRUE(is_of(fd, "robot"));
	EXPECT_FALSE(is_of(fd, "other"));
	close(fd);
}

TEST_F(fs, fdinfo_tells_the_channel)
{
	int fd = fs_open("robot/7", O_RDWR | O_CREAT);
	char path[40], text[512] = "";
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY);
	ASSERT_LT(0, read(info, text, sizeof(text) - 1));
	EXPECT_NE(NULL, strstr(text, "\nchannel:\t7\nonly:\t7\n"));
	close(info);
	close(fd);
}

TEST_F(fs, files_are_counted_as_channels)
{
	struct msg_slot_counters counters;
	int fd;

	ASSERT_EQ(0, fs_put("robot/7", "one"));
	ASSERT_EQ(0, fs_put("robot/7", "two"));
	ASSERT_EQ(0, truncate("robot/7", 0));
	ASSERT_EQ(0, fs_put("robot/7", "three"));
	ASSERT_EQ(0, unlink("robot/7"));
	counters = slot_counters(self->door);
	EXPECT_EQ(3u, counters.writes);
	EXPECT_EQ(2u, counters.clears);
	EXPECT_EQ(0u, counters.channels);
	fd = fs_open("robot/7", O_RDWR | O_CREAT);
	EXPECT_EQ(-EPERM, slot_ioctl(fd, MSG_SLOT_GET_COUNTERS, &counters));
	close(fd);
}

TEST_HARNESS_MAIN
