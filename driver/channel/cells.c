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
 * A chunk is charged to the memory cgroup of who asked for it, so its places are
 * for tasks of that cgroup: of each there may be one chunk that is not full because
 * nobody else may use it. Only where there can't be any more chunks are those of
 * others taken from.
 *
 * The lowest place that is free is taken first, so that few pages are in use. They
 * are single ones: a slot of one channel would take 2 MiB of a huge page.
 */
#include <linux/bitmap.h>
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cell.h"
#include "cells.h"
#include "channel_types.h"
#include "memory.h"
#include "window.h"

/* Of a chunk: none of its places is taken. */
#define EMPTY XA_MARK_1

/**
 * struct chunk - a page of cells and their channels
 * @channels: of each cell, the rest of its channel; a line of the cache each
 * @cells: whose it is
 * @page: the cells
 * @room: in the tree of those with a free place
 * @rcu: frees it, once it is taken away
 * @windows: of each place, the window for its long messages, or NULL; NULL: there was none
 * @group: the memory cgroup that it is charged to
 * @number: its number; the page's in the mapping
 * @taken: which places are taken
 */
struct chunk {
	struct channel channels[CELLS_PER_PAGE];
	struct cells *cells;
	struct page *page;
	union {
		struct rb_node room;
		struct rcu_head rcu;
	};
	struct window __rcu **windows;
	u64 group;
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
	/* Chunks, that is, that were taken away. */
	rcu_barrier();
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
	cells->rooms = RB_ROOT;
	/* Nothing has been found yet. */
	cells->freed = 1;
	cells->limit = DIV_ROUND_UP(channels, CELLS_PER_PAGE);
}

static void free_chunk(struct chunk *chunk)
{
	set_page_private(chunk->page, 0);
	__free_page(chunk->page);
	kfree(chunk->windows);
	kmem_cache_free(chunk_cache, chunk);
}

static void free_chunk_rcu(struct rcu_head *rcu)
{
	free_chunk(container_of(rcu, struct chunk, rcu));
}

/*
 * Which memory cgroup the current task's memory is charged to; 0: none. Ids are
 * not used again, so none of a cgroup that is gone is met.
 */
static u64 memory_group(void)
{
	u64 group = 0;
#ifdef CONFIG_MEMCG
	if (mem_cgroup_disabled())
		return 0;
	rcu_read_lock();
	group = cgroup_id(mem_cgroup_from_task(current)->css.cgroup);
	rcu_read_unlock();
#endif
	return group;
}

/* Return: whether a room comes before the first of @group with that number. */
static bool is_before(const struct chunk *chunk, u64 group, u32 number)
{
	return chunk->group < group ||
	       (chunk->group == group && chunk->number < number);
}

static struct chunk *chunk_at(struct rb_node *node)
{
	return rb_entry_safe(node, struct chunk, room);
}

static void add_room(struct chunk *chunk)
{
	struct rb_root *rooms = &chunk->cells->rooms;
	struct rb_node **link = &rooms->rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		link = is_before(chunk_at(parent), chunk->group,
				 chunk->number) ?
			       &parent->rb_right :
			       &parent->rb_left;
	}
	rb_link_node(&chunk->room, parent, link);
	rb_insert_color(&chunk->room, rooms);
}

static void remove_room(struct chunk *chunk)
{
	rb_erase(&chunk->room, &chunk->cells->rooms);
}

/* Return: the first chunk with a free place that is @group's, or NULL. */
static struct chunk *find_room(struct cells *cells, u64 group)
{
	struct rb_node *node = cells->rooms.rb_node;
	struct chunk *found = NULL;

	while (node) {
		struct chunk *chunk = chunk_at(node);

		if (is_before(chunk, group, 0)) {
			node = node->rb_right;
		} else {
			found = chunk;
			node = node->rb_left;
		}
	}
	return found && found->group == group ? found : NULL;
}

/*
 * Takes a chunk with no places taken away: whoever has a mere hint of one of them
 * may look at it, under RCU, until it is freed.
 */
