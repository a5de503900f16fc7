// SPDX-License-Identifier: GPL-2.0
/* Slots and channels by name: in a slotfs of one's own, which MSGSLOT_DIR names. */
#include "library.h"
#include "kernel_bits.h"
#include "slotfs.h"

FIXTURE(names)
{
	char path[40];
	int fd;
};

FIXTURE_SETUP(names)
{
	stpcpy(self->path, "/tmp/library-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->path));
	umask(022);
	ASSERT_EQ(0, fs_mount(self->path, "mode=1777"));
	ASSERT_EQ(0, setenv("MSGSLOT_DIR", self->path, 1));
	ASSERT_EQ(0, chdir(self->path));
	ASSERT_EQ(0, mkdir("robot", 0777));
	self->fd = msgslot_open("robot", O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(names)
{
	msgslot_close(self->fd);
	EXPECT_EQ(0, chdir("/"));
	EXPECT_EQ(0, slot_result(umount(self->path)));
	EXPECT_EQ(0, rmdir(self->path));
}

/* Whether what is opened is the slot of the descriptor. */
static bool opens(int fd, const char *slot)
{
	static uint64_t unique;
	int other = msgslot_open(slot, O_RDWR);
	char got[8];
	ssize_t n;

	unique++;
	if (msgslot_put(fd, 7, &unique, sizeof(unique), 0, NULL))
		return false;
	n = msgslot_get(other, 7, got, sizeof(got), NULL);
	msgslot_close(other);
	return n == sizeof(unique) && !memcmp(got, &unique, n);
}

static bool path_is(const char *slot, const char *wanted)
{
	char path[PATH_MAX];

	return !msgslot_path(slot, path, sizeof(path)) && !strcmp(path, wanted);
}

TEST_F(names, a_slot)
{
	char path[PATH_MAX];

	EXPECT_TRUE(opens(self->fd, "robot"));
	EXPECT_TRUE(opens(self->fd, "./robot"));
	EXPECT_TRUE(opens(self->fd, "robot/"));
	EXPECT_TRUE(opens(self->fd, "robot/.slot"));
	snprintf(path, sizeof(path), "%s/robot", self->path);
	EXPECT_TRUE(opens(self->fd, path));
	ASSERT_EQ(0, chdir("robot"));
	EXPECT_TRUE(opens(self->fd, "robot"));
	EXPECT_TRUE(opens(self->fd, "."));
	EXPECT_TRUE(opens(self->fd, ".slot"));
	ASSERT_EQ(0, mkdir("arm", 0777));
	ASSERT_EQ(0, chdir("arm"));
	EXPECT_TRUE(opens(self->fd, ".."));
	EXPECT_EQ(-ENOTTY, msgslot_open(".", O_RDONLY));
}

TEST_F(names, what_is_no_slot)
{
	char name[5000];

	EXPECT_EQ(-ENOENT, msgslot_open("", O_RDWR));
	EXPECT_EQ(-ENOENT, msgslot_open("absent", O_RDWR));
	EXPECT_EQ(-ENOENT, msgslot_open("./absent", O_RDWR));
	EXPECT_EQ(-EISDIR, msgslot_open("/tmp", O_RDWR));
	EXPECT_EQ(-ENOTTY, msgslot_open(".", O_RDONLY));
	EXPECT_EQ(-ENOENT, msgslot_open(".slot", O_RDWR));
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	EXPECT_EQ(-ENAMETOOLONG, msgslot_open(name, O_RDWR));
	name[256] = '\0';
	EXPECT_EQ(-ENAMETOOLONG, msgslot_open(name, O_RDWR));
	/* Nothing is mounted there. */
	setenv("MSGSLOT_DIR", "/tmp/nowhere", 1);
	EXPECT_EQ(-ENOENT, msgslot_open("robot", O_RDWR));
	EXPECT_EQ(-ENOENT, msgslot_open_channel("robot", "t", O_RDWR));
}

TEST_F(names, where_they_are)
{
	char wanted[80];

	snprintf(wanted, sizeof(wanted), "%s/robot/.slot", self->path);
	EXPECT_TRUE(path_is("robot", wanted));
	EXPECT_TRUE(path_is("./robot", "./robot/.slot"));
	EXPECT_TRUE(path_is("/dev/null", "/dev/null"));
	EXPECT_TRUE(path_is("/nowhere/.slot", "/nowhere/.slot"));
	EXPECT_EQ(-ENAMETOOLONG, msgslot_path("robot", wanted, 8));
	unsetenv("MSGSLOT_DIR");
	EXPECT_TRUE(path_is("robot", "/run/slots/robot/.slot"));
	setenv("MSGSLOT_DIR", "", 1);
	EXPECT_TRUE(path_is("robot", "/run/slots/robot/.slot"));
}

/* A device file in the current folder is what it was; a link is not to mislead. */
TEST_F(names, and_files_beside_one)
{
	char folder[] = "/tmp/library-XXXXXX";
	int node = slot_fresh();
	int fd = library_open(node, O_RDWR);
	struct stat device;

	ASSERT_EQ(0, fstat(fd, &device));
	ASSERT_NE(NULL, mkdtemp(folder));
	ASSERT_EQ(0, chdir(folder));
	ASSERT_EQ(0, mkdir("robot", 0777));
	EXPECT_TRUE(opens(self->fd, "robot"));
	ASSERT_EQ(0, rmdir("robot"));
	ASSERT_EQ(0, mknod("dev", S_IFCHR | 0600, device.st_rdev));
	EXPECT_TRUE(opens(fd, "dev"));
	ASSERT_EQ(0, symlink("dev", "robot"));
	EXPECT_TRUE(opens(self->fd, "robot"));
	ASSERT_EQ(0, rename("robot", "link"));
	EXPECT_TRUE(opens(fd, "link"));
	ASSERT_EQ(0, rename("dev", "robot"));
	EXPECT_TRUE(opens(fd, "robot"));
	unlink("robot");
	unlink("link");
	ASSERT_EQ(0, chdir(self->path));
	rmdir(folder);
	msgslot_close(fd);
	close(node);
}

TEST_F(names, of_channels)
{
	char name[MSG_SLOT_LONGEST_NAME + 1];
	uint32_t id, other;

	ASSERT_EQ(0, fs_put("robot/temperature", "21.5"));
	ASSERT_EQ(0, msgslot_channel_id(self->fd, "temperature", &id));
	EXPECT_LE(MSG_SLOT_FIRST_NAMED, id);
	EXPECT_GET(self->fd, id, "21.5");
	EXPECT_EQ(11, msgslot_channel_name(self->fd, id, name, sizeof(name)));
	EXPECT_EQ(0, strcmp("temperature", name));
	EXPECT_EQ(11, msgslot_channel_name(self->fd, id, name, 12));
	EXPECT_EQ(-ENOSPC, msgslot_channel_name(self->fd, id, name, 11));
	EXPECT_EQ(-ENOSPC, msgslot_channel_name(self->fd, id, name, 0));
	EXPECT_EQ(-ENOENT, msgslot_channel_name(self->fd, 7, name, 12));
	EXPECT_EQ(0, msgslot_channel_id(self->fd, "7", &other));
	EXPECT_EQ(7U, other);
	ASSERT_EQ(0, unlink("robot/temperature"));
	EXPECT_EQ(-ENOENT, msgslot_channel_id(self->fd, "temperature", &other));
	EXPECT_EQ(0U, other);
	EXPECT_EQ(-ENOENT, msgslot_channel_name(self->fd, id, name, 12));
}

TEST_F(names, that_no_channel_has)
{
	const char *const bad[] = {
		"",	      "/",    "/a",	    "a/",
		"a//b",	      ".",    "..",	    "./a",
		"../robot/a", "a/..", ".slot",	    "a/.slot",
		"0",	      "007",  "4294967296", "99999999999999999999999"
	};
	char name[4200];
	uint32_t id;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, msgslot_channel_id(self->fd, bad[i], &id));
		EXPECT_EQ(-EINVAL, msgslot_open_channel("robot", bad[i],
							O_RDWR | O_CREAT));
	}
	memset(name, 'x', sizeof(name));
	name[4199] = '\0';
	EXPECT_EQ(-ENAMETOOLONG, msgslot_channel_id(self->fd, name, &id));
	EXPECT_EQ(-ENAMETOOLONG,
		  msgslot_open_channel("robot", name, O_RDWR | O_CREAT));
	name[256] = '\0';
	EXPECT_EQ(-ENAMETOOLONG, msgslot_channel_id(self->fd, name, &id));
	EXPECT_EQ(-ENAMETOOLONG,
		  msgslot_open_channel("robot", name, O_RDWR | O_CREAT));
	EXPECT_EQ(0, fs_entries("robot"));
	ASSERT_EQ(0, mkdir("robot/arm", 0777));
	EXPECT_EQ(-EISDIR, msgslot_channel_id(self->fd, "arm", &id));
	EXPECT_EQ(-EISDIR, msgslot_open_channel("robot", "arm", O_RDWR));
	ASSERT_EQ(0, fs_put("robot/a", "a"));
	EXPECT_EQ(-ENOTDIR, msgslot_channel_id(self->fd, "a/b", &id));
	EXPECT_EQ(-ENOTDIR,
		  msgslot_open_channel("robot", "a/b", O_RDWR | O_CREAT));
}

TEST_F(names, a_channel_alone)
{
	uint32_t id, other;
	char buf[128];
	int fd;

	EXPECT_EQ(-ENOENT, msgslot_open_channel("robot", "arm/t", O_RDWR));
	EXPECT_EQ(0, fs_entries("robot"));
	fd = msgslot_open_channel("robot", "arm/t", O_RDWR | O_CREAT);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	ASSERT_EQ(0, msgslot_channel_id(self->fd, "arm/t", &id));
	EXPECT_EQ(0, put_text(fd, 0, "zero"));
	EXPECT_GET(self->fd, id, "zero");
	EXPECT_EQ(0, put_text(fd, id, "by id"));
	EXPECT_EQ(5, msgslot_get(fd, 0, buf, sizeof(buf), NULL));
	EXPECT_EQ(5, msgslot_get(fd, id, buf, sizeof(buf), NULL));
	EXPECT_EQ(-EPERM, put_text(fd, 7, "no"));
	EXPECT_EQ(-EPERM, msgslot_channel_id(fd, "arm/t", &other));
	EXPECT_EQ(5, msgslot_channel_name(fd, 0, buf, sizeof(buf)));
	EXPECT_EQ(0, strcmp("arm/t", buf));
	EXPECT_EQ(0, msgslot_clear(fd, 0, NULL));
	EXPECT_EQ(-EWOULDBLOCK, msgslot_get(fd, id, buf, sizeof(buf), NULL));
	msgslot_close(fd);
}

/* Where an offset could be the id, and be taken for a place in the message. */
/* Of the channel's file, which is narrowed to it, and read as a channel and as a file. */
TEST_F(names, a_channel_that_has_a_writer)
{
	int fd = msgslot_open_channel("robot", "torque", O_RDWR | O_CREAT);
	struct msgslot_writer *writer;
	char got[8] = "";
	uint32_t id;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, msgslot_channel_id(self->fd, "torque", &id));
	ASSERT_EQ(0, msgslot_writer_open(fd, 0, &writer));
	EXPECT_EQ(kernel_has_64_bits(), msgslot_writer_has_lane(writer));
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(0, msgslot_writer_put(writer, "one", 3));
		EXPECT_GET(self->fd, id, "one");
		EXPECT_EQ(0, msgslot_writer_put(writer, "two", 3));
		EXPECT_TRUE(fs_has("robot/torque", "two"));
	}
	EXPECT_EQ(-EBUSY, put_text(self->fd, id, "no"));
	msgslot_writer_close(writer);
	EXPECT_EQ(3, pread(fd, got, sizeof(got), 0));
	EXPECT_STREQ("two", got);
	msgslot_close(fd);
}

