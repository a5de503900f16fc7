// SPDX-License-Identifier: GPL-2.0
/*
 * A channel: publish a message, copy it out. No other file touches the bytes
 * of a message that is kept.
 *
 * A channel's cell has two halves. A writer fills the idle one and then steps the
 * latch, which makes it the current one, and wipes the other; a reader copies the
 * current one and then looks whether the latch was stepped meanwhile. So at every
 * moment one half is whole and nobody writes to it, and a writer that stops
 * anywhere (preempted, or its virtual CPU taken away) stalls no reader, whether in
 * the kernel or with the cell mapped:
 *
 *   writer (holds channel->lock)        reader (holds nothing)
 *
 *   latch is 4: half 0 is current
 *   fill half 1                         latch is 4: copy half 0
 *     (stop here as long as you like)   latch is 4 still: whole
 *   latch = 5: half 1 is current
 *     (or here)                         latch is 5: copy half 1
 *   wipe half 0                         latch is 5 still: whole
 *                                       latch is 5: copy half 1 ...
 *   latch is 5: fill half 0
 *   latch = 6: half 0 is current
 *   wipe half 1                         ... which is being wiped
 *                                       latch is 6, not 5: copy again
 *
 * The last step needs two orders. The writer's: latch = 6 is seen before any
 * byte that is wiped, or filled in by the next writer, which the barrier in
 * cell_step() gives, and the lock carries it over to another CPU. The reader's:
 * the bytes are read before the latch is looked at again, in cell_retry().
 *
 * As the half that is left is wiped, a message is nowhere to be seen once another
 * has replaced it: who maps the cell sees the present one only, and a moment of
 * the next.
 *
 * A long message is a block. The pointer is read as the bytes are, and believed
 * only once the latch was looked at again. What was replaced is freed at once, or kept
 * for its author's next message (spare.c), and the block may be another message's, but
 * stays a block for a grace period. So a
 * reader counts itself in, and then looks at the latch once more:
 *
 *   writer                              reader (under RCU)
 *
 *                                       latch is 4: block B
 *   latch = 5: block C
 *   put B: free its bytes               count in B: at 0, begin again
 *   another makes B its own             count in B: done
 *                                       latch is 5: put B, begin again
 *
 * If the latch is 4 still, the channel had not put B when the reader counted
 * itself in: the writer steps the latch before it puts, and the count is read
 * before the latch is, in cell_retry().
 *
 * A writer takes the time before it takes the lock, so that nobody waits for the
 * clock; meanwhile another one may have come who took it later. So the time that is
 * written is the message's before if that is later, whatever became of that message:
 * each version was written no earlier than the one below it.
 *
 * Those who listen need no barrier in the writer. It looks whether anybody does
 * after it has taken the lock, and who listens takes the lock, between joining
 * the list of listeners and looking at the message (channel_settle()):
 *
 *   who listens                         writer
 *
 *   join the list                       lock
 *   lock, listened = true               step the latch
 *   look at the latch, unlock           unlock
 *                                       look at listened
 *                                       if so: lock the list, tell those in it
 *
 * Whose turn with the lock comes second sees what the other did before. A writer
 * that finds nobody in the list sets listened to false before it gives the list's
 * lock back; who joins later sets it again. For a watch of the whole slot it is
 * slot->changes.watched that is set before and looked at after the lock.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "author.h"
#include "budget.h"
#include "cells.h"
#include "channel.h"
#include "channel_lane.h"
#include "half.h"
#include "lane.h"
#include "message_slot.h"
#include "spare.h"
#include "view.h"

/**
 * channel_create() - a new channel without a message
 * @cells: where to keep it
 * @id: its id
 * @gfp: how to allocate
 *
 * Return: the channel, for channel_put(), or ERR_PTR(): -ENOMEM; -ENOSPC if
 * there is no place for it.
 */
struct channel *channel_create(struct cells *cells, u32 id, gfp_t gfp)
{
	struct channel *channel = cells_take(cells, gfp);

