// SPDX-License-Identifier: GPL-2.0
/* Listeners: who is to be told when a channel changes. */
#include <linux/err.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat.h"
#include "listener.h"
#include "memory.h"

/* Inline, for it is in the way of whoever makes a channel. */
static int compare_list_id(struct rhashtable_compare_arg *arg, const void *list)
{
	const struct listener_list *other = list;

	return other->id != *(const u32 *)arg->key;
}

static const struct rhashtable_params by_id = {
	.key_len = sizeof_field(struct listener_list, id),
	.key_offset = offsetof(struct listener_list, id),
	.head_offset = offsetof(struct listener_list, node),
	.obj_cmpfn = compare_list_id,
	.automatic_shrinking = true,
};

static struct listener_list *take_queued(struct listener_table *table)
{
	struct listener_list *list;

	spin_lock(&table->lock);
	list = list_first_entry_or_null(&table->queue, struct listener_list,
					entry);
	if (list)
		list_del_init(&list->entry);
	spin_unlock(&table->lock);
	return list;
}

static void queue_list(struct listener_table *table, struct listener_list *list)
{
	spin_lock(&table->lock);
	list_add_tail(&list->entry, &table->queue);
	spin_unlock(&table->lock);
}

/*
 * Who was told goes to the end. Whoever joins later is there too, and has looked at
 * the channel itself. Return: whether there is more to tell.
 */
static bool tell_portion(struct listener_list *list)
{
	int n;

	lockdep_assert_held(&list->lock);

	if (list->again) {
		list->again = false;
		list->round++;
	}
	for (n = 0; n < LISTENERS_PORTION; n++) {
		struct listener *listener;

		listener = list_first_entry_or_null(&list->listeners,
						    struct listener, node);

		if (!listener || listener->round == list->round)
			return list->again;
		listener->round = list->round;
		list_move_tail(&listener->node, &list->listeners);
		listener->told(listener, list->event, true);
	}
	return true;
}

static void listeners_tell_queued(struct work_struct *work)
{
	struct listener_table *table =
		container_of(work, struct listener_table, work);
	struct listener_list *list;

	while ((list = take_queued(table))) {
		bool more;

		spin_lock(&list->lock);
		more = tell_portion(list);
		list->queued = more;
		if (more)
			queue_list(table, list);
		spin_unlock(&list->lock);
		if (!more)
			listener_list_put(table, list);
		cond_resched();
	}
}

/**
 * listener_table_init() - a table without lists
 * @table: the table
 * @release: see &struct listener_table
 *
 * Return: 0 or -ENOMEM.
 */
int listener_table_init(struct listener_table *table,
			void (*release)(struct listener_table *table,
					struct listener_list *list))
{
	table->release = release;
	spin_lock_init(&table->lock);
	INIT_LIST_HEAD(&table->queue);
	INIT_WORK(&table->work, listeners_tell_queued);
	return rhashtable_init(&table->lists, &by_id);
}

/**
 * listener_table_exit() - undo listener_table_init()
 * @table: one with no listeners. May sleep.
 */
void listener_table_exit(struct listener_table *table)
{
	flush_work(&table->work);
	rhashtable_destroy(&table->lists);
}

/**
 * listener_table_look_up() - the list for a channel that was not told of late
 * @table: the table
 * @id: the channel
 *
 * Return: as listener_table_find().
 */
struct listener_list *listener_table_look_up(struct listener_table *table,
					     u32 id)
{
	return rhashtable_lookup(&table->lists, &id, by_id);
}

static struct listener_list *find_held(struct listener_table *table, u32 id)
{
	struct listener_list *list;

	rcu_read_lock();
	list = listener_table_find(table, id);
	if (list && !refcount_inc_not_zero(&list->users))
		list = NULL;
	rcu_read_unlock();
	return list;
}

/*
 * With the lock, for the table's own are bits of its buckets, which KCSAN sees read
 * while another processor waits for them. Return: 0, -EEXIST or another error.
 */
static int insert_list(struct listener_table *table, struct listener_list *list)
{
	int err;

	spin_lock(&table->lock);
	err = rhashtable_lookup_insert_fast(&table->lists, &list->node, by_id);
	spin_unlock(&table->lock);
	return err;
}

/**
 * listener_table_get() - the list for a channel, made if need be
 * @table: the table
 * @id: the channel
 *
 * Charged to the caller's memory cgroup. May sleep.
 *
 * Return: the list, for listener_list_put(), or ERR_PTR(-ENOMEM).
 */
struct listener_list *listener_table_get(struct listener_table *table, u32 id)
{
	struct listener_list *made, *list;
	int err = -EEXIST;

