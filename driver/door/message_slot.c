// SPDX-License-Identifier: GPL-2.0
/*
 * The module: init and exit, the device numbers, and which slot a minor is.
 *
 * The contract has this file's name, as it has message_slot.h's; they are no pair:
 * that header is the whole interface, and all of driver/ implements it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cdev.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/module.h>
#include <linux/xarray.h>

#include "channel/block.h"
#include "channel/cells.h"
#include "channel/spare.h"
#include "channel/window.h"
#include "file/file.h"
#include "fs/super.h"
#include "memory.h"
#include "message_slot.h"
#include "slot/retired.h"
#include "slot/slot.h"
#include "slot/slot_limits.h"

#define MINORS (MINORMASK + 1)

static unsigned int major = MSG_SLOT_MAJOR;
module_param(major, uint, 0444);
MODULE_PARM_DESC(major,
		 "device major number of slots (default 235; 0: any free one)");

/* What a slot begins with; ioctl(MSG_SLOT_SET_LIMITS) changes one slot's. */
static struct msg_slot_limits limits = {
	.max_message = MSG_SLOT_MAX_MESSAGE,
	.max_channels = MSG_SLOT_MAX_CHANNELS,
	.max_bytes = MSG_SLOT_NO_LIMIT,
};

module_param_named(max_message, limits.max_message, uint, 0444);
MODULE_PARM_DESC(max_message,
		 "a slot's largest message in bytes (default 128)");
module_param_named(max_channels, limits.max_channels, uint, 0444);
MODULE_PARM_DESC(max_channels, "a slot's number of channels (default 1048576)");
module_param_named(max_bytes, limits.max_bytes, ullong, 0444);
MODULE_PARM_DESC(max_bytes, "a slot's memory in bytes (default: no limit)");

/* Slots by minor: added at the first open, never removed before exit. */
static DEFINE_XARRAY(slots);
static struct cdev slot_cdev;

static struct slot *add_slot(unsigned int minor)
{
	struct slot *slot = slot_create(&limits);
	struct slot *other;

	if (IS_ERR(slot))
		return slot;
	slot_identify(slot, MKDEV(major, minor), 0);
	other = xa_cmpxchg(&slots, minor, NULL, slot, MEMORY_WAIT);
	if (!other)
		return slot;
	slot_retire(slot);
	return xa_is_err(other) ? ERR_PTR(xa_err(other)) : other;
}

static int device_open(struct inode *inode, struct file *file)
{
	struct slot *slot = xa_load(&slots, iminor(inode));

	if (!slot)
		slot = add_slot(iminor(inode));
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	/* Of the same owner, so the reference that the file holds serves. */
	file->f_op = &file_ops;
	return file_open(file, slot);
}

/* Only opens; an open file has the operations of file.c. */
static const struct file_operations device_ops = {
	.owner = THIS_MODULE,
	.open = device_open,
};

static void destroy_slots(void)
{
	struct slot *slot;
	unsigned long minor;

	xa_for_each(&slots, minor, slot)
		slot_retire(slot);
	retired_flush();
	xa_destroy(&slots);
}

static int claim_device_numbers(void)
{
	dev_t first;
	int err;

	if (major >= CHRDEV_MAJOR_MAX) {
		pr_err("major %u is above the kernel's highest, %u\n", major,
		       CHRDEV_MAJOR_MAX - 1);
		return -EINVAL;
	}
	if (!major) {
		err = alloc_chrdev_region(&first, 0, MINORS, KBUILD_MODNAME);
		if (err)
			pr_err("no major is free (error %d)\n", err);
		else
			major = MAJOR(first);
		return err;
	}

	err = register_chrdev_region(MKDEV(major, 0), MINORS, KBUILD_MODNAME);
	if (err == -EBUSY)
		pr_err("major %u is taken (see /proc/devices); major=0 takes a free one\n",
		       major);
	else if (err)
		pr_err("can't have major %u (error %d)\n", major, err);
	return err;
}

static int __init message_slot_init(void)
{
	int err;

	if (!slot_limits_valid(&limits)) {
		pr_err("max_message, max_channels or max_bytes is out of range\n");
		return -EINVAL;
	}
	err = block_setup();
	if (err)
		return err;
	err = spare_setup();
	if (err)
		goto cleanup_blocks;
	err = cells_setup();
	if (err)
		goto cleanup_spares;
	err = claim_device_numbers();
	if (err)
		goto cleanup_cells;

	cdev_init(&slot_cdev, &device_ops);
	slot_cdev.owner = THIS_MODULE;
	err = cdev_add(&slot_cdev, MKDEV(major, 0), MINORS);
	if (err)
		goto release_device_numbers;
	err = slotfs_setup(&limits);
	if (err)
		goto delete_device;
	return 0;

delete_device:
	cdev_del(&slot_cdev);
	destroy_slots();
release_device_numbers:
	unregister_chrdev_region(MKDEV(major, 0), MINORS);
cleanup_cells:
	cells_cleanup();
cleanup_spares:
	spare_cleanup();
cleanup_blocks:
	block_cleanup();
	return err;
}

static void __exit message_slot_exit(void)
{
	slotfs_cleanup();
	cdev_del(&slot_cdev);
	unregister_chrdev_region(MKDEV(major, 0), MINORS);
	destroy_slots();
	window_cleanup();
	cells_cleanup();
	spare_cleanup();
	block_cleanup();
}

module_init(message_slot_init);
module_exit(message_slot_exit);

MODULE_DESCRIPTION("Message slots: mailboxes that keep the last message");
MODULE_AUTHOR("The Message Slot authors");
MODULE_LICENSE("GPL");
#ifdef MESSAGE_SLOT_VERSION
MODULE_VERSION(MESSAGE_SLOT_VERSION);
#endif
MODULE_ALIAS_CHARDEV_MAJOR(MSG_SLOT_MAJOR);
