// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading a message out of a cell, see "Mapped reads" in message_slot.h.
 *
 * All that decides whether what was copied is a message is looked at between two
 * looks at the latch; if it is the same both times, the channel had that message,
 * and no other, at the second:
 *
 *	reader                          writer, in the kernel
 *
 *	latch (acquire): 4
 *	size[0], bytes[0], written[0]
 *	                                fills size[1], bytes[1], written[1]
 *	                                latch: 5 (release)
 *	fence (acquire)
 *	latch: 5, so go round again
 *
 * If any of the bytes were those of a writer who fills pair 0 for latch 6, latch 5
 * was published before them, and the reader, by its fence, sees it or a later one.
 *
 * The clock is read there too. Read later, it could say that the message is over
 * when another has replaced it before it was: there would have been no moment in
 * which the channel was as the reader says. And it is read before the time at which
 * the message is over, which may be a new one each time that it is looked at
 * (MSG_SLOT_RENEW): what is over by the clock before can't have been renewed.
 *
 * A processor of 32 bits reads that time as two numbers. If it got one of the old and
 * one of the new, a message that lives may look as if it were over, so it asks; not the
 * other way round, but for the time that is told.
 *
 * A lane's page is read likewise, but its owner writes it, and what it likes. Nothing is
 * done with a number from there that could be out of its range, and that it is the
 * channel's is what the channel's own cell says, which is looked at last (view_lane.h). Where
 * the owner breaks the rules the reader asks, so that all are told the same of a message.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "boottime.h"
#include "call.h"
#include "cell.h"
#include "copy.h"
#include "view_lane.h"
#include "view_window.h"

#define TRIES 8

/* What a try returns that neither is a size nor an errno of the call. */
#define OVERTAKEN (-ERANGE)
#define TO_ASK (-ENOTSUP)
#define NOT_THERE (-ENXIO)
/* Likewise: the message is long, and in no window that is mapped. */
#define LONG (-EREMOTE)

/* That of no channel, so that a reader always has one to look at. */
static const struct msg_slot_cell nowhere;

int msgslot_reader_init(struct msgslot_reader *reader,
			struct msgslot_view *view, uint32_t channel)
{
	if (!channel)
		return -EINVAL;
	reader->view = view;
	reader->cell = &nowhere;
	reader->channel = channel;
	reader->reserved = 0;
	return 0;
}

static void tell_nothing(struct msgslot_info *info)
{
	if (info)
		*info = (struct msgslot_info){ 0 };
}

/* What the kernel says, at one moment of its choosing. */
static ssize_t ask(const struct msgslot_reader *reader, void *buf, size_t room,
		   struct msgslot_info *info)
{
	struct msg_slot_record record;
	int64_t now;
	ssize_t ret;

	/* Of what is mapped the offset is always the channel: it is no channel's file. */
	if (!info) {
		ret = pread(reader->view->fd, buf, room, reader->channel);
		return ret < 0 ? -errno : ret;
	}
	tell_nothing(info);
	ret = msgslot_get(reader->view->fd, reader->channel, buf, room,
			  &record);
	if (ret < 0 && ret != -ENOSPC)
		return ret;
	now = boottime();
	info->version = record.version;
	info->written = now - record.age;
	info->expires = record.ttl == MSG_SLOT_FOREVER ? MSG_SLOT_FOREVER :
							 now + record.ttl;
	info->size = record.size;
	return ret;
}

/*
 * Where there is a message there is a cell, for the next time. Where there is none
 * nothing is kept of that: the next time is to ask again.
 */
static ssize_t ask_anew(struct msgslot_reader *reader, void *buf, size_t room,
			struct msgslot_info *info)
{
	ssize_t ret = ask(reader, buf, room, info);
	const struct msg_slot_cell *cell;

	if (ret < 0 && ret != -ENOSPC)
		return ret;
	cell = view_locate(reader->view, reader->channel);
	if (cell)
		store(reader->cell, cell);
	return ret;
}

/**
 * struct look - what a cell says between two looks at its latch
 * @latch: the lower half of the version
 * @high: its upper half
 * @size: the size, with flags
 * @written: when the message was written, by the cell's clock
 * @expires: when it is over, likewise, if the flags say that it ever is
 * @over: whether it is
 */
struct look {
	uint32_t latch;
	uint32_t high;
	uint32_t size;
	uint64_t written;
	uint64_t expires;
	bool over;
};

static uint32_t size_of(const struct look *look)
{
	return look->over ? 0 : look->size & MSG_SLOT_CELL_BYTES;
}

