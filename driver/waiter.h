/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who waits for messages of one channel: a sleeper, or a waiter on behalf of
 * those who poll an open file.
 *
 * Both stand in one of the slot's queues, which many channels share, and mind
 * only what is for them (struct wake_up). Pollers stand
 * in the waiter's own queue, and so stay where they are when another channel is
 * selected; and the waiter stays in the slot's once somebody has polled.
 */
#ifndef MESSAGE_SLOT_WAITER_H
#define MESSAGE_SLOT_WAITER_H

#include <linux/types.h>
#include <linux/wait.h>

struct channel;

/**
 * struct wake_up - the key with which a slot's queue is woken
 * @id: for whoever waits for this channel, or 0
 * @owner: for the sleepers in this open file, or NULL
 * @channel: the channel with that id, or NULL
 */
struct wake_up {
	u32 id;
	const void *owner;
	struct channel *channel;
};

/**
 * struct waiter - an open file that was polled
 * @pollers: who polls the file
 * @queue: the slot's queue that it stands in, or NULL
 * @entry: its place there
 * @id: the channel; constant while it stands in a queue
 *
 * The caller orders the calls below for one waiter with a lock of its own.
 */
struct waiter {
	struct wait_queue_head pollers;
	struct wait_queue_head *queue;
	struct wait_queue_entry entry;
	u32 id;
};

/**
 * struct sleeper - a task that sleeps until there is a message
 * @entry: its place in the slot's queue
 * @id: the channel
 * @owner: the open file, if the sleep ends when it selects another; or NULL
 */
struct sleeper {
	struct wait_queue_entry entry;
	u32 id;
	const void *owner;
};

void sleeper_init(struct sleeper *sleeper, u32 id, const void *owner);
void sleeper_wake_all(struct wait_queue_head *queue, const void *owner);

void waiter_init(struct waiter *waiter);
void waiter_queue(struct waiter *waiter, struct wait_queue_head *queue, u32 id);
void waiter_leave(struct waiter *waiter);

#endif /* MESSAGE_SLOT_WAITER_H */
