/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The argument of a call: which channel is meant, and what is to become of it. Inline, for
 * it is a part of what each of them costs.
 */
#ifndef MESSAGE_SLOT_ARGUMENT_H
#define MESSAGE_SLOT_ARGUMENT_H

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "channel/channel.h"
#include "channel/frame.h"
#include "memory.h"
#include "message_slot.h"
#include "open_file.h"
#include "slot/expiry.h"
#include "transfer.h"

/* Return: 0, or why nothing can be changed through this file. */
static inline int may_write(const struct file *file)
{
	const struct open_file *of = file->private_data;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	return READ_ONCE(of->read_only) ? -EPERM : 0;
}

/* Return: 0, or that nothing can be read through this file. */
static inline int may_read(const struct file *file)
{
	return file->f_mode & FMODE_READ ? 0 : -EBADF;
}

/* Return: 0 and the channel that is meant, or what is wrong. */
static inline int mean_channel(const struct open_file *of, u32 channel, u32 *id)
{
	*id = channel_at(of, channel);
	return *id ? 0 : channel_at_error(of, channel);
}

/*
 * The message that the user has at an address, for a channel that may have memory for it;
 * 0: for none. Return: 0 and a message for message_put();
 * -EMSGSIZE, or as message_get().
 */
static inline int fetch_message(struct open_file *of, u32 id,
				struct message *message, u64 address, u32 size)
{
	struct block *block = NULL;
	struct iov_iter from;

	if (!size || size > READ_ONCE(of->slot->max_message))
		return -EMSGSIZE;
	iov_iter_ubuf(&from, ITER_SOURCE, u64_to_user_ptr(address), size);
	if (id && size_is_long(size))
		block = transfer_take_block(of, id, id, size);
	return message_get(message, block, &from, size, false);
}

/* The message that a put brings. Return: as fetch_message() or frame_get(). */
static inline int fetch_put(struct open_file *of, u32 id,
			    struct message *message,
			    const struct msg_slot_put *put)
{
	if (unlikely(put->flags & MSG_SLOT_FRAME))
		return frame_get(message, put->buffer);
	return fetch_message(of, id, message, put->buffer, put->size);
}

static inline bool ttl_is_valid(u64 ttl)
{
	return ttl <= S64_MAX || ttl == MSG_SLOT_FOREVER;
}

/* But for its flags. */
static inline bool put_is_valid(const struct msg_slot_put *put)
{
	return !put->reserved && ttl_is_valid(put->ttl) &&
	       !(put->flags & MSG_SLOT_FRAME && put->size);
}

/* Leaves both alone for ever. Return: 0, and the caller frees @expiry; or -ENOMEM. */
static inline int set_expiry(u64 now, u64 ttl, struct expiry **expiry,
			     u64 *expires)
{
	if (!ttl || ttl == MSG_SLOT_FOREVER)
		return 0;
	*expiry = expiry_create(MEMORY_WAIT);
	if (!*expiry)
		return -ENOMEM;
	*expires = min_t(u64, now + ttl, KTIME_MAX);
	return 0;
}

/* The user is told a version at the end, which must not fail after the change. */
static inline int can_tell(u64 __user *version, u64 present)
{
	return put_user(present, version) ? -EFAULT : 0;
}

/* The change that is asked for, but for its time. @message is yet to be fetched. */
static inline struct change change_of_put(struct open_file *of,
					  const struct msg_slot_put *put,
					  const struct message *message)
{
	return (struct change){
		.message = message,
		.author = of->author,
		.owner = of,
		.conditional = put->flags & MSG_SLOT_IF_VERSION,
		.if_version = put->version,
	};
}

#endif /* MESSAGE_SLOT_ARGUMENT_H */