static void look_at_expiry(const struct msgslot_view *view,
			   const struct msg_slot_cell *cell, struct look *look)
{
	const uint8_t *bytes = cell->bytes[look->latch & 1];
	uint64_t expires, now;

	look->over = false;
	look->expires = MSG_SLOT_FOREVER;
	if (!(look->size & MSG_SLOT_CELL_EXPIRES))
		return;
	now = boottime();
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	expires = load_wide(bytes + MSG_SLOT_CELL_EXPIRY);
	if (!expires || expires > INT64_MAX)
		return;
	look->expires = expires + view->clock;
	look->over = now >= look->expires;
}

static bool same(const struct msg_slot_cell *cell, const struct look *look)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return load_acquire(cell->latch) == look->latch &&
	       load(cell->high) == look->high;
}

static void tell(const struct msgslot_view *view, const struct look *look,
		 size_t n, struct msgslot_info *info)
{
	if (!info)
		return;
	info->version = (uint64_t)look->high << 32 | look->latch;
	info->written = look->written + view->clock;
	info->expires = look->expires;
	info->size = n;
	info->reserved = 0;
}

/* All but the message. Return: the size that the cell has. */
static size_t look_at(const struct msgslot_view *view,
		      const struct msg_slot_cell *cell, struct look *look)
{
	memcpy(&look->written, &cell->written[look->latch & 1],
	       sizeof(look->written));
	look_at_expiry(view, cell, look);
	return size_of(look);
}

/* Copies the message, if there is room for it. Return: its size. */
static size_t take(const struct msgslot_view *view,
		   const struct msg_slot_cell *cell, struct look *look,
		   void *buf, size_t room)
{
	size_t n = look_at(view, cell, look);

	if (n <= room)
		copy_short(buf, cell->bytes[look->latch & 1], n);
	return n;
}

/* Return: what msgslot_reader_get() does, of a message that was taken whole. */
static ssize_t result(const struct msgslot_view *view, const struct look *look,
		      size_t n, size_t room, struct msgslot_info *info)
{
	if (!n && look->over && UINTPTR_MAX == UINT32_MAX)
		return TO_ASK;
	if (!n) {
		tell_nothing(info);
		return -EWOULDBLOCK;
	}
	tell(view, look, n, info);
	return n <= room ? (ssize_t)n : -ENOSPC;
}

/* Return: OVERTAKEN, for the next try is to be in the lane; or TO_ASK. */
static ssize_t enter_lane(struct msgslot_reader *reader,
			  const struct msg_slot_cell *cell, uint32_t latch)
{
	const struct lane *lane =
		lane_find(reader->view, reader->channel, cell, latch);

	if (!lane)
		return TO_ASK;
	/* Another thread that has it from here finds the head as it was made. */
	store_release(reader->cell, &lane->head);
	return OVERTAKEN;
}

static bool is_long(uint32_t size)
{
	return (size & ~MSG_SLOT_CELL_EXPIRES) == MSG_SLOT_CELL_LONG;
}

/* Where a long message is. */
static const struct msg_slot_where *where_in(const struct msg_slot_cell *cell,
					     uint32_t latch)
{
	return (const struct msg_slot_where *)cell->bytes[latch & 1];
}

static uint64_t window_in(const struct msg_slot_where *where)
{
	uint64_t number = load_wide((const uint8_t *)&where->window);

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return number;
}

/* Return: OVERTAKEN, for the next try is to be in the window; or LONG. */
static ssize_t enter_window(struct msgslot_reader *reader,
			    const struct msg_slot_cell *cell, uint32_t latch)
{
	uint64_t number = window_in(where_in(cell, latch));
	const struct window *window =
		number ? window_find(reader->view, reader->channel, number) :
			 NULL;

	if (!window)
		return LONG;
	store(reader->reserved, 0);
	store_release(reader->cell, &window->head);
	return OVERTAKEN;
}

/* As try_cell(), of a channel whose messages were in the window. */
static ssize_t try_window(struct msgslot_reader *reader,
			  const struct window *window, void *buf, size_t room,
			  struct msgslot_info *info)
{
	const struct msg_slot_cell *cell = load(window->cell);
	uint64_t number = load_acquire(window->number);
	const struct msg_slot_where *where;
	struct look look;
	uint32_t offset;
	size_t n;

