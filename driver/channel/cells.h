/* SPDX-License-Identifier: GPL-2.0 */
/* Cells: where a slot keeps its channels, and which pages can be mapped. */
#ifndef MESSAGE_SLOT_CELLS_H
#define MESSAGE_SLOT_CELLS_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/mm_types.h>
#include <linux/rbtree_types.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "message_slot.h"

struct channel;
struct window;

#define CELLS_PER_PAGE (PAGE_SIZE / sizeof(struct msg_slot_cell))

/**
 * struct cells - where a slot keeps its channels
 * @chunks: by their number, each with a page of cells; its lock, which is taken
 *	in process context and by RCU's callbacks, guards everything here
 * @rooms: the chunks with a free place, by memory cgroup and number
 * @freed: stepped when a chunk is taken away, a grace period before its memory is;
 *	read without the lock
 * @limit: how many chunks there may be
 * @mappings: how many mappings there are. While there is one, no page goes.
 * @windows: how many windows are the places'; read without the lock
 * @window_number: that of the last one there was
 * @window_bytes: what all windows have that are not freed yet
 */
struct cells {
	struct xarray chunks;
	struct rb_root rooms;
	unsigned long freed;
	u32 limit;
	unsigned long mappings;
	unsigned long windows;
	u64 window_number;
	atomic64_t window_bytes;
};

int cells_setup(void);
void cells_cleanup(void);

void cells_init(struct cells *cells, u32 channels);
void cells_exit(struct cells *cells);

struct channel *cells_take(struct cells *cells, gfp_t gfp);
void cells_give_back(struct channel *channel);
struct channel *cells_get(struct cells *cells, u32 index);
bool cells_next(struct cells *cells, u32 *index);

u32 cells_index(const struct channel *channel);
u64 cells_offset(const struct channel *channel);

struct page *cells_get_page(struct cells *cells, unsigned long number);
void cells_map(struct cells *cells);
void cells_unmap(struct cells *cells);

u64 cells_place_offset(u32 place);
int cells_place_at(const struct cells *cells, u64 offset, u32 *place);
struct window *cells_map_window(struct cells *cells, u32 place, u32 bytes);
int cells_add_window(struct window *window, u64 limit);
void cells_remap_window(struct window *window);
void cells_unmap_window(struct window *window);
void cells_count_window(struct cells *cells, s64 bytes);
struct window *cells_window(const struct channel *channel);

/*
 * Under RCU. While it is what it was when a channel was found, which was under RCU
 * too, there is a channel at that place, if perhaps another one.
 */
static inline unsigned long cells_freed(const struct cells *cells)
{
	return READ_ONCE(cells->freed);
}

/* Whether a channel may have a window. */
static inline bool cells_have_windows(const struct cells *cells)
{
	return READ_ONCE(cells->windows);
}

/* So many places for channels there are. */
static inline u32 cells_places(const struct cells *cells)
{
	return cells->limit * CELLS_PER_PAGE;
}

#endif /* MESSAGE_SLOT_CELLS_H */
