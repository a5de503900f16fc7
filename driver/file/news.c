// SPDX-License-Identifier: GPL-2.0
/* News: polling for them, sleeping until they come, and which channel's. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>

#include "news.h"
#include "slot/slot_listeners.h"

/* Return: whether that version of a channel's message is news. */
static bool is_news(struct open_file *of, u32 id, u64 version)
{
	return version && atomic64_read(&of->seen) != reading(id, version);
}

/* Return: whether the selected channel has a message that was not read yet. */
static bool has_news(struct open_file *of)
{
	u32 id = READ_ONCE(of->id);
	struct channel *channel;
	u64 version = 0;

	rcu_read_lock_sched();
	channel = find_channel(of, id, 0);
	if (channel)
		version = channel_version(channel);
	rcu_read_unlock_sched();
	return is_news(of, id, version);
}

/* Return: as slot_settle(). */
static u64 settle_selected(struct open_file *of, u32 id)
{
	struct channel *channel;
	u64 version = 0;
	bool settled;

	rcu_read_lock_sched();
	channel = find_channel(of, id, 0);
	settled = channel && channel_settle(channel, id, true, &version);
	rcu_read_unlock_sched();
	return settled ? version : slot_settle(of->slot, id);
}

/* Return: the list of the channel's listeners if it is at hand; or NULL. */
static struct listener_list *list_at_hand(struct open_file *of, u32 id)
{
	struct listener_list *list = of->listeners;

	lockdep_assert_held(&of->lock);

	return list && list->id == id ? list : NULL;
}

/*
 * Return: the list, held, which is at hand from now on, unless somebody sleeps for
 * whom the one that is there has to stay; or ERR_PTR(-ENOMEM).
 */
static noinline struct listener_list *fetch_list(struct open_file *of, u32 id)
{
	struct listener_list *list = slot_listeners(of->slot, id);
	struct listener_list *before;

	if (IS_ERR(list))
		return list;
	spin_lock(&of->lock);
	before = of->listeners;
	if (before && !list_empty(&of->sleepers)) {
		before = NULL;
	} else {
		refcount_inc(&list->users);
		of->listeners = list;
	}
	spin_unlock(&of->lock);
	slot_put_listeners(of->slot, before);
	return list;
}

/**
 * news_listeners() - the list of those who listen to a channel
 * @of: the open file, which keeps the list at hand
 * @id: the channel
 *
 * May sleep.
 *
 * Return: the list, for slot_put_listeners(), or ERR_PTR(-ENOMEM).
 */
struct listener_list *news_listeners(struct open_file *of, u32 id)
{
	struct listener_list *list;

	spin_lock(&of->lock);
	list = list_at_hand(of, id);
	if (list)
		refcount_inc(&list->users);
	spin_unlock(&of->lock);
	return list ?: fetch_list(of, id);
}

/*
 * Joins, if the waiter has the list of the channel that is selected. Nobody else may
 * look for news here before this is settled. Return: whether it has; true if none is
 * selected.
 */
static bool join_listeners(struct open_file *of, u32 *id)
{
	struct waiter *waiter = &of->waiter;

	lockdep_assert_held(&of->lock);

	*id = of->id;
	if (!*id)
		return true;
	if (!waiter->list || waiter->list->id != *id)
		return false;
	waiter_join(waiter);
	settle_selected(of, *id);
	WRITE_ONCE(waiter->id, *id);
	return true;
}

/*
 * From now on, news wake those who are in the waiter's queue. Return: 0 or -ENOMEM.
 */
static int start_waiting(struct open_file *of)
{
	struct listener_list *list = NULL;
	bool joined;
	u32 id;

	/* Pairs with waiter_told(). */
	smp_mb();
	id = READ_ONCE(of->waiter.id);
	if (id && id == READ_ONCE(of->id))
		return 0;
	while (1) {
		spin_lock(&of->lock);
		if (list && list->id == of->id)
			list = waiter_move(&of->waiter, list);
		joined = join_listeners(of, &id);
		spin_unlock(&of->lock);
		slot_put_listeners(of->slot, list);
		if (joined)
			return 0;
		list = news_listeners(of, id);
		if (IS_ERR(list))
			return PTR_ERR(list);
	}
}

/*
 * Return: the list of those who listen to the channel, or ERR_PTR(-ENOMEM). It stays
 * until remove_sleeper(): where it is at hand, for as long as there are sleepers;
 * else it is @held.
 */