	look.high = load_acquire(cell->high);
	look.latch = load_acquire(cell->latch);
	look.size = load(cell->size[look.latch & 1]);
	where = where_in(cell, look.latch);
	if (unlikely(load(cell->id) != reader->channel || !is_long(look.size) ||
		     !look.latch || window_in(where) != number)) {
		store(reader->cell, cell);
		return OVERTAKEN;
	}
	offset = load(where->offset);
	n = load(where->size);
	if (unlikely(offset > window->bytes || n > window->bytes - offset)) {
		store(reader->cell, cell);
		return TO_ASK;
	}
	look_at(reader->view, cell, &look);
	if (look.over)
		n = 0;
	if (n <= room)
		memcpy(buf, window->base + offset, n);
	if (!same(cell, &look) || window_in(where) != number ||
	    load(window->number) != number)
		return OVERTAKEN;
	return result(reader->view, &look, n, room, info);
}

static ssize_t try_cell(struct msgslot_reader *reader,
			const struct msg_slot_cell *cell, void *buf,
			size_t room, struct msgslot_info *info)
{
	struct look look;
	size_t n;

	look.high = load_acquire(cell->high);
	look.latch = load_acquire(cell->latch);
	if (load(cell->id) != reader->channel)
		return NOT_THERE;
	look.size = load(cell->size[look.latch & 1]);
	if (!look.latch)
		return TO_ASK;
	if (is_long(look.size))
		return enter_window(reader, cell, look.latch);
	if (look.size & MSG_SLOT_CELL_CALL)
		return look.size & MSG_SLOT_CELL_LANE ?
			       enter_lane(reader, cell, look.latch) :
			       TO_ASK;
	n = take(reader->view, cell, &look, buf, room);
	if (!same(cell, &look))
		return OVERTAKEN;
	return result(reader->view, &look, n, room, info);
}

/* What the owner says of a size: 128 is the most, and has no time at which it is over. */
static uint32_t size_in_lane(uint32_t size)
{
	uint32_t n = size & MSG_SLOT_CELL_BYTES;

	if (n > COPY_MOST)
		n = COPY_MOST;
	return n > MSG_SLOT_CELL_EXPIRY ? n :
					  n | (size & MSG_SLOT_CELL_EXPIRES);
}

/* Whether all that a lane says of a message is within the rules. */
static bool is_honest(const struct msgslot_view *view, const struct lane *lane,
		      union place place, const struct look *look)
{
	uint64_t now = boottime() - view->clock;
	uint64_t least;

	memcpy(&least, &load(lane->cell)->written[place.latch & 1],
	       sizeof(least));
	return look->latch - place.latch <= MSG_SLOT_LANE_RANGE &&
	       look->written && look->written >= least && look->written <= now;
}

static ssize_t try_lane(struct msgslot_reader *reader, const struct lane *lane,
			void *buf, size_t room, struct msgslot_info *info)
{
	union place place = lane_begin(lane);
	const struct msg_slot_cell *page = lane->page;
	const struct msg_slot_cell *cell;
	uint32_t high = load(lane->high);
	struct look look;
	bool honest;
	size_t n;

	look.latch = load_acquire(page->latch);
	look.size = size_in_lane(load(page->size[look.latch & 1]));
	n = take(reader->view, page, &look, buf, room);
	honest = !info || is_honest(reader->view, lane, place, &look);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (load(page->latch) != look.latch)
		return OVERTAKEN;
	cell = load(lane->cell);
	if (place_of(cell) != place.both || cell->high != load(lane->high)) {
		store(reader->cell, cell);
		return OVERTAKEN;
	}
	if (!honest)
		return TO_ASK;
	look.high = high + (look.latch < place.latch);
	return result(reader->view, &look, n, room, info);
}

/*
 * A message that may be worth a window, which is memory: the second time that one takes a
 * call, and where that does not help, after twice as many times as before.
 */
static ssize_t ask_for_long(struct msgslot_reader *reader,
			    const struct msg_slot_cell *cell, void *buf,
			    size_t room, struct msgslot_info *info)
{
	ssize_t ret = ask(reader, buf, room, info);
	uint32_t calls = load(reader->reserved) + 1;

	if (ret <= COPY_MOST)
		return ret;
	store(reader->reserved, calls);
	if (calls > 1 && !(calls & (calls - 1)))
		window_want(reader->view, reader->channel, cell, ret);
	return ret;
}

static ssize_t try_once(struct msgslot_reader *reader,
			const struct msg_slot_cell *cell, void *buf,
			size_t room, struct msgslot_info *info)
{
	const struct window *window = window_of(cell);
	const struct lane *lane = lane_of(cell);

	if (window)
		return try_window(reader, window, buf, room, info);
	return lane ? try_lane(reader, lane, buf, room, info) :
		      try_cell(reader, cell, buf, room, info);
}

