// SPDX-License-Identifier: GPL-2.0
/*
 * The end of slots. Their channels go when their last readers are gone, which takes
 * some milliseconds: a worker waits for that, once for all slots that have come
 * meanwhile. On Linux 7.x with PREEMPT_RT the end of each hash table waits for a grace
 * period of its own, too (irq_work_sync()): so those who make and end slots in a loop
 * wait as well, once there is a queue.
 */
#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "retired.h"
#include "slot.h"

/* More slots than these don't wait for their end when another one is made. */
#define QUEUE_MAX 64

static LLIST_HEAD(retired);
static atomic_t queued = ATOMIC_INIT(0);

static void free_retired(struct work_struct *work)
{
	struct llist_node *slots = llist_del_all(&retired);
	struct slot *slot, *next;

	llist_for_each_entry(slot, slots, retired)
		slot_empty(slot);
	rcu_barrier();
	llist_for_each_entry_safe(slot, next, slots, retired) {
		slot_destroy(slot);
		atomic_dec(&queued);
	}
}

static DECLARE_WORK(freeing, free_retired);

/**
 * slot_retire() - free a slot, a little later
 * @slot: one that nobody can find or is using
 *
 * Process context.
 */
void slot_retire(struct slot *slot)
{
	atomic_inc(&queued);
	if (llist_add(&slot->retired, &retired))
		queue_work(system_dfl_wq, &freeing);
}

/**
 * retired_flush() - wait until slots are freed
 *
 * Those that slot_retire() was called for before. May sleep.
 */
void retired_flush(void)
{
	flush_work(&freeing);
}

/**
 * retired_catch_up() - before a slot is made: wait, if many are still to be freed
 *
 * May sleep.
 */
void retired_catch_up(void)
{
	if (atomic_read(&queued) > QUEUE_MAX)
		retired_flush();
}
