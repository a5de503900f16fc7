// SPDX-License-Identifier: GPL-2.0
/*
 * The door of a slot: all that a device file does.
 *
 * To the VFS it is a FIFO, which is opened, read and written as a device is: without
 * the superblock's guard against freezing that regular files pay for, and no matter
 * whether devices may be opened on this mount.
 */
#include <linux/fs.h>
#include <linux/module.h>

#include "door.h"
#include "file/fdinfo.h"
#include "file/file.h"
#include "file/mapping.h"
#include "file/news.h"
#include "file/transfer.h"
#include "name.h"
#include "named_slot.h"
#include "node.h"

static int door_open(struct inode *inode, struct file *file)
{
	return file_open(file, node_of(inode)->named->slot);
}

const struct file_operations door_operations = {
	.owner = THIS_MODULE,
	.open = door_open,
	.release = file_release,
	.read = transfer_read,
	.read_iter = transfer_read_iter,
	.write = transfer_write,
	.write_iter = transfer_write_iter,
	.uring_cmd = transfer_uring,
	.poll = news_poll,
	.mmap = mapping_mmap,
	.unlocked_ioctl = name_ioctl,
	.compat_ioctl = name_compat_ioctl,
	.show_fdinfo = fdinfo_show,
};
