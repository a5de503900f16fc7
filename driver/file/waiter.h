/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who waits for messages of one channel: a sleeper, or a waiter on behalf of
 * those who poll an open file.
 *
 * Both are among the channel's listeners. Pollers stand in the waiter's own queue,
 * and so stay where they are when another channel is selected; the waiter leaves the
 * listeners when it is told and nobody is in its queue any more.
 */
#ifndef MESSAGE_SLOT_WAITER_H
#define MESSAGE_SLOT_WAITER_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "slot/listener.h"

/**
 * struct waiter - an open file that was polled
 * @pollers: who polls the file
 * @listener: on their behalf
 * @list: that of the channel's listeners which it was in last, a user of it; or NULL
 * @id: the channel, if whoever is in @pollers is told of what comes; else 0. Read
 *	without a lock.
 *
 * The caller orders the calls below for one waiter with a lock of its own.
 */
struct waiter {
	struct wait_queue_head pollers;
	struct listener listener;
	struct listener_list *list;
	u32 id;
};

/**
 * struct sleeper - a task that sleeps until there is a message
 * @listener: among the channel's listeners, until it is told
 * @list: the list of those
 * @node: among the open file's sleepers, if it is in its read()
 * @task: the task
 */
struct sleeper {
	struct listener listener;
	struct listener_list *list;
	struct list_head node;
	struct task_struct *task;
};

bool sleeper_told(struct listener *listener, u8 event, bool deferred);

void waiter_init(struct waiter *waiter);
void waiter_join(struct waiter *waiter);
struct listener_list *waiter_move(struct waiter *waiter,
				  struct listener_list *list);

/**
 * sleeper_begin() - the current task is about to sleep
 * @sleeper: the sleeper, with its task
 * @list: the channel's listeners, held
 *
 * The task is to look at the channel after slot_settle(), and sleep by schedule() if
 * there is nothing new. In between it may not sleep otherwise.
 */
static inline void sleeper_begin(struct sleeper *sleeper,
				 struct listener_list *list)
{
	listener_init(&sleeper->listener, sleeper_told);
	sleeper->list = list;
	set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
	listener_join(&sleeper->listener, list);
}

/**
 * sleeper_end() - it sleeps no more
 * @sleeper: the sleeper
 */
static inline void sleeper_end(struct sleeper *sleeper)
{
	__set_current_state(TASK_RUNNING);
	/* One who was told has been left alone before it left the list. */
	if (!list_empty_careful(&sleeper->listener.node))
		listener_leave(&sleeper->listener, sleeper->list);
}

#endif /* MESSAGE_SLOT_WAITER_H */
