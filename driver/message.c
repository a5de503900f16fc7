// SPDX-License-Identifier: GPL-2.0
/*
 * A whole message in memory of the kernel's: fetched from a user before
 * anything is held, so that a page fault holds up nobody else.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "author.h"
#include "memory.h"
#include "message.h"

/* Above this, kmalloc()'s next power of two may waste more than vmalloc() costs. */
#define MOST_KMALLOC (64 * 1024)

static void *allocate(size_t n, bool nowait)
{
	if (nowait)
		return kmalloc(n, MEMORY_NOWAIT);
	return n > MOST_KMALLOC ? __vmalloc(n, MEMORY_WAIT) :
				  kvmalloc(n, MEMORY_WAIT);
}

static struct block *block_create(u32 size, bool nowait)
{
	struct block *block = allocate(struct_size(block, bytes, size), nowait);

	if (!block)
		return NULL;
	refcount_set(&block->users, 1);
	block->size = size;
	block->author = NULL;
	return block;
}

/**
 * message_get() - fetch a message from a user
 * @message: where to
 * @from: where from
 * @n: its size, 1 or more
 * @nowait: don't sleep for memory
 *
 * A long message is charged to the memory cgroup of the caller. May sleep for
 * the user's pages.
 *
 * Return: 0 and a message for message_put(); -EFAULT; -ENOMEM, or with @nowait
 * -EAGAIN. After an error there is nothing to put.
 */
int message_get(struct message *message, struct iov_iter *from, size_t n,
		bool nowait)
{
	message->size = n;
	if (message_is_long(message)) {
		message->block = block_create(n, nowait);
		if (!message->block)
			return nowait ? -EAGAIN : -ENOMEM;
	}
	if (copy_from_iter_full(message_bytes(message), n, from))
		return 0;
	message_put(message);
	return -EFAULT;
}

/**
 * message_give() - give a message to a user
 * @message: the message; its size is 0 if there is none
 * @to: where to
 *
 * May sleep for the user's pages.
 *
 * Return: its size, -EWOULDBLOCK if there is none, -ENOSPC if @to has less room,
 * or -EFAULT.
 */
ssize_t message_give(struct message *message, struct iov_iter *to)
{
	if (!message->size)
		return -EWOULDBLOCK;
	if (message->size > iov_iter_count(to))
		return -ENOSPC;
	if (copy_to_iter(message_bytes(message), message->size, to) !=
	    message->size)
		return -EFAULT;
	return message->size;
}

/**
 * block_put() - one user of a block less
 * @block: the block, or NULL
 *
 * Any context, but not under a raw spinlock.
 */
void block_put(struct block *block)
{
	if (!block || !refcount_dec_and_test(&block->users))
		return;
	author_put(block->author);
	kvfree_rcu(block, rcu);
}
