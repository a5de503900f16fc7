// SPDX-License-Identifier: GPL-2.0
/*
 * Cells: where a slot keeps its channels.
 *
 * A chunk is a page of cells, which can be mapped, and for each of them the rest
 * of its channel, which can't. A channel stays in its place until a grace period
 * after its last user; the place is another channel's from then on.
 *
 * A chunk goes with the last of its channels, but not while anybody maps the
 * slot: then it stays, blank, for the channels to come, and goes with the last
 * mapping. So what is mapped never vanishes under a reader, and a page that a
 * reader got hold of in another way (pinned, or in a pipe) is blank when it goes.
 *
 * The lowest place that is free is taken first, so that few pages are in use. They
 * are single ones: a slot of one channel would take 2 MiB of a huge page.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "cell.h"
#include "cells.h"
#include "channel.h"

/* Of a chunk: it has a free place; none of its places is taken. */
#define ROOM XA_MARK_1
#define EMPTY XA_MARK_2

/**
 * struct chunk - a page of cells and their channels
 * @channels: of each cell, the rest of its channel; a line of the cache each
 * @cells: whose it is
 * @page: the cells
 * @number: its number; the page's in the mapping
 * @taken: which places are taken
 */
struct chunk {
	struct channel channels[CELLS_PER_PAGE];
	struct cells *cells;
	struct page *page;
	u32 number;
	DECLARE_BITMAP(taken, CELLS_PER_PAGE);
};

static struct kmem_cache *chunk_cache;

/**
 * cells_setup() - make what chunks are allocated from
 *
 * Return: 0 or -ENOMEM.
 */
int cells_setup(void)
{
	chunk_cache = KMEM_CACHE(chunk, SLAB_ACCOUNT | SLAB_HWCACHE_ALIGN);
	return chunk_cache ? 0 : -ENOMEM;
}

/** cells_cleanup() - undo cells_setup(); all cells are gone */
void cells_cleanup(void)
{
	kmem_cache_destroy(chunk_cache);
}

/**
 * cells_init() - a place to keep channels in
 * @cells: the cells
 * @channels: for how many at the least
 */
void cells_init(struct cells *cells, u32 channels)
{
	xa_init_flags(&cells->chunks,
		      XA_FLAGS_ALLOC | XA_FLAGS_LOCK_BH | XA_FLAGS_ACCOUNT);
	cells->limit = DIV_ROUND_UP(channels, CELLS_PER_PAGE);
}

static void free_chunk(struct chunk *chunk)
{
	set_page_private(chunk->page, 0);
	__free_page(chunk->page);
	kmem_cache_free(chunk_cache, chunk);
}

/**
 * cells_exit() - undo cells_init()
 * @cells: cells to which all channels have been given back
 */
void cells_exit(struct cells *cells)
{
	xa_destroy(&cells->chunks);
}

static struct chunk *create_chunk(struct cells *cells, gfp_t gfp)
{
	struct chunk *chunk = kmem_cache_zalloc(chunk_cache, gfp);

	if (!chunk)
		return NULL;
	/* Blank, for it can be mapped. */
	chunk->page = alloc_page(gfp | __GFP_ZERO);
	if (!chunk->page) {
		kmem_cache_free(chunk_cache, chunk);
		return NULL;
	}
	chunk->cells = cells;
	set_page_private(chunk->page, (unsigned long)chunk);
	return chunk;
}

static struct chunk *chunk_of(const struct channel *channel)
{
	return (struct chunk *)page_private(virt_to_page(channel->cell));
}

static struct channel *take_place(struct chunk *chunk)
{
	struct msg_slot_cell *cells = page_address(chunk->page);
	unsigned long i = find_first_zero_bit(chunk->taken, CELLS_PER_PAGE);
	struct channel *channel = &chunk->channels[i];

	__set_bit(i, chunk->taken);
	if (bitmap_full(chunk->taken, CELLS_PER_PAGE))
		__xa_clear_mark(&chunk->cells->chunks, chunk->number, ROOM);
	__xa_clear_mark(&chunk->cells->chunks, chunk->number, EMPTY);
	channel->cell = &cells[i];
	return channel;
}

static struct channel *take_from_chunks(struct cells *cells)
{
	struct channel *channel = NULL;
	struct chunk *chunk;
	unsigned long number = 0;

	xa_lock_bh(&cells->chunks);
	chunk = xa_find(&cells->chunks, &number, ULONG_MAX, ROOM);
	if (chunk)
		channel = take_place(chunk);
	xa_unlock_bh(&cells->chunks);
	return channel;
}

/* Return: a place in a new chunk, or ERR_PTR(). */
static struct channel *take_from_new(struct cells *cells, gfp_t gfp)
{
	struct chunk *chunk = create_chunk(cells, gfp);
	struct channel *channel = NULL;
	int err;

	if (!chunk)
		return ERR_PTR(-ENOMEM);
	xa_lock_bh(&cells->chunks);
	err = __xa_alloc(&cells->chunks, &chunk->number, chunk,
			 XA_LIMIT(0, cells->limit - 1), gfp);
	if (!err) {
		__xa_set_mark(&cells->chunks, chunk->number, ROOM);
		channel = take_place(chunk);
	}
	xa_unlock_bh(&cells->chunks);
	if (!err)
		return channel;
	free_chunk(chunk);
	return ERR_PTR(err == -EBUSY ? -ENOSPC : err);
}

