// SPDX-License-Identifier: GPL-2.0
/*
 * A commit: several channels changed at one moment, or none of them.
 *
 * All that may fail or sleep comes before: messages are fetched, channels and expiries
 * allocated. Then slot->lock keeps channels from coming and going, and the locks of all
 * channels, taken in the order of their ids, keep their messages and owners as they are,
 * while all conditions are looked at, the budget once, and everything is changed. Those
 * who listen are told when no lock is held any more.
 *
 * Single reads wait for nobody, as always, and in the middle of a commit one finds the new
 * message of a channel, and then another the old one of the next. So do mapped reads,
 * MSG_SLOT_WAIT and poll(), which tell of one channel each. What promises something of
 * several has to find out, and for that the channels are marked before the first latch is
 * stepped, until the last one was. A snapshot that holds no lock:
 *
 *   commit (with the locks of A and B)   snapshot
 *
 *   mark A and B
 *   step A's latch
 *                                        A's latch: the new one; copy A
 *                                        B's latch: the old one; copy B
 *                                        A is marked: begin anew
 *   step B's latch
 *   take both marks away
 *                                        (or A is not marked any more, and then
 *                                        B's latch is another: begin anew)
 *
 * The order that this needs: who has seen A's new latch sees B's mark, or if it is gone,
 * B's new latch. The first is the release in cell_step(), the second the one in
 * unmark_channels(). The snapshot looks at all latches, then at each mark and after it at
 * that latch again; both looks acquire.
 *
 * A watch promises that when it tells one of a commit's changes, all can be read. The
 * commit marks in watches and wakes up when it is over, but a watch may be about to tell of
 * A already:
 *
 *   commit                               watch (A was changed before)
 *
 *   mark A and B
 *   step A's latch
 *                                        fill in the new A
 *                                        A is marked: wait for slot->lock
 *   step B's latch
 *   take both marks away, unlock
 *                                        unlock; A is told: B can be read
 *
 * It looks at the mark after it has filled in, so that what it has filled in is older than
 * the commit, or the mark is there, or all has been changed. It waits once, at the end of
 * the read(), for all that it tells.
 *
 * Where the processor of a commit does not run (a virtual one), those wait who would wait
 * for any holder of these locks: who writes one of the channels, adds or removes one in the
 * slot, or takes a snapshot of, or is told by a watch of, one of the channels. Nobody spins
 * on a mark: a snapshot that finds one a few times queues for slot->lock, which on
 * PREEMPT_RT lends the holder its priority. With a mark there, the holder has a raw lock,
 * and is not preempted.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "channel/budget.h"
#include "channel/channel_lane.h"
#include "channel/spare.h"
#include "commit.h"
#include "memory.h"
#include "slot.h"
#include "slot_lanes.h"

/* What is to be called again, with the lanes of the channels frozen. */
#define IN_LANE (-EXDEV)

/* Likewise, with a spare for each channel that is missing. */
#define WANTS_SPARES (-EAGAIN)

/* Likewise, with more room in the budget. */
#define WANTS_ROOM (-EDQUOT)

/**
 * commit_create() - a commit of nothing yet
 * @slot: the slot
 * @count: how many channels it is for
 *
 * The caller fills in the items.
 *
 * Return: the commit, for commit_destroy(), or NULL without memory.
 */
struct commit *commit_create(struct slot *slot, u32 count)
{
	struct commit *commit;
	u32 i;

	commit = kvmalloc(struct_size(commit, items, count), MEMORY_WAIT);
	if (!commit)
		return NULL;
	commit->slot = slot;
	commit->count = count;
	commit->failed = count;
	commit->frozen = false;
	for (i = 0; i < count; i++) {
		struct commit_item *item = &commit->items[i];

		item->message.size = 0;
		item->change.expiry = NULL;
		item->channel = NULL;
		item->spare = NULL;
		item->leftover = (struct leftover){};
	}
	return commit;
}

/**
 * commit_destroy() - free a commit
 * @commit: the commit, or NULL
 */