static void remove_chunk(struct chunk *chunk)
{
	struct cells *cells = chunk->cells;

	remove_room(chunk);
	__xa_erase(&cells->chunks, chunk->number);
	/* At the end it stays, and no hint counts any more. */
	if (cells->freed != ULONG_MAX)
		WRITE_ONCE(cells->freed, cells->freed + 1);
}

/**
 * cells_exit() - undo cells_init()
 * @cells: cells to which all channels have been given back
 */
void cells_exit(struct cells *cells)
{
	xa_destroy(&cells->chunks);
}

static void init_places(struct chunk *chunk)
{
	struct msg_slot_cell *cells = page_address(chunk->page);
	int i;

	for (i = 0; i < CELLS_PER_PAGE; i++)
		chunk->channels[i].cell = &cells[i];
}

static struct chunk *create_chunk(struct cells *cells, u64 group, gfp_t gfp)
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
	chunk->group = group;
	set_page_private(chunk->page, (unsigned long)chunk);
	init_places(chunk);
	return chunk;
}

static struct chunk *chunk_of(const struct channel *channel)
{
	return (struct chunk *)page_private(virt_to_page(channel->cell));
}

static struct channel *take_place(struct chunk *chunk)
{
	unsigned long i = find_first_zero_bit(chunk->taken, CELLS_PER_PAGE);

	__set_bit(i, chunk->taken);
	if (bitmap_full(chunk->taken, CELLS_PER_PAGE))
		remove_room(chunk);
	__xa_clear_mark(&chunk->cells->chunks, chunk->number, EMPTY);
	return &chunk->channels[i];
}

static struct channel *take_from_group(struct cells *cells, u64 group)
{
	struct chunk *chunk;
	struct channel *channel = NULL;

	xa_lock_bh(&cells->chunks);
	chunk = find_room(cells, group);
	if (chunk)
		channel = take_place(chunk);
	xa_unlock_bh(&cells->chunks);
	return channel;
}

static struct channel *take_from_any(struct cells *cells)
{
	struct channel *channel = NULL;
	struct chunk *chunk;

	xa_lock_bh(&cells->chunks);
	chunk = chunk_at(rb_first(&cells->rooms));
	if (chunk)
		channel = take_place(chunk);
	xa_unlock_bh(&cells->chunks);
	return channel;
}

/* Return: a place in a new chunk, or ERR_PTR(); -EBUSY: there can't be one. */
static struct channel *take_from_new(struct cells *cells, u64 group, gfp_t gfp)
{
	struct chunk *chunk = create_chunk(cells, group, gfp);
	struct channel *channel = NULL;
	int err;

	if (!chunk)
		return ERR_PTR(-ENOMEM);
	xa_lock_bh(&cells->chunks);
	err = __xa_alloc(&cells->chunks, &chunk->number, chunk,
			 XA_LIMIT(0, cells->limit - 1), gfp);
	if (!err) {
		add_room(chunk);
		channel = take_place(chunk);
	}
	xa_unlock_bh(&cells->chunks);
	if (!err)
		return channel;
	free_chunk(chunk);
	return ERR_PTR(err);
}

/**
 * cells_take() - a place for a channel
 * @cells: the cells
 * @gfp: how to allocate
 *
 * Return: a channel of zeroes but for its cell, which is of zeroes, for
 * cells_give_back(); or ERR_PTR(): -ENOMEM; -ENOSPC if every place is taken.
 */
struct channel *cells_take(struct cells *cells, gfp_t gfp)
{
	u64 group = memory_group();
	struct channel *channel = take_from_group(cells, group);

	if (!channel)
		channel = take_from_new(cells, group, gfp);
	if (channel == ERR_PTR(-EBUSY))
		channel = take_from_any(cells) ?: ERR_PTR(-ENOSPC);
	return channel;
}

/* Return: the chunk, if it is to be freed, for nobody has it any more. */
static struct chunk *leave_place(struct chunk *chunk, struct channel *channel)
{
	struct cells *cells = chunk->cells;