/**
 * cells_take() - a place for a channel
 * @cells: the cells
 * @gfp: how to allocate
 *
 * Return: a channel of zeroes with a cell of zeroes, for cells_give_back(); or
 * ERR_PTR(): -ENOMEM; -ENOSPC if every place is taken.
 */
struct channel *cells_take(struct cells *cells, gfp_t gfp)
{
	struct channel *channel = take_from_chunks(cells);

	return channel ?: take_from_new(cells, gfp);
}

/* Return: the chunk, if it is to be freed, for nobody has it any more. */
static struct chunk *leave_place(struct chunk *chunk, struct channel *channel)
{
	struct cells *cells = chunk->cells;

	memset(channel->cell, 0, sizeof(*channel->cell));
	__clear_bit(channel - chunk->channels, chunk->taken);
	memset(channel, 0, sizeof(*channel));
	__xa_set_mark(&cells->chunks, chunk->number, ROOM);
	if (!bitmap_empty(chunk->taken, CELLS_PER_PAGE))
		return NULL;
	if (cells->mappings) {
		__xa_set_mark(&cells->chunks, chunk->number, EMPTY);
		return NULL;
	}
	__xa_erase(&cells->chunks, chunk->number);
	return chunk;
}

/**
 * cells_give_back() - undo cells_take()
 * @channel: the channel, which nobody can find or is using
 *
 * Process context, or an RCU callback.
 */
void cells_give_back(struct channel *channel)
{
	struct chunk *chunk = chunk_of(channel);
	struct cells *cells = chunk->cells;

	xa_lock_bh(&cells->chunks);
	chunk = leave_place(chunk, channel);
	xa_unlock_bh(&cells->chunks);
	if (chunk)
		free_chunk(chunk);
}

/**
 * cells_get() - the channel at a place
 * @cells: the cells
 * @index: the place
 *
 * Return: the channel, for channel_put(), or NULL if none of the slot's is there.
 */
struct channel *cells_get(struct cells *cells, u32 index)
{
	struct channel *channel = NULL;
	struct chunk *chunk;
	bool held = false;

	xa_lock_bh(&cells->chunks);
	chunk = xa_load(&cells->chunks, index / CELLS_PER_PAGE);
	if (chunk) {
		channel = &chunk->channels[index % CELLS_PER_PAGE];
		held = channel_hold(channel);
	}
	xa_unlock_bh(&cells->chunks);
	if (!held)
		return NULL;
	/* It may not be in the slot yet, or not be any more. */
	if (READ_ONCE(channel->cell->id))
		return channel;
	channel_put(channel);
	return NULL;
}

/**
 * cells_next() - the next place where there may be a channel
 * @cells: the cells
 * @index: from which place on; the place
 *
 * Return: whether there is one.
 */
bool cells_next(struct cells *cells, u32 *index)
{
	unsigned long number = *index / CELLS_PER_PAGE;

	if (!xa_find(&cells->chunks, &number, ULONG_MAX, XA_PRESENT))
		return false;
	*index = max_t(u32, *index, number * CELLS_PER_PAGE);
	return true;
}

/**
 * cells_index() - a channel's place among the slot's
 * @channel: the channel, held
 *
 * Return: a number below cells_places() that no other channel has.
 */
u32 cells_index(const struct channel *channel)
{
	const struct chunk *chunk = chunk_of(channel);

	return chunk->number * CELLS_PER_PAGE + (channel - chunk->channels);
}

/**
 * cells_offset() - where a channel's cell is in the mapping
 * @channel: the channel, held or under RCU
 *
 * Return: where, in bytes.
 */
u64 cells_offset(const struct channel *channel)
{
	return ((u64)chunk_of(channel)->number << PAGE_SHIFT) +
	       offset_in_page(channel->cell);
}

/**
 * cells_get_page() - a page to be mapped
 * @cells: the cells, for which there is cells_map()
 * @number: its number in the mapping
 *
 * Return: the page, for put_page(), or NULL if no channel is there.
 */
struct page *cells_get_page(struct cells *cells, unsigned long number)
{
	struct page *page = NULL;
	struct chunk *chunk;

	xa_lock_bh(&cells->chunks);
	chunk = xa_load(&cells->chunks, number);
	if (chunk) {
		page = chunk->page;
		get_page(page);
	}
	xa_unlock_bh(&cells->chunks);
	return page;
}

/**
 * cells_map() - from now on, pages stay
 * @cells: the cells
 */
void cells_map(struct cells *cells)
{
	xa_lock_bh(&cells->chunks);
	cells->mappings++;
	xa_unlock_bh(&cells->chunks);
}

/* Return: a chunk that nobody has any more, taken out of the cells, or NULL. */
static struct chunk *take_empty(struct cells *cells)
{
	struct chunk *chunk = NULL;
	unsigned long number = 0;

	xa_lock_bh(&cells->chunks);
	if (!cells->mappings)
		chunk = xa_find(&cells->chunks, &number, ULONG_MAX, EMPTY);
	if (chunk)
		__xa_erase(&cells->chunks, number);
	xa_unlock_bh(&cells->chunks);
	return chunk;
}

/**
 * cells_unmap() - undo cells_map()
 * @cells: the cells
 *
 * Takes time in proportion to the pages that go. May sleep.
 */
void cells_unmap(struct cells *cells)
{
	struct chunk *chunk;

	xa_lock_bh(&cells->chunks);
	cells->mappings--;
	xa_unlock_bh(&cells->chunks);
	while ((chunk = take_empty(cells))) {
		free_chunk(chunk);
		cond_resched();
	}
}
