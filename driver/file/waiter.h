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

void sleeper_begin(struct sleeper *sleeper, struct listener_list *list);
void sleeper_end(struct sleeper *sleeper);

void waiter_init(struct waiter *waiter);
void waiter_join(struct waiter *waiter);
struct listener_list *waiter_move(struct waiter *waiter,
				  struct listener_list *list);

#endif /* MESSAGE_SLOT_WAITER_H */