	memset(channel->cell, 0, sizeof(*channel->cell));
	/* Whoever has a hint of it may look at the cell's id. */
	memset_after(channel, 0, cell);
	if (bitmap_full(chunk->taken, CELLS_PER_PAGE))
		add_room(chunk);
	__clear_bit(channel - chunk->channels, chunk->taken);
	if (!bitmap_empty(chunk->taken, CELLS_PER_PAGE))
		return NULL;
	if (cells->mappings) {
		__xa_set_mark(&cells->chunks, chunk->number, EMPTY);
		return NULL;
	}
	remove_chunk(chunk);
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
		call_rcu(&chunk->rcu, free_chunk_rcu);
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
	struct channel *channel, *held = NULL;
	struct chunk *chunk;

	xa_lock_bh(&cells->chunks);
	chunk = xa_load(&cells->chunks, index / CELLS_PER_PAGE);
	if (chunk) {
		channel = &chunk->channels[index % CELLS_PER_PAGE];
		/*
		 * It may not be in the slot yet, or not be any more. Pairs with
		 * channel_begin(), for the users. With the lock the place stays
		 * this channel's, so it is that one that is held.
		 */
		if (smp_load_acquire(&channel->cell->id) &&
		    channel_hold(channel))
			held = channel;
	}
	xa_unlock_bh(&cells->chunks);
	return held;
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
	return cells_place_offset(cells_index(channel));
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
		remove_chunk(chunk);
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
		call_rcu(&chunk->rcu, free_chunk_rcu);
		cond_resched();
	}
}

/**
 * cells_place_at() - which place a cell is in
 * @cells: the cells
 * @offset: where the cell is in the mapping, in bytes
 * @place: where to
 *
 * Return: 0, or -EINVAL where no cell begins.
 */
int cells_place_at(const struct cells *cells, u64 offset, u32 *place)
{
	u64 number = offset >> PAGE_SHIFT;
	u32 within = offset_in_page(offset);

	if (number >= cells->limit || within % sizeof(struct msg_slot_cell) ||
	    within / sizeof(struct msg_slot_cell) >= CELLS_PER_PAGE)
		return -EINVAL;
	*place =
		number * CELLS_PER_PAGE + within / sizeof(struct msg_slot_cell);
	return 0;
}

/**
 * cells_place_offset() - where a place's cell is in the mapping
 * @place: the place
 *
 * Return: where, in bytes.
 */
u64 cells_place_offset(u32 place)
{
	return ((u64)(place / CELLS_PER_PAGE) << PAGE_SHIFT) +
	       place % CELLS_PER_PAGE * sizeof(struct msg_slot_cell);
}

/* With the lock. Return: where a place has its window, or NULL: nowhere yet. */
static struct window __rcu **window_slot(struct cells *cells, u32 place)
{
	struct chunk *chunk = xa_load(&cells->chunks, place / CELLS_PER_PAGE);

	if (!chunk || !chunk->windows)
		return NULL;
	return &chunk->windows[place % CELLS_PER_PAGE];
}

static struct window *locked_window(struct cells *cells,
				    struct window __rcu **slot)
{
	lockdep_assert_held(&cells->chunks.xa_lock);

	return rcu_dereference_protected(*slot, true);
}

/**
 * cells_map_window() - one mapping more of a place's window
 * @cells: the cells, for which there is cells_map()
 * @place: the place
 * @bytes: how many bytes it has at the least
 *
 * Return: the window, for cells_unmap_window(), or NULL if there is none, or a smaller one.
 */
struct window *cells_map_window(struct cells *cells, u32 place, u32 bytes)
{
	struct window __rcu **slot;
	struct window *window = NULL;

	xa_lock_bh(&cells->chunks);
	slot = window_slot(cells, place);
	if (slot)
		window = locked_window(cells, slot);
	if (window && window->bytes >= bytes)
		window->mappings++;
	else
		window = NULL;
	xa_unlock_bh(&cells->chunks);
	return window;
}

