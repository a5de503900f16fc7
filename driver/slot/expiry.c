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
 * again or not. Too late it never is: expiry_arm() comes after each message
 * with a time to live, and takes the time from the channel, under the queue's
 * lock.
 *
 * The work arms again what it has taken from the queue, and starts the timer;
 * the timer queues the work. expiry_exit() says under the lock that this has
 * ended, and from then on nothing is armed or started, whoever comes:
 *
 *   work                                expiry_exit()
 *
 *   take a channel from the queue
 *                                       ended = true
 *   expiry_arm(): does nothing          cancel the timer: it stays so
 *   take the next: there is none        cancel the work: wait for it
 *                                       let go of what is in the queue
 */
#include <linux/slab.h>

#include "channel/channel.h"
#include "compat.h"
#include "expiry.h"

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

/* Nothing is queued or started any more once expiries->ended. */
static void expiry_start_timer(struct expiries *expiries)
{
	struct timerqueue_node *first = timerqueue_getnext(&expiries->queue);

	lockdep_assert_held(&expiries->lock);
	if (first && !expiries->ended)
		hrtimer_start(&expiries->timer, first->expires,
			      HRTIMER_MODE_ABS);
}

static void expiry_unqueue(struct expiries *expiries, struct expiry *expiry)
{
	lockdep_assert_held(&expiries->lock);
	timerqueue_del(&expiries->queue, &expiry->node);
	expiry->queued = false;
}

/**
 * expiry_arm() - see to a channel's message when it is over
 * @expiries: those of its slot
 * @channel: the channel, held
 *
 * Does nothing if the message is never over, or after expiry_exit(). Process
 * context.
 */
void expiry_arm(struct expiries *expiries, struct channel *channel)
{
	struct expiry *expiry;
	u64 expires;

	spin_lock(&expiries->lock);
	expires = channel_expires(channel);
	if (!expires || expires > KTIME_MAX || expiries->ended)
		goto unlock;
	expiry = channel->expiry;
	if (expiry->queued)
		expiry_unqueue(expiries, expiry);
	else
		refcount_inc(&channel->users);
	expiry->channel = channel;
	expiry->node.expires = expires;
	expiry->queued = true;
	/* Whether it is the first now. */
	if (timerqueue_add(&expiries->queue, &expiry->node))
		expiry_start_timer(expiries);
unlock:
	spin_unlock(&expiries->lock);
}

/**
 * expiry_disarm() - see to a channel's messages no more
 * @expiries: those of its slot
 * @channel: the channel, held, which is gone
 */
void expiry_disarm(struct expiries *expiries, struct channel *channel)
{
	struct expiry *expiry = channel->expiry;
	bool queued = false;

	if (!expiry)
		return;
	spin_lock(&expiries->lock);
	queued = expiry->queued;
	if (queued)
		expiry_unqueue(expiries, expiry);
	spin_unlock(&expiries->lock);
	if (queued)
		channel_put(channel);
}

/* Return: the first in the queue whose time has come, or NULL. */
static struct expiry *expiry_first_due(struct expiries *expiries, u64 now)
{
	struct timerqueue_node *first = timerqueue_getnext(&expiries->queue);

	lockdep_assert_held(&expiries->lock);
	if (!first || first->expires > now)
		return NULL;
	return container_of(first, struct expiry, node);
}

/* Return: a channel whose time has come, for channel_put(), or NULL. */
static struct channel *expiry_take_due(struct expiries *expiries, u64 now)
{
	struct channel *channel = NULL;
	struct expiry *expiry;

	spin_lock(&expiries->lock);
	expiry = expiries->ended ? NULL : expiry_first_due(expiries, now);
	if (expiry) {
		expiry_unqueue(expiries, expiry);
		channel = expiry->channel;
	} else {
		expiry_start_timer(expiries);
	}
	spin_unlock(&expiries->lock);
	return channel;
}

static void expiry_work(struct work_struct *work)
{
	struct expiries *expiries = container_of(work, struct expiries, work);
	struct channel *channel;

	while ((channel = expiry_take_due(expiries, ktime_get_boottime_ns()))) {
		expiries->expire(expiries, channel);
		/* It may have another message by now, also with a time. */
		expiry_arm(expiries, channel);
		channel_put(channel);
		cond_resched();
	}
}

static enum hrtimer_restart expiry_timer_fired(struct hrtimer *timer)
{
	struct expiries *expiries = container_of(timer, struct expiries, timer);

	/* What is done may take long: not on a processor's own queue. */
	queue_work(system_dfl_wq, &expiries->work);
	return HRTIMER_NORESTART;
}

/**
 * expiry_init() - a slot in which nothing expires yet
 * @expiries: where to
 * @expire: takes the message of a channel, which is held, away if its time is
 *	over; in process context
 */
void expiry_init(struct expiries *expiries,
		 void (*expire)(struct expiries *expiries,
				struct channel *channel))
{
	spin_lock_init(&expiries->lock);
	timerqueue_init_head(&expiries->queue);
	expiries->ended = false;
	expiries->expire = expire;
	INIT_WORK(&expiries->work, expiry_work);
	/* The clock that runs on while the machine is suspended. */
	hrtimer_setup(&expiries->timer, expiry_timer_fired, CLOCK_BOOTTIME,
		      HRTIMER_MODE_ABS);
}

static void expiry_end(struct expiries *expiries)
{
	spin_lock(&expiries->lock);
	expiries->ended = true;
	spin_unlock(&expiries->lock);
}

static struct channel *expiry_take_first(struct expiries *expiries)
{
	struct channel *channel = NULL;
	struct expiry *expiry;

	spin_lock(&expiries->lock);
	expiry = expiry_first_due(expiries, KTIME_MAX);
	if (expiry) {
		expiry_unqueue(expiries, expiry);
		channel = expiry->channel;
	}
	spin_unlock(&expiries->lock);
	return channel;
}

/**
 * expiry_exit() - undo expiry_init()
 * @expiries: those of a slot that nobody uses any more
 *
 * Neither the timer nor the work comes any more. May sleep; takes time in
 * proportion to what is in the queue.
 */
void expiry_exit(struct expiries *expiries)
{
	struct channel *channel;

	expiry_end(expiries);
	hrtimer_cancel(&expiries->timer);
	cancel_work_sync(&expiries->work);
	while ((channel = expiry_take_first(expiries))) {
		channel_put(channel);
		cond_resched();
	}
}
