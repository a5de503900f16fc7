/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Listeners: who is to be told when a channel changes.
 *
 * Those of one channel are in a list of their own, which is found by the channel's
 * id and is there only while somebody waits, whether the channel is there or not.
 * Whoever waits makes it, and is charged for it; so those of other channels cost a
 * writer nothing, however many they are.
 *
 * A writer tells a few listeners itself (LISTENERS_DIRECT). If there are more, or
 * one of them has many to wake, a work item tells them, so many at a time
 * (LISTENERS_PORTION) of each list in turn: a long list delays neither the writer
 * nor, by more than a portion, who listens to another channel.
 *
 *   struct listener_table   a slot's lists, and the work item
 *   struct listener_list    the listeners of one channel
 *   struct listener         a task that sleeps, a polled file, a channel of a
 *                           watch's set, or a watch of the whole slot
 *
 * Locks: list->lock, within which a listener is told, so it takes what waking
 * takes; table->lock inside it.
 */
#ifndef MESSAGE_SLOT_LISTENER_H
#define MESSAGE_SLOT_LISTENER_H

#include <linux/hash.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct listener;
struct listener_table;

/* What the call that changes a channel does itself. */
#define LISTENERS_DIRECT 8

#define LISTENERS_RECENT_BITS 6

/* How many the work item tells without a pause. */
#define LISTENERS_PORTION 64

/**
 * typedef listener_fn - tell a listener that its channel has changed
 * @listener: the listener; list->lock is held. It may leave the list.
 * @event: an enum msg_slot_event: what happened last
 * @deferred: it is the work item that tells, which may take longer
 *
 * Return: whether it was told; not if that would take too long here.
 */
typedef bool (*listener_fn)(struct listener *listener, u8 event, bool deferred);

/**
 * struct listener - one who is told
 * @node: in the list; empty while it is in none. Under list->lock, as the rest.
 * @told: how it is told; never changes
 * @round: the round of telling in which it was told last
 */
struct listener {
	struct list_head node;
	listener_fn told;
	u32 round;
};

/**
 * struct listener_list - those who listen to one channel
 * @node: in the table
 * @id: the channel; never changes
 * @users: whoever keeps it: its listeners, open files that may listen again, the
 *	work item
 * @lock: guards all below
 * @count: how many listeners there are
 * @round: the round of telling; each who was told in it is behind those who were
 *	not
 * @event: what happened last
 * @dead: it has no users, and leaves the table
 * @again: a round is to begin
 * @queued: it is, or will be, in the table's list of those that the work item tells
 * @listeners: the listeners
 * @entry: in the table's list; table->lock
 * @rcu: frees it a grace period after it has left the table
 */
struct listener_list {
	struct rhash_head node;
	u32 id;
	refcount_t users;
	spinlock_t lock; /* of the listeners */
	u32 count;
	u32 round;
	u8 event;
	bool dead;
	bool again;
	bool queued;
	struct list_head listeners;
	struct list_head entry;
	struct rcu_head rcu;
};

/**
 * struct listener_table - a slot's lists of listeners
 * @lists: by the channel's id; found under RCU
 * @release: called for a list that has no users any more: takes it out by
 *	listener_table_remove()
 * @recent: those that were told last, by a hash of the id: saves most look-ups. A
 *	list is put here with its lock, and only while it is not dead.
 * @lock: guards @queue, and what comes into @lists and leaves them
 * @queue: the lists that the work item is to tell, in turn
 * @work: the work item
 */
struct listener_table {
	struct rhashtable lists;
	struct listener_list *recent[1 << LISTENERS_RECENT_BITS];
	void (*release)(struct listener_table *table,
			struct listener_list *list);
	spinlock_t lock; /* of the queue */
	struct list_head queue;
	struct work_struct work;
};

int listener_table_init(struct listener_table *table,
			void (*release)(struct listener_table *table,
					struct listener_list *list));
void listener_table_exit(struct listener_table *table);

struct listener_list *listener_table_look_up(struct listener_table *table,
					     u32 id);
struct listener_list *listener_table_get(struct listener_table *table, u32 id);
void listener_table_remove(struct listener_table *table,
			   struct listener_list *list);

void listener_list_init(struct listener_list *list, u32 id);
void listener_list_release(struct listener_table *table,
			   struct listener_list *list);
void listener_list_tell(struct listener_table *table,
			struct listener_list *list, u8 event);

void listener_join(struct listener *listener, struct listener_list *list);
void listener_leave(struct listener *listener, struct listener_list *list);

bool listener_wake(struct wait_queue_head *queue, bool deferred);

/* Where a channel's list is put when it is told; also those of others are. */
static inline struct listener_list **
listener_table_recent(struct listener_table *table, u32 id)
{
	return &table->recent[hash_32(id, LISTENERS_RECENT_BITS)];
}

/**
 * listener_table_find() - the list for a channel
 * @table: the table
 * @id: the channel
 *
 * Return: the list, for as long as the caller is under RCU, or NULL.
 */
static inline struct listener_list *
listener_table_find(struct listener_table *table, u32 id)
{
	struct listener_list *recent =
		READ_ONCE(*listener_table_recent(table, id));

	if (recent && recent->id == id)
		return recent;
	return listener_table_look_up(table, id);
}

/**
 * listener_table_remember() - it will be looked for again soon
 * @table: the table
 * @list: a list that is in it and not dead, and whose lock the caller has
 */
static inline void listener_table_remember(struct listener_table *table,
					   struct listener_list *list)
{
	struct listener_list **recent = listener_table_recent(table, list->id);

	if (READ_ONCE(*recent) != list)
		WRITE_ONCE(*recent, list);
}

/**
 * listener_list_put() - one user less
 * @table: the table
 * @list: the list
 *
 * Process context, with no lock held.
 */
static inline void listener_list_put(struct listener_table *table,
				     struct listener_list *list)
{
	if (refcount_dec_and_test(&list->users))
		listener_list_release(table, list);
}

/**
 * listener_init() - a listener that is in no list
 * @listener: the listener
 * @told: how it is told
 */
static inline void listener_init(struct listener *listener, listener_fn told)
{
	INIT_LIST_HEAD(&listener->node);
	listener->told = told;
}

/* Whether anybody listens to any one channel. */
static inline bool listener_table_used(struct listener_table *table)
{
	return atomic_read(&table->lists.nelems);
}

/**
 * listener_drop() - leave the list, for one who is being told
 * @listener: a listener that is in the list
 * @list: the list, whose lock is held
 */
static inline void listener_drop(struct listener *listener,
				 struct listener_list *list)
{
	lockdep_assert_held(&list->lock);

	list->count--;
	/* A sleeper looks at it without the lock. */
	list_del_init_careful(&listener->node);
}

#endif /* MESSAGE_SLOT_LISTENER_H */