/* With the lock. Gives a chunk that has no windows yet room for them. */
static void give_room(struct cells *cells, u32 place,
		      struct window __rcu ***room)
{
	struct chunk *chunk = xa_load(&cells->chunks, place / CELLS_PER_PAGE);

	if (!chunk || chunk->windows)
		return;
	/* Pairs with cells_window(). */
	smp_store_release(&chunk->windows, *room);
	*room = NULL;
}

/* With the lock. Whoever maps the one before finds out that it is no more. */
static void replace_window(struct cells *cells, struct window __rcu **slot,
			   struct window *window)
{
	struct window *before = locked_window(cells, slot);

	if (before)
		WRITE_ONCE(before->head->number, 0);
	else
		WRITE_ONCE(cells->windows, cells->windows + 1);
	window->number = ++cells->window_number;
	window->head->number = window->number;
	window->mappings = 1;
	rcu_assign_pointer(*slot, window);
}

/**
 * cells_add_window() - a place's window, or another, larger one
 * @window: the window, mapped once from now on: for cells_unmap_window(). After an error
 *	it is the caller's still. There is cells_map() for the cells.
 * @limit: how many bytes all windows may have
 *
 * May sleep.
 *
 * Return: 0; -ENOSPC beyond the limit; -ENXIO if there is no such place; -ENOMEM; or
 * -EEXIST if there is one that is large enough by now.
 */
int cells_add_window(struct window *window, u64 limit)
{
	struct cells *cells = window->cells;
	struct window __rcu **room =
		kcalloc(CELLS_PER_PAGE, sizeof(*room), MEMORY_WAIT);
	struct window __rcu **slot;
	struct window *before;
	int err = 0;

	if (!room)
		return -ENOMEM;
	xa_lock_bh(&cells->chunks);
	give_room(cells, window->place, &room);
	slot = window_slot(cells, window->place);
	before = slot ? locked_window(cells, slot) : NULL;
	if (!slot)
		err = -ENXIO;
	else if (before && before->bytes >= window->bytes)
		err = -EEXIST;
	else if (atomic64_read(&cells->window_bytes) > limit)
		err = -ENOSPC;
	else
		replace_window(cells, slot, window);
	xa_unlock_bh(&cells->chunks);
	kfree(room);
	return err;
}

/**
 * cells_remap_window() - one mapping more of a window that is mapped
 * @window: the window
 */
void cells_remap_window(struct window *window)
{
	xa_lock_bh(&window->cells->chunks);
	window->mappings++;
	xa_unlock_bh(&window->cells->chunks);
}

/**
 * cells_unmap_window() - one mapping less of a window
 * @window: the window
 *
 * With the last one it is no place's any more, and goes when no message is in it.
 */
void cells_unmap_window(struct window *window)
{
	struct cells *cells = window->cells;
	struct window __rcu **slot;
	bool last;

	xa_lock_bh(&cells->chunks);
	last = !--window->mappings;
	slot = window_slot(cells, window->place);
	if (last && locked_window(cells, slot) == window) {
		RCU_INIT_POINTER(*slot, NULL);
		WRITE_ONCE(cells->windows, cells->windows - 1);
	}
	xa_unlock_bh(&cells->chunks);
	if (last)
		window_put(window);
}

/**
 * cells_count_window() - count the bytes of windows
 * @cells: the cells
 * @bytes: how many there are more
 */
void cells_count_window(struct cells *cells, s64 bytes)
{
	atomic64_add(bytes, &cells->window_bytes);
}

/**
 * cells_window() - the window for a channel's long messages
 * @channel: the channel; under RCU
 *
 * Return: the window, for window_take(), or NULL.
 */
struct window *cells_window(const struct channel *channel)
{
	const struct chunk *chunk = chunk_of(channel);
	/* Pairs with give_room(). */
	struct window __rcu **windows = smp_load_acquire(&chunk->windows);

	if (!windows)
		return NULL;
	return rcu_dereference_check(windows[channel - chunk->channels],
				     rcu_read_lock_sched_held());
}
