// SPDX-License-Identifier: GPL-2.0
/*
 * A whole message in memory of the kernel's: fetched from a user before
 * anything is held, so that a page fault holds up nobody else.
 */
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "author.h"
#include "compat.h"
#include "memory.h"
#include "message.h"

/* Above this, kmalloc()'s next power of two may waste more than vmalloc() costs. */
#define MOST_KMALLOC (64 * 1024)

static struct kmem_cache *block_cache;

/* Blocks that were put where their bytes could not be freed. */
static LLIST_HEAD(dead_blocks);

static void free_block(struct block *block)
{
	author_put(block->author);
	kvfree(block->bytes);
	kmem_cache_free(block_cache, block);
}

static void free_dead_blocks(struct work_struct *work)
{
	struct llist_node *dead = llist_del_all(&dead_blocks);

	while (dead) {
		struct block *block = llist_entry(dead, struct block, dead);

		dead = dead->next;
		free_block(block);
		cond_resched();
	}
}

static DECLARE_WORK(free_dead, free_dead_blocks);

/**
 * message_setup() - make what long messages are allocated from
 *
 * Return: 0 or -ENOMEM.
 */
int message_setup(void)
{
	block_cache = KMEM_CACHE(block, SLAB_ACCOUNT | SLAB_TYPESAFE_BY_RCU);
	return block_cache ? 0 : -ENOMEM;
}

/** message_cleanup() - undo message_setup(); all messages are put */
void message_cleanup(void)
{
	flush_work(&free_dead);
	/* Authors that were put with them. */
	rcu_barrier();
	kmem_cache_destroy(block_cache);
}

static void *allocate_bytes(u32 n, bool nowait)
{
	if (nowait)
		return kmalloc(n, MEMORY_NOWAIT);
	return n > MOST_KMALLOC ? __vmalloc(n, MEMORY_WAIT) :
				  kvmalloc(n, MEMORY_WAIT);
}

static struct block *try_create(u32 size, bool nowait)
{
	gfp_t gfp = nowait ? MEMORY_NOWAIT : MEMORY_WAIT;
	struct block *block = kmem_cache_alloc(block_cache, gfp);

	if (!block)
		return NULL;
	block->bytes = allocate_bytes(size, nowait);
	if (!block->bytes) {
		kmem_cache_free(block_cache, block);
		return NULL;
	}
	block->size = size;
	block->author = NULL;
	/* Whoever counts itself in from here on finds all of it in place. */
	refcount_set_release(&block->users, 1);
	return block;
}

/**
 * block_create() - a block for a long message
 * @size: how many bytes it is to have
 * @nowait: don't sleep for memory
 *
 * Charged to the memory cgroup of the caller.
 *
 * Return: the block, for block_put(), or NULL without memory.
 */
struct block *block_create(u32 size, bool nowait)
{
	struct block *block = try_create(size, nowait);

	if (likely(block) || nowait)
		return block;
	/* What is about to be freed may be what is missing. */
	flush_work(&free_dead);
	return try_create(size, nowait);
}

/**
 * block_hold() - one user of a block more
 * @block: the block; under RCU, it need not be one any more
 *
 * Pairs with the release in try_create(). What was found of the block before may
 * be another's, and is looked at again.
 *
 * Return: whether it has users.
 */
bool block_hold(struct block *block)
{
	return refcount_inc_not_zero(&block->users);
}

/**
 * block_put() - one user of a block less
 * @block: the block, or NULL
 *
 * The bytes of the last one are freed, and given back to who was charged, before
 * it returns. Process context, where one may sleep.
 */
void block_put(struct block *block)
{
	if (block && refcount_dec_and_test(&block->users))
		free_block(block);
}

/**
 * block_put_atomic() - the same, where one may not sleep
 * @block: the block
 *
 * A worker frees the bytes: who puts may not run again for long.
 */
void block_put_atomic(struct block *block)
{
	if (unlikely(refcount_dec_and_test(&block->users)) &&
	    llist_add(&block->dead, &dead_blocks))
		queue_work(system_dfl_wq, &free_dead);
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
 * -ENOMEM if it has no bytes, or -EFAULT.
 */
ssize_t message_give(struct message *message, struct iov_iter *to)
{
	if (!message->size)
		return -EWOULDBLOCK;
	if (message->size > iov_iter_count(to))
		return -ENOSPC;
	if (message_is_long(message) && !message->block)
		return -ENOMEM;
	if (copy_to_iter(message_bytes(message), message->size, to) !=
	    message->size)
		return -EFAULT;
	return message->size;
}

/**
 * message_own() - turn a message that is a channel's into one's own
 * @message: the message, held; as channel_get() leaves it from here on
 * @room: up to which size the caller can use its bytes
 *
 * May sleep for memory.
 */
void message_own(struct message *message, u32 room)
{
	struct block *block = message->block;

	if (!message_is_long(message))
		return;
	message->block = NULL;
	if (message->size <= room)
		message->block = block_create(message->size, false);
	if (message->block)
		memcpy(message->block->bytes, block->bytes, message->size);
	block_put(block);
}
