// SPDX-License-Identifier: GPL-2.0
/* Mounting: options, limits, remounting, user namespaces, the end. */
#include "slotfs.h"
#include "watch.h"

#include <sys/statvfs.h>

#define NAME "robot/temperature"

/* Whether the line of /proc/mounts for this path has this option. */
static bool shows(const char *path, const char *option)
{
	char line[1024], wanted[100], at[100];
	FILE *mounts = fopen("/proc/mounts", "r");
	bool found = false;

	snprintf(wanted, sizeof(wanted), "%s,", option);
	snprintf(at, sizeof(at), " %s slotfs ", path);
	while (mounts && fgets(line, sizeof(line), mounts)) {
		*strrchr(line, ' ') = '\0';
		*strrchr(line, ' ') = ',';
		if (strstr(line, at) && strstr(line, wanted))
			found = true;
	}
	if (mounts)
		fclose(mounts);
	return found;
}

TEST_F(fs, what_it_is_mounted_with_is_shown)
{
	EXPECT_TRUE(shows(self->path, "mode=1777"));
	EXPECT_TRUE(shows(self->path, "uid=0"));
	EXPECT_TRUE(shows(self->path, "gid=0"));
	EXPECT_TRUE(shows(self->path, "max_slots=4096"));
	EXPECT_TRUE(shows(self->path, "max_names=131072"));
	EXPECT_TRUE(shows(self->path, "max_channels=1048576"));
	EXPECT_TRUE(shows(self->path, "max_message=128"));
	ASSERT_EQ(0, fs_remount("mode=755,uid=1001,gid=1002,max_slots=5"));
	ASSERT_EQ(0, fs_remount("max_names=6,max_channels=7,max_message=8"));
	ASSERT_EQ(0, fs_remount("max_bytes=1000000"));
	EXPECT_TRUE(shows(self->path, "mode=755"));
	EXPECT_TRUE(shows(self->path, "uid=1001"));
	EXPECT_TRUE(shows(self->path, "gid=1002"));
	EXPECT_TRUE(shows(self->path, "max_slots=5"));
	EXPECT_TRUE(shows(self->path, "max_names=6"));
	EXPECT_TRUE(shows(self->path, "max_channels=7"));
	EXPECT_TRUE(shows(self->path, "max_message=8"));
	EXPECT_TRUE(shows(self->path, "max_bytes=1000000"));
}

static const char *const bad_options[] = {
	"mode=10000",
	"mode=x",
	"mode",
	"uid=x",
	"gid=x",
	"uid=4294967295",
	"max_slots=0",
	"max_slots=1048577",
	"max_slots=-1",
	"max_names=0",
	"max_names=1048577",
	"max_names=x",
	"max_channels=0",
	"max_channels=1048577",
	"max_channels",
	"max_message=0",
	"max_message=1048577",
	"max_message=4294967296",
	"max_bytes=0",
	"max_bytes=x",
	"max_bytes=-1",
	"size=10",
	"max_message=10,nonsense",
};

TEST_F(fs, options_that_are_wrong)
{
	ASSERT_EQ(0, mkdir("/tmp/slotfs-bad", 0777));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad_options); i++) {
		EXPECT_EQ(-EINVAL, fs_mount("/tmp/slotfs-bad", bad_options[i]))
		{
			TH_LOG("%s", bad_options[i]);
		}
		EXPECT_EQ(-EINVAL, fs_remount(bad_options[i]))
		{
			TH_LOG("%s", bad_options[i]);
		}
	}
	EXPECT_TRUE(shows(self->path, "mode=1777"));
	EXPECT_TRUE(shows(self->path, "max_slots=4096"));
	EXPECT_TRUE(shows(self->path, "max_message=128"));
	EXPECT_EQ(0, rmdir("/tmp/slotfs-bad"));
}

