// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers: from reading and writing, in all their forms, to channels.
 *
 * Short messages in plain memory take the fast path. For everything else there
 * are the functions with iov_iter, which fetch a message into memory of the
 * kernel's before they publish it, and copy it there before they give it to
 * the user.
 */
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "channel/channel.h"
#include "channel/channel_lane.h"
#include "channel/channel_window.h"
#include "channel/fast_path.h"
#include "channel/spare.h"
#include "compat.h"
#include "news.h"
#include "open_file.h"
#include "slot/slot.h"
#include "slot/slot_listeners.h"
#include "slot/trace.h"
#include "transfer.h"

/* The slow path of reading. */
static noinline ssize_t read_slow(struct open_file *of, u32 id, loff_t pos,
				  struct iov_iter *to, u32 *version)
{
	struct channel *channel;
	ssize_t ret;

	if (!id)
		return channel_at_error(of, pos);
	channel = slot_get(of->slot, id);
	if (!channel)
		return -EWOULDBLOCK;
	ret = channel_read_iter(channel, to, version);
	channel_put(channel);
	return ret;
}

/* The same, to plain memory. */
static noinline ssize_t read_plain_slow(struct open_file *of, u32 id,
					loff_t pos, char __user *buf, size_t n,
					u32 *version)
{
	struct iov_iter to;

	iov_iter_ubuf(&to, ITER_DEST, buf, n);
	return read_slow(of, id, pos, &to, version);
}

/* The lower half of the version of the message that there is, or was, now. */
static u32 present_latch(struct channel *channel)
{
	return unlikely(channel_in_lane(channel)) ? channel_version(channel) :
						    cell_latch(channel->cell);
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
	bool read = false;
	ssize_t ret = 0;
	u32 version;

	rcu_read_lock_sched();
	channel = find_channel(of, id, pos);
	if (likely(channel)) {
		read = news && seen == reading(id, present_latch(channel));
		if (!to && !read)
			ret = channel_read_fast(channel, buf, n, &version);
	}
	rcu_read_unlock_sched();

	if (read)
		return -EWOULDBLOCK;
	if (unlikely(!ret))
		ret = to ? read_slow(of, id, pos, to, &version) :
			   read_plain_slow(of, id, pos, buf, n, &version);
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
		*ret = news_sleep(of);
	return !*ret;
}

ssize_t transfer_read_iter(struct kiocb *iocb, struct iov_iter *to)
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

ssize_t transfer_read(struct file *file, char __user *buf, size_t n,
		      loff_t *pos)
{
	struct open_file *of = file->private_data;

	if (unlikely(READ_ONCE(of->blocking)) && !*pos)
		return read_news(file, buf, n);
	return read_once(of, *pos, false, buf, n, NULL);
}

/* Return: 0, or what a write of @n bytes to channel @id fails with at once. */
static int check_write(const struct open_file *of, u32 id, loff_t pos, size_t n)
{
	if (READ_ONCE(of->read_only))
		return -EPERM;
	if (!id)
		return channel_at_error(of, pos);
	if (!n || n > READ_ONCE(of->slot->max_message))
		return -EMSGSIZE;
	return 0;
}

/*
 * Return: whether that could be done by the fast path, and the block is the channel's.
 */
static bool write_long(struct open_file *of, u32 id, loff_t pos,
		       struct block *block)
{
	struct budget *budget = &of->slot->budget;
	struct author *stranger = NULL;
	struct block *replaced;
	struct channel *tell = NULL;
	struct channel *channel;
	bool done;

	if (trace_put_enabled())
		return false;
	rcu_read_lock_sched();
	channel = find_channel(of, id, pos);
	done = likely(channel) &&
	       channel_write_long(channel, &of->slot->changes.watched,
				  &of->slot->counters, of->author, of, block,
				  budget, &replaced, &stranger, &tell);
	rcu_read_unlock_sched();

	if (unlikely(tell)) {
		slot_tell(of->slot, tell, MSG_SLOT_WRITTEN);
		channel_put(tell);
	}
	if (unlikely(stranger))
		author_put(stranger);
	if (likely(done))
		replaced_put(replaced, budget, of->author);
	return done;
}

/* Puts the message. Return: its size, or as write(). */
static noinline ssize_t write_message(struct open_file *of, u32 id,
				      struct message *message, bool nowait)
{
	struct change change = {
		.message = message,
		.author = of->author,
		.owner = of,
		.now = ktime_get_boottime_ns(),
	};
	ssize_t size = message->size;
	int err = slot_change(of->slot, id, &change, nowait);

	message_put(message);
	return err ?: size;
}

static noinline ssize_t write_block(struct open_file *of, u32 id,
				    struct block *block, bool nowait)
{
	struct message message;

	message.size = block->size;
	message.frame = false;
	message.block = block;
	return write_message(of, id, &message, nowait);
}

/* Return: a block of the channel's window for its next message, or NULL. */
static noinline struct block *take_from_window(struct open_file *of, u32 id,
					       loff_t pos, u32 size)
{
	struct block *block = NULL;
	struct channel *channel;

	rcu_read_lock_sched();
	channel = find_channel(of, id, pos);
	if (channel)
		block = channel_take_block(channel, of, size);
	rcu_read_unlock_sched();
	return block;
}

/**
 * transfer_take_block() - memory that is there already for a long message
 * @of: the open file that is to write it
 * @id: the channel
 * @pos: as for find_channel()
 * @size: how many bytes it has
 *
 * Return: a block, for block_put(): of the channel's window, or what is kept of the
 * author's last message; NULL if neither is to be had.
 */
