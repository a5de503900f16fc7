/* SPDX-License-Identifier: GPL-2.0 */
/* The argument of a call: which channel is meant, and what is to become of it. */
#ifndef MESSAGE_SLOT_ARGUMENT_H
#define MESSAGE_SLOT_ARGUMENT_H

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#include "channel/channel.h"
#include "message_slot.h"
#include "open_file.h"

int fetch_message(const struct open_file *of, struct message *message,
		  u64 address, u32 size);
int make_expiry(u64 now, u64 ttl, struct expiry **expiry, u64 *expires);

/* Return: 0, or why nothing can be changed through this file. */
static inline int may_write(const struct file *file)
{
	const struct open_file *of = file->private_data;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	return READ_ONCE(of->read_only) ? -EPERM : 0;
}

/* Return: 0 and the channel that is meant, or what is wrong. */
static inline int mean_channel(const struct open_file *of, u32 channel, u32 *id)
{
	*id = channel_at(of, channel);
	return *id ? 0 : channel_at_error(of, channel);
}

static inline bool ttl_is_valid(u64 ttl)
{
	return ttl <= S64_MAX || ttl == MSG_SLOT_FOREVER;
}

/* Leaves both alone for ever. Return: 0, and the caller frees @expiry; or -ENOMEM. */
static inline int set_expiry(u64 now, u64 ttl, struct expiry **expiry,
			     u64 *expires)
{
	if (!ttl || ttl == MSG_SLOT_FOREVER)
		return 0;
	return make_expiry(now, ttl, expiry, expires);
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
