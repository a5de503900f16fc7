// SPDX-License-Identifier: GPL-2.0
/*
 * Of a channel: that its messages are in its owner's lane.
 *
 * A channel enters its lane, when the owner rings with a first message there, and leaves
 * it, when the owner makes a call, when the message expires, and at the end of the claim.
 * While it is there its own cell is a half that says where the lane is; its latch, which
 * only the kernel steps, stands still, and tells who maps the lane that it is this
 * channel's still.
 *
 *   who maps (reads channel 7)          kernel
 *
 *   cell: latch 9, in the lane at P
 *   map P                               leave: freeze, copy, latch = 9 + SKIP
 *   cell: latch 9 still? no: anew
 *
 *   lane: latch, size, bytes, latch
 *   cell: latch 9 still: channel 7's
 *
 * Versions: a message in the lane has that of the cell and as many as the lane's latch is
 * ahead of the cell's, at most MSG_SLOT_LANE_RANGE. The cell's goes on by more than that
 * when the channel leaves the lane: whatever the owner has made others believe, it does
 * not come again.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>

#include "budget.h"
#include "channel_lane.h"
#include "half.h"
#include "lane.h"
#include "view.h"

/* So far the channel's version goes on when it leaves a lane: to the other half, too. */
#define SKIP (MSG_SLOT_LANE_RANGE + 2)

static_assert(SKIP & 1);
static_assert(MSG_SLOT_LANE_RANGE > 2 * MSG_SLOT_LANE_PUTS);

/* What the size of a half is that says where the lane is: not empty, and not long. */
#define IN_LANE (MSG_SLOT_CELL_CALL | MSG_SLOT_CELL_LANE | 1)

/**
 * channel_lane() - the lane that a channel's messages are in
 * @channel: the channel, whose lock is held
 *
 * Return: the lane, or NULL.
 */
struct lane *channel_lane(const struct channel *channel)
{
	return channel_in_lane(channel) ?
		       channel->origin[cell_current(channel->cell)].lane :
		       NULL;
}

/**
 * channel_get_lane() - the same, to keep
 * @channel: the channel, held
 *
 * Return: the lane, for lane_put(), or NULL.
 */
struct lane *channel_get_lane(struct channel *channel)
{
	struct lane *lane;

	raw_spin_lock(&channel->lock);
	lane = channel_lane(channel);
	if (lane)
		lane_hold(lane);
	raw_spin_unlock(&channel->lock);
	return lane;
}

/**
 * channel_freeze_lane() - keep a channel's owner from writing to its lane
 * @channel: the channel, held
 *
 * May sleep.
 *
 * Return: the lane that it was in just now, for channel_thaw_lane(), or NULL.
 */
struct lane *channel_freeze_lane(struct channel *channel)
{
	struct lane *lane = channel_get_lane(channel);

	if (lane)
		lane_freeze(lane);
	return lane;
}

/**
 * channel_thaw_lane() - undo channel_freeze_lane()
 * @lane: what it returned
 */
void channel_thaw_lane(struct lane *lane)
{
	if (!lane)
		return;
	lane_thaw(lane);
	lane_put(lane);
}

/* Fills the idle half. Return: an author to put, or NULL. */
static struct author *fill_in_lane(struct channel *channel, u32 idle,
				   struct lane *lane)
{
	struct author *replaced = channel->origin[idle].author;
	struct msg_slot_cell *cell = channel->cell;
	u64 offset = lane_page_offset(lane->place);

	cell_store_begin();
	memcpy(cell->bytes[idle], &offset, sizeof(offset));
	cell_store_end();
	WRITE_ONCE(cell->written[idle], cell->written[idle ^ 1]);
	WRITE_ONCE(channel->origin[idle].lane, lane);
	/* Pairs with view_look(), which may come before the latch is stepped. */
	smp_store_release(&cell->size[idle], IN_LANE);
	return replaced;
}

/* To a half that says where the lane is, @steps further. */
static void step_in_lane(struct channel *channel, struct lane *lane, u32 steps,
			 struct leftover *leftover)
{
	u32 idle = cell_current(channel->cell) ^ 1;
	struct author *author = fill_in_lane(channel, idle, lane);

