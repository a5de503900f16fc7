// SPDX-License-Identifier: GPL-2.0
/*
 * The end of slots. Their channels go when their last readers are gone, which takes
 * some milliseconds: a worker waits for that, once for all slots that have come
 * meanwhile, so that those who make and end slots in a loop make no queue.
 */
#include <linux/llist.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "retired.h"
#include "slot.h"

static LLIST_HEAD(retired);

static void free_retired(struct work_struct *work)
{
	struct llist_node *slots = llist_del_all(&retired);
	struct slot *slot, *next;

	llist_for_each_entry(slot, slots, retired)
		slot_empty(slot);
	rcu_barrier();
	llist_for_each_entry_safe(slot, next, slots, retired)
		slot_destroy(slot);
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