TEST_F(names, that_are_numbers)
{
	char buf[128];
	int fd;

	ASSERT_EQ(0, put_text(self->fd, 7, "0123456789"));
	fd = msgslot_open_channel("robot", "7", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fs_entries("robot"));
	EXPECT_EQ(10, msgslot_get(fd, 7, buf, sizeof(buf), NULL));
	EXPECT_EQ(-EPERM, put_text(fd, 8, "no"));
	msgslot_close(fd);
	fd = msgslot_open_channel("robot", "7", O_RDWR | O_CREAT);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, fs_entries("robot"));
	EXPECT_EQ(10, msgslot_get(fd, 7, buf, sizeof(buf), NULL));
	EXPECT_EQ(0, memcmp(buf, "0123456789", 10));
	EXPECT_EQ(-ENOSPC, msgslot_get(fd, 7, buf, 9, NULL));
	msgslot_close(fd);
}

TEST_F(library, a_device_has_channels_by_number)
{
	char path[40], name[8];
	uint32_t id;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->node);
	EXPECT_EQ(-EINVAL, msgslot_open_channel(path, "t", O_RDWR | O_CREAT));
	EXPECT_EQ(-EINVAL, msgslot_channel_id(self->fd, "t", &id));
	EXPECT_EQ(-EINVAL, msgslot_channel_name(self->fd, 7, name, 8));
	EXPECT_EQ(0, msgslot_channel_id(self->fd, "4294967295", &id));
	EXPECT_EQ(UINT32_MAX, id);
	fd = msgslot_open_channel(path, "7", O_RDWR | O_CREAT);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, put_text(fd, 0, "seven"));
	EXPECT_GET(self->fd, 7, "seven");
	EXPECT_EQ(-EPERM, put_text(fd, 8, "no"));
	msgslot_close(fd);
}

