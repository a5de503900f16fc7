// SPDX-License-Identifier: GPL-2.0
/*
 * A claim: an open file's right to be the only one that writes a channel.
 *
 * What the end of a claim needs is there from its beginning: the channel, which
 * a claim keeps live, and the will, which is in memory and counted. So the end
 * can't fail, wherever it comes: in a call, at exit() or after SIGKILL, when
 * the kernel closes the file.
 *
 * Threads may share an open file. Which channels it has claimed and which
 * channels have it as their owner is the same to all of them, as both change
 * under one mutex, open_file->claiming: one who claims what another is just
 * giving back waits for the end of that.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "channel/budget.h"
#include "channel/channel.h"
#include "channel/lane.h"
#include "channel/spare.h"
#include "claim.h"
#include "memory.h"
#include "message_slot.h"
#include "open_file.h"
#include "slot/slot.h"
#include "slot/slot_lanes.h"
#include "slot/trace.h"

/**
 * struct claim - a claim that an open file holds
 * @node: in the open file's tree, by the channel's id
 * @channel: the channel, held
 * @end: what becomes of it, an enum msg_slot_end
 * @will: what is published then, or a message without size
 * @lane: its lane, or NULL
 */
struct claim {
	struct rb_node node;
	struct channel *channel;
	u32 end;
	struct message will;
	struct lane *lane;
};

static u32 claim_id(const struct rb_node *node)
{
	return rb_entry(node, struct claim, node)->channel->id;
}

/* For rb_find(). */
static int claim_compare(const void *key, const struct rb_node *node)
{
	u32 id = *(const u32 *)key;

	return id < claim_id(node) ? -1 : id > claim_id(node);
}

/* For rb_add(). */
static bool claim_less(struct rb_node *node, const struct rb_node *other)
{
	return claim_id(node) < claim_id(other);
}

static struct claim *find_claim(struct open_file *of, u32 id)
{
	lockdep_assert_held(&of->claiming);
	return rb_entry_safe(rb_find(&id, &of->claims, claim_compare),
			     struct claim, node);
}

static void set_claim_end(struct claim *claim, u32 end,
			  const struct message *will)
{
	claim->end = end;
	claim->will = *will;
	message_hold(will);
}

/* Return: the channel, held, which @of owns from now on; or ERR_PTR(). */
static struct channel *own_channel(struct open_file *of, u32 id)
{
	struct channel *channel;
	int err;

	do {
		channel = slot_obtain(of->slot, id, false);
		if (IS_ERR(channel))
			return channel;
		err = channel_claim(channel, of);
		if (!err)
			return channel;
		slot_prune(of->slot, channel);
		channel_put(channel);
	} while (err == -ENOENT);
	return ERR_PTR(err);
}

static int add_claim(struct open_file *of, u32 id, u32 end,
		     const struct message *will)
{
	struct claim *claim = kmalloc(sizeof(*claim), MEMORY_WAIT);

	if (!claim)
		return -ENOMEM;
	claim->channel = own_channel(of, id);
	if (IS_ERR(claim->channel)) {
		int err = PTR_ERR(claim->channel);

		kfree(claim);
		return err;
	}
	set_claim_end(claim, end, will);
	claim->lane = NULL;
	rb_add(&claim->node, &of->claims, claim_less);
	WRITE_ONCE(of->claimed, of->claimed + 1);
	counters_inc(&of->slot->counters, COUNT_CLAIMS);
	counters_inc(&of->slot->counters, COUNT_HELD);
	trace_claim(of->slot, id, end);
	return 0;
}

/**
 * claim_take() - claim a channel, or change what becomes of it at the end
 * @of: the open file
 * @id: the channel
 * @end: an enum msg_slot_end
 * @will: the will, or a message without size; the caller puts it
 *
 * Return: 0; -EBUSY if another open file has it; -ENOSPC or -ENOMEM.
 */
int claim_take(struct open_file *of, u32 id, u32 end,
	       const struct message *will)
{
	struct budget *budget = &of->slot->budget;
	struct claim *claim;
	u32 before = 0;
	int err = 0;

	mutex_lock(&of->claiming);
	claim = find_claim(of, id);
	if (claim)
		before = budget_bytes(claim->will.size, false);
	if (!spare_make_room(budget, before, budget_bytes(will->size, false))) {
		err = -ENOSPC;
	} else if (claim) {
		message_put(&claim->will);
		set_claim_end(claim, end, will);
	} else {
		err = add_claim(of, id, end, will);
		if (err)
			budget_replace(budget, budget_bytes(will->size, false),
				       0);
	}
	mutex_unlock(&of->claiming);
	return err;
}

static void end_lane(struct open_file *of, struct claim *claim)
{
	if (!claim->lane)
		return;
	slot_end_lane(of->slot, claim->channel, claim->lane);
	claim->lane = NULL;
	WRITE_ONCE(of->lanes, of->lanes - 1);
}

