/* SPDX-License-Identifier: GPL-2.0 */
/* An expiry: when a channel's message is over, and who sees to it then. */
#ifndef MESSAGE_SLOT_EXPIRY_H
#define MESSAGE_SLOT_EXPIRY_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/timerqueue.h>
#include <linux/workqueue.h>

#include "channel/channel_types.h"

/**
 * struct expiries - a slot's channels by the time at which they expire
 * @lock: guards the queue, starting the timer and @ended
 * @queue: the expiries
 * @ended: nothing is queued any more, and the timer not started
 * @expire: see expiry_init(); never changes
 * @timer: for the first of them
 * @work: takes expired messages away, in process context
 */
struct expiries {
	spinlock_t lock; /* of the queue */
	struct timerqueue_head queue;
	bool ended;
	void (*expire)(struct expiries *expiries, struct channel *channel);
	struct hrtimer timer;
	struct work_struct work;
};

void expiry_init(struct expiries *expiries,
		 void (*expire)(struct expiries *expiries,
				struct channel *channel));
void expiry_exit(struct expiries *expiries);

struct expiry *expiry_create(gfp_t gfp);
void expiry_arm(struct expiries *expiries, struct channel *channel);
void expiry_disarm(struct expiries *expiries, struct channel *channel);

#endif /* MESSAGE_SLOT_EXPIRY_H */
