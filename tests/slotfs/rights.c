// SPDX-License-Identifier: GPL-2.0
/* Who may do what: two people without privileges, and a group. */
#include "passing.h"
#include "slotfs.h"

#define NAME "robot/temperature"
#define SECRET "robot/secret"

/* robot is ONE's from now on, with two channels that have messages. */
static void give_robot(void)
{
	if (fs_put(NAME, "21.5") || fs_put(SECRET, "secret") ||
	    mkdir("robot/arm", 0755) || fs_put("robot/arm/a", "a") ||
	    chown("robot", ONE, ONE) || chown(DOOR, ONE, ONE) ||
	    chown(NAME, ONE, ONE) || chown(SECRET, ONE, ONE) ||
	    chown("robot/arm", ONE, ONE) || chown("robot/arm/a", ONE, ONE) ||
	    chmod(SECRET, 0600))
		abort();
}

static int make_slot(int fd)
{
	return mkdir("mine", 0777) || fs_put("mine/a", "a") ||
	       fs_open("mine/.slot", O_RDWR) < 0;
}

static int cannot_touch_slot(int fd)
{
	return slot_result(rmdir("mine")) != -EPERM ||
	       slot_result(rename("mine", "yours")) != -EPERM ||
	       fs_put("mine/b", "b") != -EACCES ||
	       slot_result(mkdir("mine/b", 0777)) != -EACCES ||
	       slot_result(unlink("mine/a")) != -EACCES ||
	       slot_result(rename("mine/a", "mine/b")) != -EACCES ||
	       slot_result(chmod("mine", 0777)) != -EPERM ||
	       slot_result(chmod("mine/a", 0777)) != -EPERM ||
	       slot_result(chmod("mine/.slot", 0777)) != -EPERM ||
	       slot_result(chown("mine/a", OTHER, OTHER)) != -EPERM ||
	       fs_open("mine/.slot", O_RDONLY) != -EACCES;
}

static int remove_slot(int fd)
{
	return unlink("mine/a") || rmdir("mine");
}

TEST_F(fs, a_slot_is_who_made_it_s)
{
	EXPECT_TRUE(as(ONE, make_slot, 0));
	EXPECT_TRUE(as(OTHER, cannot_touch_slot, 0));
	EXPECT_FILE("mine/a", "a");
	EXPECT_TRUE(as(ONE, remove_slot, 0));
}

static int may_read_only(int fd)
{
	return !fs_has(NAME, "21.5") || fs_put(NAME, "no") != -EACCES ||
	       slot_result(truncate(NAME, 0)) != -EACCES ||
	       fs_open(NAME, O_RDWR) != -EACCES ||
	       fs_open(NAME, O_RDONLY | O_TRUNC) != -EACCES;
}

static int may_not_open(int fd)
{
	return fs_open(SECRET, O_RDONLY) != -EACCES ||
	       fs_put(SECRET, "no") != -EACCES;
}

static int may_do_all(int fd)
{
	return fs_put(NAME, "new") || !fs_has(NAME, "new") ||
	       fs_put(SECRET, "new") || !fs_has(SECRET, "new") ||
	       truncate(NAME, 0);
}

TEST_F(fs, a_channel_has_rights_of_its_own)
{
	give_robot();
	EXPECT_TRUE(as(OTHER, may_read_only, 0));
	EXPECT_TRUE(as(OTHER, may_not_open, 0));
	EXPECT_FILE(NAME, "21.5");
	EXPECT_FILE(SECRET, "secret");
	EXPECT_TRUE(as(ONE, may_do_all, 0));
}

static int write_only(int fd)
{
	return fs_open(NAME, O_RDONLY) != -EACCES || fs_put(NAME, "new");
}

TEST_F(fs, writing_without_reading)
{
	give_robot();
	ASSERT_EQ(0, chmod(NAME, 0622));
	EXPECT_TRUE(as(OTHER, write_only, 0));
	EXPECT_FILE(NAME, "new");
}

static int door_is_shut(int fd)
{
	return fs_open(DOOR, O_RDONLY) != -EACCES ||
	       fs_open(DOOR, O_WRONLY) != -EACCES;
}

static int door_is_for_reading(int fd)
{
	int door = fs_open(DOOR, O_RDONLY);

	return fs_open(DOOR, O_RDWR) != -EACCES || door < 0 ||
	       !channel_has(door, fs_id(door, "secret"), "secret") ||
	       slot_put(door, 7, "no", 2) != -EBADF;
}