	cell_step_by(channel->cell, steps);
	leftover_add(leftover, author, leave_half(channel, idle ^ 1));
}

/*
 * Sees to it that the latch can go on by SKIP without beginning anew: it does that only
 * where cell_step() can, at 0. By steps that are nobody's version.
 */
static void make_way(struct channel *channel, struct lane *lane,
		     struct leftover *leftover)
{
	struct msg_slot_cell *cell = channel->cell;

	if (likely(cell->latch < U32_MAX - SKIP - 1))
		return;
	if (!(cell->latch & 1))
		step_in_lane(channel, lane, 1, leftover);
	step_in_lane(channel, lane, 0 - cell->latch, leftover);
}

static bool has_put(const struct lane *lane)
{
	return cell_latch(lane->cell) != lane->latch;
}

/* With the lane frozen: its message is the channel's. */
static void enter_lane(struct channel *channel, struct lane *lane,
		       struct budget *budget)
{
	struct leftover leftover = {};
	struct view view;

	raw_spin_lock(&channel->lock);
	view_look_locked(&view, channel);
	budget_replace(budget, view_bytes(&view), 0);
	lane_answer(lane);
	make_way(channel, lane, &leftover);
	lane_take(lane, cell_version(channel->cell) + 1, view.written);
	lane->entered = true;
	/* What is none there is that, unless its time is over. */
	WRITE_ONCE(channel->emptied, MSG_SLOT_CLEARED);
	step_in_lane(channel, lane, 1, &leftover);
	raw_spin_unlock(&channel->lock);
	leftover_put(&leftover, budget, NULL);
}

/* Fills the idle half with the lane's message. Return: an author to put, or NULL. */
static struct author *fill_from_lane(struct channel *channel, u32 idle,
				     const struct lane *lane)
{
	const struct lane_copy *copy = lane_message(lane);
	struct author *replaced = channel->origin[idle].author;
	struct msg_slot_cell *cell = channel->cell;
	u16 size = copy->size;

	cell_store_begin();
	memcpy(cell->bytes[idle], copy->bytes, copy->size);
	if (copy->size && copy->expires) {
		atomic64_set(&channel->expiry->expires[idle], copy->expires);
		*cell_expires(cell, idle) = copy->expires;
		size |= MSG_SLOT_CELL_EXPIRES;
	}
	cell_store_end();
	/* Likewise: with the flag, the expiry is there. */
	smp_store_release(&cell->size[idle], size);
	WRITE_ONCE(cell->written[idle], copy->written);
	if (!copy->size)
		WRITE_ONCE(channel->emptied, MSG_SLOT_CLEARED);
	author_hold(lane->author);
	WRITE_ONCE(channel->origin[idle].author, lane->author);
	return replaced;
}

/**
 * channel_leave_lane() - a lane's message becomes an ordinary one
 * @channel: the channel, whose lock is held, in a lane that is frozen
 * @leftover: what is to be put
 */
void channel_leave_lane(struct channel *channel, struct leftover *leftover)
{
	struct lane *lane = channel_lane(channel);
	struct author *author;
	u32 idle;

	lane_look(lane, cell_version(channel->cell), true);
	make_way(channel, lane, leftover);
	idle = cell_current(channel->cell) ^ 1;
	author = fill_from_lane(channel, idle, lane);
	cell_step_by(channel->cell, SKIP);
	leftover_add(leftover, author, leave_half(channel, idle ^ 1));
	lane->entered = false;
	/* The next message there is told from what is there now. */
	lane_count_from(lane, cell_version(channel->cell));
	lane_ring_always(lane);
}

/* With the lane frozen. Return: whether the channel was in it. */
static bool leave_lane(struct channel *channel, struct lane *lane)
{
	struct leftover leftover = {};
	bool entered;

	raw_spin_lock(&channel->lock);
	entered = lane->entered;
	if (entered)
		channel_leave_lane(channel, &leftover);
	raw_spin_unlock(&channel->lock);
	leftover_put_authors(&leftover);
	return entered;
}

/**
 * channel_begin_lane() - a lane that its owner may write to
 * @channel: the channel, held, whose owner has no other
 * @lane: the lane, which nobody has mapped
 * @expiry: for times to live, if the channel has none yet; NULL once it has it
 */
