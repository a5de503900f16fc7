/* SPDX-License-Identifier: GPL-2.0 */
/* A slot in a slotfs: through its door, and a channel of it through its file. */
#ifndef BENCH_MEANS_NAMED_H
#define BENCH_MEANS_NAMED_H

#include <errno.h>
#include <sys/mount.h>

#include "channels.h"
#include "means/slot.h"

static const char fs_path[] = "/tmp/slotfs-bench";
static const char fs_slot[] = "/tmp/slotfs-bench/robot";
static const char fs_door[] = "/tmp/slotfs-bench/robot/.slot";
static const char fs_file[] = "/tmp/slotfs-bench/robot/temperature";

/* Return: NULL, or why there is none. */
static inline const char *mount_slotfs(void)
{
	mkdir(fs_path, 0700);
	if (mount("none", fs_path, "slotfs", 0, "max_message=65536")) {
		if (errno != ENODEV)
			fail(fs_path);
		return "the driver has no slotfs";
	}
	must(mkdir(fs_slot, 0700), fs_slot);
	return NULL;
}

static inline void umount_slotfs(void)
{
	must(umount(fs_path), fs_path);
	must(rmdir(fs_path), fs_path);
}

static inline const char *door_set_up(void)
{
	const char *why = mount_slotfs();

	if (why)
		return why;
	slot_fd = must(open(fs_door, O_RDWR), fs_door);
	select_channel(slot_fd, nth_id(1));
	return NULL;
}

static inline const char *channel_file_set_up(void)
{
	const char *why = mount_slotfs();

	if (!why)
		slot_fd = must(open(fs_file, O_RDWR | O_CREAT, 0600), fs_file);
	return why;
}

/* From the beginning, where the message of the moment is. */
static inline long channel_file_read(void)
{
	return pread(slot_fd, got.bytes, size, 0);
}

static inline void named_tear_down(void)
{
	close(slot_fd);
	umount_slotfs();
}

static const struct means nameds[] = {
	{ "slot-door", 0, FEW, door_set_up, slot_write, slot_read,
	  named_tear_down },
	{ "slot-file", 0, FEW, channel_file_set_up, slot_write,
	  channel_file_read, named_tear_down },
	{},
};

#endif /* BENCH_MEANS_NAMED_H */
