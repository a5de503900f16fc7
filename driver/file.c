// SPDX-License-Identifier: GPL-2.0
/*
 * Open files: from system calls to slots and channels.
 *
 * Short messages in plain memory take a quick way. For everything else there
 * are the functions with iov_iter, which fetch a message into memory of the
 * kernel's before they publish it, and copy it there before they give it to
 * the user.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "channel.h"
#include "compat.h"
#include "file.h"
#include "quick.h"
#include "slot.h"
#include "waiter.h"

/**
 * struct open_file - what a slot keeps for each open file
 * @slot: its slot; never changes
 * @channel: the channel that was last used, or NULL. Only a hint that saves a
 *	look-up: it counts if it has the id that is asked for.
 * @id: the selected channel's id, or 0. Changes under @lock; each call looks at
 *	it once.
 * @blocking: whether read() waits for a message that was not read yet
 * @seen: which message was read last since its channel was selected: the id in
 *	the upper half, the version in the lower. 0: none.
 * @lock: guards @polled, @waiter and the change of @id
 * @polled: whether anybody has polled, ever
 * @waiter: waits for the selected channel if so
 */
struct open_file {
	struct slot *slot;
	struct channel *channel;
	u32 id;
	bool blocking;
	atomic64_t seen;
	spinlock_t lock; /* of the selection */
	bool polled;
	struct waiter waiter;
};

/*
 * Return: the channel that a call at this offset means, or 0 if there can be
 * none. The offset is the channel's id; at offset 0, as in read() and write(),
 * it is the selected one.
 */
static u32 channel_at(const struct open_file *of, loff_t pos)
{
	if (likely(!pos))
		return READ_ONCE(of->id);
	return pos > 0 && pos <= U32_MAX ? pos : 0;
}

/*
 * Return: the channel with this id, or NULL. It becomes the hint if it is the
 * selected one; calls with an offset come from many threads at a time and leave
 * the hint alone.
 */
static struct channel *find_channel(struct open_file *of, u32 id, loff_t pos)
{
	/* Pairs with the release below, by another thread of this file's. */
	struct channel *channel = smp_load_acquire(&of->channel);

	if (channel && channel->id == id)
		return channel;
	channel = slot_find(of->slot, id);
	if (!channel || pos)
		return channel;
	/* A channel is whole before its address is to be had. */
	smp_store_release(&of->channel, channel);
	return channel;
}

static s64 reading(u32 id, u32 version)
{
	return (u64)id << 32 | version;
}

/*
 * @seen is what @of->seen was before that message was copied. Return: whether
 * this is the first to read it: not if another thread has read or selected in
 * the meantime, for what that did must stand.
 */
static bool mark_read(struct open_file *of, s64 seen, u32 id, u32 version)
{
	s64 now = reading(id, version);

	return seen != now && atomic64_try_cmpxchg(&of->seen, &seen, now);
}

/* Return: whether the selected channel has a message that was not read yet. */
static bool has_news(struct open_file *of)
{
	u32 id = READ_ONCE(of->id);
	struct channel *channel = find_channel(of, id, 0);

	return channel && atomic64_read(&of->seen) !=
				  reading(id, channel_version(channel));
}

static void settle(struct open_file *of, u32 id)
{
	struct channel *channel = find_channel(of, id, 0);

	if (channel)
		channel_settle(channel);
	else
		slot_settle(of->slot, id);
}

/* Nobody else may look for news here before this is settled. */
static void queue_waiter(struct open_file *of)
{
	lockdep_assert_held(&of->lock);

	if (!of->id)
		return;
	waiter_queue(&of->waiter, slot_queue(of->slot, of->id), of->id);
	settle(of, of->id);
}

/* From now on, news wake the pollers. */
static void start_waiting(struct open_file *of)
{
	spin_lock(&of->lock);
	if (!of->polled) {
		WRITE_ONCE(of->polled, true);
		queue_waiter(of);
	}
	spin_unlock(&of->lock);
}

/* Return: 0 if there may be news now, or -ERESTARTSYS. */
static int sleep_until_news(struct open_file *of)
{
	u32 id = READ_ONCE(of->id);
	struct wait_queue_head *queue = slot_queue(of->slot, id);
	struct sleeper sleeper;
	int err;

	sleeper_init(&sleeper, id, of);
	err = prepare_to_wait_event(queue, &sleeper.entry, TASK_INTERRUPTIBLE);
	if (err)
		return err;
	settle(of, id);
	/* A selection wakes after it has changed the id: look at it last. */
	if (!has_news(of) && READ_ONCE(of->id) == id)
		schedule();
	finish_wait(queue, &sleeper.entry);
	return 0;
}

static noinline ssize_t read_any(struct channel *channel, struct iov_iter *to,
				 u32 *version)
{
	struct message message;
	ssize_t ret;

	*version = channel_get(channel, &message);
	ret = message.size;
	if (message.size > iov_iter_count(to))
		ret = -ENOSPC;
	else if (copy_to_iter(message_bytes(&message), message.size, to) !=
		 message.size)
		ret = -EFAULT;
	message_put(&message);
	return ret;
}

