/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A cell: the part of a channel that is mapped, struct msg_slot_cell. Reading
 * one and writing one are described at the top of channel.c; those who map it
 * read it in the same way.
 *
 * Whatever is here, anybody who may read the slot can see: the present message
 * and its version and times, and nothing else; no address, no author.
 */
#ifndef MESSAGE_SLOT_CELL_H
#define MESSAGE_SLOT_CELL_H

#include <linux/compiler.h>
#include <linux/kcsan-checks.h>
#include <linux/seqlock.h>
#include <linux/string.h>
#include <linux/types.h>

#include "message.h"
#include "message_slot.h"

/* In a size: the message is a long one. Its own size is in its block. */
#define CELL_LONG MSG_SLOT_CELL_LONG

/*
 * The latch, which is the lower half of the version. Bit 0 says which half of
 * the cell is current.
 */
static inline u32 cell_latch(const struct msg_slot_cell *cell)
{
	return READ_ONCE(cell->latch);
}

static inline u32 cell_current(const struct msg_slot_cell *cell)
{
	return cell_latch(cell) & 1;
}

/* The version, for who has the lock. */
static inline u64 cell_version(const struct msg_slot_cell *cell)
{
	return (u64)cell->high << 32 | cell->latch;
}

/* Before reading the half that is current by this latch. */
static __always_inline u32 cell_begin(const struct msg_slot_cell *cell)
{
	/* What is read then may race with a writer, by intent. */
	kcsan_atomic_next(KCSAN_SEQLOCK_REGION_MAX);
	/* Pairs with cell_step(). */
	return smp_load_acquire(&cell->latch);
}

/* Likewise. Return: the version, whose upper half is loaded first. */
static inline u64 cell_begin_version(const struct msg_slot_cell *cell)
{
	/* Pairs with cell_step(). */
	u64 high = smp_load_acquire(&cell->high);

	return high << 32 | cell_begin(cell);
}

/* After reading. Return: whether a writer may have been there meanwhile. */
static __always_inline bool cell_retry(const struct msg_slot_cell *cell,
				       u32 latch)
{
	kcsan_atomic_next(0);
	/* All was read before this. Pairs with cell_step(). */
	smp_rmb();
	/* The upper half, if at all, is looked at again after it. */
	return unlikely(smp_load_acquire(&cell->latch) != latch);
}

/*
 * Likewise. While the lower half is 0 the upper one may be that of the version
 * before, as nobody knows but who has the lock.
 */
static inline bool cell_retry_version(const struct msg_slot_cell *cell,
				      u64 version)
{
	return cell_retry(cell, version) ||
	       READ_ONCE(cell->high) != version >> 32 || !(u32)version;
}

/*
 * Makes the idle half the current one, for who holds the lock; @steps is odd, and does
 * not go beyond 0. The upper half of the version follows the lower, so that no reader
 * sees it with an old latch; one with the new latch, 0, may see the old one, and has to
 * look under the lock.
 */
static __always_inline void cell_step_by(struct msg_slot_cell *cell, u32 steps)
{
	u32 latch = cell->latch + steps;

	/* All that was filled in is seen before it is current. */
	smp_store_release(&cell->latch, latch);
	if (unlikely(!latch)) {
		/* The latch is seen before this: see above. */
		smp_store_release(&cell->high, cell->high + 1);
	}
	/* Seen before the half left is wiped, and filled the next time. */
	smp_wmb();
}

static __always_inline void cell_step(struct msg_slot_cell *cell)
{
	cell_step_by(cell, 1);
}

/* What goes with a message's size in the half that becomes current next. */
static inline u16 cell_flags(const struct msg_slot_cell *cell)
{
	return cell->latch == U32_MAX ? MSG_SLOT_CELL_CALL : 0;
}

/* Where a half has the time at which its message is over: for one number. */
static inline u64 *cell_expires(struct msg_slot_cell *cell, u32 half)
{
	return (u64 *)&cell->bytes[half][MSG_SLOT_CELL_EXPIRY];
}

/* Of a size: whether it is that of a short message that lives for ever. */
static __always_inline bool cell_is_plain(u16 size)
{
	return (u16)(size - 1) < MESSAGE_SHORT;
}

static inline bool cell_is_long(u16 size)
{
	return (size & CELL_LONG) == CELL_LONG;
}

/* Whether the time at which such a message is over is there, and is one number. */
static inline bool cell_has_expiry(u16 size)
{
	return IS_ENABLED(CONFIG_64BIT) &&
	       (cell_is_long(size) ||
		(size & MSG_SLOT_CELL_BYTES) <= MSG_SLOT_CELL_EXPIRY);
}

/*
 * Around plain stores to the half that is not current: readers that were overtaken
 * race with them by intent, and find out by the latch. Writers do not.
 */
static __always_inline void cell_store_begin(void)
{
	kcsan_nestable_atomic_begin();
}

static __always_inline void cell_store_end(void)
{
	kcsan_nestable_atomic_end();
}

/* Wipes the half that is not current any more, or that was not filled up. */
static __always_inline void cell_wipe(struct msg_slot_cell *cell, u32 half)
{
	u16 size = cell->size[half];

	cell_store_begin();
	if (likely(cell_is_plain(size)))
		memset(cell->bytes[half], 0, size);
	else if (size)
		memset(cell->bytes[half], 0, MESSAGE_SHORT);
	cell_store_end();
	WRITE_ONCE(cell->size[half], 0);
}

#endif /* MESSAGE_SLOT_CELL_H */
