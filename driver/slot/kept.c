// SPDX-License-Identifier: GPL-2.0
/* Kept channels: those without a message whose end is still to be told. */
#include <linux/minmax.h>
#include <linux/rbtree.h>

#include "kept.h"

static bool position_is_lower(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct position, node)->told <
	       rb_entry(b, struct position, node)->told;
}

/**
 * kept_begin() - keep channels for a watch from now on
 * @kept: the kept channels
 * @position: the watch's
 */
void kept_begin(struct kept *kept, struct position *position)
{
	position->told = kept->next;
	position->collected = kept->next;
	rb_add_cached(&position->node, &kept->positions, position_is_lower);
}

/**
 * kept_end() - undo kept_begin()
 * @kept: the kept channels
 * @position: the watch's
 */
void kept_end(struct kept *kept, struct position *position)
{
	rb_erase_cached(&position->node, &kept->positions);
}

/**
 * kept_advance() - a watch has told all that it collected, and collects anew
 * @kept: the kept channels
 * @position: the watch's
 *
 * Return: whether nothing went in between that it had still to tell.
 */
bool kept_advance(struct kept *kept, struct position *position)
{
	bool complete = position->told >= kept->lost;

	/* After a loss the watch begins anew with what there is now. */
	if (!complete)
		position->collected = kept->next;
	if (position->told != position->collected) {
		kept_end(kept, position);
		position->told = position->collected;
		rb_add_cached(&position->node, &kept->positions,
			      position_is_lower);
	}
	position->collected = kept->next;
	return complete;
}

/**
 * kept_collect() - a watch collects anew before it has told all that it collected
 * @kept: the kept channels
 * @position: the watch's
 */
void kept_collect(const struct kept *kept, struct position *position)
{
	position->collected = kept->next;
}

/**
 * kept_put() - keep a channel
 * @kept: the kept channels, not full
 * @channel: the channel
 *
 * Return: its number.
 */
u64 kept_put(struct kept *kept, struct channel *channel)
{
	kept->ring[kept->next % KEPT_MAX] = channel;
	return kept->next++;
}

/**
 * kept_take_out() - a channel is not kept any more
 * @kept: the kept channels
 * @number: its number
 */
void kept_take_out(struct kept *kept, u64 number)
{
	kept->ring[number % KEPT_MAX] = NULL;
}

/**
 * kept_has_told() - whether the oldest channel can go
 * @kept: the kept channels
 *
 * Return: whether there is one, and all watches have told it.
 */
bool kept_has_told(const struct kept *kept)
{
	struct rb_node *lowest = rb_first_cached(&kept->positions);

	if (kept->first == kept->next)
		return false;
	return !lowest ||
	       rb_entry(lowest, struct position, node)->told > kept->first;
}

/**
 * kept_take_first() - take the oldest channel out
 * @kept: the kept channels, not empty
 *
 * Return: the channel, or NULL if it was taken out before.
 */
struct channel *kept_take_first(struct kept *kept)
{
	return kept->ring[kept->first++ % KEPT_MAX];
}

/**
 * kept_make_room() - take the oldest channel out if there is no room for another
 * @kept: the kept channels
 *
 * Return: the channel, which perhaps not all have told; or NULL.
 */
struct channel *kept_make_room(struct kept *kept)
{
	struct channel *channel;

	if (kept->next - kept->first < KEPT_MAX)
		return NULL;
	channel = kept_take_first(kept);
	if (channel)
		kept->lost = kept->first;
	return channel;
}
