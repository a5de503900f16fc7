// SPDX-License-Identifier: GPL-2.0
/*
 * An expiry: when a channel's message is over, and who sees to it then.
 *
 * That a message is over, every reader sees from the clock, at once. What is
 * here only takes it away soon after: a queue in the order of time, so that
 * nothing is ever searched, and one timer for the first in it.
 *
 * A channel stays in the queue when its message is replaced by one that is over
 * later or never: whoever looks at it too early finds that out, and queues it
 * again or not. Too late it never is: expiry_arm() comes after each message with
 * a time to live, and takes the time from the channel, under the queue's lock.
 */
#include <linux/slab.h>

#include "channel.h"
#include "compat.h"
#include "expiry.h"
#include "message_slot.h"
#include "slot.h"

/**
 * expiry_create() - what a channel needs for messages with a time to live
 * @gfp: how to allocate
 *
 * Return: for struct change, else for kfree(); or NULL without memory.
 */
struct expiry *expiry_create(gfp_t gfp)
{
	struct expiry *expiry = kzalloc(sizeof(*expiry), gfp);

	if (expiry)
		timerqueue_init(&expiry->node);
	return expiry;
}

static void start_timer(struct expiries *expiries)
{
	struct timerqueue_node *first = timerqueue_getnext(&expiries->queue);

	lockdep_assert_held(&expiries->lock);
	if (first)
		hrtimer_start(&expiries->timer, first->expires,
			      HRTIMER_MODE_ABS);
}

static void unqueue(struct expiries *expiries, struct expiry *expiry)
{
	lockdep_assert_held(&expiries->lock);
	timerqueue_del(&expiries->queue, &expiry->node);
	expiry->queued = false;
}

/**
 * expiry_arm() - see to a channel's message when it is over
 * @slot: its slot
 * @channel: the channel, held
 *
 * Does nothing if the message is never over. Process context.
 */
void expiry_arm(struct slot *slot, struct channel *channel)
{
	struct expiries *expiries = &slot->expiries;
	struct expiry *expiry;
	u64 expires;

	spin_lock(&expiries->lock);
	expires = channel_expires(channel);
	if (!expires)
		goto unlock;
	expiry = channel->expiry;
	if (expiry->queued)
		unqueue(expiries, expiry);
	else
		refcount_inc(&channel->users);
	expiry->channel = channel;
	expiry->node.expires = expires;
	expiry->queued = true;
	/* Whether it is the first now. */
	if (timerqueue_add(&expiries->queue, &expiry->node))
		start_timer(expiries);
unlock:
	spin_unlock(&expiries->lock);
}

/**
 * expiry_disarm() - see to a channel's messages no more
 * @slot: its slot
 * @channel: the channel, held, which is gone
 */
void expiry_disarm(struct slot *slot, struct channel *channel)
{
	struct expiry *expiry = channel->expiry;
	bool queued = false;

	if (!expiry)
		return;
	spin_lock(&slot->expiries.lock);
	queued = expiry->queued;
	if (queued)
		unqueue(&slot->expiries, expiry);
	spin_unlock(&slot->expiries.lock);
	if (queued)
		channel_put(channel);
}

/* Return: a channel whose time has come, for channel_put(), or NULL. */
static struct channel *next_due(struct expiries *expiries, u64 now)
{
	struct timerqueue_node *first;
	struct channel *channel = NULL;

	spin_lock(&expiries->lock);
	first = timerqueue_getnext(&expiries->queue);
	if (first && first->expires <= now) {
		struct expiry *expiry =
			container_of(first, struct expiry, node);

		unqueue(expiries, expiry);
		channel = expiry->channel;
	} else {
		start_timer(expiries);
	}
	spin_unlock(&expiries->lock);
	return channel;
}

static void take_expired(struct work_struct *work)
{
	struct slot *slot = container_of(work, struct slot, expiries.work);
	struct channel *channel;

	while ((channel = next_due(&slot->expiries, ktime_get_boottime_ns()))) {
		slot_expire(slot, channel);
		/* It may have another message by now, also with a time. */
		expiry_arm(slot, channel);
		channel_put(channel);
		cond_resched();
	}
}

static enum hrtimer_restart ring(struct hrtimer *timer)
{
	struct expiries *expiries = container_of(timer, struct expiries, timer);

	/* What is done may take long: not on a processor's own queue. */
	queue_work(system_unbound_wq, &expiries->work);
	return HRTIMER_NORESTART;
}

/**
 * expiry_init() - a slot in which nothing expires yet
 * @slot: the slot
 */
void expiry_init(struct slot *slot)
{
	struct expiries *expiries = &slot->expiries;

	spin_lock_init(&expiries->lock);
	timerqueue_init_head(&expiries->queue);
	INIT_WORK(&expiries->work, take_expired);
	/* The clock that runs on while the machine is suspended. */
	hrtimer_setup(&expiries->timer, ring, CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
}

static struct channel *take_first(struct expiries *expiries)
{
	struct timerqueue_node *first;
	struct expiry *expiry = NULL;

	spin_lock(&expiries->lock);
	first = timerqueue_getnext(&expiries->queue);
	if (first) {
		expiry = container_of(first, struct expiry, node);
		unqueue(expiries, expiry);
	}
	spin_unlock(&expiries->lock);
	return expiry ? expiry->channel : NULL;
}

/**
 * expiry_exit() - undo expiry_init()
 * @slot: the slot, which nobody uses any more
 */
void expiry_exit(struct slot *slot)
{
	struct channel *channel;

	/* With nothing in the queue, the work does not start the timer again. */
	while ((channel = take_first(&slot->expiries)))
		channel_put(channel);
	hrtimer_cancel(&slot->expiries.timer);
	cancel_work_sync(&slot->expiries.work);
}
