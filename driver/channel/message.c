// SPDX-License-Identifier: GPL-2.0
/*
 * A whole message in memory of the kernel's: fetched from a user before
 * anything is held, so that a page fault holds up nobody else.
 */
#include <linux/string.h>

#include "frame.h"
#include "message.h"

/**
 * message_get() - fetch a message from a user
 * @message: where to
 * @block: for a long message, a block that it has room in, of which the caller is the
 *	only user, and is not any more; NULL: it gets one of its own
 * @from: where from
 * @n: its size, 1 or more
 * @nowait: don't sleep for memory
 *
 * A block of its own is charged to the memory cgroup of the caller. May sleep for the
 * user's pages.
 *
 * Return: 0 and a message for message_put(); -EFAULT; -ENOMEM, or with @nowait
 * -EAGAIN. After an error there is nothing to put.
 */
int message_get(struct message *message, struct block *block,
		struct iov_iter *from, size_t n, bool nowait)
{
	message->size = n;
	message->frame = false;
	if (message_is_long(message)) {
		message->block = block ?: block_create(n, nowait);
		if (!message->block)
			return nowait ? -EAGAIN : -ENOMEM;
	}
	if (copy_from_iter_full(message_bytes(message), n, from))
		return 0;
	message_put(message);
	return -EFAULT;
}

/**
 * message_give_part() - give a part of a message to a user
 * @message: the message, with bytes
 * @pos: where the part begins
 * @n: its size; it is within the message
 * @to: where to, with room for it
 *
 * May sleep for the user's pages.
 *
 * Return: 0 or -EFAULT; of a frame, as frame_give().
 */
int message_give_part(struct message *message, size_t pos, size_t n,
		      struct iov_iter *to)
{
	const u8 *bytes;

	if (unlikely(message_is_frame(message)))
		return frame_give(message, pos, n, to);
	bytes = message_bytes(message);
	return copy_to_iter(bytes + pos, n, to) == n ? 0 : -EFAULT;
}

/**
 * message_give() - give a message to a user
 * @message: the message; its size is 0 if there is none
 * @to: where to
 *
 * May sleep for the user's pages.
 *
 * Return: its size, -EWOULDBLOCK if there is none, -ENOSPC if @to has less room,
 * -ENOMEM if it has no bytes, or as message_give_part().
 */
ssize_t message_give(struct message *message, struct iov_iter *to)
{
	if (!message->size)
		return -EWOULDBLOCK;
	if (message->size > iov_iter_count(to))
		return -ENOSPC;
	if (message_is_long(message) && !message->block)
		return -ENOMEM;
	return message_give_part(message, 0, message->size, to) ?:
		       (ssize_t)message->size;
}

/**
 * message_own() - turn a message that is a channel's into one's own
 * @message: the message, held; as channel_get() leaves it from here on
 * @room: up to which size the caller can use its bytes
 *
 * A frame stays as it is: nobody is charged for its bytes but who has them anyway. May
 * sleep for memory.
 */
void message_own(struct message *message, u32 room)
{
	struct block *block = message->block;

	if (!message_is_long(message) || message_is_frame(message))
		return;
	message->block = NULL;
	if (message->size <= room)
		message->block = block_create(message->size, false);
	if (message->block)
		memcpy(message->block->bytes, block->bytes, message->size);
	block_put(block);
}
