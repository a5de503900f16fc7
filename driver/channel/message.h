/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A whole message in memory of the kernel's: in place if it is short, else in
 * a block of its own.
 */
#ifndef MESSAGE_SLOT_MESSAGE_H
#define MESSAGE_SLOT_MESSAGE_H

#include <linux/types.h>
#include <linux/uio.h>

#include "block.h"

struct author;

/**
 * struct message - a message
 * @size: how many bytes it has; 0: there is none
 * @frame: whether it is a frame; says nothing if there is none
 * @bytes: the message, if it has at most MESSAGE_SHORT bytes
 * @block: the message, if it has more, or is a frame; NULL: its bytes were not to be had
 */
struct message {
	u32 size;
	bool frame;
	union {
		u8 bytes[MESSAGE_SHORT];
		struct block *block;
	};
};

static inline bool message_is_frame(const struct message *message)
{
	return message->size && message->frame;
}

/* Whether it is in a block. */
static inline bool message_is_long(const struct message *message)
{
	return size_is_long(message->size) || message_is_frame(message);
}

/* Of one that is no frame. */
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

int message_get(struct message *message, struct block *block,
		struct iov_iter *from, size_t n, bool nowait);
ssize_t message_give(struct message *message, struct iov_iter *to);
int message_give_part(struct message *message, size_t pos, size_t n,
		      struct iov_iter *to);
void message_own(struct message *message, u32 room);

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
