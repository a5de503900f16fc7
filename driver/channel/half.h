/* SPDX-License-Identifier: GPL-2.0 */
/* A half of a channel: one that is left for the other. */
#ifndef MESSAGE_SLOT_HALF_H
#define MESSAGE_SLOT_HALF_H

#include "author.h"
#include "block.h"
#include "budget.h"
#include "cell.h"
#include "channel.h"
#include "message.h"
#include "spare.h"
#include "window.h"

/* What a change has left over, to be put when no lock is held. */
struct leftover {
	struct author *authors[4];
	u32 count;
	struct block *block;
};

/* One of them, or both, may be NULL. Of blocks there is one in a change. */
static inline void leftover_add(struct leftover *leftover,
				struct author *author, struct block *block)
{
	if (author)
		leftover->authors[leftover->count++] = author;
	if (block)
		leftover->block = block;
}

/* Return: that of the message in a half, or NULL. With the channel's lock. */
static inline struct block *channel_block(const struct channel *channel,
					  u32 half)
{
	return cell_is_long(channel->cell->size[half]) ?
		       channel->origin[half].block :
		       NULL;
}

/*
 * Wipes the half that was current. Return: the block to put that it had, or NULL.
 * An author stays: the next message here often is of the same.
 */
static __always_inline struct block *leave_half(struct channel *channel,
						u32 half)
{
	u16 size = channel->cell->size[half];
	struct block *block = channel_block(channel, half);

	if (unlikely(block && block->window))
		window_leave(block, channel_block(channel, half ^ 1));
	if (cell_is_long(size) || size & MSG_SLOT_CELL_LANE)
		WRITE_ONCE(channel->origin[half].author, NULL);
	cell_wipe(channel->cell, half);
	return block;
}

/* Once no lock is held. Of one that has left no long message. */
static inline void leftover_put_authors(const struct leftover *leftover)
{
	u32 i;

	for (i = 0; i < leftover->count; i++)
		author_put(leftover->authors[i]);
}

/*
 * Puts the block of a message that was replaced. Once no lock is held. @author: as
 * change_author(). Its block before that is kept for the next one: see spare.c.
 */
static inline void replaced_put(struct block *block, struct budget *budget,
				struct author *author)
{
	if (author && author == block->author && block_is_own(block)) {
		spare_keep(author, budget, block);
		return;
	}
	if (!author)
		spare_forget(block->author, budget);
	block_put(block);
}

/* Once no lock is held. @author: as change_author(). */
static inline void leftover_put(const struct leftover *leftover,
				struct budget *budget, struct author *author)
{
	leftover_put_authors(leftover);
	if (unlikely(leftover->block))
		replaced_put(leftover->block, budget, author);
}

#endif /* MESSAGE_SLOT_HALF_H */