void channel_begin_lane(struct channel *channel, struct lane *lane,
			struct expiry **expiry)
{
	raw_spin_lock(&channel->lock);
	if (!channel->expiry)
		swap(channel->expiry, *expiry);
	lane_count_from(lane, cell_version(channel->cell));
	raw_spin_unlock(&channel->lock);
	lane_ring_always(lane);
}

/* Return: whether there was nothing to do but to look. */
static bool ring_at_once(struct channel *channel, struct lane *lane)
{
	const struct msg_slot_cell *cell = channel->cell;
	bool done;

	raw_spin_lock(&channel->lock);
	done = lane->entered;
	if (done) {
		lane_answer(lane);
		done = lane_look(lane, cell_version(cell), false) &&
		       !has_put(lane) &&
		       lane->latch - cell->latch <= MSG_SLOT_LANE_PUTS;
	}
	raw_spin_unlock(&channel->lock);
	return done;
}

/**
 * channel_ring_lane() - the owner has written a message, and rings
 * @channel: the channel, held
 * @lane: its lane
 * @budget: what the message counted in that is replaced
 *
 * May sleep. Tells nobody: that is for the caller.
 *
 * Return: whether there may be a new one; not if none was written since the channel left
 * the lane.
 */
bool channel_ring_lane(struct channel *channel, struct lane *lane,
		       struct budget *budget)
{
	bool rung;

	if (ring_at_once(channel, lane))
		return true;
	lane_freeze(lane);
	/* Counts anew, too, where it has counted far, or not by the rules. */
	rung = leave_lane(channel, lane) || has_put(lane);
	if (rung)
		enter_lane(channel, lane, budget);
	lane_thaw(lane);
	return rung;
}

/**
 * channel_end_lane() - the owner writes there no more
 * @channel: the channel, held
 * @lane: its lane
 * @budget: as for channel_ring_lane()
 *
 * May sleep.
 *
 * Return: whether the channel's message is a new one.
 */
bool channel_end_lane(struct channel *channel, struct lane *lane,
		      struct budget *budget)
{
	bool changed;

	lane_freeze(lane);
	lane->ended = true;
	/* A message that was written, and whose writer did not come to ring. */
	if (!READ_ONCE(lane->entered) && has_put(lane))
		enter_lane(channel, lane, budget);
	changed = leave_lane(channel, lane);
	lane_thaw(lane);
	return changed;
}

/**
 * channel_lane_event() - what was in the lane when it was looked at last
 * @channel: the channel, held
 * @lane: its lane
 * @expires: whether the message has a time to live
 *
 * Does not look anew, so the owner need not ring for it.
 *
 * Return: an enum msg_slot_event.
 */
u8 channel_lane_event(struct channel *channel, const struct lane *lane,
		      bool *expires)
{
	u8 event;

	raw_spin_lock(&channel->lock);
	event = lane_message(lane)->size ? MSG_SLOT_WRITTEN : MSG_SLOT_CLEARED;
	*expires = lane_message(lane)->expires;
	raw_spin_unlock(&channel->lock);
	return event;
}

/**
 * channel_stamp() - whether a channel has changed
 * @channel: the channel, held or under RCU
 *
 * Return: another number when it has, whoever wrote it.
 */
u64 channel_stamp(const struct channel *channel)
{
	const struct msg_slot_cell *cell = channel->cell;
	/* Pairs with cell_step_by(). */
	u32 latch = smp_load_acquire(&cell->latch);
	u32 half = latch & 1;
	const struct lane *lane;

	if (likely(!(READ_ONCE(cell->size[half]) & MSG_SLOT_CELL_LANE)))
		return latch;
	lane = READ_ONCE(channel->origin[half].lane);
	/* Both were read in one half, or another latch is found the next time. */
	smp_rmb();
	if (READ_ONCE(cell->latch) != latch)
		return (u64)READ_ONCE(cell->latch) << 32;
	/* Before the message is copied. Pairs with the owner's step. */
	return (u64)smp_load_acquire(&lane->cell->latch) << 32 | latch;
}