void commit_destroy(struct commit *commit)
{
	u32 i;

	if (!commit)
		return;
	for (i = 0; i < commit->count; i++) {
		struct commit_item *item = &commit->items[i];

		message_put(&item->message);
		kfree(item->change.expiry);
		if (item->spare)
			channel_put(item->spare);
	}
	kvfree(commit);
}

/**
 * commit_sort() - bring the channels in the order in which they are locked
 * @commit: the commit, with all ids
 *
 * There are few, and often they are in order.
 *
 * Return: 0, or -EINVAL if an id is there twice.
 */
int commit_sort(struct commit *commit)
{
	u32 i, at;

	for (i = 0; i < commit->count; i++) {
		struct commit_item *item = &commit->items[i];
		struct commit_item **order = commit->order;

		for (at = i; at && order[at - 1]->id > item->id; at--)
			order[at] = order[at - 1];
		if (at && order[at - 1]->id == item->id) {
			commit->failed = i;
			return -EINVAL;
		}
		order[at] = item;
	}
	return 0;
}

/* Return: the channel, if there is one that can be changed. */
static struct channel *live_channel(const struct commit_item *item)
{
	struct channel *channel = item->channel;

	return channel && channel->state == CHANNEL_LIVE ? channel : NULL;
}

/* Whether the channel has to be added, or revived, first. */
static bool is_missing(const struct commit_item *item)
{
	return !live_channel(item) && change_makes_channel(&item->change);
}

/* Return: how many are missing. */
static u32 find_channels(struct commit *commit)
{
	u32 missing = 0;
	u32 i;

	lockdep_assert_held(&commit->slot->lock);
	for (i = 0; i < commit->count; i++) {
		struct commit_item *item = &commit->items[i];

		item->channel = slot_find(commit->slot, item->id);
		/* It has users, for it is in the table. */
		if (item->channel)
			refcount_inc(&item->channel->users);
		missing += is_missing(item);
	}
	return missing;
}

static void lock_channels(struct commit *commit)
{
	u32 i;

	for (i = 0; i < commit->count; i++) {
		struct channel *channel = live_channel(commit->order[i]);

		if (channel)
			slot_lock_channel(commit->slot, channel);
	}
}

static void unlock_channels(struct commit *commit)
{
	u32 i;

	for (i = 0; i < commit->count; i++) {
		struct channel *channel = live_channel(commit->order[i]);

		if (channel)
			slot_unlock_channel(channel);
	}
}

/* All at one time, that of the first look: what ends meanwhile, all have before them. */
static void look_at_items(struct commit *commit)
{
	u64 now = 0;
	u32 i;

	for (i = 0; i < commit->count; i++) {
		struct commit_item *item = &commit->items[i];
		struct channel *channel = live_channel(item);

		if (channel)
			view_look_locked(&item->view, channel);
		else
			memset(&item->view, 0, sizeof(item->view));
		now = now ?: item->view.now;
		if (item->view.now)
			item->view.now = now;
	}
}

/* Return: 0, -EBUSY or -ESTALE. */
static int check_item(struct commit_item *item)
{
	struct channel *channel = live_channel(item);
	u64 version = view_version(&item->view);
	struct change *change = &item->change;

	/* For every one, should it be the condition of another that is not met. */
	change->version = version;
	if (channel)
		return channel_check_change(channel, change, version);
	return change->conditional && change->if_version ? -ESTALE : 0;
}

/*
 * Rights come before conditions. These are looked at only when no owner of a lane, which is
 * who commits, can write: all versions are of one moment. Return: 0, -EBUSY, IN_LANE or
 * -ESTALE.
 */
static int check_items(struct commit *commit)
{
	u32 stale = commit->count;
	u32 busy = commit->count;
	bool in_lane = false;
	u32 i;

	look_at_items(commit);
	for (i = commit->count; i--;) {
		struct commit_item *item = &commit->items[i];
		int err = check_item(item);

		if (err == -EBUSY)
			busy = i;
		else if (err)
			stale = i;
		if (live_channel(item) && channel_in_lane(item->channel))
			in_lane = true;
	}
	commit->failed = busy;
	if (busy < commit->count)
		return -EBUSY;
	if (in_lane && !commit->frozen)
		return IN_LANE;
	commit->failed = stale;
	return stale < commit->count ? -ESTALE : 0;
}

