// SPDX-License-Identifier: GPL-2.0
/* Windows: their memory, and whose turn it is with a block of one. */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "author.h"
#include "cells.h"
#include "compat.h"
#include "memory.h"
#include "window.h"

static LLIST_HEAD(dead_windows);

static void free_dead(struct work_struct *work)
{
	struct llist_node *dead = llist_del_all(&dead_windows);
	struct window *window, *next;

	llist_for_each_entry_safe(window, next, dead, dead) {
		vfree(window->head);
		kfree_rcu(window, rcu);
	}
}

static DECLARE_WORK(free_windows, free_dead);

/** window_cleanup() - wait until all windows are free; all messages are put */
void window_cleanup(void)
{
	flush_work(&free_windows);
}

static void init_block(struct window *window, int i)
{
	struct block *block = &window->blocks[i];

	block->window = window;
	block->bytes = (u8 *)window->head + MSG_SLOT_WINDOW_HEAD +
		       i * (size_t)window->capacity;
	block->capacity = window->capacity;
	window->idle[i] = block;
}

/**
 * window_create() - a window that nobody has mapped yet
 * @cells: whose
 * @place: the place of the channel
 * @bytes: how many bytes; whole pages, WINDOW_MOST at most
 *
 * Charged to the memory cgroup of the caller. May sleep.
 *
 * Return: the window, for window_put(), or NULL without memory.
 */
struct window *window_create(struct cells *cells, u32 place, u32 bytes)
{
	struct window *window = kzalloc(sizeof(*window), MEMORY_WAIT);
	int i;

	if (!window)
		return NULL;
	/* Zeroes, for all of it can be seen. */
	window->head = __vmalloc(bytes, MEMORY_WAIT | __GFP_ZERO);
	if (!window->head) {
		kfree(window);
		return NULL;
	}
	window->cells = cells;
	window->place = place;
	window->bytes = bytes;
	window->head->bytes = bytes;
	window->capacity =
		round_down((bytes - MSG_SLOT_WINDOW_HEAD) / 2, SMP_CACHE_BYTES);
	for (i = 0; i < ARRAY_SIZE(window->blocks); i++)
		init_block(window, i);
	refcount_set(&window->users, 1);
	cells_count_window(cells, bytes);
	return window;
}

/**
 * window_put() - one user of a window less
 * @window: the window
 *
 * Any context, but not under a raw spinlock.
 */
void window_put(struct window *window)
{
	if (!refcount_dec_and_test(&window->users))
		return;
	cells_count_window(window->cells, -(s64)window->bytes);
	if (llist_add(&window->dead, &dead_windows))
		queue_work(system_dfl_wq, &free_windows);
}

static struct block *take_idle(struct window *window)
{
	struct block *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(window->idle); i++) {
		if (!READ_ONCE(window->idle[i]))
			continue;
		/* A barrier: see the top of window.h. */
		block = xchg(&window->idle[i], NULL);
		if (block)
			return block;
	}
	return NULL;
}

static void make_idle(struct block *block)
{
	struct window *window = block->window;

	/* All that was done to it is seen by who takes it. */
	smp_store_release(&window->idle[block - window->blocks], block);
}

/* Whoever maps it sees nothing of what the block had. */
static void wipe(struct block *block, u32 from)
{
	if (block->size > from)
		memset((u8 *)block->bytes + from, 0, block->size - from);
	block->size = from;
}

/**
 * window_take() - a block for a channel's next message
 * @window: the window; under RCU
 * @size: how many bytes the message has
 *
 * Return: the block, for block_put(), or NULL: neither is idle, or they are too small.
 */
struct block *window_take(struct window *window, u32 size)
{
	struct block *block;

	if (size > window->capacity || !refcount_inc_not_zero(&window->users))
		return NULL;
	block = take_idle(window);
	if (!block) {
		window_put(window);
		return NULL;
	}
	wipe(block, min(size, block->size));
	block->size = size;
	/* Whoever counts itself in from here on finds all of it in place. */
	refcount_set_release(&block->users, 1);
	return block;
}

/* What is idle has nothing of a message that was taken away. */
static void wipe_idle(struct window *window)
{
	struct block *block;
	int i;

	for (i = 0; i < ARRAY_SIZE(window->idle); i++) {
		block = xchg(&window->idle[i], NULL);
		if (!block)
			continue;
		wipe(block, 0);
		make_idle(block);
	}
}

/**
 * window_give_back() - the last user of a block of a window has put it
 * @block: the block
 *
 * Any context, but not under a raw spinlock.
 */
void window_give_back(struct block *block)
{
	struct window *window = block->window;

	/* What has no author was never shown. */
	if (!block->author || !READ_ONCE(window->shown))
		wipe(block, 0);
	author_put(block->author);
	block->author = NULL;
	make_idle(block);
	/*
	 * The other one may have been put while the message was in the window still. Who
	 * takes the last of them away puts its block after that.
	 */
	smp_mb();
	if (!READ_ONCE(window->shown))
		wipe_idle(window);
	window_put(window);
}
