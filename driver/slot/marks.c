// SPDX-License-Identifier: GPL-2.0
/*
 * Marks: set by many and taken away by one, without a lock between them:
 *
 *   who sets                            who takes
 *
 *   publish the change                  clear the mark (a full barrier)
 *   set the mark (a full barrier)       look at what changed
 *   if it was not set before:
 *     set the group, count it
 *
 * If the mark is cleared after it was set, what was published is seen; else the mark
 * stays for the next time. Who takes clears a group before it looks for the last time
 * whether a mark in it is set, and who sets does so after the mark, so no mark stays
 * in a group that is not set.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "marks.h"
#include "memory.h"

/* Marks in a group: 2^20 channels make two steps of a few words each. */
#define GROUP 512

#define GROUP_WORDS (GROUP / BITS_PER_LONG)

static u32 groups(const struct marks *marks)
{
	return DIV_ROUND_UP(marks->places, GROUP);
}

/**
 * marks_init() - marks, none of them set
 * @marks: the marks
 * @places: how many, 1 or more
 *
 * Charged to the caller's memory cgroup. May sleep.
 *
 * Return: 0 or -ENOMEM; after both, marks_exit() may be called.
 */
int marks_init(struct marks *marks, u32 places)
{
	marks->places = places;
	/* Whole groups, so that they can be merged word by word. */
	marks->bits = kvcalloc(groups(marks) * GROUP_WORDS,
			       sizeof(*marks->bits), MEMORY_WAIT);
	marks->groups = kvcalloc(BITS_TO_LONGS(groups(marks)),
				 sizeof(*marks->groups), MEMORY_WAIT);
	return marks->bits && marks->groups ? 0 : -ENOMEM;
}

/**
 * marks_exit() - undo marks_init()
 * @marks: the marks
 */
void marks_exit(struct marks *marks)
{
	kvfree(marks->bits);
	kvfree(marks->groups);
}

/**
 * marks_set() - set a mark
 * @marks: the marks
 * @place: which
 *
 * Any context.
 *
 * Return: whether it was not set before.
 */
bool marks_set(struct marks *marks, u32 place)
{
	if (test_and_set_bit(place, marks->bits))
		return false;
	set_bit(place / GROUP, marks->groups);
	atomic_inc(&marks->count);
	return true;
}

static bool has_mark(const struct marks *marks, u32 from, u32 to)
{
	return find_next_bit(marks->bits, to, from) < to;
}

/* A group without marks need not be looked at any more. */
static void leave_group(struct marks *marks, u32 group)
{
	u32 begin = group * GROUP;
	u32 end = min(begin + GROUP, marks->places);

	if (has_mark(marks, begin, end))
		return;
	clear_bit(group, marks->groups);
	/* See the top. */
	smp_mb__after_atomic();
	if (has_mark(marks, begin, end))
		set_bit(group, marks->groups);
}

/* Return: whether a place of @from to @to - 1 is marked: *@place. */
static bool find_mark(struct marks *marks, u32 from, u32 to, u32 *place)
{
	u32 group = from / GROUP;

	while (1) {
		u32 end;

		group = find_next_bit(marks->groups, groups(marks), group);
		if (group * GROUP >= to)
			return false;
		end = min((group + 1) * GROUP, to);
		*place = find_next_bit(marks->bits, end,
				       max(from, group * GROUP));
		if (*place < end)
			return true;
		leave_group(marks, group++);
	}
}

/**
 * marks_take() - take a mark away
 * @marks: the marks
 * @from: the place to begin with; those below it come last
 * @place: whose it was
 *
 * One caller at a time.
 *
 * Return: whether there was one.
 */
bool marks_take(struct marks *marks, u32 from, u32 *place)
{
	if (!marks_any(marks))
		return false;
	if (!find_mark(marks, from, marks->places, place) &&
	    !find_mark(marks, 0, from, place))
		return false;
	/* A full barrier: see the top. */
	test_and_clear_bit(*place, marks->bits);
	atomic_dec(&marks->count);
	leave_group(marks, *place / GROUP);
	return true;
}

/* Return: how many marks were not set before. */
static int merge_group(struct marks *marks, const struct marks *other,
		       u32 group)
{
	unsigned long i = (unsigned long)group * GROUP_WORDS;
	unsigned long end = i + GROUP_WORDS;
	int n = 0;

	for (; i < end; i++) {
		n += hweight_long(other->bits[i] & ~marks->bits[i]);
		marks->bits[i] |= other->bits[i];
	}
	return n;
}

/**
 * marks_merge() - set all marks that others have
 * @marks: the marks; nobody else sets or takes any
 * @other: as many marks; likewise
 *
 * Takes time in proportion to the groups in which @other has marks.
 */
void marks_merge(struct marks *marks, const struct marks *other)
{
	u32 group;

	for_each_set_bit(group, other->groups, groups(other)) {
		__set_bit(group, marks->groups);
		atomic_add(merge_group(marks, other, group), &marks->count);
	}
}

/**
 * marks_clear() - take all marks away
 * @marks: the marks; nobody else sets or takes any
 *
 * Takes time in proportion to the groups in which there are marks.
 */
void marks_clear(struct marks *marks)
{
	u32 group;

	for_each_set_bit(group, marks->groups, groups(marks)) {
		bitmap_zero(marks->bits + (unsigned long)group * GROUP_WORDS,
			    GROUP);
		__clear_bit(group, marks->groups);
	}
	atomic_set(&marks->count, 0);
}
