/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A whole message in memory of the kernel's: in place if it is short, else in
 * a block of its own.
 */
#ifndef MESSAGE_SLOT_MESSAGE_H
#define MESSAGE_SLOT_MESSAGE_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uio.h>

/* The longest message that is kept in place. */
#define MESSAGE_SHORT 128

/**
 * struct block - a long message; never changes once it is published
 * @users: the channel that shows it, and readers that are copying it
 * @rcu: frees it a grace period after the last of them, for the reader that
 *	found it and has yet to become one
 * @bytes: the message
 */
struct block {
	refcount_t users;
	struct rcu_head rcu;
	u8 bytes[];
};

/**
 * union content - a message but for its size
 * @bytes: the message, if it has at most MESSAGE_SHORT bytes; in a channel,
 *	zeroes follow it
 * @block: the message, if it has more
 */
union content {
	u8 bytes[MESSAGE_SHORT];
	struct block *block;
};

/**
 * struct message - a message
 * @size: how many bytes it has; 0: there is none
 * @content: its bytes, or where they are
 */
struct message {
	u32 size;
	union content content;
};

/* Of a message of @size bytes: whether it has a block. */
static inline bool content_is_long(u32 size)
{
	return size > MESSAGE_SHORT;
}

/* So much of a content is taken up by a message of @size bytes. */
static inline u32 content_extent(u32 size)
{
	return content_is_long(size) ? sizeof(struct block *) : size;
}

static inline bool message_is_long(const struct message *message)
{
	return content_is_long(message->size);
}

static inline void *message_bytes(struct message *message)
{
	return message_is_long(message) ? message->content.block->bytes :
					  message->content.bytes;
}

/* One more user of a message, who puts it too. The caller has it meanwhile. */
static inline void message_hold(const struct message *message)
{
	if (message_is_long(message))
		refcount_inc(&message->content.block->users);
}

int message_get(struct message *message, struct iov_iter *from, size_t n,
		bool nowait);
ssize_t message_give(struct message *message, struct iov_iter *to);
void block_put(struct block *block);

/**
 * message_put() - let go of a message
 * @message: the message, which is not to be looked at any more
 *
 * Any context, also under a raw spinlock.
 */
static inline void message_put(const struct message *message)
{
	if (message_is_long(message))
		block_put(message->content.block);
}

#endif /* MESSAGE_SLOT_MESSAGE_H */