static struct listener_list *add_sleeper(struct open_file *of, u32 id,
					 struct sleeper *sleeper,
					 struct listener_list **held)
{
	struct listener_list *list;

	*held = NULL;
	spin_lock(&of->lock);
	list = list_at_hand(of, id);
	if (!list) {
		spin_unlock(&of->lock);
		list = fetch_list(of, id);
		if (IS_ERR(list))
			return list;
		*held = list;
		spin_lock(&of->lock);
	}
	list_add(&sleeper->node, &of->sleepers);
	spin_unlock(&of->lock);
	return list;
}

static void remove_sleeper(struct open_file *of, struct sleeper *sleeper,
			   struct listener_list *held)
{
	spin_lock(&of->lock);
	list_del(&sleeper->node);
	spin_unlock(&of->lock);
	if (held)
		slot_put_listeners(of->slot, held);
}

/**
 * news_sleep() - sleep until there may be news
 * @of: the open file, with a channel selected
 *
 * Return: 0, -ENOMEM, or -ERESTARTSYS for a signal.
 */
int news_sleep(struct open_file *of)
{
	u32 id = READ_ONCE(of->id);
	struct listener_list *list, *held;
	struct sleeper sleeper;
	u64 version;
	int err = 0;

	sleeper.task = current;
	list = add_sleeper(of, id, &sleeper, &held);
	if (IS_ERR(list))
		return PTR_ERR(list);
	sleeper_begin(&sleeper, list);
	version = settle_selected(of, id);
	if (signal_pending(current))
		err = -ERESTARTSYS;
	/* A selection wakes after it has changed the id: look at it last. */
	else if (!is_news(of, id, version) && READ_ONCE(of->id) == id)
		schedule();
	sleeper_end(&sleeper);
	remove_sleeper(of, &sleeper, held);
	return err;
}

/**
 * news_poll() - poll an open file
 * @file: the file
 * @table: whom to wake when there may be news
 *
 * Return: the events that there are now.
 */
__poll_t news_poll(struct file *file, struct poll_table_struct *table)
{
	struct open_file *of = file->private_data;
	__poll_t events = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &of->waiter.pollers, table);
	/* Without memory to wait, nobody would ever wake the caller. */
	if (start_waiting(of) || !READ_ONCE(of->id))
		events |= EPOLLERR;
	else if (has_news(of))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

/* Whether another channel was selected before. */
static bool change_selection(struct open_file *of, u32 id,
			     struct listener_list **before)
{
	lockdep_assert_held(&of->lock);

	if (of->id == id)
		return false;
	WRITE_ONCE(of->id, id);
	atomic64_set(&of->seen, 0);
	*before = waiter_move(&of->waiter, NULL);
	return true;
}

/* With @restrict, nothing but @id can be selected from now on. */
static int select_or_restrict(struct open_file *of, u32 id, bool restrict_it)
{
	struct listener_list *before = NULL;
	struct sleeper *sleeper;
	bool changed = false;
	int err = 0;

	spin_lock(&of->lock);
	if (of->only && of->only != id) {
		err = -EPERM;
	} else {
		changed = change_selection(of, id, &before);
		if (restrict_it)
			WRITE_ONCE(of->only, id);
	}
	/* Those who wait for the channel selected before begin to for this one. */
	if (changed)
		list_for_each_entry(sleeper, &of->sleepers, node)
			wake_up_process(sleeper->task);
	spin_unlock(&of->lock);

	slot_put_listeners(of->slot, before);
	if (changed && wq_has_sleeper(&of->waiter.pollers))
		wake_up_poll(&of->waiter.pollers, EPOLLIN | EPOLLRDNORM);
	return err;
}

/**
 * news_end() - nobody waits any more
 * @of: the open file
 */
void news_end(struct open_file *of)
{
	slot_put_listeners(of->slot, waiter_move(&of->waiter, NULL));
	slot_put_listeners(of->slot, of->listeners);
}

/**
 * news_select() - select a channel
 * @of: the open file
 * @id: the channel
 *
 * Whoever waits goes on for the new channel's messages.
 *
 * Return: 0; -EINVAL for id 0; -EPERM if the file is narrowed to another.
 */
int news_select(struct open_file *of, u32 id)
{
	return id ? select_or_restrict(of, id, false) : -EINVAL;
}

/**
 * news_restrict() - select a channel for good, and use no other
 * @of: the open file
 * @id: the channel, not 0
 *
 * Return: 0, or -EPERM if the file is narrowed to another.
 */
int news_restrict(struct open_file *of, u32 id)
{
	return select_or_restrict(of, id, true);
}
