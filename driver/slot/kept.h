/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kept channels: those that have no message any more and stay in the slot until all
 * who watch the whole slot have told that.
 *
 * They are in a ring, in the order in which they lost their messages, and each watch
 * has a position: it has told all that were put in before it. Those before the lowest
 * position can go. When the ring is full the oldest goes all the same; whose position
 * it had not reached has lost something, and nobody else has. (A channel that has a
 * message again leaves a hole, which nobody misses.)
 */
#ifndef MESSAGE_SLOT_KEPT_H
#define MESSAGE_SLOT_KEPT_H

#include <linux/rbtree.h>
#include <linux/types.h>

struct channel;

/* The most that are kept. */
#define KEPT_MAX 4096

/**
 * struct position - what a watch has told
 * @node: in kept->positions
 * @told: it has told all that were put in before this
 * @collected: when it has told what it has collected, it will have told all that
 *	were put in before this
 */
struct position {
	struct rb_node node;
	u64 told;
	u64 collected;
};

/**
 * struct kept - the channels that are kept; under slot->lock
 * @first: the number of the oldest that may be here
 * @next: the number of the next that is put in
 * @lost: one before this went untold
 * @positions: those of all watches of the whole slot, the lowest first
 * @ring: by their number; NULL for one that was taken out. There while there is a
 *	position.
 */
struct kept {
	u64 first;
	u64 next;
	u64 lost;
	struct rb_root_cached positions;
	struct channel **ring;
};

void kept_begin(struct kept *kept, struct position *position);
void kept_end(struct kept *kept, struct position *position);
bool kept_advance(struct kept *kept, struct position *position);
void kept_collect(const struct kept *kept, struct position *position);

u64 kept_put(struct kept *kept, struct channel *channel);
void kept_take_out(struct kept *kept, u64 number);
struct channel *kept_take_first(struct kept *kept);
struct channel *kept_make_room(struct kept *kept);
bool kept_has_told(const struct kept *kept);

/* Whether channels are kept at all. */
static inline bool kept_wanted(const struct kept *kept)
{
	return !RB_EMPTY_ROOT(&kept->positions.rb_root);
}

#endif /* MESSAGE_SLOT_KEPT_H */
