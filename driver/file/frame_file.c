// SPDX-License-Identifier: GPL-2.0
/* Frames: from an ioctl() command to a descriptor. */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include "argument.h"
#include "channel/frame.h"
#include "channel/message.h"
#include "frame_file.h"
#include "message_slot.h"
#include "news.h"
#include "open_file.h"
#include "record.h"

/*
 * The record goes first: what is installed can't be taken back. Return: a descriptor, or
 * what is wrong, and then there is none.
 */
static int give_file(struct file *file, void __user *arg,
		     const struct msg_slot_frame *frame)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd >= 0 && copy_to_user(arg, frame, sizeof(*frame))) {
		put_unused_fd(fd);
		fd = -EFAULT;
	}
	if (fd >= 0)
		fd_install(fd, file);
	else
		fput(file);
	return fd;
}

/* Return: the frame's file, or ERR_PTR(). */
static struct file *open_message(const struct message *message)
{
	if (!message->size)
		return ERR_PTR(-EWOULDBLOCK);
	if (!message_is_frame(message))
		return ERR_PTR(-ENODATA);
	return frame_open(message);
}

/* Return: a descriptor, or a negative errno; with the record in either case. */
static int give_frame(const struct message *message, void __user *arg,
		      const struct msg_slot_frame *frame)
{
	struct file *file = open_message(message);
	int fd = PTR_ERR_OR_ZERO(file);

	if (!fd)
		fd = give_file(file, arg, frame);
	if (fd < 0 && copy_to_user(arg, frame, sizeof(*frame)))
		return -EFAULT;
	return fd;
}

/**
 * frame_file_get() - MSG_SLOT_GET_FRAME
 * @file: the open file
 * @arg: a &struct msg_slot_frame
 *
 * Return: a descriptor, or a negative errno as message_slot.h has it.
 */
long frame_file_get(struct file *file, void __user *arg)
{
	struct open_file *of = file->private_data;
	s64 seen = atomic64_read(&of->seen);
	struct msg_slot_frame frame;
	struct message message;
	u64 version;
	int ret;
	u32 id;

	ret = may_read(file);
	if (ret)
		return ret;
	if (copy_from_user(&frame, arg, sizeof(frame)))
		return -EFAULT;
	if (frame.reserved)
		return -EINVAL;
	ret = mean_channel(of, frame.channel, &id);
	if (ret)
		return ret;
	version = record_look_up(of, id, &message, &frame.record, 0);
	ret = give_frame(&message, arg, &frame);
	message_put(&message);
	if (ret >= 0 && !frame.channel)
		mark_read(of, seen, id, version);
	return ret;
}
