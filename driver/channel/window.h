/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A window: memory for a channel's long messages that its readers map.
 *
 * It has two blocks. A writer takes the one that is idle, and the channel shows it, so
 * that the other is idle when the next one comes; its cell says where in the window the
 * message is. Who maps both reads a long message as a short one: by the latch.
 *
 *   writer                              reader, with cell and window mapped
 *
 *                                       latch is 4: block 0, 900 bytes
 *   take block 1, fill it               copy block 0
 *   latch = 5: block 1                  latch is 5, not 4: anew
 *   put block 0: it is idle
 *   another takes block 0, fills it     latch is 5: copy block 1
 *
 * Bytes come to a block that is taken only. Its message before was replaced by then, and
 * the latch stepped before the block was put; taking it is a barrier after that. So a
 * reader who has copied any of the new bytes sees that the latch is another.
 *
 * It is the readers' memory: who maps a window first pays for it, and a writer to whom
 * neither block is free writes to a block of its own, for which readers call. Nobody
 * waits. It is the place's (cells.c) as long as anybody maps it, and stays for as long as
 * it has the channel's message.
 *
 * What a message leaves in its block is there until the next one, as long as that is shown
 * in the window too; else, and what was never shown, is wiped when the block is put.
 */
#ifndef MESSAGE_SLOT_WINDOW_H
#define MESSAGE_SLOT_WINDOW_H

#include <linux/llist.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "block.h"
#include "message_slot.h"

struct cells;

/* Of a window, in bytes: for two messages of the most that they may have. */
#define WINDOW_MOST \
	PAGE_ALIGN(MSG_SLOT_WINDOW_HEAD + 2 * MSG_SLOT_LARGEST_MESSAGE)

/**
 * struct window - a window
 * @head: its memory, which begins with what readers know it by
 * @cells: whose it is
 * @number: none of the slot's has had it before; never changes
 * @place: of which channel
 * @bytes: how many it has
 * @capacity: how many of them a message may have
 * @mappings: how often it is mapped; under the lock of the cells
 * @users: its mappings together, and each block that is not idle
 * @shown: whether it has the channel's message; changes under the channel's lock
 * @blocks: what it is divided into
 * @idle: those that nobody has
 * @dead: in the list of those that a worker is to free
 * @rcu: frees it, when no reader looks at one of its blocks any more
 */
struct window {
	struct msg_slot_window *head;
	struct cells *cells;
	u64 number;
	u32 place;
	u32 bytes;
	u32 capacity;
	unsigned long mappings;
	refcount_t users;
	bool shown;
	struct block blocks[2];
	struct block *idle[2];
	struct llist_node dead;
	struct rcu_head rcu;
};

void window_cleanup(void);

struct window *window_create(struct cells *cells, u32 place, u32 bytes);
void window_put(struct window *window);

struct block *window_take(struct window *window, u32 size);
void window_give_back(struct block *block);

/* Where a half of a cell says where its long message is. */
static inline struct msg_slot_where *cell_where(struct msg_slot_cell *cell,
						u32 half)
{
	return (struct msg_slot_where *)cell->bytes[half];
}

/*
 * The message of a half is in this block. With the channel's lock. In a half that is
 * current already it may have been in another window: who copies it there looks at the
 * number once more.
 */
static inline void window_show(struct msg_slot_cell *cell, u32 half,
			       const struct block *block)
{
	struct msg_slot_where *where = cell_where(cell, half);
	struct window *window = block->window;

	WRITE_ONCE(window->shown, true);
	WRITE_ONCE(where->window, 0);
	/* Seen before what follows. */
	smp_wmb();
	WRITE_ONCE(where->offset, (u8 *)block->bytes - (u8 *)window->head);
	WRITE_ONCE(where->size, block->size);
	/* Pairs with who maps the cell. No release: those are of a long at the most. */
	smp_wmb();
	WRITE_ONCE(where->window, window->number);
}

/* Its channel shows @next now, or no long message: NULL. With the channel's lock. */
static inline void window_leave(const struct block *block,
				const struct block *next)
{
	/* Pairs with window_give_back(), which comes later: the block is not put yet. */
	if (!next || next->window != block->window)
		WRITE_ONCE(block->window->shown, false);
}

#endif /* MESSAGE_SLOT_WINDOW_H */
