/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A whole message in memory of the kernel's: in place if it is short, else in
 * a block of its own.
 */
#ifndef MESSAGE_SLOT_MESSAGE_H
#define MESSAGE_SLOT_MESSAGE_H

#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uio.h>

struct author;

/* The longest message that is kept in place. */
#define MESSAGE_SHORT 128

/**
 * struct block - a long message; never changes once it is published
 * @users: the channel that shows it, readers that are copying it at this moment,
 *	and who made it
 * @size: how many bytes it has
 * @author: who wrote it, held; NULL until it is published
 * @bytes: the message, which goes with the last user
 * @dead: in the list of those that block_put_atomic() has left
 *
 * A block that is freed may be another message's at once. It stays a block for
 * whoever is under RCU, so that a reader who found one in a channel may count
 * itself in, and then look whether it is that channel's still.
 */
struct block {
	refcount_t users;
	u32 size;
	struct author *author;
	void *bytes;
	struct llist_node dead;
};

/**
 * struct message - a message
 * @size: how many bytes it has; 0: there is none
 * @bytes: the message, if it has at most MESSAGE_SHORT bytes
 * @block: the message, if it has more; NULL: its bytes were not to be had
 */
struct message {
	u32 size;
	union {
		u8 bytes[MESSAGE_SHORT];
		struct block *block;
	};
};

/* Of a size in bytes. */
static inline bool size_is_long(u32 size)
{
	return size > MESSAGE_SHORT;
}

static inline bool message_is_long(const struct message *message)
{
	return size_is_long(message->size);
}

static inline void *message_bytes(struct message *message)
{
	return message_is_long(message) ? message->block->bytes :
					  message->bytes;
}

/* One more user of a message, who puts it too. The caller has it meanwhile. */
static inline void message_hold(const struct message *message)
{
	if (message_is_long(message))
		refcount_inc(&message->block->users);
}

int message_setup(void);
void message_cleanup(void);

int message_get(struct message *message, struct iov_iter *from, size_t n,
		bool nowait);
ssize_t message_give(struct message *message, struct iov_iter *to);
void message_own(struct message *message, u32 room);

struct block *block_create(u32 size, bool nowait);
bool block_hold(struct block *block);
void block_put(struct block *block);
void block_put_atomic(struct block *block);

/**
 * message_put() - let go of a message
 * @message: the message, which is not to be looked at any more
 *
 * Process context, where one may sleep.
 */
static inline void message_put(const struct message *message)
{
	if (message_is_long(message))
		block_put(message->block);
}

#endif /* MESSAGE_SLOT_MESSAGE_H */
