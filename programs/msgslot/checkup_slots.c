// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <mntent.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "checkup.h"
#include "complaint.h"
#include "diagnosis.h"
#include "fact.h"
#include "msgslot.h"

#define GROUP "slots"

static const char mount_it[] =
	"sudo systemctl start run-slots.mount, or: sudo mount -m -t slotfs -o mode=1777 none %s";

/* Where slots by name are: what the library would put before a name. */
static void find_directory(char directory[static PATH_MAX])
{
	if (msgslot_path("x", directory, PATH_MAX))
		die(STATUS_ERROR, "MSGSLOT_DIR: %s", strerror(ENAMETOOLONG));
	directory[strlen(directory) - strlen("/x/.slot")] = '\0';
}

static bool is_mounted(const char *directory)
{
	struct statfs fs;

	return !statfs(directory, &fs) && fs.f_type == MSG_SLOT_FS_MAGIC;
}

static void tell_other_mounts(const char *directory)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;

	while (mounts && (mount = getmntent(mounts)))
		if (!strcmp(mount->mnt_type, "slotfs") &&
		    strcmp(mount->mnt_dir, directory))
			diagnosis_add(FINDING_GOOD, "mount", "%s, too",
				      mount->mnt_dir);
	if (mounts)
		endmntent(mounts);
}

static void check_mount(void)
{
	char directory[PATH_MAX];
	struct stat root;

	find_directory(directory);
	tell_other_mounts(directory);
	if (!is_mounted(directory)) {
		diagnosis_add(FINDING_NOTE, "mount", "no slotfs is at %s",
			      directory);
		diagnosis_advise(mount_it, directory);
		return;
	}
	if (stat(directory, &root))
		root.st_mode = 0;
	diagnosis_add(access(directory, W_OK) ? FINDING_NOTE : FINDING_GOOD,
		      "mount", "%s, mode %o: you may %smake slots", directory,
		      root.st_mode & 07777,
		      access(directory, W_OK) ? "not " : "");
	if (access(directory, W_OK))
		diagnosis_advise("sudo mount -o remount,mode=1777 %s",
				 directory);
}

static const char *rights(const char *path)
{
	bool read = !access(path, R_OK), write = !access(path, W_OK);

	if (read && write)
		return "you may read and write";
	if (read)
		return "you may read";
	return write ? "you may write" : "you may neither read nor write";
}

static void check_node(const char *path, const struct stat *node)
{
	const struct group *group = getgrgid(node->st_gid);
	unsigned int loaded = fact_major();

	if (loaded && major(node->st_rdev) != loaded) {
		diagnosis_add(FINDING_NOTE, "device",
			      "%s has the major number %u, and slots have %u",
			      path, major(node->st_rdev), loaded);
		diagnosis_advise("sudo rm %s; sudo mknod %s c %u %u", path,
				 path, loaded, minor(node->st_rdev));
		return;
	}
	diagnosis_add(access(path, R_OK | W_OK) ? FINDING_NOTE : FINDING_GOOD,
		      "device", "%s, mode %o, group %s: %s", path,
		      node->st_mode & 07777, group ? group->gr_name : "unknown",
		      rights(path));
}

static bool in_group(gid_t wanted)
{
	gid_t groups[NGROUPS_MAX];
	int count = getgroups(NGROUPS_MAX, groups);

	while (count > 0)
		if (groups[--count] == wanted)
			return true;
	return getegid() == wanted;
}

/* @node: one of the group's. */
static void check_group(const char *node)
{
	const struct group *group = getgrnam(GROUP);
	const struct passwd *user = getpwuid(geteuid());

	if (!group || !geteuid())
		return;
	if (in_group(group->gr_gid)) {
		diagnosis_add(FINDING_GOOD, "group", "you are in " GROUP);
		return;
	}
	diagnosis_add(FINDING_NOTE, "group",
		      "you are not in " GROUP ", whose %s is", node);
	diagnosis_advise("sudo usermod -aG " GROUP " %s, and log in again",
			 user ? user->pw_name : "USER");
}

static void check_devices(void)
{
	const struct group *group = getgrnam(GROUP);
	gid_t gid = group ? group->gr_gid : (gid_t)-1;
	const char *of_group = NULL;
	struct stat node;
	glob_t found;
	size_t i;

	if (glob("/dev/slot*", 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++) {
		if (stat(found.gl_pathv[i], &node) || !S_ISCHR(node.st_mode))
			continue;
		check_node(found.gl_pathv[i], &node);
		if (node.st_gid == gid)
			of_group = found.gl_pathv[i];
	}
	if (of_group)
		check_group(of_group);
	globfree(&found);
}

void checkup_slots(void)
{
	check_mount();
	check_devices();
}

/* Names have ids above it: one of these is no name's. */
#define HIGHEST_NUMBER 0x7fffffff
#define TRIES 16

/* Return: 0 or -errno; a channel that has a message keeps it. */
static int try_slot(int fd)
{
	static const char text[] = "msgslot doctor";
	uint32_t channel = HIGHEST_NUMBER;
	char back[sizeof(text)] = "";
	uint64_t version;
	ssize_t size;
	int ret;

	do {
		version = 0;
		ret = msgslot_put_if(fd, channel, text, sizeof(text),
				     MSG_SLOT_FOREVER, &version);
	} while (ret == -ESTALE && HIGHEST_NUMBER - --channel < TRIES);
	if (ret)
		return ret;
	size = msgslot_get(fd, channel, back, sizeof(back), NULL);
	ret = msgslot_clear_if(fd, channel, &version);
	if (size < 0)
		return size;
	return ret ? ret : memcmp(back, text, sizeof(text)) ? -EIO : 0;
}

static int open_and_try(const char *slot)
{
	int fd = msgslot_open(slot, O_RDWR), ret;

	if (fd < 0)
		return fd;
	ret = try_slot(fd);
	msgslot_close(fd);
	return ret;
}

static bool tell(const char *slot, int ret)
{
	if (ret)
		diagnosis_add(FINDING_BAD, "slot", "%s: %s", slot,
			      strerror(-ret));
	else
		diagnosis_add(FINDING_GOOD, "slot", "%s was written and read",
			      slot);
	return !ret;
}

/* A slot of its own. */
static bool try_directory(void)
{
	char directory[PATH_MAX], slot[PATH_MAX + 32];
	int ret;

	find_directory(directory);
	if (!is_mounted(directory))
		return false;
	snprintf(slot, sizeof(slot), "%s/doctor-%d", directory, getpid());
	if (mkdir(slot, 0700))
		return tell(slot, -errno);
	ret = open_and_try(slot);
	if (rmdir(slot) && !ret)
		ret = -errno;
	return tell(slot, ret);
}

static bool try_devices(void)
{
	bool works = false;
	glob_t found;
	size_t i;

	if (glob("/dev/slot*", 0, NULL, &found))
		return false;
	for (i = 0; !works && i < found.gl_pathc; i++)
		works = tell(found.gl_pathv[i],
			     open_and_try(found.gl_pathv[i]));
	globfree(&found);
	return works;
}

bool checkup_try(const char *slot)
{
	if (slot)
		return tell(slot, open_and_try(slot));
	return try_directory() || try_devices();
}