/* The whole of it, for whatever msgslot_reader_get() does not do itself. */
static __attribute__((noinline)) ssize_t get(struct msgslot_reader *reader,
					     void *buf, size_t room,
					     const struct msg_slot_cell *cell,
					     struct msgslot_info *info)
{
	ssize_t ret;
	int i = 1;

	do {
		ret = try_once(reader, cell, buf, room, info);
		if (ret == LONG)
			return ask_for_long(reader, cell, buf, room, info);
		cell = load_acquire(reader->cell);
	} while (ret == OVERTAKEN && ++i < TRIES);
	if (ret == NOT_THERE)
		return ask_anew(reader, buf, room, info);
	if (ret == OVERTAKEN || ret == TO_ASK)
		return ask(reader, buf, room, info);
	return ret;
}

/*
 * As msgslot_reader_get(), of one that was in a window, or has no message: one try. Where
 * the latch is 0 the upper half of the version may be the one before, but none is told.
 */
static __attribute__((noinline)) ssize_t
get_in_window(struct msgslot_reader *reader, void *buf, size_t room,
	      const struct msg_slot_cell *head)
{
	const struct window *window = (const struct window *)head;
	const struct msg_slot_where *where;
	const struct msg_slot_cell *cell;
	uint32_t latch, high, offset, n;
	uint64_t number;

	if (unlikely(head->size[0] != WINDOW_MARK))
		goto ask;
	number = load_acquire(window->number);
	cell = load(window->cell);
	high = load_acquire(cell->high);
	latch = load_acquire(cell->latch);
	where = where_in(cell, latch);
	/* First: where the message is moved to the window just now the rest comes before. */
	if (unlikely(window_in(where) != number ||
		     cell->id != reader->channel ||
		     cell->size[latch & 1] != MSG_SLOT_CELL_LONG))
		goto ask;
	offset = load(where->offset);
	n = load(where->size);
	if (unlikely(n > room || (uint64_t)offset + n > window->bytes))
		goto ask;
	memcpy(buf, window->base + offset, n);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	cell = load(window->cell);
	where = where_in(cell, latch);
	if (likely(load_wide((const uint8_t *)&where->window) == number &&
		   load(cell->high) == high && load(window->number) == number &&
		   load_acquire(cell->latch) == latch))
		return n;
ask:
	return get(reader, buf, room, head, NULL);
}

/* As msgslot_reader_get(), of one that was in a lane, or is no cell's. */
static inline __attribute__((always_inline)) ssize_t
get_in_lane(struct msgslot_reader *reader, void *buf, size_t room,
	    const struct msg_slot_cell *head)
{
	const struct lane *lane = lane_of(head);
	const struct msg_slot_cell *page, *cell;
	union place place;
	uint32_t latch;
	size_t n;

	if (unlikely(!lane))
		return get_in_window(reader, buf, room, head);
	place = lane_begin(lane);
	page = lane->page;
	latch = load_acquire(page->latch);
	n = page->size[latch & 1];
	if (likely(n <= room && copy_short(buf, page->bytes[latch & 1], n))) {
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		cell = load(lane->cell);
		if (likely(page->latch == latch &&
			   place.both == place_of(cell) &&
			   cell->high == load(lane->high)))
			return n;
	}
	return get(reader, buf, room, head, NULL);
}

/*
 * One try at what nearly always is: a message in its cell or its lane, without an end,
 * that fits, while nobody writes. Each instruction counts, and so does each register:
 * whoever wants to know more than the message is served above.
 */
ssize_t msgslot_reader_get(struct msgslot_reader *reader, void *buf,
			   size_t room, struct msgslot_info *info)
{
	const struct msg_slot_cell *cell = load_acquire(reader->cell);
	uint32_t latch, high;
	size_t n;

	if (unlikely(info))
		return get(reader, buf, room, cell, info);
	high = load_acquire(cell->high);
	latch = load_acquire(cell->latch);
	/* A lane's head has none. */
	if (unlikely(!latch))
		return get_in_lane(reader, buf, room, cell);
	n = cell->size[latch & 1];
	/* A size with a flag is none that can be copied. */
	if (likely(cell->id == reader->channel && n <= room &&
		   copy_short(buf, cell->bytes[latch & 1], n))) {
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (likely(load_acquire(cell->latch) == latch &&
			   load(cell->high) == high))
			return n;
	}
	return get(reader, buf, room, cell, NULL);
}