/* Return: whether it would be within the budget, which is so from now on. */
static bool reserve_bytes(struct commit *commit)
{
	struct budget *budget = &commit->slot->budget;
	u64 before = 0;
	u64 after = 0;
	u32 i;

	commit->limit = U64_MAX;
	for (i = 0; i < commit->count; i++) {
		const struct change *change = &commit->items[i].change;

		before += view_bytes(&commit->items[i].view);
		after += change_bytes(change);
		commit->limit =
			min(commit->limit, change_limit(change, budget));
	}
	commit->wanted = after - before;
	return budget_replace_within(budget, before, after, commit->limit);
}

static void mark_channels(struct commit *commit)
{
	u32 i;

	for (i = 0; i < commit->count; i++) {
		struct channel *channel = live_channel(&commit->items[i]);

		if (channel)
			WRITE_ONCE(channel->in_commit, true);
	}
}

static void unmark_channels(struct commit *commit)
{
	u32 i;

	for (i = 0; i < commit->count; i++) {
		struct channel *channel = live_channel(&commit->items[i]);

		if (!channel)
			continue;
		/* After all latches. Pairs with channel_in_commit(). */
		smp_store_release(&channel->in_commit, false);
	}
}

/* All at one time, which is no earlier than that of any message before. */
static void set_time(struct commit *commit)
{
	u64 latest = 0;
	u32 i;

	for (i = 0; i < commit->count; i++)
		latest = max(latest, commit->items[i].view.written);
	for (i = 0; i < commit->count; i++)
		change_not_before(&commit->items[i].change, latest);
}

static void apply_items(struct commit *commit)
{
	u32 i;

	set_time(commit);
	mark_channels(commit);
	for (i = 0; i < commit->count; i++) {
		struct commit_item *item = &commit->items[i];

		if (live_channel(item))
			channel_apply_change(item->channel, &item->change,
					     &item->view, &item->leftover);
	}
	unmark_channels(commit);
}

/* Return: 0, -EBUSY, IN_LANE, -ESTALE; where it is to be applied also WANTS_ROOM. */
static int check_locked(struct commit *commit, bool apply)
{
	int err;

	lock_channels(commit);
	err = check_items(commit);
	if (!err && apply && !reserve_bytes(commit))
		err = WANTS_ROOM;
	if (!err && apply)
		apply_items(commit);
	unlock_channels(commit);
	return err;
}

/* Return: 0, or -ENOMEM. */
static int add_channel(struct slot *slot, struct commit_item *item)
{
	int err;

	if (item->channel) {
		slot_revive(slot, item->channel);
		return 0;
	}
	err = slot_insert(slot, item->spare);
	if (err)
		return err;
	swap(item->channel, item->spare);
	/* The table has one already. */
	refcount_inc(&item->channel->users);
	return 0;
}

static bool has_spares(const struct commit *commit)
{
	u32 i;

	for (i = 0; i < commit->count; i++) {
		const struct commit_item *item = &commit->items[i];

		if (is_missing(item) && !item->channel && !item->spare)
			return false;
	}
	return true;
}

/* Return: 0, WANTS_SPARES, -ENOSPC or -ENOMEM. */
static int add_missing(struct commit *commit, u32 missing)
{
	struct slot *slot = commit->slot;
	int err;
	u32 i;

	if (!has_spares(commit))
		return WANTS_SPARES;
	err = slot_count_in(slot, missing);
	if (err)
		return err;
	for (i = 0; i < commit->count && !err; i++) {
		struct commit_item *item = &commit->items[i];

		if (!is_missing(item))
			continue;
		err = add_channel(slot, item);
		if (!err)
			missing--;
		else
			commit->failed = i;
	}
	slot_count_out(slot, missing);
	return err;
}

