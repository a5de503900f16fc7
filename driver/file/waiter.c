// SPDX-License-Identifier: GPL-2.0
/* Who waits for messages of one channel. */
#include <linux/sched.h>

#include "waiter.h"

/* For listener_init(): wakes it. */
bool sleeper_told(struct listener *listener, u8 event, bool deferred)
{
	struct sleeper *sleeper =
		container_of(listener, struct sleeper, listener);

	wake_up_process(sleeper->task);
	/* From here on it may be gone: see sleeper_end(). */
	listener_drop(listener, sleeper->list);
	return true;
}

/*
 * Leaves when nobody is in the queue:
 *
 *   told                                who polls
 *
 *   nobody is in the queue              join the queue
 *   id = 0                              (a full barrier)
 *   (a full barrier)                    look at the id: if it is 0, join the list,
 *   nobody is in the queue: leave         whose lock the other has, settle
 */
static bool waiter_told(struct listener *listener, u8 event, bool deferred)
{
	struct waiter *waiter = container_of(listener, struct waiter, listener);

	/* Without a barrier, for who is not seen here is looked for again. */
	if (waitqueue_active(&waiter->pollers))
		return listener_wake(&waiter->pollers, deferred);
	WRITE_ONCE(waiter->id, 0);
	if (wq_has_sleeper(&waiter->pollers))
		return listener_wake(&waiter->pollers, deferred);
	listener_drop(listener, waiter->list);
	return true;
}

/**
 * waiter_init() - a waiter that listens to nothing
 * @waiter: the waiter
 */
void waiter_init(struct waiter *waiter)
{
	init_waitqueue_head(&waiter->pollers);
	listener_init(&waiter->listener, waiter_told);
	waiter->list = NULL;
	waiter->id = 0;
}

/**
 * waiter_join() - listen, for whoever is in the queue by now
 * @waiter: one with a list
 *
 * Changes that come before slot_settle() may be missed; @waiter->id is for after
 * that.
 */
void waiter_join(struct waiter *waiter)
{
	listener_join(&waiter->listener, waiter->list);
}

/**
 * waiter_move() - listen no more, and next time to another channel
 * @waiter: the waiter
 * @list: the channel's listeners, which the waiter becomes a user of; or NULL
 *
 * Return: the list that it had, for slot_put_listeners(), or NULL.
 */
struct listener_list *waiter_move(struct waiter *waiter,
				  struct listener_list *list)
{
	struct listener_list *before = waiter->list;

	if (before)
		listener_leave(&waiter->listener, before);
	WRITE_ONCE(waiter->id, 0);
	waiter->list = list;
	return before;
}