/* Reads what its file lets all read; the door is root's, as is the other channel. */
static int reads_one(int unused)
{
	int fd = msgslot_open_channel("robot", "shown", O_RDONLY);
	char buf[16];

	return !(msgslot_open("robot", O_RDONLY) == -EACCES && fd >= 0 &&
		 msgslot_get(fd, 0, buf, 16, NULL) == 5 &&
		 msgslot_open_channel("robot", "shown", O_WRONLY) == -EACCES &&
		 msgslot_open_channel("robot", "secret", O_RDONLY) == -EACCES &&
		 msgslot_open_channel("robot", "7", O_RDONLY) < 0 &&
		 msgslot_open_channel("robot", "new", O_RDWR | O_CREAT) ==
			 -EACCES);
}

/* Who has the whole slot has each channel. */
static int reads_by_the_door(int unused)
{
	int fd = msgslot_open_channel("robot", "secret", O_RDONLY);
	char buf[16];

	return !(fd >= 0 && msgslot_get(fd, 0, buf, 16, NULL) == 6 &&
		 msgslot_get(fd, 7, buf, 16, NULL) == -EPERM);
}

TEST_F(names, rights)
{
	ASSERT_EQ(0, fs_put("robot/shown", "shown"));
	ASSERT_EQ(0, fs_put("robot/secret", "secret"));
	ASSERT_EQ(0, chmod("robot/secret", 0600));
	EXPECT_TRUE(as(ONE, reads_one, 0));
	EXPECT_FALSE(as(ONE, reads_by_the_door, 0));
	ASSERT_EQ(0, chmod("robot/.slot", 0644));
	EXPECT_TRUE(as(ONE, reads_by_the_door, 0));
}