/*
 * Reads to plain memory, @buf, or if there is an iterator, @to, to that. With
 * @news, only the selected channel's message, if it was not read before.
 *
 * Return: as read(); but 0 if there were news and another thread, which shares
 * the file, was quicker.
 */
static __always_inline ssize_t read_once(struct open_file *of, loff_t pos,
					 bool news, char __user *buf, size_t n,
					 struct iov_iter *to)
{
	s64 seen = atomic64_read(&of->seen);
	u32 id = channel_at(of, pos);
	struct channel *channel;
	u32 version;
	ssize_t ret;

	if (unlikely(!id))
		return -EINVAL;
	channel = find_channel(of, id, pos);
	if (unlikely(!channel))
		return -EWOULDBLOCK;
	if (news && seen == reading(id, channel_version(channel)))
		return -EWOULDBLOCK;
	ret = to ? read_any(channel, to, &version) :
		   channel_read(channel, buf, n, &version);
	if (likely(ret > 0 && !pos) && !mark_read(of, seen, id, version) &&
	    news)
		return 0;
	return ret;
}

/* Return: where the iterator stands in a user's memory, if it is one piece. */
static char __user *plain_memory(const struct iov_iter *iter)
{
	if (iter_is_ubuf(iter))
		return (char __user *)iter->ubuf + iter->iov_offset;
	if (iter_is_iovec(iter) && iter->nr_segs == 1)
		return iter_iov_addr(iter);
	return NULL;
}

static ssize_t read_iter(struct open_file *of, loff_t pos, bool news,
			 struct iov_iter *to)
{
	char __user *buf = plain_memory(to);
	ssize_t ret;

	if (!buf)
		return read_once(of, pos, news, NULL, 0, to);
	ret = read_once(of, pos, news, buf, iov_iter_count(to), NULL);
	if (ret > 0)
		iov_iter_advance(to, ret);
	return ret;
}

/*
 * After a read for news returned @ret. Return: whether to read again; if not,
 * *@ret is what read() returns.
 */
static __always_inline bool read_again(struct open_file *of, ssize_t *ret,
				       bool nowait)
{
	if (*ret == -EWOULDBLOCK && !nowait)
		*ret = sleep_until_news(of);
	return !*ret;
}

static ssize_t file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct open_file *of = file->private_data;
	struct iov_iter begin = *to;
	bool nowait = iocb->ki_flags & IOCB_NOWAIT ||
		      file->f_flags & O_NONBLOCK;
	ssize_t ret;

	if (!READ_ONCE(of->blocking) || iocb->ki_pos)
		return read_iter(of, iocb->ki_pos, false, to);
	do {
		*to = begin;
		ret = read_iter(of, 0, true, to);
	} while (read_again(of, &ret, nowait));
	return ret;
}

static noinline ssize_t read_news(struct file *file, char __user *buf, size_t n)
{
	struct open_file *of = file->private_data;
	ssize_t ret;

	do {
		ret = read_once(of, 0, true, buf, n, NULL);
	} while (read_again(of, &ret, file->f_flags & O_NONBLOCK));
	return ret;
}

static ssize_t file_read(struct file *file, char __user *buf, size_t n,
			 loff_t *pos)
{
	struct open_file *of = file->private_data;

	if (unlikely(READ_ONCE(of->blocking)) && !*pos)
		return read_news(file, buf, n);
	return read_once(of, *pos, false, buf, n, NULL);
}

/* Return: 0, or what a write of @n bytes to channel @id fails with at once. */
static int check_write(const struct open_file *of, u32 id, size_t n)
{
	if (unlikely(!id))
		return -EINVAL;
	if (unlikely(!n || n > READ_ONCE(of->slot->max_message)))
		return -EMSGSIZE;
	return 0;
}

static int publish(struct open_file *of, u32 id, loff_t pos,
		   const struct message *message, bool nowait)
{
	struct channel *channel = find_channel(of, id, pos);
	int err;

	if (!channel) {
		err = slot_add(of->slot, id, message, nowait);
		if (err != -EEXIST)
			return err;
		/* Another writer was quicker, and channels are never removed. */
		channel = find_channel(of, id, pos);
	}
	return channel_publish(channel, message, &of->slot->budget);
}

static noinline ssize_t write_message(struct open_file *of, u32 id, loff_t pos,
				      struct iov_iter *from, bool nowait)
{
	size_t n = iov_iter_count(from);
	struct message message;
	int err;

	err = message_get(&message, from, n, nowait);
	if (err)
		return err;
	err = publish(of, id, pos, &message, nowait);
	message_put(&message);
	return err ?: (ssize_t)n;
}

/* Return: whether that could be done the quick way. */
static __always_inline bool write_quickly(struct open_file *of, u32 id,
					  loff_t pos, const char __user *buf,
					  size_t n)
{
	struct channel *channel;

	/* One comparison for 0 as well. */
	if (unlikely(!id || n - 1 >= READ_ONCE(of->slot->max_short)))
		return false;
	channel = find_channel(of, id, pos);
	return likely(channel) && channel_write(channel, buf, n);
}