	if (IS_ERR(channel))
		return channel;
	channel->id = id;
	raw_spin_lock_init(&channel->lock);
	refcount_set(&channel->users, 1);
	return channel;
}

/**
 * channel_begin() - give a new channel's cell its id
 * @channel: one that nobody can find yet
 * @version: its first message has the version after this
 * @listened: whether somebody may listen to it already
 *
 * Comes after the channel_end() of one that had the id before. Its first message
 * is not written earlier than this, so not earlier than the messages of that one.
 */
void channel_begin(struct channel *channel, u64 version, bool listened)
{
	struct msg_slot_cell *cell = channel->cell;

	channel->listened = listened;
	WRITE_ONCE(cell->written[version & 1], ktime_get_boottime_ns());
	/* As if cell_step() had been here. */
	smp_store_release(&cell->latch, (u32)version);
	WRITE_ONCE(cell->high, version >> 32);
	/* Whoever maps it sees those with the id. */
	smp_store_release(&cell->id, channel->id);
}

/**
 * channel_end() - a channel is gone
 * @channel: one without a message that nobody can find any more, held
 *
 * Comes before there can be another with its id, so that those who have its cell
 * mapped look for that one. The lock is for channel_settle().
 */
void channel_end(struct channel *channel)
{
	raw_spin_lock(&channel->lock);
	WRITE_ONCE(channel->state, CHANNEL_GONE);
	WRITE_ONCE(channel->cell->id, 0);
	raw_spin_unlock(&channel->lock);
}

static void free_channel(struct rcu_head *rcu)
{
	struct channel *channel = container_of(rcu, struct channel, rcu);

	kfree(channel->expiry);
	cells_give_back(channel);
}

static void put_origin(union origin origin, u16 size)
{
	if (cell_is_long(size))
		block_put(origin.block);
	else
		author_put(origin.author);
}

/**
 * channel_put() - one user less
 * @channel: the channel
 *
 * Any context, but not under a raw spinlock.
 */
void channel_put(struct channel *channel)
{
	int i;

	if (!refcount_dec_and_test(&channel->users))
		return;
	for (i = 0; i < ARRAY_SIZE(channel->origin); i++)
		put_origin(channel->origin[i], channel->cell->size[i]);
	call_rcu(&channel->rcu, free_channel);
}

static bool change_fits(struct budget *budget, const struct view *view,
			struct change *change)
{
	u64 old = view_bytes(view) + change->reserved;
	u64 new = change_bytes(change);

	change->wanted = new - old;
	return budget_replace_within(budget, old, new,
				     change_limit(change, budget));
}

/* Return: 0, or why @owner may not change it; NULL is the kernel. */
static int check_owner(const struct channel *channel, const void *owner)
{
	if (channel->state != CHANNEL_LIVE)
		return -ENOENT;
	return channel->owner && owner && channel->owner != owner ? -EBUSY : 0;
}

/* Return: 0, or why nothing is to be changed. */
static __always_inline int check_change(const struct channel *channel,
					struct change *change, u64 version)
{
	int err = check_owner(channel, change->owner);

	if (err)
		return err;
	if (change->conditional && change->if_version != version) {
		change->version = version;
		return -ESTALE;
	}
	return 0;
}

/* Return: the flag to go with the size. */
static u16 fill_expiry(struct channel *channel, u32 idle, struct change *change)
{
	u64 expires = change->expires;

	if (!expires)
		return 0;
	if (!channel->expiry) {
		channel->expiry = change->expiry;
		change->expiry = NULL;
	}
	atomic64_set(&channel->expiry->expires[idle], expires);
	if (!message_is_long(change->message) &&
	    change->message->size > MSG_SLOT_CELL_EXPIRY)
		return MSG_SLOT_CELL_EXPIRES | MSG_SLOT_CELL_CALL;
	WRITE_ONCE(*cell_expires(channel->cell, idle), expires);
	return MSG_SLOT_CELL_EXPIRES;
}