	list = find_held(table, id);
	if (list)
		return list;
	made = kmalloc(sizeof(*made), MEMORY_WAIT);
	if (!made)
		return ERR_PTR(-ENOMEM);
	listener_list_init(made, id);
	while (!list && err == -EEXIST) {
		err = insert_list(table, made);
		/* Unless it is one that is about to leave the table. */
		if (err == -EEXIST)
			list = find_held(table, id);
		if (err == -EEXIST && !list)
			cond_resched();
	}
	if (!err)
		return made;
	kfree(made);
	return list ?: ERR_PTR(-ENOMEM);
}

/**
 * listener_table_remove() - take a list out of its table, and free it
 * @table: the table
 * @list: a list without users
 */
void listener_table_remove(struct listener_table *table,
			   struct listener_list *list)
{
	spin_lock(&table->lock);
	rhashtable_remove_fast(&table->lists, &list->node, by_id);
	spin_unlock(&table->lock);
	kfree_rcu(list, rcu);
}

/**
 * listener_list_init() - a list without listeners, with one user
 * @list: the list
 * @id: the channel, or 0 if it is in no table
 */
void listener_list_init(struct listener_list *list, u32 id)
{
	*list = (struct listener_list){ .id = id };
	refcount_set(&list->users, 1);
	spin_lock_init(&list->lock);
	INIT_LIST_HEAD(&list->listeners);
	INIT_LIST_HEAD(&list->entry);
}

/**
 * listener_list_release() - for listener_list_put() of the last user
 * @table: the table
 * @list: the list
 */
void listener_list_release(struct listener_table *table,
			   struct listener_list *list)
{
	spin_lock(&list->lock);
	list->dead = true;
	spin_unlock(&list->lock);
	cmpxchg(listener_table_recent(table, list->id), list, NULL);
	table->release(table, list);
}

/* By the work item. */
static void tell_later(struct listener_table *table, struct listener_list *list)
{
	lockdep_assert_held(&list->lock);

	list->again = true;
	if (list->queued)
		return;
	list->queued = true;
	/* Those who listen are users. */
	refcount_inc(&list->users);
	queue_list(table, list);
	queue_work(system_dfl_wq, &table->work);
}

/**
 * listener_list_tell() - tell all listeners that their channel has changed
 * @table: the table
 * @list: the list, whose lock the caller has
 * @event: an enum msg_slot_event
 *
 * Takes no longer than telling LISTENERS_DIRECT of them. Process context.
 */
void listener_list_tell(struct listener_table *table,
			struct listener_list *list, u8 event)
{
	struct listener *listener, *next;
	bool all = list->count <= LISTENERS_DIRECT;

	lockdep_assert_held(&list->lock);

	list->event = event;
	if (all)
		list_for_each_entry_safe(listener, next, &list->listeners, node)
			all &= listener->told(listener, event, false);
	if (!all)
		tell_later(table, list);
}

/**
 * listener_join() - listen
 * @listener: the listener, which may be in the list
 * @list: the list, held
 *
 * Changes that come before slot_settle() may be missed.
 */
void listener_join(struct listener *listener, struct listener_list *list)
{
	spin_lock(&list->lock);
	if (list_empty(&listener->node)) {
		listener->round = list->round;
		list_add_tail(&listener->node, &list->listeners);
		list->count++;
	}
	spin_unlock(&list->lock);
}

/**
 * listener_leave() - listen no more
 * @listener: the listener, which may be in no list
 * @list: the list that it was in
 *
 * Afterwards nobody tells it, or is about to.
 */
void listener_leave(struct listener *listener, struct listener_list *list)
{
	spin_lock(&list->lock);
	if (!list_empty(&listener->node))
		listener_drop(listener, list);
	spin_unlock(&list->lock);
}

/* Whether waking all takes as long as one might wait for with interrupts off. */
static bool queue_is_long(struct wait_queue_head *queue)
{
	struct wait_queue_entry *entry;
	unsigned long flags;
	int n = 0;

	/* One or none. */
	if (READ_ONCE(queue->head.next) == READ_ONCE(queue->head.prev))
		return false;
	spin_lock_irqsave(&queue->lock, flags);
	list_for_each_entry(entry, &queue->head, entry)
		if (++n > LISTENERS_DIRECT)
			break;
	spin_unlock_irqrestore(&queue->lock, flags);
	return n > LISTENERS_DIRECT;
}

/**
 * listener_wake() - wake those who poll or sleep on behalf of a listener
 * @queue: where they are
 * @deferred: as &listener_fn has it
 *
 * Does not say what for, so that whoever polls looks again, io_uring too: by that the
 * owner of a lane is asked to ring the next time.
 *
 * Return: whether that was done; not if they are many and it is not deferred.
 */
bool listener_wake(struct wait_queue_head *queue, bool deferred)
{
	if (!deferred && queue_is_long(queue))
		return false;
	wake_up(queue);
	return true;
}
