/* SPDX-License-Identifier: GPL-2.0 */
/* A budget: how many bytes the messages of a slot may take, and how many do. */
#ifndef MESSAGE_SLOT_BUDGET_H
#define MESSAGE_SLOT_BUDGET_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "message.h"
#include "message_slot.h"

/**
 * struct budget - bytes used, and the most that may be
 * @used: bytes used, with those of @spares
 * @limit: no more may be used than this. It can be lowered under @used; then
 *	use can only go down until it fits again. Atomic, as who reads it has no
 *	lock: in two halves it might be a limit that was never set.
 * @kept: how many of @used are those of @spares, which are given back where others
 *	need them; changes under @lock
 * @lock: guards @spares
 * @spares: what is kept for the next messages: see spare.c
 */
struct budget {
	atomic64_t used;
	atomic64_t limit;
	atomic64_t kept;
	spinlock_t lock; /* of the spares */
	struct list_head spares;
};

static inline void budget_init(struct budget *budget)
{
	spin_lock_init(&budget->lock);
	INIT_LIST_HEAD(&budget->spares);
}

/*
 * What a message of @size bytes counts for: a short one is in its channel, a frame takes
 * whole pages.
 */
static inline u64 budget_bytes(u32 size, bool frame)
{
	if (unlikely(frame))
		return PAGE_ALIGN((u64)size);
	return size_is_long(size) ? size : 0;
}

/* Return: how many bytes are used by what is not given back on demand. */
static inline u64 budget_usage(const struct budget *budget)
{
	s64 kept = atomic64_read(&budget->kept);
	s64 used = atomic64_read(&budget->used);

	/* The two are not of one moment. */
	return used > kept ? used - kept : 0;
}

/*
 * The most that may be used where a frame comes. Its memory is a user's, whom it may
 * outlive. So a slot without a limit has the one that a tmpfs has by default.
 */
static inline u64 budget_frame_limit(const struct budget *budget)
{
	u64 limit = atomic64_read(&budget->limit);

	return limit == MSG_SLOT_NO_LIMIT ?
		       (u64)totalram_pages() << (PAGE_SHIFT - 1) :
		       limit;
}

/**
 * budget_replace_within() - use @new bytes in place of @old
 * @budget: the budget
 * @old: how many were used
 * @new: how many shall be
 * @limit: how many may be, of all
 *
 * Any context, also under a raw spinlock.
 *
 * Return: whether that was within the limit; if not, nothing changed.
 */
static inline bool budget_replace_within(struct budget *budget, u64 old,
					 u64 new, u64 limit)
{
	s64 used = atomic64_read(&budget->used);

	if (old == new)
		return true;
	do {
		if (used + (new - old) > limit && new > old)
			return false;
	} while (!atomic64_try_cmpxchg(&budget->used, &used, used + new - old));
	return true;
}

/* The same within the budget's limit. */
static inline bool budget_replace(struct budget *budget, u64 old, u64 new)
{
	return budget_replace_within(budget, old, new,
				     atomic64_read(&budget->limit));
}

#endif /* MESSAGE_SLOT_BUDGET_H */
