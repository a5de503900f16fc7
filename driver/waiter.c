// SPDX-License-Identifier: GPL-2.0
/* Who waits for messages of one channel. */
#include <linux/poll.h>

#include "waiter.h"

/* Called when the queue is woken, with a struct wake_up as the key. */
static int pass_on(struct wait_queue_entry *entry, unsigned int mode, int flags,
		   void *key)
{
	struct waiter *waiter = container_of(entry, struct waiter, entry);
	const struct wake_up *wake_up = key;

	if (wake_up->id != waiter->id)
		return 0;
	wake_up_poll(&waiter->pollers, EPOLLIN | EPOLLRDNORM);
	return 1;
}

/* The same. */
static int wake_sleeper(struct wait_queue_entry *entry, unsigned int mode,
			int flags, void *key)
{
	struct sleeper *sleeper = container_of(entry, struct sleeper, entry);
	const struct wake_up *wake_up = key;

	if (wake_up->id != sleeper->id &&
	    (!wake_up->owner || wake_up->owner != sleeper->owner))
		return 0;
	return autoremove_wake_function(entry, mode, flags, NULL);
}

/**
 * sleeper_init() - the current task, for prepare_to_wait_event()
 * @sleeper: the sleeper
 * @id: the channel
 * @owner: the open file
 */
void sleeper_init(struct sleeper *sleeper, u32 id, const void *owner)
{
	sleeper->id = id;
	sleeper->owner = owner;
	init_wait(&sleeper->entry);
	sleeper->entry.func = wake_sleeper;
}

/**
 * sleeper_wake_all() - wake an open file's sleepers, whatever they wait for
 * @queue: the slot's queue where they are
 * @owner: the open file
 */
void sleeper_wake_all(struct wait_queue_head *queue, const void *owner)
{
	struct wake_up wake_up = { .owner = owner };

	if (wq_has_sleeper(queue))
		__wake_up(queue, TASK_NORMAL, 0, &wake_up);
}

/**
 * waiter_init() - a waiter that stands in no queue
 * @waiter: the waiter
 */
void waiter_init(struct waiter *waiter)
{
	init_waitqueue_head(&waiter->pollers);
	init_waitqueue_func_entry(&waiter->entry, pass_on);
	waiter->queue = NULL;
}

/**
 * waiter_queue() - wait for messages of a channel
 * @waiter: one that stands in no queue
 * @queue: the slot's queue for the channel
 * @id: the channel
 *
 * Messages that come before slot_settle() may be missed.
 */
void waiter_queue(struct waiter *waiter, struct wait_queue_head *queue, u32 id)
{
	waiter->id = id;
	waiter->queue = queue;
	add_wait_queue(queue, &waiter->entry);
}

/**
 * waiter_leave() - wait no more
 * @waiter: the waiter; it may stand in no queue
 */
void waiter_leave(struct waiter *waiter)
{
	if (!waiter->queue)
		return;
	remove_wait_queue(waiter->queue, &waiter->entry);
	waiter->queue = NULL;
}