/* Return: what the origin takes the place of, an author to put or NULL. */
static __always_inline struct author *
fill_origin(struct channel *channel, u32 idle, const struct change *change)
{
	struct author *replaced = channel->origin[idle].author;

	if (message_is_long(change->message)) {
		block_sign(change->message->block, change->author);
		message_hold(change->message);
		WRITE_ONCE(channel->origin[idle].block, change->message->block);
	} else {
		author_hold(change->author);
		WRITE_ONCE(channel->origin[idle].author, change->author);
	}
	return replaced;
}

/* Return: an author to put, or NULL. */
static __always_inline struct author *fill_half(struct channel *channel,
						u32 idle, struct change *change)
{
	const struct message *message = change->message;
	struct msg_slot_cell *cell = channel->cell;
	u16 size = cell_flags(cell) | fill_expiry(channel, idle, change);

	cell_store_begin();
	if (message_is_long(message)) {
		size |= CELL_LONG;
		if (unlikely(message->block->window))
			window_show(cell, idle, message->block);
	} else {
		memcpy(cell->bytes[idle], message->bytes, message->size);
		size |= message->size;
	}
	/* Pairs with view_look(), which may come before the latch is stepped. */
	smp_store_release(&cell->size[idle], size);
	cell_store_end();
	return fill_origin(channel, idle, change);
}

static void empty_half(struct channel *channel, u32 idle, u8 why)
{
	struct msg_slot_cell *cell = channel->cell;

	WRITE_ONCE(cell->size[idle], cell_flags(cell));
	WRITE_ONCE(channel->emptied, why);
}

static __always_inline void replace_message(struct channel *channel,
					    struct change *change,
					    const struct view *view,
					    struct leftover *leftover)
{
	bool was_over = view_is_over(view, view->now);
	struct msg_slot_cell *cell = channel->cell;
	u32 idle = cell_current(cell) ^ 1;
	struct author *author = NULL;

	/* See the top. */
	change_not_before(change, view->written);
	if (change->message)
		author = fill_half(channel, idle, change);
	else
		empty_half(channel, idle,
			   was_over ? MSG_SLOT_EXPIRED : change->emptied);
	WRITE_ONCE(cell->written[idle], change->now);
	cell_step(cell);
	leftover_add(leftover, author, leave_half(channel, idle ^ 1));
	if (change->message)
		change->version = view->version + 1;
	else if (!was_over)
		change->removed = view->version;
	if (was_over && view->size)
		change->expired = view->version;
}

/* When nothing can fail any more. A lane that it is in is frozen. */
static __always_inline void
apply_change(struct channel *channel, struct change *change, struct view *view,
	     struct leftover *leftover, bool in_lane)
{
	if (unlikely(in_lane)) {
		channel_leave_lane(channel, leftover);
		view_look_locked(view, channel);
		change->left_lane = true;
	}
	change->changed = change->message || view->size;
	if (change->changed)
		replace_message(channel, change, view, leftover);
}

/**
 * channel_check_change() - whether a channel may be changed
 * @channel: the channel, whose lock is held
 * @change: what is to become of it
 * @version: the version of its message, or 0 if there is none
 *
 * Return: 0; -ENOENT, -EBUSY or -ESTALE as channel_change().
 */
int channel_check_change(const struct channel *channel, struct change *change,
			 u64 version)
{
	return check_change(channel, change, version);
}

/**
 * channel_apply_change() - change a channel, when nothing can fail any more
 * @channel: the channel, whose lock is held; a lane that it is in is frozen
 * @change: what is to become of it, which is counted in the budget
 * @view: the message that there is
 * @leftover: what is to be put
 */
void channel_apply_change(struct channel *channel, struct change *change,
			  struct view *view, struct leftover *leftover)
{
	apply_change(channel, change, view, leftover, channel_in_lane(channel));
}

/* What is to be called again, with the lane of the channel frozen. */
#define IN_LANE (-EXDEV)

/* Between calls that return IN_LANE. */
static void freeze_lane(struct channel *channel, struct lane **lane)
{
	channel_thaw_lane(*lane);
	*lane = channel_freeze_lane(channel);
}