/* The end of a claim that is in no tree any more, but for who is the last. */
static void end_claim(struct open_file *of, struct claim *claim)
{
	struct change change = {
		.message = claim->end == MSG_SLOT_END_WILL ? &claim->will :
							     NULL,
		.author = of->author,
		.owner = of,
		.release = true,
		.reserved = budget_bytes(claim->will.size, false),
		.emptied = MSG_SLOT_CLEARED,
	};

	end_lane(of, claim);
	change.now = ktime_get_boottime_ns();
	if (claim->end == MSG_SLOT_END_KEEP)
		channel_release(claim->channel);
	else
		slot_change_held(of->slot, claim->channel, &change);
	if (change.message && change.changed)
		counters_inc(&of->slot->counters, COUNT_WILLS);
	counters_dec(&of->slot->counters, COUNT_HELD);
	WRITE_ONCE(of->claimed, of->claimed - 1);
	trace_claim_end(of->slot, claim->channel->id, claim->end);
	slot_prune(of->slot, claim->channel);
	message_put(&claim->will);
	channel_put(claim->channel);
	kfree(claim);
}

/**
 * claim_release() - end a claim
 * @of: the open file
 * @id: the channel
 *
 * Return: 0, or -EINVAL if the open file does not hold it.
 */
int claim_release(struct open_file *of, u32 id)
{
	struct claim *claim;

	mutex_lock(&of->claiming);
	claim = find_claim(of, id);
	if (claim) {
		rb_erase(&claim->node, &of->claims);
		end_claim(of, claim);
	}
	mutex_unlock(&of->claiming);
	return claim ? 0 : -EINVAL;
}

/* Return: 0 and the lane's place, or as claim_begin_lane(). */
static int begin_lane(struct open_file *of, struct claim *claim,
		      struct address_space *mapping, u32 *place)
{
	struct lane *lane;

	if (claim->lane)
		return -EEXIST;
	lane = slot_begin_lane(of->slot, claim->channel, of->author, mapping);
	if (IS_ERR(lane))
		return PTR_ERR(lane);
	claim->lane = lane;
	WRITE_ONCE(of->lanes, of->lanes + 1);
	*place = lane->place;
	return 0;
}

/**
 * claim_begin_lane() - a lane for a channel that is claimed
 * @of: the open file
 * @id: the channel
 * @mapping: where the lane will be mapped
 * @place: the lane's place in the slot
 *
 * Return: 0; -EPERM if the open file is narrowed to reading; -EINVAL if it does not hold
 * the claim, or is narrowed to another channel; -EEXIST if there is a
 * lane; -ENOSPC or -ENOMEM.
 */
int claim_begin_lane(struct open_file *of, u32 id,
		     struct address_space *mapping, u32 *place)
{
	struct claim *claim;
	int err;

	mutex_lock(&of->claiming);
	claim = find_claim(of, id);
	/* Narrowed meanwhile, lanes are ended under the mutex. */
	if (READ_ONCE(of->read_only))
		err = -EPERM;
	else if (!claim || (of->only && of->only != id))
		err = -EINVAL;
	else
		err = begin_lane(of, claim, mapping, place);
	mutex_unlock(&of->claiming);
	return err;
}

/**
 * claim_ring() - a message was written in the lane of a channel
 * @of: the open file
 * @id: the channel
 *
 * Return: 0, or -EINVAL if the open file has no lane of it.
 */
int claim_ring(struct open_file *of, u32 id)
{
	struct claim *claim;
	int err = -EINVAL;

	mutex_lock(&of->claiming);
	claim = find_claim(of, id);
	if (claim && claim->lane) {
		slot_ring(of->slot, claim->channel, claim->lane);
		err = 0;
	}
	mutex_unlock(&of->claiming);
	return err;
}

/**
 * claim_end_lanes() - write to lanes no more
 * @of: the open file, which is narrowed
 * @but: but for this channel; 0: none
 *
 * The claims stay. May sleep; takes time in proportion to the claims.
 */
void claim_end_lanes(struct open_file *of, u32 but)
{
	struct rb_node *node;

	mutex_lock(&of->claiming);
	for (node = rb_first(&of->claims); node; node = rb_next(node)) {
		struct claim *claim = rb_entry(node, struct claim, node);

		if (claim->channel->id != but)
			end_lane(of, claim);
		cond_resched();
	}
	mutex_unlock(&of->claiming);
}

/**
 * claim_release_all() - end all claims of an open file
 * @of: the open file, which nobody uses any more
 *
 * May sleep; takes time in proportion to the claims.
 */
void claim_release_all(struct open_file *of)
{
	struct claim *claim, *next;

	rbtree_postorder_for_each_entry_safe(claim, next, &of->claims, node) {
		end_claim(of, claim);
		cond_resched();
	}
}
