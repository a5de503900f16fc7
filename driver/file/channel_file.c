// SPDX-License-Identifier: GPL-2.0
/*
 * An open file of a single channel: a file for those who know only files.
 *
 * A read takes the message of that moment. If the buffer has not room for all of it,
 * the rest is kept, in memory of the reader's own, and a read from where this one
 * ended goes on in that, whatever is written meanwhile; at its end there is an end
 * of file. A read from anywhere else takes the message of its moment anew. So `cat`
 * stops, `dd bs=1` gets one message, and lseek() to 0 brings the next.
 *
 * A write is one message, wherever the position is.
 *
 * Threads that share an open file share what is kept, as they share the position.
 * Those that read from it by pread() at the same time may go on in one another's
 * message, which is for them to avoid.
 */
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/uio.h>

#include "channel/channel.h"
#include "channel_file.h"
#include "file.h"
#include "news.h"
#include "slot/slot.h"
#include "transfer.h"

static struct channel_file *channel_file_of(struct file *file)
{
	return container_of(file->private_data, struct channel_file, of);
}

/**
 * channel_file_init() - begin to read nowhere
 * @cf: zeroed
 * @file: the file
 *
 * A read may wait for a message (MSG_SLOT_BLOCKING). The VFS would make others that
 * share the open file wait for it, where not even SIGKILL reaches them, to keep the
 * position in order.
 */
void channel_file_init(struct channel_file *cf, struct file *file)
{
	mutex_init(&cf->reading);
	file->f_mode &= ~FMODE_ATOMIC_POS;
}

/**
 * channel_file_release() - the end of an open file
 * @inode: its inode
 * @file: the file
 *
 * Return: 0.
 */
int channel_file_release(struct inode *inode, struct file *file)
{
	message_put(&channel_file_of(file)->kept);
	return file_release(inode, file);
}

/* What is kept from now on, if anything; it is put by us. */
static void keep_message(struct channel_file *cf, const struct message *message)
{
	lockdep_assert_held(&cf->reading);

	message_put(&cf->kept);
	if (message)
		cf->kept = *message;
	else
		cf->kept.size = 0;
	WRITE_ONCE(cf->keeps, message);
}

/* Return: 0, or -EINTR if the caller was killed while another reads slowly. */
static int keep_nothing(struct channel_file *cf)
{
	if (likely(!READ_ONCE(cf->keeps)))
		return 0;
	if (mutex_lock_killable(&cf->reading))
		return -EINTR;
	keep_message(cf, NULL);
	mutex_unlock(&cf->reading);
	return 0;
}

/* Whether a read at @pos goes on in what was read last. */
static bool goes_on(const struct channel_file *cf, loff_t pos)
{
	return pos && pos == READ_ONCE(cf->next);
}

/* Return: bytes of what is kept from @pos, or as message_give_part(). */
static ssize_t read_kept(struct channel_file *cf, loff_t pos,
			 struct iov_iter *to)
{
	size_t n, room = iov_iter_count(to);
	int err;

	lockdep_assert_held(&cf->reading);

	if (pos >= cf->kept.size)
		return 0;
	n = min_t(size_t, cf->kept.size - pos, room);
	err = message_give_part(&cf->kept, pos, n, to);
	if (err)
		return err;
	WRITE_ONCE(cf->next, pos + n);
	WRITE_ONCE(cf->unfinished, n == room);
	if (pos + n == cf->kept.size)
		keep_message(cf, NULL);
	return n;
}

/* Return: 0 and a message for message_put(), perhaps without size; or -ENOMEM. */
static int take_message(struct open_file *of, struct message *message)
{
	s64 seen = atomic64_read(&of->seen);
	struct channel *channel = slot_get(of->slot, of->only);
	u64 version;

	message->size = 0;
	if (!channel)
		return 0;
	version = channel_get(channel, message, NULL, 0, U32_MAX);
	channel_put(channel);
	if (message_is_long(message) && !message->block)
		return -ENOMEM;
	if (version)
		mark_read(of, seen, of->only, version);
	return 0;
}

/* Reads a part of a message, and keeps it. Return: as read(). */
static noinline ssize_t read_part(struct channel_file *cf, loff_t pos,
				  struct iov_iter *to)
{
	struct message message;
	ssize_t ret;

	if (mutex_lock_killable(&cf->reading))
		return -EINTR;
	if (!goes_on(cf, pos)) {
		ret = take_message(&cf->of, &message);
		if (ret)
			goto unlock;
		keep_message(cf, &message);
	}
	ret = read_kept(cf, pos, to);
unlock:
	mutex_unlock(&cf->reading);
	return ret;
}

