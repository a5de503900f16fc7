// SPDX-License-Identifier: GPL-2.0
/*
 * named: what opening a channel's file costs beside a tmpfs's, what looking up one of
 * many names costs, and how much memory a name takes.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "means/named.h"
#include "memory.h"
#include "table.h"

static const char tmpfs_path[] = "/tmp/tmpfs-bench";
static const char tmpfs_folder[] = "/tmp/tmpfs-bench/robot";
/* As deep, and of as many letters. */
static const char tmpfs_file_name[] = "/tmp/tmpfs-bench/robot/temperature";

/* Those of the names that are looked up in turn. */
static char names[TURNS][16];
static int door;

static void write_name(char name[16], unsigned int n)
{
	snprintf(name, 16, "name-%08x", nth_id(n));
}

static const char *next_name(void)
{
	return names[turn++ % TURNS];
}

/* In the slot's directory, which is where we are. */
static void make_names(unsigned int first, unsigned int end)
{
	char name[16];

	for (; first < end; first++) {
		write_name(name, first);
		must(mknod(name, S_IFREG | 0600, 0), name);
	}
}

static void take_names(unsigned int count)
{
	int i;

	srand(1);
	for (i = 0; i < TURNS; i++)
		write_name(names[i], 1 + rand() % count);
}

static long stat_name(void)
{
	struct stat st;

	return stat(next_name(), &st);
}

static long get_id(void)
{
	const char *name = next_name();
	struct msg_slot_name arg = { .name = (uintptr_t)name,
				     .size = strlen(name) };

	return ioctl(door, MSG_SLOT_GET_ID, &arg);
}

static long open_and_close(const char *path)
{
	int fd = open(path, O_RDWR);

	return fd < 0 ? fd : close(fd);
}

static long open_tmpfs(void)
{
	return open_and_close(tmpfs_file_name);
}

static long open_file(void)
{
	return open_and_close(fs_file);
}

static long open_door(void)
{
	return open_and_close(fs_door);
}

static void print_count(const char *means, const char *name, operation call)
{
	print_figure(means, name, count(call, NULL, FEW).write);
}

static void make_tmpfs(void)
{
	mkdir(tmpfs_path, 0700);
	must(mount("none", tmpfs_path, "tmpfs", 0, NULL), tmpfs_path);
	must(mkdir(tmpfs_folder, 0700), tmpfs_folder);
	must(mknod(tmpfs_file_name, S_IFREG | 0600, 0), tmpfs_file_name);
}

static void measure_opening(void)
{
	make_tmpfs();
	must(mknod(fs_file, S_IFREG | 0600, 0), fs_file);
	print_count("open-tmpfs", "open", open_tmpfs);
	print_count("open-file", "open", open_file);
	print_count("open-door", "open", open_door);
	must(unlink(fs_file), fs_file);
	must(umount(tmpfs_path), tmpfs_path);
}

static void measure_names(unsigned int count)
{
	char means[32];

	snprintf(means, sizeof(means), "names-%u", count);
	take_names(count);
	print_count(means, "stat", stat_name);
	print_count(means, "get-id", get_id);
}

/* Return: the size of the objects of a slab, in bytes; as root. */
static unsigned int slab_object(const char *slab)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	unsigned int bytes = 0;
	char line[512], name[64];

	if (!file)
		fail("/proc/slabinfo");
	while (!bytes && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %*u %*u %u", name, &bytes) != 2 ||
		    strcmp(name, slab))
			bytes = 0;
	fclose(file);
	return bytes;
}

/* Inodes and directory entries are among what the kernel could get back from others. */
static double all_memory(void)
{
	return kernel_memory() + reclaimable_memory();
}

int main(void)
{
	const char *why = mount_slotfs();
	double before;

	make_message(128);
	if (why) {
		skip("named", why);
		return EXIT_SUCCESS;
	}
	measure_opening();
	must(chdir(fs_slot), fs_slot);
	door = must(open(fs_door, O_RDWR), fs_door);
	make_names(1, 11);
	measure_names(10);
	make_names(11, 1001);
	measure_names(1000);
	before = all_memory();
	make_names(1001, 100001);
	print_figure("name", "bytes", (all_memory() - before) / 99000);
	print_figure("name", "inode-bytes", slab_object("message_slot_node"));
	print_figure("name", "dentry-bytes", slab_object("dentry"));
	measure_names(100000);
	close(door);
	must(chdir("/"), "/");
	umount_slotfs();
	return EXIT_SUCCESS;
}