static ssize_t file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct open_file *of = iocb->ki_filp->private_data;
	const char __user *buf = plain_memory(from);
	u32 id = channel_at(of, iocb->ki_pos);
	bool nowait = iocb->ki_flags & IOCB_NOWAIT;
	size_t n = iov_iter_count(from);
	int err;

	if (buf && write_quickly(of, id, iocb->ki_pos, buf, n)) {
		iov_iter_advance(from, n);
		return n;
	}
	err = check_write(of, id, n);
	if (err)
		return err;
	return write_message(of, id, iocb->ki_pos, from, nowait);
}

static noinline ssize_t write_slowly(struct open_file *of,
				     const char __user *buf, size_t n,
				     loff_t pos)
{
	u32 id = channel_at(of, pos);
	int err = check_write(of, id, n);
	struct iov_iter from;

	if (err)
		return err;
	iov_iter_ubuf(&from, ITER_SOURCE, (void __user *)buf, n);
	return write_message(of, id, pos, &from, false);
}

static ssize_t file_write(struct file *file, const char __user *buf, size_t n,
			  loff_t *pos)
{
	struct open_file *of = file->private_data;

	if (likely(write_quickly(of, channel_at(of, *pos), *pos, buf, n)))
		return n;
	return write_slowly(of, buf, n, *pos);
}

static __poll_t file_poll(struct file *file, struct poll_table_struct *table)
{
	struct open_file *of = file->private_data;
	__poll_t events = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &of->waiter.pollers, table);
	start_waiting(of);
	if (!READ_ONCE(of->id))
		events |= EPOLLERR;
	else if (has_news(of))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

/* Those who wait for the channel selected before look at the present one. */
static void move_waiting(struct open_file *of, u32 before)
{
	/* Who polls for the first time only now has the lock after us. */
	if (READ_ONCE(of->polled))
		wake_up_poll(&of->waiter.pollers, EPOLLIN | EPOLLRDNORM);
	sleeper_wake_all(slot_queue(of->slot, before), of);
}

static int select_channel(struct open_file *of, u32 id)
{
	u32 before;

	if (!id)
		return -EINVAL;

	spin_lock(&of->lock);
	before = of->id;
	if (before != id) {
		WRITE_ONCE(of->id, id);
		atomic64_set(&of->seen, 0);
		if (of->polled) {
			waiter_leave(&of->waiter);
			queue_waiter(of);
		}
	}
	spin_unlock(&of->lock);

	if (before != id)
		move_waiting(of, before);
	return 0;
}

static int set_blocking(struct open_file *of, u32 blocking)
{
	if (blocking > 1)
		return -EINVAL;
	WRITE_ONCE(of->blocking, blocking);
	return 0;
}

static int get_limits(struct slot *slot, void __user *arg)
{
	struct msg_slot_limits limits;

	slot_get_limits(slot, &limits);
	return copy_to_user(arg, &limits, sizeof(limits)) ? -EFAULT : 0;
}

static int set_limits(struct slot *slot, const void __user *arg)
{
	struct msg_slot_limits limits;

	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (copy_from_user(&limits, arg, sizeof(limits)))
		return -EFAULT;
	if (!slot_limits_valid(&limits))
		return -EINVAL;
	slot_set_limits(slot, &limits);
	return 0;
}

static int get_usage(struct slot *slot, void __user *arg)
{
	struct msg_slot_usage usage;

	slot_get_usage(slot, &usage);
	return copy_to_user(arg, &usage, sizeof(usage)) ? -EFAULT : 0;
}

static long file_ioctl(struct file *file, unsigned int command,
		       unsigned long arg)
{
	struct open_file *of = file->private_data;

	switch (command) {
	case MSG_SLOT_CHANNEL:
		return select_channel(of, arg);
	case MSG_SLOT_BLOCKING:
		return set_blocking(of, arg);
	case MSG_SLOT_GET_LIMITS:
		return get_limits(of->slot, (void __user *)arg);
	case MSG_SLOT_SET_LIMITS:
		return set_limits(of->slot, (void __user *)arg);
	case MSG_SLOT_GET_USAGE:
		return get_usage(of->slot, (void __user *)arg);
	default:
		return -EINVAL;
	}
}

static int file_release(struct inode *inode, struct file *file)
{
	struct open_file *of = file->private_data;

	waiter_leave(&of->waiter);
	kfree(of);
	return 0;
}

const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.release = file_release,
	.read = file_read,
	.read_iter = file_read_iter,
	.write = file_write,
	.write_iter = file_write_iter,
	.poll = file_poll,
	.unlocked_ioctl = file_ioctl,
	/* What is an address fits in 32 bits as it is; the rest are numbers. */
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
	spin_lock_init(&of->lock);
	waiter_init(&of->waiter);
	file->private_data = of;
	/*
	 * The offset names a channel, so there is none to seek to. Neither
	 * reading nor writing sleeps where a caller asks it not to.
	 */
	file->f_mode &= ~FMODE_LSEEK;
	file->f_mode |= FMODE_NOWAIT;
	return 0;
}
