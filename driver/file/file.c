// SPDX-License-Identifier: GPL-2.0
/* Open files: their making, their end, and which call is whose. */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "channel/author.h"
#include "channel/channel.h"
#include "channel/spare.h"
#include "channel_file.h"
#include "claim.h"
#include "commit_file.h"
#include "fdinfo.h"
#include "file.h"
#include "frame_file.h"
#include "lane_file.h"
#include "mapping.h"
#include "memory.h"
#include "news.h"
#include "open_file.h"
#include "record.h"
#include "slot/slot.h"
#include "slot/slot_limits.h"
#include "transfer.h"
#include "watch_file.h"

/* MSG_SLOT_CHANNEL where its argument is declared as a long of 64 bits. */
#define SELECT_BY_LONG _IOW(MSG_SLOT_MAJOR, 0, __u64)

static int set_blocking(struct open_file *of, u32 blocking)
{
	if (blocking > 1)
		return -EINVAL;
	WRITE_ONCE(of->blocking, blocking);
	return 0;
}

static int get_limits(struct open_file *of, void __user *arg)
{
	struct msg_slot_limits limits;

	if (READ_ONCE(of->only))
		return -EPERM;
	slot_get_limits(of->slot, &limits);
	return copy_to_user(arg, &limits, sizeof(limits)) ? -EFAULT : 0;
}

static int set_limits(struct open_file *of, const void __user *arg)
{
	struct msg_slot_limits limits;

	if (READ_ONCE(of->only) || READ_ONCE(of->read_only) ||
	    !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (copy_from_user(&limits, arg, sizeof(limits)))
		return -EFAULT;
	if (!slot_limits_valid(&limits))
		return -EINVAL;
	slot_set_limits(of->slot, &limits);
	return 0;
}

static int get_usage(struct open_file *of, void __user *arg)
{
	struct msg_slot_usage usage;

	if (READ_ONCE(of->only))
		return -EPERM;
	slot_get_usage(of->slot, &usage);
	return copy_to_user(arg, &usage, sizeof(usage)) ? -EFAULT : 0;
}

static int get_counters(struct open_file *of, void __user *arg)
{
	struct msg_slot_counters counters;

	if (READ_ONCE(of->only))
		return -EPERM;
	if (copy_from_user(&counters, arg, sizeof(counters)))
		return -EFAULT;
	if (memchr_inv(counters.reserved, 0, sizeof(counters.reserved)))
		return -EINVAL;
	slot_get_counters(of->slot, &counters);
	return copy_to_user(arg, &counters, sizeof(counters)) ? -EFAULT : 0;
}

static int restrict_file(struct open_file *of, const void __user *arg)
{
	struct msg_slot_restrict restriction;

	if (copy_from_user(&restriction, arg, sizeof(restriction)))
		return -EFAULT;
	if (restriction.flags & ~MSG_SLOT_READ_ONLY ||
	    (!restriction.channel && !restriction.flags))
		return -EINVAL;
	if (restriction.channel) {
		int err = news_restrict(of, restriction.channel);

		if (err)
			return err;
	}
	if (restriction.flags & MSG_SLOT_READ_ONLY)
		WRITE_ONCE(of->read_only, true);
	claim_end_lanes(of, restriction.flags & MSG_SLOT_READ_ONLY ?
				    0 :
				    restriction.channel);
	return 0;
}

/**
 * file_ioctl() - ioctl() of an open file
 * @file: the open file
 * @command: which command
 * @arg: its argument
 *
 * Return: as message_slot.h has it; -EINVAL for an unknown command.
 */
long file_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	struct open_file *of = file->private_data;
	void __user *user = (void __user *)arg;

	switch (command) {
	case MSG_SLOT_CHANNEL:
	case SELECT_BY_LONG:
		return news_select(of, arg);
	case MSG_SLOT_BLOCKING:
		return set_blocking(of, arg);
	case MSG_SLOT_GET_LIMITS:
		return get_limits(of, user);
	case MSG_SLOT_SET_LIMITS:
		return set_limits(of, user);
	case MSG_SLOT_GET_USAGE:
		return get_usage(of, user);
	case MSG_SLOT_GET_COUNTERS:
		return get_counters(of, user);
	case MSG_SLOT_GET:
		return record_get(file, user);
	case MSG_SLOT_GET_FRAME:
		return frame_file_get(file, user);
	case MSG_SLOT_WAIT:
		return record_wait(file, user);
	case MSG_SLOT_PUT:
		return record_put(file, user);
	case MSG_SLOT_COMMIT:
		return commit_file_apply(file, user);
	case MSG_SLOT_CLEAR:
		return record_clear(file, user);
	case MSG_SLOT_RENEW:
		return record_renew(file, user);
	case MSG_SLOT_SNAPSHOT:
		return record_snapshot(file, user);
	case MSG_SLOT_CLAIM:
		return record_claim(file, user);
	case MSG_SLOT_RELEASE:
		return record_release(file, arg);
	case MSG_SLOT_WATCH:
		return watch_file_open(file, user);
	case MSG_SLOT_GET_MAPPING:
		return mapping_describe(file, user);
	case MSG_SLOT_LOCATE:
		return mapping_locate(file, user);
	case MSG_SLOT_LANE:
		return lane_file_begin(file, user);
	case MSG_SLOT_RING:
		return lane_file_ring(file, arg);
	case MSG_SLOT_RESTRICT:
		return restrict_file(of, user);
	default:
		return -EINVAL;
	}
}