TEST_F(fs, each_mount_is_one_of_its_own)
{
	ASSERT_EQ(0, mkdir("/tmp/slotfs-second", 0777));
	ASSERT_EQ(0, fs_mount("/tmp/slotfs-second", NULL));
	EXPECT_EQ(0, fs_entries("/tmp/slotfs-second"));
	EXPECT_TRUE(shows("/tmp/slotfs-second", "mode=755"));
	ASSERT_EQ(0, mkdir("/tmp/slotfs-second/robot", 0777));
	ASSERT_EQ(0, fs_put("/tmp/slotfs-second/robot/a", "a"));
	EXPECT_FALSE(fs_exists("robot/a"));
	ASSERT_EQ(0, umount("/tmp/slotfs-second"));
	EXPECT_EQ(0, rmdir("/tmp/slotfs-second"));
}

TEST_F(fs, as_many_slots_as_it_may_have)
{
	ASSERT_EQ(0, fs_remount("max_slots=3"));
	ASSERT_EQ(0, mkdir("a", 0777));
	ASSERT_EQ(0, mkdir("b", 0777));
	EXPECT_EQ(-ENOSPC, slot_result(mkdir("c", 0777)));
	EXPECT_EQ(3, fs_entries("."));
	ASSERT_EQ(0, rmdir("a"));
	EXPECT_EQ(0, slot_result(mkdir("c", 0777)));
	EXPECT_EQ(-ENOSPC, slot_result(mkdir("a", 0777)));
	ASSERT_EQ(0, fs_remount("max_slots=1"));
	EXPECT_EQ(3, fs_entries("."));
	EXPECT_EQ(0, fs_put("b/works", "works"));
	EXPECT_EQ(-ENOSPC, slot_result(mkdir("a", 0777)));
	/* Directories in slots are no slots. */
	EXPECT_EQ(0, mkdir("b/a", 0777));
}

TEST_F(fs, as_many_names_as_it_may_have)
{
	ASSERT_EQ(0, fs_remount("max_names=3"));
	ASSERT_EQ(0, mkdir("other", 0777));
	ASSERT_EQ(0, fs_put("robot/a", "a"));
	ASSERT_EQ(0, mkdir("other/b", 0777));
	ASSERT_EQ(0, fs_put("robot/7", "7"));
	EXPECT_EQ(-ENOSPC, fs_put("other/c", "c"));
	EXPECT_EQ(-ENOSPC, slot_result(mkdir("robot/c", 0777)));
	EXPECT_EQ(-ENOSPC, fs_put("robot/8", "8"));
	EXPECT_EQ(0, fs_put("robot/a", "again"));
	/* Numbers without names count for none. */
	EXPECT_EQ(1, slot_pwrite(self->door, "8", 1, 8));
	ASSERT_EQ(0, rmdir("other/b"));
	EXPECT_EQ(0, fs_put("other/c", "c"));
	EXPECT_EQ(-ENOSPC, fs_put("other/d", "d"));
	EXPECT_EQ(2, fs_entries("robot"));
	EXPECT_EQ(1, fs_entries("other"));
}

TEST_F(fs, limits_of_each_slot)
{
	ASSERT_EQ(0, fs_remount("max_channels=2,max_message=10"));
	ASSERT_EQ(0, mkdir("other", 0777));
	EXPECT_EQ(0, fs_put("other/a", "0123456789"));
	EXPECT_EQ(-EMSGSIZE, fs_put("other/a", "0123456789a"));
	EXPECT_EQ(0, fs_put("other/b", "b"));
	EXPECT_EQ(-ENOSPC, fs_put("other/c", "c"));
	EXPECT_EQ(0, fs_put("robot/c", "c"));
	EXPECT_EQ(0, fs_put("robot/a", "a"));
	EXPECT_EQ(-ENOSPC, fs_put("robot/b", "b"));
	EXPECT_FILE("other/a", "0123456789");
	ASSERT_EQ(0, fs_remount("max_channels=3"));
	EXPECT_EQ(0, fs_put("robot/b", "b"));
	EXPECT_EQ(-EMSGSIZE, fs_put("robot/b", "0123456789a"));
}