struct block *transfer_take_block(struct open_file *of, u32 id, loff_t pos,
				  u32 size)
{
	struct block *block = NULL;

	if (unlikely(cells_have_windows(&of->slot->cells)))
		block = take_from_window(of, id, pos, size);
	return block ?: spare_take(of->author, size);
}

static noinline ssize_t write_iter(struct open_file *of, u32 id, loff_t pos,
				   struct iov_iter *from, bool nowait)
{
	size_t n = iov_iter_count(from);
	struct block *block = NULL;
	struct message message;
	int err;

	if (size_is_long(n))
		block = transfer_take_block(of, id, pos, n);
	err = message_get(&message, block, from, n, nowait);
	if (err)
		return err;
	if (message_is_long(&message) && write_long(of, id, pos, message.block))
		return message.size;
	return write_message(of, id, &message, nowait);
}

/* Return: whether that could be done by the fast path. */
static __always_inline bool write_fast(struct open_file *of, u32 id, loff_t pos,
				       const char __user *buf, size_t n)
{
	struct channel *tell = NULL;
	struct channel *channel;
	bool done;

	/* One comparison for 0 as well. */
	if (unlikely(n - 1 >= READ_ONCE(of->slot->max_short)))
		return false;
	/* No channel has that id; a place without a channel does. */
	if (unlikely(!id))
		return false;
	if (unlikely(READ_ONCE(of->read_only)))
		return false;
	/* Which version is the message's, the slow path knows. */
	if (trace_put_enabled())
		return false;
	rcu_read_lock_sched();
	channel = find_channel(of, id, pos);
	done = likely(channel) &&
	       channel_write_fast(channel, &of->slot->changes.watched,
				  &of->slot->counters, of->author, of, buf, n,
				  &tell);
	rcu_read_unlock_sched();

	if (unlikely(tell)) {
		slot_tell(of->slot, tell, MSG_SLOT_WRITTEN);
		channel_put(tell);
	}
	return done;
}

ssize_t transfer_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct open_file *of = iocb->ki_filp->private_data;
	const char __user *buf = plain_memory(from);
	u32 id = channel_at(of, iocb->ki_pos);
	bool nowait = iocb->ki_flags & IOCB_NOWAIT;
	size_t n = iov_iter_count(from);
	int err;

	if (buf && write_fast(of, id, iocb->ki_pos, buf, n)) {
		iov_iter_advance(from, n);
		return n;
	}
	err = check_write(of, id, iocb->ki_pos, n);
	if (err)
		return err;
	return write_iter(of, id, iocb->ki_pos, from, nowait);
}

static noinline ssize_t write_ubuf(struct open_file *of, u32 id, loff_t pos,
				   const char __user *buf, size_t n,
				   bool nowait)
{
	struct iov_iter from;

	iov_iter_ubuf(&from, ITER_SOURCE, (void __user *)buf, n);
	return write_iter(of, id, pos, &from, nowait);
}

/* From plain memory, but the short ones that write_fast() could write. */
static noinline ssize_t write_slow(struct open_file *of, u32 id, loff_t pos,
				   const char __user *buf, size_t n,
				   bool nowait)
{
	int err = check_write(of, id, pos, n);
	struct block *block = NULL;

	if (err)
		return err;
	if (size_is_long(n))
		block = transfer_take_block(of, id, pos, n);
	if (!block)
		return write_ubuf(of, id, pos, buf, n, nowait);
	if (unlikely(!copy_long_in(block, buf))) {
		block_put(block);
		return -EFAULT;
	}
	if (likely(write_long(of, id, pos, block)))
		return n;
	return write_block(of, id, block, nowait);
}

static __always_inline ssize_t write_plain(struct open_file *of,
					   const char __user *buf, size_t n,
					   loff_t pos, bool nowait)
{
	u32 id = channel_at(of, pos);

	if (likely(write_fast(of, id, pos, buf, n)))
		return n;
	return write_slow(of, id, pos, buf, n, nowait);
}

ssize_t transfer_write(struct file *file, const char __user *buf, size_t n,
		       loff_t *pos)
{
	return write_plain(file->private_data, buf, n, *pos, false);
}

/**
 * transfer_uring() - an io_uring command
 * @command: the command, MSG_SLOT_URING_WRITE or MSG_SLOT_URING_READ
 * @issue_flags: how io_uring gives it
 *
 * Return: as pwrite() or pread(); -EAGAIN if it is to be given again where it
 * may sleep; or -EIOCBQUEUED, when it has been completed here.
 */
int transfer_uring(struct io_uring_cmd *command, unsigned int issue_flags)
{
	const struct msg_slot_transfer *transfer =
		uring_payload(command, struct msg_slot_transfer);
	struct open_file *of = command->file->private_data;
	void __user *buf = u64_to_user_ptr(READ_ONCE(transfer->buffer));
	loff_t pos = READ_ONCE(transfer->channel);
	size_t n = READ_ONCE(transfer->size);
	ssize_t ret;

	if (!access_ok(buf, n))
		return -EFAULT;
	switch (command->cmd_op) {
	case MSG_SLOT_URING_WRITE:
		if (!(command->file->f_mode & FMODE_WRITE))
			return -EBADF;
		ret = write_plain(of, buf, n, pos,
				  issue_flags & IO_URING_F_NONBLOCK);
		return uring_result(command, ret, issue_flags);
	case MSG_SLOT_URING_READ:
		if (!(command->file->f_mode & FMODE_READ))
			return -EBADF;
		ret = read_once(of, pos, false, buf, n, NULL);
		if (ret != -EAGAIN)
			return uring_result(command, ret, issue_flags);
		/* io_uring would try again; it is the answer. */
		io_uring_cmd_done(command, ret, issue_flags);
		return -EIOCBQUEUED;
	default:
		return -EINVAL;
	}
}