/* Return: as channel_change(), or IN_LANE if it is not this one that is @frozen. */
static int try_change(struct channel *channel, struct change *change,
		      struct budget *budget, struct lane *frozen)
{
	struct leftover leftover = {};
	struct lane *lane;
	struct view view;
	int err;

	raw_spin_lock(&channel->lock);
	view_look_locked(&view, channel);
	err = check_change(channel, change, view_version(&view));
	lane = err ? NULL : channel_lane(channel);
	if (unlikely(lane) && lane != frozen) {
		raw_spin_unlock(&channel->lock);
		return IN_LANE;
	}
	if (!err && !change_fits(budget, &view, change))
		err = -ENOSPC;
	if (!err)
		apply_change(channel, change, &view, &leftover, lane);
	if (change->release)
		channel->owner = NULL;
	raw_spin_unlock(&channel->lock);

	leftover_put(&leftover, budget, change_author(change));
	return err;
}

/**
 * channel_change() - give a channel another message, or none
 * @channel: the channel, held
 * @change: which, and on what condition
 * @budget: what long messages are counted in
 *
 * Waits for other writers of this channel at most, none of which sleeps; for a channel
 * in a lane it may sleep itself. Tells nobody: that is for the caller.
 *
 * Return: 0; -ENOENT if the channel is kept or gone; -EBUSY if another owner has
 * it; -ESTALE if the condition is not met; -ENOSPC if it would not be within
 * the budget.
 */
int channel_change(struct channel *channel, struct change *change,
		   struct budget *budget)
{
	struct lane *lane = NULL;
	int err;

	do {
		while ((err = try_change(channel, change, budget, lane)) ==
		       IN_LANE)
			freeze_lane(channel, &lane);
	} while (err == -ENOSPC &&
		 spare_give_back(budget, change->wanted,
				 change_limit(change, budget)));
	channel_thaw_lane(lane);
	return err;
}

/* Return: 0, or why the message's time is not to be changed. */
static int check_renewal(const struct channel *channel,
			 const struct renewal *renewal)
{
	int err = check_owner(channel, renewal->owner);

	if (err)
		return err;
	if (!renewal->version)
		return -EWOULDBLOCK;
	if (renewal->conditional && renewal->if_version != renewal->version)
		return -ESTALE;
	return 0;
}

/*
 * In the half that readers look at: one number, and then, where the message lived for
 * ever until now, the flag that it is there. Where that number is two to the processor
 * those who map it are sent to the kernel, which reads it from elsewhere.
 */
static void apply_renewal(struct channel *channel, struct renewal *renewal)
{
	struct msg_slot_cell *cell = channel->cell;
	u32 half = cell_current(cell);
	u16 size = cell->size[half];

	if (!(size & MSG_SLOT_CELL_EXPIRES) && renewal->expires == EXPIRY_NEVER)
		return;
	if (!channel->expiry) {
		channel->expiry = renewal->expiry;
		renewal->expiry = NULL;
	}
	atomic64_set(&channel->expiry->expires[half], renewal->expires);
	if (cell_has_expiry(size))
		WRITE_ONCE(*cell_expires(cell, half), renewal->expires);
	else
		size |= MSG_SLOT_CELL_CALL;
	/* Pairs with view_look(). */
	smp_store_release(&cell->size[half], size | MSG_SLOT_CELL_EXPIRES);
}

/* Return: as channel_renew(), or IN_LANE if it is not this one that is @frozen. */
static int try_renew(struct channel *channel, struct renewal *renewal,
		     struct lane *frozen)
{
	struct leftover leftover = {};
	struct lane *lane;
	struct view view;
	int err;

	raw_spin_lock(&channel->lock);
	view_look_locked(&view, channel);
	renewal->version = view_version(&view);
	err = check_renewal(channel, renewal);
	lane = err ? NULL : channel_lane(channel);
	if (lane && lane != frozen) {
		err = IN_LANE;
	} else if (lane) {
		channel_leave_lane(channel, &leftover);
		view_look_locked(&view, channel);
		renewal->version = view.version;
		renewal->left_lane = true;
	}
	if (!err)
		apply_renewal(channel, renewal);
	raw_spin_unlock(&channel->lock);
	leftover_put_authors(&leftover);
	return err;
}

