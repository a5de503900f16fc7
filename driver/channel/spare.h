/* SPDX-License-Identifier: GPL-2.0 */
/* A spare: the block of a message that was replaced, kept for its author's next one. */
#ifndef MESSAGE_SLOT_SPARE_H
#define MESSAGE_SLOT_SPARE_H

#include <linux/types.h>

#include "budget.h"

struct author;
struct block;

int spare_setup(void);
void spare_cleanup(void);

struct block *spare_take(const struct author *author, u32 size);
void spare_keep(struct author *author, struct budget *budget,
		struct block *block);
void spare_forget(struct author *author, struct budget *budget);
void spare_end(struct author *author, struct budget *budget);
bool spare_give_back(struct budget *budget, u64 bytes, u64 limit);

/**
 * spare_make_room() - use @new bytes in place of @old
 * @budget: the budget
 * @old: how many were used
 * @new: how many shall be
 *
 * As budget_replace(), but what is only kept makes way. Process context; one may hold a
 * spinlock. There are as many spares to give back as @new needs: each has a long
 * message's bytes.
 *
 * Return: whether that was within the limit; if not, nothing else changed.
 */
static inline bool spare_make_room(struct budget *budget, u64 old, u64 new)
{
	while (!budget_replace(budget, old, new))
		if (!spare_give_back(budget, new - old,
				     atomic64_read(&budget->limit)))
			return false;
	return true;
}

#endif /* MESSAGE_SLOT_SPARE_H */