/*
 * What can be seen to fail is, before channels are added: those who watch the whole slot
 * would be told that they went.
 */
static int try_commit(struct commit *commit)
{
	u32 missing;
	int err = 0;

	commit->failed = commit->count;
	spin_lock(&commit->slot->lock);
	missing = find_channels(commit);
	if (missing)
		err = check_locked(commit, false) ?:
						    add_missing(commit, missing);
	if (!err)
		err = check_locked(commit, true);
	spin_unlock(&commit->slot->lock);
	return err;
}

/* Tells what has become of the channels, and lets go of them. */
static void finish_channels(struct commit *commit)
{
	u32 i;

	for (i = 0; i < commit->count; i++) {
		struct commit_item *item = &commit->items[i];

		if (item->channel)
			slot_changed(commit->slot, item->channel,
				     &item->change);
	}
	for (i = 0; i < commit->count; i++) {
		struct commit_item *item = &commit->items[i];

		leftover_put(&item->leftover, &commit->slot->budget,
			     change_author(&item->change));
		if (item->channel)
			channel_put(item->channel);
		item->channel = NULL;
		cond_resched();
	}
}

/* Return: 0, -ENOSPC or -ENOMEM. */
static int make_spares(struct commit *commit)
{
	u32 i;

	for (i = 0; i < commit->count; i++) {
		struct commit_item *item = &commit->items[i];
		struct channel *spare;

		if (item->spare || !change_makes_channel(&item->change) ||
		    slot_has_channel(commit->slot, item->id))
			continue;
		spare = slot_prepare(commit->slot, item->id, false);
		if (IS_ERR(spare)) {
			commit->failed = i;
			return PTR_ERR(spare);
		}
		item->spare = spare;
	}
	return 0;
}

/* Return: 0, or -ENOSPC. */
static int make_room(struct commit *commit)
{
	return spare_give_back(&commit->slot->budget, commit->wanted,
			       commit->limit) ?
		       0 :
		       -ENOSPC;
}

/* Keeps the owner of lanes from writing. */
static void freeze_lanes(struct commit *commit)
{
	u32 i;

	/* No channel enters or leaves a lane either, and no lane ends. */
	down_write(&commit->slot->lanes.all);
	commit->frozen = true;
	for (i = 0; i < commit->count; i++)
		slot_unmap_lane(commit->slot, commit->items[i].id);
}

static void thaw_lanes(struct commit *commit)
{
	if (commit->frozen)
		up_write(&commit->slot->lanes.all);
	commit->frozen = false;
}

/**
 * commit_apply() - change all channels, or none of them
 * @commit: the commit, sorted
 *
 * May sleep, for memory for new channels, and for lanes. It is tried again only with a
 * spare more for a channel that was there before, with lanes frozen, or with a block of
 * those given back that are kept for other messages.
 *
 * Return: 0; -EBUSY if another owner has one of the channels; -ESTALE if a condition is
 * not met; -ENOSPC if it would not be within the slot's limits; -ENOMEM; -EINTR when the
 * task is being killed. After all but 0 nothing has changed.
 */
int commit_apply(struct commit *commit)
{
	int err;

	while (1) {
		err = try_commit(commit);
		if (err != IN_LANE)
			thaw_lanes(commit);
		finish_channels(commit);
		if (err == IN_LANE)
			freeze_lanes(commit);
		else if (err == WANTS_SPARES)
			err = make_spares(commit);
		else if (err == WANTS_ROOM)
			err = make_room(commit);
		else
			return err;
		if (err && err != IN_LANE)
			return err;
		if (fatal_signal_pending(current))
			break;
	}
	thaw_lanes(commit);
	return -EINTR;
}

/**
 * commit_await() - wait for the end of commits that are under way
 * @slot: the slot
 *
 * For who has found a channel to be in one.
 */
void commit_await(struct slot *slot)
{
	spin_lock(&slot->lock);
	spin_unlock(&slot->lock);
}
