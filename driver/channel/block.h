/* SPDX-License-Identifier: GPL-2.0 */
/* A block: a long message in memory of its own. */
#ifndef MESSAGE_SLOT_BLOCK_H
#define MESSAGE_SLOT_BLOCK_H

#include <linux/llist.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "author.h"
#include "compat.h"

struct window;

/* The longest message that is kept in place. */
#define MESSAGE_SHORT 128

/**
 * struct block - a long message; does not change while a channel shows it
 * @users: the channel that shows it, readers that are copying it at this moment,
 *	and who made it
 * @size: how many bytes it has
 * @capacity: how many there is room for
 * @author: who wrote it, held; NULL until it is published
 * @bytes: the message, which goes with the last user; NULL if it is a frame
 * @window: the window that the bytes are in; NULL: they are the block's own
 * @frame: of a frame: where its memfd is, held; see frame.c
 * @dead: in the list of those that a worker is to free
 *
 * A block that is freed may be another message's at once, as may one that its author
 * writes the next message to (spare.c). It stays a block for whoever is under RCU, so
 * that a reader who found one in a channel may count itself in, and then look whether
 * it is that channel's still.
 */
struct block {
	refcount_t users;
	u32 size;
	u32 capacity;
	struct author *author;
	void *bytes;
	struct window *window;
	struct path frame;
	struct llist_node dead;
};

/* Of a size in bytes. */
static inline bool size_is_long(u32 size)
{
	return size > MESSAGE_SHORT;
}

static inline bool block_is_frame(const struct block *block)
{
	return !block->bytes;
}

/* Whether its bytes are its own. */
static inline bool block_is_own(const struct block *block)
{
	return block->bytes && !block->window;
}

/* Before it is published. One that is written again has an author, who is the same. */
static inline void block_sign(struct block *block, struct author *author)
{
	if (block->author == author)
		return;
	author_hold(author);
	block->author = author;
}

int block_setup(void);
void block_cleanup(void);

struct block *block_create(u32 size, bool nowait);
struct block *block_create_frame(const struct path *path, u32 size);
bool block_hold(struct block *block);
void block_put(struct block *block);
void block_bury(struct block *block);

/**
 * block_renew() - take a block that was replaced for another message
 * @block: the block, of which the caller is a user
 * @size: how many bytes the message has
 *
 * Its bytes are the caller's to write, if it is the only user. A reader that counts
 * itself in from here on finds no user, or a block that its channel does not show any
 * more; what one has read that counted itself out, it has read before.
 *
 * Return: whether that could be done; not while a reader is copying it, nor where the
 * room is too small, or more than twice what is needed.
 */
static inline bool block_renew(struct block *block, u32 size)
{
	if (size > block->capacity || size <= block->capacity / 2 ||
	    !refcount_dec_if_one(&block->users))
		return false;
	smp_acquire__after_ctrl_dep();
	block->size = size;
	refcount_set_release(&block->users, 1);
	return true;
}

/**
 * block_put_atomic() - block_put() where one may not sleep
 * @block: the block
 *
 * A worker frees the bytes: who puts may not run again for long.
 */
static inline void block_put_atomic(struct block *block)
{
	if (unlikely(refcount_dec_and_test(&block->users)))
		block_bury(block);
}

#endif /* MESSAGE_SLOT_BLOCK_H */