TEST_F(fs, bytes_of_each_slot)
{
	static const char text[3000] = "a";
	int fd = fs_open("robot/a", O_WRONLY | O_CREAT);

	ASSERT_EQ(0, fs_remount("max_message=5000,max_bytes=4000"));
	EXPECT_EQ(3000, slot_write(fd, text, 3000));
	close(fd);
	fd = fs_open("robot/b", O_WRONLY | O_CREAT);
	EXPECT_EQ(-ENOSPC, slot_write(fd, text, 3000));
	EXPECT_EQ(1, slot_write(fd, "b", 1));
	close(fd);
}

/* What is not given stays, also what was set for one slot by hand. */
TEST_F(fs, remounting_changes_what_is_given)
{
	ASSERT_EQ(0, slot_set_max_message(self->door, 1000));
	ASSERT_EQ(0, fs_remount("mode=700,max_channels=9"));
	EXPECT_EQ(1000u, slot_limits(self->door).max_message);
	EXPECT_EQ(9u, slot_limits(self->door).max_channels);
	EXPECT_TRUE(shows(self->path, "max_message=128"));
	ASSERT_EQ(0, fs_remount("max_message=500"));
	EXPECT_EQ(500u, slot_limits(self->door).max_message);
	EXPECT_TRUE(shows(self->path, "mode=700"));
}

TEST_F(fs, for_reading_only)
{
	ASSERT_EQ(0, fs_put(NAME, "a"));
	close(self->door);
	ASSERT_EQ(0, slot_result(mount("none", ".", "slotfs",
				       MS_REMOUNT | MS_RDONLY, NULL)));
	EXPECT_EQ(-EROFS, fs_put(NAME, "b"));
	EXPECT_EQ(-EROFS, fs_put("robot/b", "b"));
	EXPECT_EQ(-EROFS, slot_result(mkdir("other", 0777)));
	EXPECT_EQ(-EROFS, slot_result(unlink(NAME)));
	EXPECT_EQ(-EROFS, slot_result(truncate(NAME, 0)));
	EXPECT_FILE(NAME, "a");
	ASSERT_EQ(0, fs_remount(NULL));
	EXPECT_EQ(0, fs_put(NAME, "b"));
	self->door = fs_open(DOOR, O_RDWR);
}

TEST_F(fs, statfs_counts_names)
{
	struct statvfs vfs;
	struct statfs st;

	ASSERT_EQ(0, fs_remount("max_names=100"));
	ASSERT_EQ(0, fs_put("robot/a", "a"));
	ASSERT_EQ(0, mkdir("robot/b", 0777));
	ASSERT_EQ(0, statfs(".", &st));
	EXPECT_EQ((unsigned int)MSG_SLOT_FS_MAGIC, (unsigned int)st.f_type);
	EXPECT_EQ(100u, (unsigned int)st.f_files);
	EXPECT_EQ(98u, (unsigned int)st.f_ffree);
	ASSERT_EQ(0, fs_remount("max_names=1"));
	ASSERT_EQ(0, statvfs(".", &vfs));
	EXPECT_EQ(0u, (unsigned int)vfs.f_ffree);
}

/* What is open goes on, until it is closed. */
TEST_F(fs, unmounting_while_it_is_used)
{
	const struct msg_slot_cell *cells;
	struct watcher *watch;
	char got[8];
	int fd;

	ASSERT_EQ(0, mkdir("/tmp/slotfs-gone", 0777));
	ASSERT_EQ(0, fs_mount("/tmp/slotfs-gone", NULL));
	ASSERT_EQ(0, mkdir("/tmp/slotfs-gone/robot", 0777));
	close(self->door);
	self->door = fs_open("/tmp/slotfs-gone/robot/.slot", O_RDWR);
	fd = fs_open("/tmp/slotfs-gone/robot/a", O_RDWR | O_CREAT);
	EXPECT_EQ(-EBUSY, slot_result(umount("/tmp/slotfs-gone")));
	ASSERT_EQ(0, slot_put(self->door, 7, "seven", 5));
	watch = watch_all(self->door);
	cells = mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->door, 0);
	ASSERT_NE(MAP_FAILED, cells);
	ASSERT_EQ(0, slot_result(umount2("/tmp/slotfs-gone", MNT_DETACH)));
	EXPECT_EQ(0, rmdir("/tmp/slotfs-gone"));
	EXPECT_EQ(3, slot_write(fd, "new", 3));
	EXPECT_EQ(3, slot_pread(fd, got, 8, 0));
	EXPECT_GET(self->door, 7, "seven");
	EXPECT_TRUE(fs_is_named(fd, 0, "a"));
	close(fd);
	close(self->door);
	/* A watch and a mapping keep it, too. */
	EXPECT_TOLD(watch, 7, "seven");
	EXPECT_EQ(7u, cells->id);
	munmap((void *)cells, 4096);
	watcher_free(watch);
	self->door = fs_open(DOOR, O_RDWR);
}