/*
 * After a read of a whole message into @room returned @ret. Who asked for a single byte
 * asks for the next, as the shells' read does. Return: what read() returns, or -ENOSPC
 * if a part of it is to be read.
 */
static __always_inline ssize_t whole_read(struct channel_file *cf, ssize_t ret,
					  size_t room)
{
	if (likely(ret > 0)) {
		WRITE_ONCE(cf->next, ret);
		WRITE_ONCE(cf->unfinished, room == 1);
	} else if (ret == -EWOULDBLOCK && !READ_ONCE(cf->of.blocking)) {
		ret = 0;
	}
	return ret;
}

/* Whether a read at @pos meets the end of what was read last, and is told so now. */
static bool meets_end(struct channel_file *cf, loff_t pos)
{
	if (!goes_on(cf, pos) || READ_ONCE(cf->keeps))
		return false;
	WRITE_ONCE(cf->unfinished, false);
	return true;
}

/**
 * channel_file_read() - read()
 * @file: the open file
 * @buf: where to
 * @n: how much room there is
 * @pos: where from
 *
 * Return: bytes read, 0 at the end of the message and where there is none, or a
 * negative errno as message_slot.h has it.
 */
ssize_t channel_file_read(struct file *file, char __user *buf, size_t n,
			  loff_t *pos)
{
	struct channel_file *cf = channel_file_of(file);
	struct iov_iter to;
	loff_t first = 0;
	ssize_t ret = -ENOSPC;

	if (!n || meets_end(cf, *pos))
		return 0;
	if (likely(!*pos)) {
		ret = keep_nothing(cf) ?: transfer_read(file, buf, n, &first);
		ret = whole_read(cf, ret, n);
	}
	if (unlikely(ret == -ENOSPC)) {
		iov_iter_ubuf(&to, ITER_DEST, buf, n);
		ret = read_part(cf, *pos, &to);
	}
	if (ret > 0)
		*pos += ret;
	return ret;
}

/* The same, with an iterator. */
ssize_t channel_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct channel_file *cf = channel_file_of(iocb->ki_filp);
	size_t room = iov_iter_count(to);
	loff_t pos = iocb->ki_pos;
	ssize_t ret = -ENOSPC;

	if (!room || meets_end(cf, pos))
		return 0;
	if (!pos) {
		ret = keep_nothing(cf) ?: transfer_read_iter(iocb, to);
		ret = whole_read(cf, ret, room);
	}
	if (ret == -ENOSPC)
		ret = read_part(cf, pos, to);
	if (ret > 0)
		iocb->ki_pos = pos + ret;
	return ret;
}

/**
 * channel_file_write() - write()
 * @file: the open file
 * @buf: the message
 * @n: its size
 * @pos: where to, which does not matter
 *
 * Return: @n, or a negative errno as message_slot.h has it.
 */
ssize_t channel_file_write(struct file *file, const char __user *buf, size_t n,
			   loff_t *pos)
{
	loff_t selected = 0;
	ssize_t ret = transfer_write(file, buf, n, &selected);

	if (likely(ret > 0))
		*pos += ret;
	return ret;
}

/* The same, with an iterator. */
ssize_t channel_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	loff_t pos = iocb->ki_pos;
	ssize_t ret;

	iocb->ki_pos = 0;
	ret = transfer_write_iter(iocb, from);
	iocb->ki_pos = ret > 0 ? pos + ret : pos;
	return ret;
}

/**
 * channel_file_poll() - poll()
 * @file: the open file
 * @table: whom to wake when there may be a message that was not read
 *
 * Who reads a message in parts does not wait for its rest, nor for its end: a shell's
 * read asks before each byte.
 *
 * Return: the events that there are now.
 */
__poll_t channel_file_poll(struct file *file, struct poll_table_struct *table)
{
	struct channel_file *cf = channel_file_of(file);
	__poll_t events = news_poll(file, table);

	if (READ_ONCE(cf->unfinished) && goes_on(cf, READ_ONCE(file->f_pos)))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

/**
 * channel_file_llseek() - lseek()
 * @file: the open file
 * @offset: how far
 * @whence: from where; the end is that of the message of this moment
 *
 * Return: the position, or a negative errno.
 */
loff_t channel_file_llseek(struct file *file, loff_t offset, int whence)
{
	struct open_file *of = file->private_data;
	struct msg_slot_record record;

	slot_look(of->slot, of->only, &record);
	return generic_file_llseek_size(file, offset, whence,
					file_inode(file)->i_sb->s_maxbytes,
					record.size);
}