TEST_F(names, a_claim_that_is_passed_on)
{
	int other = msgslot_open("robot", O_RDWR);
	int third;

	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	EXPECT_EQ(-EBUSY, put_text(other, 7, "no"));
	pass_on(self->fd);
	EXPECT_EQ(0, put_text(other, 7, "yes"));
	msgslot_close(other);
	ASSERT_EQ(0, mkdir("other", 0777));
	other = msgslot_open("other", O_RDWR);
	ASSERT_EQ(0, msgslot_claim(other, 7, MSG_SLOT_END_KEEP, NULL, 0));
	third = msgslot_open("other", O_RDWR);
	EXPECT_EQ(-EBUSY, put_text(third, 7, "no"));
	EXPECT_GET(self->fd, 7, "yes");
	msgslot_close(third);
	msgslot_close(other);
	unsetenv("MSGSLOT_FD");
}

TEST_F(names, a_claim_of_a_file_that_is_passed_on)
{
	int one = msgslot_open_channel("robot", "t", O_RDWR | O_CREAT);
	int other = msgslot_open_channel("robot", "t", O_RDWR);
	int third = msgslot_open_channel("robot", "u", O_RDWR | O_CREAT);

	ASSERT_EQ(0, msgslot_claim(one, 0, MSG_SLOT_END_KEEP, NULL, 0));
	ASSERT_EQ(0, msgslot_claim(third, 0, MSG_SLOT_END_KEEP, NULL, 0));
	pass_on(third);
	EXPECT_EQ(-EBUSY, put_text(other, 0, "no"));
	pass_on(one);
	EXPECT_EQ(0, put_text(other, 0, "yes"));
	EXPECT_FILE("robot/t", "yes");
	msgslot_close(one);
	msgslot_close(other);
	msgslot_close(third);
	unsetenv("MSGSLOT_FD");
}

TEST_HARNESS_MAIN