#ifdef CONFIG_COMPAT
/**
 * file_compat_arg() - the argument of an ioctl() by a 32-bit program
 * @command: which command
 * @arg: the argument
 *
 * Return: what file_ioctl() takes: an address goes through compat_ptr(), a number
 * stays as it is, the highest bit included.
 */
unsigned long file_compat_arg(unsigned int command, unsigned long arg)
{
	switch (command) {
	case MSG_SLOT_CHANNEL:
	case SELECT_BY_LONG:
	case MSG_SLOT_BLOCKING:
	case MSG_SLOT_RELEASE:
	case MSG_SLOT_RING:
		return arg;
	default:
		return (unsigned long)compat_ptr(arg);
	}
}

static long file_compat_ioctl(struct file *file, unsigned int command,
			      unsigned long arg)
{
	return file_ioctl(file, command, file_compat_arg(command, arg));
}
#else
#define file_compat_ioctl NULL
#endif

/**
 * file_release() - the end of an open file
 * @inode: its inode
 * @file: the file
 *
 * Return: 0.
 */
int file_release(struct inode *inode, struct file *file)
{
	struct open_file *of = file->private_data;

	news_end(of);
	claim_release_all(of);
	spare_end(of->author, &of->slot->budget);
	author_put(of->author);
	kfree(of);
	return 0;
}

const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.release = file_release,
	.read = transfer_read,
	.read_iter = transfer_read_iter,
	.write = transfer_write,
	.write_iter = transfer_write_iter,
	.uring_cmd = transfer_uring,
	.poll = news_poll,
	.mmap = mapping_mmap,
	.unlocked_ioctl = file_ioctl,
	.compat_ioctl = file_compat_ioctl,
	.show_fdinfo = fdinfo_show,
};

/* What both kinds of open files begin with. Return: 0 or -ENOMEM. */
static int init_open_file(struct open_file *of, struct file *file,
			  struct slot *slot)
{
	of->author = author_create(file->f_cred);
	if (!of->author)
		return -ENOMEM;
	of->slot = slot;
	spin_lock_init(&of->lock);
	waiter_init(&of->waiter);
	INIT_LIST_HEAD(&of->sleepers);
	mutex_init(&of->claiming);
	of->claims = RB_ROOT;
	file->private_data = of;
	return 0;
}

/**
 * file_open() - make an open file one of a slot
 * @file: the file; its operations are, or will be, file_ops
 * @slot: the slot, which lives longer than the file
 *
 * Return: 0 or -ENOMEM.
 */
int file_open(struct file *file, struct slot *slot)
{
	struct open_file *of = kzalloc(sizeof(*of), MEMORY_WAIT);

	if (!of)
		return -ENOMEM;
	if (init_open_file(of, file, slot)) {
		kfree(of);
		return -ENOMEM;
	}
	/*
	 * The offset names a channel, so there is none to seek to. Neither
	 * reading nor writing sleeps where a caller asks it not to.
	 */
	file->f_mode &= ~FMODE_LSEEK;
	file->f_mode |= FMODE_NOWAIT;
	return 0;
}

/**
 * file_open_channel() - make an open file one of a single channel
 * @file: the file; its operations are, or will be, those of channel_file.h
 * @slot: the slot, which lives longer than the file
 * @id: the channel, which is selected and the only one that may be used
 *
 * Return: 0 or -ENOMEM.
 */
int file_open_channel(struct file *file, struct slot *slot, u32 id)
{
	struct channel_file *cf = kzalloc(sizeof(*cf), MEMORY_WAIT);

	if (!cf)
		return -ENOMEM;
	if (init_open_file(&cf->of, file, slot)) {
		kfree(cf);
		return -ENOMEM;
	}
	cf->of.id = id;
	cf->of.only = id;
	channel_file_init(cf, file);
	return 0;
}

/**
 * file_clear() - take away the message of an open file's only channel
 * @file: one that file_open_channel() has prepared, open for writing
 *
 * Return: 0; -EPERM if it is narrowed to reading; -EBUSY if another open file has
 * claimed the channel.
 */
int file_clear(struct file *file)
{
	struct open_file *of = file->private_data;

	if (READ_ONCE(of->read_only))
		return -EPERM;
	return slot_clear(of->slot, of->only, of);
}

/**
 * file_only_channel() - the channel that an open file is narrowed to
 * @file: the open file
 *
 * Return: its id, or 0 if it may use all.
 */
u32 file_only_channel(const struct file *file)
{
	const struct open_file *of = file->private_data;

	return READ_ONCE(of->only);
}

/**
 * file_selected_channel() - the channel that an open file has selected
 * @file: the open file
 *
 * Return: its id, or 0.
 */
u32 file_selected_channel(const struct file *file)
{
	const struct open_file *of = file->private_data;

	return READ_ONCE(of->id);
}
