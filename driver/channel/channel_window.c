// SPDX-License-Identifier: GPL-2.0
/*
 * Channels and windows.
 *
 * A message that is there before its channel has a window is moved there, lest whoever
 * maps it call until the next one comes. The version stays, and so does the latch: who has
 * looked at the block before can't be told by it that another message may have it by now.
 * So the block is put a grace period later (channel.c has why that does). Who maps the
 * window that it was in, if any, is told by where the cell says that the message is; until
 * then its bytes are there, also if it is cleared meanwhile.
 */
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "block.h"
#include "cell.h"
#include "cells.h"
#include "channel.h"
#include "channel_window.h"
#include "half.h"
#include "memory.h"
#include "window.h"

/**
 * struct moved - what was moved from
 * @rcu: puts it
 * @block: the block
 */
struct moved {
	struct rcu_head rcu;
	struct block *block;
};

/**
 * channel_take_block() - a block of a channel's window for its next message
 * @channel: the channel; under RCU
 * @owner: the open file that is to write it
 * @size: how many bytes the message has
 *
 * No stranger's bytes come to the window of a channel that is claimed.
 *
 * Return: the block, for block_put(), or NULL if there is none to be had.
 */
struct block *channel_take_block(const struct channel *channel,
				 const void *owner, u32 size)
{
	const void *claimed = READ_ONCE(channel->owner);
	struct window *window = cells_window(channel);

	if (!window || (claimed && claimed != owner))
		return NULL;
	return window_take(window, size);
}

static void put_moved(struct rcu_head *rcu)
{
	struct moved *moved = container_of(rcu, struct moved, rcu);

	block_put_atomic(moved->block);
	kfree(moved);
}

/* With the channel's lock. Return: a message's block that is to be moved, or NULL. */
static struct block *movable_block(const struct channel *channel,
				   const struct window *window)
{
	struct block *block =
		channel_block(channel, cell_current(channel->cell));

	if (!block || block_is_frame(block) || block->window == window)
		return NULL;
	return block;
}

/* Return: likewise, held. */
static struct block *hold_movable(struct channel *channel,
				  const struct window *window)
{
	struct block *block;

	raw_spin_lock(&channel->lock);
	block = movable_block(channel, window);
	if (block)
		refcount_inc(&block->users);
	raw_spin_unlock(&channel->lock);
	return block;
}

/* Return: whether the channel has @to in place of @from now. */
static bool replace_block(struct channel *channel, struct block *from,
			  struct block *to)
{
	struct msg_slot_cell *cell = channel->cell;
	bool done;

	raw_spin_lock(&channel->lock);
	done = movable_block(channel, to->window) == from;
	if (done) {
		block_sign(to, from->author);
		WRITE_ONCE(channel->origin[cell_current(cell)].block, to);
		if (from->window)
			window_leave(from, to);
		window_show(cell, cell_current(cell), to);
	}
	raw_spin_unlock(&channel->lock);
	return done;
}

static struct block *take_block(struct window *window, u32 size)
{
	struct block *block;

	rcu_read_lock();
	block = window_take(window, size);
	rcu_read_unlock();
	return block;
}

/**
 * channel_move_to_window() - show a channel's long message in its window
 * @channel: the channel, held
 * @window: its window, which the caller has mapped
 *
 * Without memory, or if another message comes, it stays where it is. May sleep.
 */
void channel_move_to_window(struct channel *channel, struct window *window)
{
	struct block *from = hold_movable(channel, window), *to = NULL;
	struct moved *moved;

	if (!from)
		return;
	moved = kmalloc(sizeof(*moved), MEMORY_WAIT);
	if (moved)
		to = take_block(window, from->size);
	if (to) {
		memcpy(to->bytes, from->bytes, from->size);
		if (replace_block(channel, from, to)) {
			/* What the channel had is put then. */
			moved->block = from;
			call_rcu(&moved->rcu, put_moved);
			moved = NULL;
		} else {
			block_put(to);
		}
	}
	kfree(moved);
	block_put(from);
}
