// SPDX-License-Identifier: GPL-2.0
/* Of a slot: who listens to its channels, and telling them. */
#include <linux/rcupdate.h>

#include "channel/channel.h"
#include "listener.h"
#include "slot_listeners.h"
#include "slot_types.h"
#include "trace.h"

/**
 * slot_has_listeners() - whether anybody listens to a channel
 * @slot: the slot, whose lock is held
 * @id: the channel
 *
 * Return: whether there is a list of them.
 */
bool slot_has_listeners(struct slot *slot, u32 id)
{
	bool has;

	lockdep_assert_held(&slot->lock);

	if (!listener_table_used(&slot->listeners))
		return false;
	rcu_read_lock();
	has = listener_table_find(&slot->listeners, id);
	rcu_read_unlock();
	return has;
}

/**
 * slot_listeners() - the list of those who listen to a channel
 * @slot: the slot
 * @id: the channel, which need not be there
 *
 * Charged to the caller's memory cgroup. May sleep.
 *
 * Return: the list, for slot_put_listeners(), or ERR_PTR(-ENOMEM).
 */
struct listener_list *slot_listeners(struct slot *slot, u32 id)
{
	return listener_table_get(&slot->listeners, id);
}

/**
 * slot_put_listeners() - one user of a list less
 * @slot: the slot
 * @list: the list, or NULL
 */
void slot_put_listeners(struct slot *slot, struct listener_list *list)
{
	if (list)
		listener_list_put(&slot->listeners, list);
}

/**
 * slot_tell_watches() - tell those who watch the whole slot, and nobody else
 * @slot: the slot, in which a channel was marked that was not
 * @event: an enum msg_slot_event
 */
void slot_tell_watches(struct slot *slot, u8 event)
{
	spin_lock(&slot->watches.lock);
	if (slot->watches.count)
		trace_wake(slot, 0, event, slot->watches.count);
	listener_list_tell(&slot->listeners, &slot->watches, event);
	spin_unlock(&slot->watches.lock);
}

/**
 * slot_tell_listeners() - tell those who listen to one channel, and nobody else
 * @slot: the slot
 * @channel: the channel, held
 * @event: an enum msg_slot_event: what happened
 *
 * A list that has no listeners, but users, is the channel's for as long as its lock
 * is held: whoever joins it has that lock, and looks at the channel afterwards. One
 * that is dead may have a successor by now; slot_release_listeners() was before that.
 *
 * Process context.
 */
void slot_tell_listeners(struct slot *slot, struct channel *channel, u8 event)
{
	struct listener_list *list;

	rcu_read_lock();
	list = listener_table_find(&slot->listeners, channel->id);
	if (list) {
		spin_lock(&list->lock);
		if (list->count) {
			trace_wake(slot, list->id, event, list->count);
			listener_table_remember(&slot->listeners, list);
			listener_list_tell(&slot->listeners, list, event);
		} else if (!list->dead) {
			channel_forget_listeners(channel);
		}
		spin_unlock(&list->lock);
	}
	rcu_read_unlock();
}

/**
 * slot_tell() - tell all who listen that a channel has changed
 * @slot: the slot
 * @channel: the channel, held
 * @event: an enum msg_slot_event: what happened
 *
 * Process context.
 */
void slot_tell(struct slot *slot, struct channel *channel, u8 event)
{
	if (READ_ONCE(slot->changes.watched) &&
	    changes_mark(&slot->changes, cells_index(channel)))
		slot_tell_watches(slot, event);
	if (READ_ONCE(channel->listened))
		slot_tell_listeners(slot, channel, event);
}