/* The modes of channels say nothing to who may open it. */
TEST_F(fs, the_door_s_mode_is_of_the_whole_slot)
{
	give_robot();
	EXPECT_TRUE(as(OTHER, door_is_shut, 0));
	ASSERT_EQ(0, chmod(DOOR, 0644));
	EXPECT_TRUE(as(OTHER, door_is_for_reading, 0));
}

static bool owned_by(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	return !stat(path, &st) && st.st_uid == uid && st.st_gid == gid;
}

static int give_group(int fd)
{
	return chown("robot", -1, OTHER);
}

/* The door goes with its slot to another owner, but not one that is another's. */
TEST_F(fs, the_door_goes_with_its_slot)
{
	ASSERT_EQ(0, chown("robot", ONE, ONE));
	EXPECT_TRUE(owned_by(DOOR, ONE, ONE));
	ASSERT_EQ(0, chown("robot", -1, OTHER));
	EXPECT_TRUE(owned_by(DOOR, ONE, OTHER));
	ASSERT_EQ(0, chmod("robot", 0700));
	EXPECT_TRUE(owned_by(DOOR, ONE, OTHER));
	ASSERT_EQ(0, chown(DOOR, OTHER, ONE));
	EXPECT_TRUE(owned_by("robot", ONE, OTHER));
	ASSERT_EQ(0, chown("robot", 0, 0));
	EXPECT_TRUE(owned_by(DOOR, OTHER, ONE));
	ASSERT_EQ(0, chown(DOOR, ONE, ONE));
	ASSERT_EQ(0, chown("robot", ONE, ONE));
	EXPECT_FALSE(as(ONE, give_group, 0));
	EXPECT_TRUE(owned_by(DOOR, ONE, ONE));
}

static bool in_group(unsigned int id, gid_t group, int (*act)(int fd))
{
	pid_t child = fork();

	if (!child) {
		if (syscall(SYS_setgroups, 1, &group) ||
		    setresgid(id, id, id) || setresuid(id, id, id))
			abort();
		_exit(act(0));
	}
	return !child_end(child);
}

static int group_may_write(int fd)
{
	return fs_put(SECRET, "group's") || !fs_has(SECRET, "group's");
}

TEST_F(fs, a_group_has_rights)
{
	give_robot();
	ASSERT_EQ(0, chown(SECRET, ONE, 2000));
	ASSERT_EQ(0, chmod(SECRET, 0660));
	EXPECT_TRUE(as(OTHER, may_not_open, 0));
	EXPECT_TRUE(in_group(OTHER, 2000, group_may_write));
	EXPECT_FILE(SECRET, "group's");
}

/* Who may read one channel, and no directory: nothing tells it of a neighbour. */
static int sees_no_neighbour(int fd)
{
	const unsigned int secret = MSG_SLOT_FIRST_NAMED + 1;
	struct msg_slot_get get = get_into(secret, NULL, 0);
	int own = fs_open(NAME, O_RDONLY);
	struct msg_slot_usage usage;
	unsigned int id;
	char again[40];

	snprintf(again, sizeof(again), "/proc/self/fd/%d", own);
	return own < 0 || fs_open(again, O_RDWR) != -EACCES ||
	       slot_get(own, secret, &(struct got){}) != -EPERM ||
	       slot_wait(own, secret, 0, 0, 0, &(struct got){}) != -EPERM ||
	       slot_snapshot(own, &get, 1) != -EPERM ||
	       slot_watch(own, &secret, 1) != -EPERM ||
	       fs_name(own, secret).ret != -EPERM ||
	       fs_entries("robot") != -1 || fs_name(own, 0).ret != -EACCES ||
	       fs_get_id(own, "secret", &id) != -EPERM ||
	       slot_select(own, secret) != -EPERM ||
	       slot_watch(own, NULL, 0) != -EPERM ||
	       slot_ioctl(own, MSG_SLOT_GET_USAGE, &usage) != -EPERM ||
	       mmap(NULL, 4096, PROT_READ, MAP_SHARED, own, 0) != MAP_FAILED ||
	       may_not_open(0) || door_is_shut(0);
}

TEST_F(fs, a_neighbour_is_not_seen)
{
	give_robot();
	ASSERT_EQ(MSG_SLOT_FIRST_NAMED + 1, fs_id(self->door, "secret"));
	ASSERT_EQ(0, chmod("robot", 0711));
	EXPECT_TRUE(as(OTHER, sees_no_neighbour, 0));
}

/* With a door that somebody has passed on, or opened before the rights changed. */
static int finds_by_name_only(int door)
{
	unsigned int id, none;

	return fs_get_id(door, "temperature", &id) ||
	       fs_get_id(door, "arm/a", &none) != -EACCES ||
	       fs_name(door, id).ret != -EACCES ||
	       fs_name(door, MSG_SLOT_FIRST_NAMED).ret != -EACCES;
}

