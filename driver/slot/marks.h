/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks: a bit for each of many places, in groups, so that those that are set are
 * found without looking at all of them.
 */
#ifndef MESSAGE_SLOT_MARKS_H
#define MESSAGE_SLOT_MARKS_H

#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/types.h>

/**
 * struct marks - a bit for each place
 * @places: how many
 * @bits: the marks
 * @groups: in which groups of marks there may be one
 * @count: how many are set; behind what is set or taken at the moment
 */
struct marks {
	u32 places;
	unsigned long *bits;
	unsigned long *groups;
	atomic_t count;
};

int marks_init(struct marks *marks, u32 places);
void marks_exit(struct marks *marks);

bool marks_set(struct marks *marks, u32 place);
bool marks_take(struct marks *marks, u32 from, u32 *place);
void marks_merge(struct marks *marks, const struct marks *other);
void marks_clear(struct marks *marks);

/* Whether a mark is set. Who sets the first wakes whoever was told that none is. */
static inline bool marks_any(const struct marks *marks)
{
	return atomic_read(&marks->count) > 0;
}

/* How many are set, but for those that are set or taken at the moment. */
static inline u32 marks_count(const struct marks *marks)
{
	return max(atomic_read(&marks->count), 0);
}

#endif /* MESSAGE_SLOT_MARKS_H */
