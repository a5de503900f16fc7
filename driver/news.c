// SPDX-License-Identifier: GPL-2.0
/* News: polling for them, sleeping until they come, and which channel's. */
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>

#include "news.h"

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
	return version && atomic64_read(&of->seen) != reading(id, version);
}

static void settle(struct open_file *of, u32 id)
{
	struct channel *channel;
	bool settled;

	rcu_read_lock_sched();
	channel = find_channel(of, id, 0);
	settled = channel && channel_settle(channel, id);
	rcu_read_unlock_sched();
	if (!settled)
		slot_settle(of->slot, id);
}

/* Nobody else may look for news here before this is settled. */
static void queue_waiter(struct open_file *of)
{
	lockdep_assert_held(&of->lock);

	if (!of->id)
		return;
	waiter_queue(&of->waiter, slot_queue(of->slot, of->id), of->id);
	settle(of, of->id);
}

/* From now on, news wake the pollers. */
static void start_waiting(struct open_file *of)
{
	spin_lock(&of->lock);
	if (!of->polled) {
		WRITE_ONCE(of->polled, true);
		queue_waiter(of);
	}
	spin_unlock(&of->lock);
}

/**
 * news_sleep() - sleep until there may be news
 * @of: the open file, with a channel selected
 *
 * Return: 0, or -ERESTARTSYS for a signal.
 */
int news_sleep(struct open_file *of)
{
	u32 id = READ_ONCE(of->id);
	struct wait_queue_head *queue = slot_queue(of->slot, id);
	struct sleeper sleeper;
	int err;

	sleeper_init(&sleeper, id, of);
	err = prepare_to_wait_event(queue, &sleeper.entry, TASK_INTERRUPTIBLE);
	if (err)
		return err;
	settle(of, id);
	/* A selection wakes after it has changed the id: look at it last. */
	if (!has_news(of) && READ_ONCE(of->id) == id)
		schedule();
	finish_wait(queue, &sleeper.entry);
	return 0;
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
	start_waiting(of);
	if (!READ_ONCE(of->id))
		events |= EPOLLERR;
	else if (has_news(of))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

/* Those who wait for the channel selected before look at the present one. */
static void move_waiting(struct open_file *of, u32 before)
{
	/* Who polls for the first time only now has the lock after us. */
	if (READ_ONCE(of->polled))
		wake_up_poll(&of->waiter.pollers, EPOLLIN | EPOLLRDNORM);
	sleeper_wake_all(slot_queue(of->slot, before), of);
}

/* Return: whether another channel was selected before: *@before. */
static bool change_selection(struct open_file *of, u32 id, u32 *before)
{
	lockdep_assert_held(&of->lock);

	*before = of->id;
	if (*before == id)
		return false;
	WRITE_ONCE(of->id, id);
	atomic64_set(&of->seen, 0);
	if (of->polled) {
		waiter_leave(&of->waiter);
		queue_waiter(of);
	}
	return true;
}

/* With @restrict, nothing but @id can be selected from now on. */
static int select_or_restrict(struct open_file *of, u32 id, bool restrict_it)
{
	bool changed = false;
	u32 before;
	int err = 0;

	spin_lock(&of->lock);
	if (of->only && of->only != id) {
		err = -EPERM;
	} else {
		changed = change_selection(of, id, &before);
		if (restrict_it)
			WRITE_ONCE(of->only, id);
	}
	spin_unlock(&of->lock);

	if (changed)
		move_waiting(of, before);
	return err;
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