static int learns_nothing(int door)
{
	unsigned int id;

	return fs_get_id(door, "temperature", &id) != -EACCES ||
	       fs_get_id(door, "none", &id) != -EACCES ||
	       fs_name(door, MSG_SLOT_FIRST_NAMED).ret != -EACCES;
}

TEST_F(fs, names_are_told_to_who_may_list_them)
{
	struct fs_name name;

	give_robot();
	name = fs_name(self->door, MSG_SLOT_FIRST_NAMED);
	EXPECT_EQ(0, name.ret);
	ASSERT_EQ(0, chmod("robot", 0711));
	ASSERT_EQ(0, chmod("robot/arm", 0700));
	EXPECT_TRUE(as(OTHER, finds_by_name_only, self->door));
	ASSERT_EQ(0, chmod("robot", 0700));
	EXPECT_TRUE(as(OTHER, learns_nothing, self->door));
}

static int hides_what_is_below(int door)
{
	return !fs_is_named(door, MSG_SLOT_FIRST_NAMED, "temperature") ||
	       fs_name(door, MSG_SLOT_FIRST_NAMED + 2).ret != -EACCES;
}

TEST_F(fs, each_directory_is_asked)
{
	give_robot();
	EXPECT_TRUE(fs_is_named(self->door, MSG_SLOT_FIRST_NAMED + 2, "arm/a"));
	ASSERT_EQ(0, chmod("robot/arm", 0711));
	EXPECT_TRUE(as(OTHER, hides_what_is_below, self->door));
}

static int goes_on_reading(int fd)
{
	char got[8];

	return slot_pread(fd, got, 8, 0) != 3 || memcmp(got, "new", 3) ||
	       slot_write(fd, "no", 2) != -EBADF ||
	       slot_select(fd, MSG_SLOT_FIRST_NAMED + 1) != -EPERM;
}

/* As with every file, rights are looked at when it is opened. */
TEST_F(fs, a_descriptor_that_is_there)
{
	int fd;

	give_robot();
	fd = fs_open(NAME, O_RDONLY);
	ASSERT_EQ(0, chmod(NAME, 0600));
	ASSERT_EQ(0, fs_put(NAME, "new"));
	EXPECT_TRUE(as(OTHER, goes_on_reading, fd));
	close(fd);
}

static int sees_what_it_had(int fd)
{
	char got[8];

	return slot_pread(fd, got, 8, 0) ||
	       slot_get(fd, 0, &(struct got){}) != -EWOULDBLOCK ||
	       fs_name(fd, 0).ret != -ENOENT ||
	       fs_open(NAME, O_RDONLY) != -EACCES;
}

/* A secret that takes the name of what somebody has open is not shown to them. */
TEST_F(fs, a_descriptor_of_a_name_that_is_another_s_now)
{
	int fd;

	give_robot();
	fd = fs_open(NAME, O_RDONLY);
	ASSERT_EQ(0, rename(SECRET, NAME));
	EXPECT_TRUE(as(OTHER, sees_what_it_had, fd));
	close(fd);
	ASSERT_EQ(0, chmod(NAME, 0644));
	fd = fs_open(NAME, O_RDONLY);
	ASSERT_EQ(0, unlink(NAME));
	ASSERT_EQ(0, fs_put(NAME, "secret"));
	ASSERT_EQ(0, chmod(NAME, 0600));
	EXPECT_TRUE(as(OTHER, sees_what_it_had, fd));
	EXPECT_FILE(NAME, "secret");
	close(fd);
}

static int in_a_part(int fd)
{
	unsigned int id;

	return fs_get_id(fd, "temperature", &id) != -EACCES ||
	       fs_name(fd, MSG_SLOT_FIRST_NAMED).ret != -EACCES;
}

/* The door alone, mounted elsewhere: what is around it is not to be reached. */
TEST_F(fs, a_part_that_is_mounted_alone)
{
	int fd, target = open("/tmp/slotfs-part", O_CREAT | O_RDWR, 0666);

	give_robot();
	close(target);
	ASSERT_EQ(0, mount(DOOR, "/tmp/slotfs-part", NULL, MS_BIND, NULL));
	fd = fs_open("/tmp/slotfs-part", O_RDWR);
	EXPECT_EQ(0, in_a_part(fd));
	EXPECT_EQ(0, slot_put(fd, 7, "seven", 5));
	EXPECT_GET(self->door, 7, "seven");
	close(fd);
	EXPECT_EQ(0, umount("/tmp/slotfs-part"));
	unlink("/tmp/slotfs-part");
}

TEST_HARNESS_MAIN
