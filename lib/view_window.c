// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <sys/mman.h>

#include "view_window.h"

static struct window **bucket_of(struct msgslot_view *view, uint32_t channel)
{
	return &view->windows[channel % VIEW_BUCKETS];
}

/* Return: the last one that was made for the channel, which is the largest, or NULL. */
static struct window *last_window(struct msgslot_view *view, uint32_t channel)
{
	struct window *window = load_acquire(*bucket_of(view, channel));

	while (window && window->channel != channel)
		window = window->next;
	return window;
}

const struct window *window_find(const struct msgslot_view *view,
				 uint32_t channel, uint64_t number)
{
	const struct window *window =
		load_acquire(view->windows[channel % VIEW_BUCKETS]);

	while (window && (window->channel != channel ||
			  load_acquire(window->number) != number))
		window = window->next;
	return window;
}

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* What a window needs for two messages of that size. */
static size_t bytes_for(size_t size)
{
	return round_up(MSG_SLOT_WINDOW_HEAD + 2 * round_up(size, 64),
			page_size());
}

/* How many bytes to ask for. */
static size_t bytes_wanted(const struct window *last, size_t size)
{
	size_t most = bytes_for(MSG_SLOT_LARGEST_MESSAGE);
	size_t bytes = bytes_for(size);

	if (!last)
		return bytes;
	if (bytes <= last->bytes)
		return last->bytes;
	if (bytes < 2 * last->bytes)
		bytes = 2 * last->bytes;
	return bytes < most ? bytes : most;
}

/* Return: what is mapped, of *@bytes, or MAP_FAILED. */
static void *map(const struct msgslot_view *view,
		 const struct msg_slot_cell *cell, size_t *bytes)
{
	uint64_t offset = (const char *)cell - view->base;
	size_t all = *bytes;
	struct msg_slot_window *base;

	do {
		*bytes = all;
		base = mmap(NULL, all, PROT_READ, MAP_SHARED, view->fd,
			    MSG_SLOT_WINDOW_OFFSET(offset));
		if (base == MAP_FAILED)
			return base;
		/* Another reader has asked for more. */
		all = load(base->bytes);
		if (all > *bytes)
			munmap(base, *bytes);
	} while (all > *bytes);
	return base;
}

/* It is 0 where yet another window has taken its place. */
static uint64_t number_of(const struct msg_slot_window *base)
{
	uint64_t number = load(base->number);

	return number ? number : WINDOW_NONE;
}

/* Puts it where the one before is, which is as large. */
static bool put_in_place(struct window *window, void *base)
{
	store_release(window->number, WINDOW_NONE);
	return mremap(base, window->bytes, window->bytes,
		      MREMAP_MAYMOVE | MREMAP_FIXED,
		      (void *)window->base) != MAP_FAILED;
}

static bool add_window(struct msgslot_view *view, uint32_t channel,
		       const struct msg_slot_cell *cell, void *base,
		       size_t bytes)
{
	struct window **bucket = bucket_of(view, channel);
	struct window *window = calloc(1, sizeof(*window));

	if (!window)
		return false;
	window->head.size[0] = WINDOW_MARK;
	window->base = base;
	window->bytes = bytes;
	window->channel = channel;
	window->cell = cell;
	window->number = number_of(base);
	window->next = *bucket;
	/* Other threads find it whole. */
	store_release(*bucket, window);
	return true;
}

static void map_window(struct msgslot_view *view, uint32_t channel,
		       const struct msg_slot_cell *cell, size_t size)
{
	struct window *last = last_window(view, channel);
	size_t bytes = bytes_wanted(last, size);
	struct msg_slot_window *base = map(view, cell, &bytes);

	if (base == MAP_FAILED)
		return;
	if (last && last->bytes == bytes) {
		uint64_t number = number_of(base);

		if (put_in_place(last, base)) {
			store(last->cell, cell);
			store_release(last->number, number);
			return;
		}
	} else if (add_window(view, channel, cell, base, bytes)) {
		return;
	}
	munmap(base, bytes);
}

void window_want(struct msgslot_view *view, uint32_t channel,
		 const struct msg_slot_cell *cell, size_t size)
{
	/* As for lanes, nobody waits. */
	if (__atomic_test_and_set(&view->mapping, __ATOMIC_ACQUIRE))
		return;
	map_window(view, channel, cell, size);
	__atomic_clear(&view->mapping, __ATOMIC_RELEASE);
}

void window_free_all(struct msgslot_view *view)
{
	struct window *window, *next;
	int i;

	for (i = 0; i < VIEW_BUCKETS; i++) {
		for (window = view->windows[i]; window; window = next) {
			next = window->next;
			munmap((void *)window->base, window->bytes);
			free(window);
		}
	}
}
