// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cell.h"
#include "view_lane.h"

static struct lane **bucket_of(struct msgslot_view *view, uint32_t channel)
{
	return &view->lanes[channel % VIEW_BUCKETS];
}

static struct lane *lane_of_channel(struct msgslot_view *view, uint32_t channel)
{
	struct lane **bucket = bucket_of(view, channel);
	struct lane *lane;

	for (lane = *bucket; lane; lane = lane->next)
		if (lane->place.id == channel)
			return lane;
	lane = calloc(1, sizeof(*lane));
	if (!lane)
		return NULL;
	lane->head.size[0] = LANE_MARK;
	lane->place.id = channel;
	lane->next = *bucket;
	*bucket = lane;
	return lane;
}

static bool is_at(const struct msg_slot_cell *cell, uint32_t channel,
		  uint32_t latch)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return load(cell->latch) == latch && load(cell->id) == channel;
}

/*
 * The page at that offset, where the lane's was before. Never is there none in between,
 * nor if it fails: another thread may be reading.
 */
static bool put_page(struct lane *lane, void *page)
{
	if (!lane->page)
		lane->page = page;
	else if (mremap(page, page_size(), page_size(),
			MREMAP_MAYMOVE | MREMAP_FIXED,
			(void *)lane->page) == MAP_FAILED)
		return false;
	return true;
}

/* Return: whether the lane's page is that which the cell names. */
static bool map_page(const struct msgslot_view *view, struct lane *lane,
		     const struct msg_slot_cell *cell, uint32_t latch)
{
	uint32_t high = load(cell->high);
	uint64_t offset = load_wide(cell->bytes[latch & 1]);
	void *page = mmap(NULL, page_size(), PROT_READ, MAP_SHARED, view->fd,
			  offset);

	if (page == MAP_FAILED)
		return false;
	if (!is_at(cell, lane->place.id, latch) || !put_page(lane, page)) {
		munmap(page, page_size());
		return false;
	}
	store(lane->cell, cell);
	store(lane->high, high);
	store_release(lane->place.latch, latch);
	return true;
}

static bool is_mapped(const struct lane *lane, const struct msg_slot_cell *cell,
		      uint32_t latch)
{
	return lane->cell == cell && lane->place.latch == latch &&
	       lane->high == load(cell->high);
}

const struct lane *lane_find(struct msgslot_view *view, uint32_t channel,
			     const struct msg_slot_cell *cell, uint32_t latch)
{
	struct lane *lane;

	/* Nobody waits here, lest a signal's handler wait for what it interrupts. */
	if (__atomic_test_and_set(&view->mapping, __ATOMIC_ACQUIRE))
		return NULL;
	lane = lane_of_channel(view, channel);
	if (lane && !is_mapped(lane, cell, latch) &&
	    !map_page(view, lane, cell, latch))
		lane = NULL;
	__atomic_clear(&view->mapping, __ATOMIC_RELEASE);
	return lane;
}

void lane_free_all(struct msgslot_view *view)
{
	struct lane *lane, *next;
	int i;

	for (i = 0; i < VIEW_BUCKETS; i++) {
		for (lane = view->lanes[i]; lane; lane = next) {
			next = lane->next;
			if (lane->page)
				munmap((void *)lane->page, page_size());
			free(lane);
		}
	}
}