static int cannot_mount(int fd)
{
	return fs_mount("/mnt", NULL) != -EPERM || fs_remount(NULL) != -EPERM;
}

TEST_F(fs, not_without_privileges)
{
	EXPECT_TRUE(as(ONE, cannot_mount, 0));
}

static int works_in_namespace(int fd)
{
	struct msg_slot_limits limits = { 1000, 10, 100000 };
	struct stat st;
	int door;

	if (!fs_enter_namespace(ONE, ONE) || fs_mount("/mnt", "mode=1777") ||
	    chdir("/mnt") || mkdir("robot", 0777) || fs_put(NAME, "21.5") ||
	    !fs_has(NAME, "21.5"))
		return 1;
	door = fs_open(DOOR, O_RDWR);
	if (door < 0 || !channel_has(door, fs_id(door, "temperature"), "21.5"))
		return 2;
	if (stat(NAME, &st) || st.st_uid || stat(".", &st) || st.st_uid)
		return 3;
	/* Neither nodes nor ids that are not of this namespace. */
	if (slot_result(mknod("robot/null", S_IFCHR | 0666, makedev(1, 3))) !=
		    -EPERM ||
	    slot_result(chown(NAME, 1, 1)) != -EINVAL)
		return 4;
	if (fs_remount("uid=1") != -EINVAL || fs_remount("gid=1002") != -EINVAL)
		return 5;
	/* The mount's limits are the mounter's; a slot's need a privilege. */
	if (fs_remount("max_message=500") ||
	    slot_limits(door).max_message != 500 ||
	    slot_set_limits(door, limits) != -EPERM)
		return 6;
	if (chmod(NAME, 04755) ||
	    slot_result(execl(NAME, NAME, NULL)) != -EACCES)
		return 7;
	close(door);
	return chdir("/") || umount("/mnt") ? 8 : 0;
}

TEST_F(fs, in_a_user_namespace)
{
	EXPECT_TRUE(as(ONE, works_in_namespace, 0));
	/* What was mounted there is not seen here. */
	EXPECT_EQ(0, access("/mnt", F_OK));
	EXPECT_FALSE(shows("/mnt", "mode=1777"));
}

/* Root there is nobody here: what is root's, and what is OTHER's, is not its own. */
static int is_nobody_outside(int fd)
{
	struct stat st;

	if (!fs_enter_namespace(ONE, ONE) || getuid())
		return 1;
	if (stat(NAME, &st) || st.st_uid != 65534)
		return 2;
	return fs_put(NAME, "no") != -EACCES ||
	       slot_result(unlink(NAME)) != -EACCES ||
	       slot_result(chmod(NAME, 0666)) != -EPERM ||
	       fs_open(DOOR, O_RDONLY) != -EACCES ||
	       fs_remount("max_slots=1") != -EPERM || !fs_has(NAME, "a");
}

TEST_F(fs, its_root_is_nobody_outside)
{
	ASSERT_EQ(0, fs_put(NAME, "a"));
	EXPECT_TRUE(as(ONE, is_nobody_outside, 0));
	EXPECT_FILE(NAME, "a");
}

TEST_HARNESS_MAIN
