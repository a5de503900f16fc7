// SPDX-License-Identifier: GPL-2.0
/*
 * A block: memory for a long message, which goes when nobody uses it any more. Why a
 * reader may look at one that is another's already is said at the top of channel.c.
 */
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/path.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "author.h"
#include "block.h"
#include "compat.h"
#include "memory.h"
#include "window.h"

/* Above this, kmalloc()'s next power of two may waste more than vmalloc() costs. */
#define MOST_KMALLOC (64 * 1024)

static struct kmem_cache *block_cache;

/* Blocks that nobody uses any more, for a worker to free. */
struct grave {
	struct llist_head blocks;
	struct work_struct free;
};

static void free_dead(struct work_struct *work);

/* Those that were put where their bytes could not be freed. */
static struct grave dead_blocks = {
	.free = __WORK_INITIALIZER(dead_blocks.free, free_dead),
};

/* Frames, so that no writer frees what strangers have filled. */
static struct grave dead_frames = {
	.free = __WORK_INITIALIZER(dead_frames.free, free_dead),
};

static void free_block(struct block *block)
{
	author_put(block->author);
	/* The pages of a memfd that nobody else has go here. */
	if (block_is_frame(block))
		path_put(&block->frame);
	kvfree(block->bytes);
	kmem_cache_free(block_cache, block);
}

static void free_dead(struct work_struct *work)
{
	struct grave *grave = container_of(work, struct grave, free);
	struct llist_node *dead = llist_del_all(&grave->blocks);

	while (dead) {
		struct block *block = llist_entry(dead, struct block, dead);

		dead = dead->next;
		free_block(block);
		cond_resched();
	}
}

/**
 * block_setup() - make what long messages are allocated from
 *
 * Return: 0 or -ENOMEM.
 */
int block_setup(void)
{
	block_cache = KMEM_CACHE(block, SLAB_ACCOUNT | SLAB_TYPESAFE_BY_RCU);
	return block_cache ? 0 : -ENOMEM;
}

/** block_cleanup() - undo block_setup(); all messages are put */
void block_cleanup(void)
{
	flush_work(&dead_blocks.free);
	flush_work(&dead_frames.free);
	/* Authors that were put with them. */
	rcu_barrier();
	kmem_cache_destroy(block_cache);
}

/* What is taken for @size bytes, all of which there is room for then. */
static u32 capacity_for(u32 size)
{
	return size > MOST_KMALLOC ? PAGE_ALIGN(size) :
				     kmalloc_size_roundup(size);
}

static void *allocate_bytes(u32 n, bool nowait)
{
	if (nowait)
		return kmalloc(n, MEMORY_NOWAIT);
	return n > MOST_KMALLOC ? __vmalloc(n, MEMORY_WAIT) :
				  kvmalloc(n, MEMORY_WAIT);
}

static void publish_block(struct block *block, u32 size)
{
	block->size = size;
	block->author = NULL;
	block->window = NULL;
	/* Whoever counts itself in from here on finds all of it in place. */
	refcount_set_release(&block->users, 1);
}

static struct block *try_create(u32 size, bool nowait)
{
	gfp_t gfp = nowait ? MEMORY_NOWAIT : MEMORY_WAIT;
	struct block *block = kmem_cache_alloc(block_cache, gfp);

	if (!block)
		return NULL;
	block->capacity = capacity_for(size);
	block->bytes = allocate_bytes(block->capacity, nowait);
	if (!block->bytes) {
		kmem_cache_free(block_cache, block);
		return NULL;
	}
	publish_block(block, size);
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
	flush_work(&dead_blocks.free);
	return try_create(size, nowait);
}

/**
 * block_create_frame() - a block for a frame
 * @path: where its memfd is
 * @size: how many bytes that has
 *
 * Return: as block_create().
 */
struct block *block_create_frame(const struct path *path, u32 size)
{
	struct block *block = kmem_cache_alloc(block_cache, MEMORY_WAIT);

	if (!block)
		return NULL;
	path_get(path);
	block->frame = *path;
	block->bytes = NULL;
	block->capacity = 0;
	publish_block(block, size);
	return block;
}

/**
 * block_hold() - one user of a block more
 * @block: the block; under RCU, it need not be one any more
 *
 * Pairs with the release in publish_block(). What was found of the block before may
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
 * it returns; a worker frees a frame, and a window has its own again. Process context,
 * where one may sleep.
 */
void block_put(struct block *block)
{
	if (!block || !refcount_dec_and_test(&block->users))
		return;
	if (unlikely(!block_is_own(block)))
		block_bury(block);
	else
		free_block(block);
}

/**
 * block_bury() - the end of a block, of which a worker takes care
 * @block: one without users
 *
 * That of a window needs none: nothing is freed.
 */
void block_bury(struct block *block)
{
	struct grave *grave = block_is_frame(block) ? &dead_frames :
						      &dead_blocks;

	if (block->window)
		window_give_back(block);
	else if (llist_add(&block->dead, &grave->blocks))
		queue_work(system_dfl_wq, &grave->free);
}