/**
 * channel_renew() - give a channel's message another time to live
 * @channel: the channel, held
 * @renewal: which, and on what condition
 *
 * The message stays as it is, and nobody is told. Waits as channel_change() does.
 *
 * Return: 0; -EWOULDBLOCK if there is no message; -ENOENT if the channel is kept or
 * gone; -EBUSY if another owner has it; -ESTALE if the condition is not met.
 */
int channel_renew(struct channel *channel, struct renewal *renewal)
{
	struct lane *lane = NULL;
	int err;

	while ((err = try_renew(channel, renewal, lane)) == IN_LANE)
		freeze_lane(channel, &lane);
	channel_thaw_lane(lane);
	return err;
}

/**
 * channel_claim() - make an open file the only one that may write
 * @channel: the channel
 * @owner: the open file, which is not yet
 *
 * Return: 0; -EBUSY if another is; -ENOENT if the channel is kept or gone.
 */
int channel_claim(struct channel *channel, const void *owner)
{
	int err = 0;

	raw_spin_lock(&channel->lock);
	if (channel->state != CHANNEL_LIVE)
		err = -ENOENT;
	else if (channel->owner)
		err = -EBUSY;
	else
		channel->owner = owner;
	raw_spin_unlock(&channel->lock);
	return err;
}

/**
 * channel_release() - undo channel_claim()
 * @channel: the channel
 */
void channel_release(struct channel *channel)
{
	raw_spin_lock(&channel->lock);
	channel->owner = NULL;
	raw_spin_unlock(&channel->lock);
}

/**
 * channel_keep() - let no message be written to a channel any more
 * @channel: the channel, held
 *
 * The caller holds slot->lock.
 *
 * Return: whether it is from live to kept: not with a message or an owner.
 */
bool channel_keep(struct channel *channel)
{
	bool unused;

	raw_spin_lock(&channel->lock);
	unused = channel->state == CHANNEL_LIVE && channel_empty(channel) &&
		 !channel->owner;
	if (unused)
		WRITE_ONCE(channel->state, CHANNEL_KEPT);
	raw_spin_unlock(&channel->lock);
	return unused;
}

/**
 * channel_revive() - undo channel_keep()
 * @channel: the channel, held
 *
 * The caller holds slot->lock.
 */
void channel_revive(struct channel *channel)
{
	raw_spin_lock(&channel->lock);
	channel->owner = NULL;
	WRITE_ONCE(channel->state, CHANNEL_LIVE);
	raw_spin_unlock(&channel->lock);
}

/**
 * channel_settle() - after joining those who are told of a channel's changes
 * @channel: the channel, held or under RCU
 * @id: its id
 * @listens: it is the list of the channel's own listeners that was joined
 * @version: where to: what channel_version() would give; or NULL
 *
 * Writers who come later tell the caller; what those before wrote, the caller
 * sees.
 *
 * Return: whether that is so; not if the channel is gone, and its id may have
 * another.
 */
bool channel_settle(struct channel *channel, u32 id, bool listens, u64 *version)
{
	struct view view;
	bool settled;

	raw_spin_lock(&channel->lock);
	settled = channel_is(channel, id);
	if (settled && listens)
		WRITE_ONCE(channel->listened, true);
	/* Also that the owner of a lane is to ring. */
	if (settled && (version || channel_in_lane(channel)))
		view_look_locked(&view, channel);
	if (settled && version)
		*version = view_version(&view);
	raw_spin_unlock(&channel->lock);
	return settled;
}

/**
 * channel_forget_listeners() - nobody listens to a channel any more
 * @channel: the channel, held or under RCU
 *
 * The caller sees to it that meanwhile nobody joins its listeners.
 */
void channel_forget_listeners(struct channel *channel)
{
	raw_spin_lock(&channel->lock);
	WRITE_ONCE(channel->listened, false);
	raw_spin_unlock(&channel->lock);
}
