/* SPDX-License-Identifier: GPL-2.0 */
/* Windows, and reading a long message there without a call, as message_slot.h says how. */
#ifndef TESTS_WINDOW_H
#define TESTS_WINDOW_H

#include "mapping.h"

/* What a window has to have for two messages of that size. */
static inline size_t window_bytes(size_t size)
{
	return (MSG_SLOT_WINDOW_HEAD + 2 * ((size + 63) & ~63ul) + PAGE - 1) &
	       ~(size_t)(PAGE - 1);
}

/* A window that is mapped, and the cell that says what is in it. */
struct window {
	const struct msg_slot_cell *cell;
	const struct msg_slot_window *head;
	size_t bytes;
	unsigned long long number;
};

/* Returns 0, or -errno of mmap(). */
static inline long window_map(struct window *window, int fd, const char *base,
			      unsigned int id, size_t bytes)
{
	unsigned long long offset;
	long ret = slot_locate(fd, id, &offset);
	const char *head;

	if (ret)
		return ret;
	head = slot_map_part(fd, MSG_SLOT_WINDOW_OFFSET(offset), bytes);
	if (head == MAP_FAILED)
		return -errno;
	window->cell = (const void *)(base + offset);
	window->head = (const void *)head;
	window->bytes = bytes;
	window->number = window->head->number;
	return 0;
}

static inline void window_unmap(struct window *window)
{
	if (munmap((void *)window->head, window->bytes))
		abort();
}

static inline bool window_is_current(const struct window *window)
{
	return __atomic_load_n(&window->head->number, __ATOMIC_RELAXED) ==
	       window->number;
}

/* Where a long message is, as a cell says. */
struct placed {
	unsigned long long window;
	unsigned int offset;
	unsigned int size;
};

static inline struct placed placed_of(const struct msg_slot_cell *cell,
				      unsigned int half)
{
	const struct msg_slot_where *where = (const void *)cell->bytes[half];
	struct placed placed = {
		.window = __atomic_load_n(&where->window, __ATOMIC_ACQUIRE),
	};

	placed.offset = where->offset;
	placed.size = where->size;
	return placed;
}

static inline bool cell_has_long(unsigned int size)
{
	return (size & ~MSG_SLOT_CELL_EXPIRES) == MSG_SLOT_CELL_LONG;
}

/*
 * Once through the loop. Returns the size; -EAGAIN if a writer came in between, -ENOENT if
 * the channel is gone, -EREMOTE for a message that is not here.
 */
static inline long window_try(const struct window *window, unsigned int id,
			      void *to, struct mapped *mapped)
{
	const struct msg_slot_cell *cell = window->cell;
	unsigned int high = __atomic_load_n(&cell->high, __ATOMIC_ACQUIRE);
	unsigned int latch = __atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE);
	struct placed placed;
	unsigned int size;

	if (__atomic_load_n(&cell->id, __ATOMIC_RELAXED) != id)
		return -ENOENT;
	size = __atomic_load_n(&cell->size[latch & 1], __ATOMIC_RELAXED);
	placed = placed_of(cell, latch & 1);
	if (!latch || !cell_has_long(size) || !placed.window ||
	    placed.window != window->number || placed.offset > window->bytes ||
	    placed.size > window->bytes - placed.offset)
		return -EREMOTE;
	/* What it has of a cell, but for the message. */
	mapped_copy(cell, latch & 1, size, 0, mapped);
	memcpy(to, (const char *)window->head + placed.offset, placed.size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (placed_of(cell, latch & 1).window != window->number ||
	    __atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE) != latch ||
	    __atomic_load_n(&cell->high, __ATOMIC_RELAXED) != high)
		return -EAGAIN;
	mapped->version = (unsigned long long)high << 32 | latch;
	mapped->size = placed.size;
	return placed.size;
}

/* The same until it was not overtaken. */
static inline long window_look(const struct window *window, unsigned int id,
			       void *to, struct mapped *mapped)
{
	long ret;

	do {
		ret = window_try(window, id, to, mapped);
	} while (ret == -EAGAIN);
	return ret;
}

/* Whether nothing but its head is in it. */
static inline bool window_is_blank(const struct window *window)
{
	return bytes_are_zero((const char *)window->head + MSG_SLOT_WINDOW_HEAD,
			      window->bytes - MSG_SLOT_WINDOW_HEAD);
}

#endif
