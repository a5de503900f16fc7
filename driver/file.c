// SPDX-License-Identifier: GPL-2.0
/*
 * Open files: from system calls to slots and channels.
 *
 * A message passes through a buffer on the stack in both directions, so that
 * user memory is touched only where nothing is held.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "channel.h"
#include "file.h"
#include "slot.h"

/**
 * struct open_file - what a slot keeps for each open file
 * @slot: its slot; never changes
 * @id: the selected channel's id, or 0. Threads that share the file may select
 *	while others read and write: each call looks at it once.
 * @channel: the channel that was last used, or NULL. Only a hint that saves a
 *	look-up: it counts if it has the id that is asked for.
 */
struct open_file {
	struct slot *slot;
	u32 id;
	struct channel *channel;
};

/* Return: the channel with this id, or NULL. */
static struct channel *find_channel(struct open_file *of, u32 id)
{
	/* Pairs with the release below, by another thread of this file's. */
	struct channel *channel = smp_load_acquire(&of->channel);

	if (channel && channel->id == id)
		return channel;
	channel = slot_find(of->slot, id);
	if (!channel)
		return NULL;
	/* A channel is whole before its address is to be had. */
	smp_store_release(&of->channel, channel);
	return channel;
}

/* Return: 0 and the selected channel's message, or what read() fails with. */
static int get_message(struct open_file *of, struct message *message)
{
	u32 id = READ_ONCE(of->id);
	struct channel *channel;

	if (!id)
		return -EINVAL;
	channel = find_channel(of, id);
	if (!channel)
		return -EWOULDBLOCK;
	channel_read(channel, message);
	return 0;
}

/* Return: 0 or what write() fails with, the old message being there still. */
static int put_message(struct open_file *of, u32 id,
		       const struct message *message)
{
	struct channel *channel = find_channel(of, id);
	int err;

	if (!channel) {
		err = slot_add(of->slot, id, message);
		if (err != -EEXIST)
			return err;
		/* Another writer was quicker, and channels are never removed. */
		channel = find_channel(of, id);
	}
	channel_publish(channel, message);
	return 0;
}

static ssize_t file_read(struct file *file, char __user *buf, size_t n,
			 loff_t *pos)
{
	struct message message;
	int err = get_message(file->private_data, &message);

	if (err)
		return err;
	if (n < message.size)
		return -ENOSPC;
	if (copy_to_user(buf, message.bytes, message.size))
		return -EFAULT;
	return message.size;
}

static ssize_t file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct message message;
	int err = get_message(iocb->ki_filp->private_data, &message);

	if (err)
		return err;
	if (iov_iter_count(to) < message.size)
		return -ENOSPC;
	if (copy_to_iter(message.bytes, message.size, to) != message.size)
		return -EFAULT;
	return message.size;
}

/* Return: 0, or what a write of @n bytes to channel @id fails with at once. */
static int check_write(u32 id, size_t n)
{
	if (!id)
		return -EINVAL;
	if (!n || n > MSG_SLOT_MAX_MESSAGE)
		return -EMSGSIZE;
	return 0;
}

static ssize_t file_write(struct file *file, const char __user *buf, size_t n,
			  loff_t *pos)
{
	struct open_file *of = file->private_data;
	u32 id = READ_ONCE(of->id);
	struct message message;
	int err = check_write(id, n);

	if (err)
		return err;
	message.size = n;
	if (copy_from_user(message.bytes, buf, n))
		return -EFAULT;
	return put_message(of, id, &message) ?: (ssize_t)n;
}

static ssize_t file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct open_file *of = iocb->ki_filp->private_data;
	size_t n = iov_iter_count(from);
	u32 id = READ_ONCE(of->id);
	struct message message;
	int err = check_write(id, n);

	if (err)
		return err;
	message.size = n;
	if (!copy_from_iter_full(message.bytes, n, from))
		return -EFAULT;
	return put_message(of, id, &message) ?: (ssize_t)n;
}

static long file_ioctl(struct file *file, unsigned int command,
		       unsigned long arg)
{
	struct open_file *of = file->private_data;
	u32 id = arg;

	if (command != MSG_SLOT_CHANNEL || !id)
		return -EINVAL;
	WRITE_ONCE(of->id, id);
	return 0;
}

static int file_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.release = file_release,
	.read = file_read,
	.read_iter = file_read_iter,
	.write = file_write,
	.write_iter = file_write_iter,
	.unlocked_ioctl = file_ioctl,
	/* The argument is a number, so it needs no translation. */
	.compat_ioctl = file_ioctl,
};

/**
 * file_open() - make an open file one of a slot
 * @file: the file; its operations are, or will be, file_ops
 * @slot: the slot, which lives longer than the file
 *
 * Return: 0 or -ENOMEM.
 */
int file_open(struct file *file, struct slot *slot)
{
	struct open_file *of = kzalloc(sizeof(*of), GFP_KERNEL_ACCOUNT);

	if (!of)
		return -ENOMEM;
	of->slot = slot;
	file->private_data = of;
	return nonseekable_open(file_inode(file), file);
}
