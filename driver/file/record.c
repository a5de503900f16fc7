// SPDX-License-Identifier: GPL-2.0
/* Records: from ioctl() commands to channels and claims. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "argument.h"
#include "channel/channel.h"
#include "claim.h"
#include "message_slot.h"
#include "news.h"
#include "open_file.h"
#include "record.h"
#include "slot/slot.h"
#include "slot/slot_lanes.h"
#include "slot/slot_listeners.h"
#include "slot/snapshot.h"

/**
 * record_look_up() - a channel's message, with what is known of it
 * @of: the open file
 * @id: the channel, which need not be there
 * @message: where to; for message_put()
 * @record: filled in
 * @room: up to which size the caller can use its bytes
 *
 * Return: as channel_get().
 */
u64 record_look_up(struct open_file *of, u32 id, struct message *message,
		   struct msg_slot_record *record, u32 room)
{
	struct channel *channel = slot_get(of->slot, id);
	u64 version;

	if (!channel) {
		memset(record, 0, sizeof(*record));
		record->channel = id;
		message->size = 0;
		return 0;
	}
	version = channel_get(channel, message, record, 0, room);
	slot_await_expiry(of->slot, channel, record);
	channel_put(channel);
	return version;
}

static ssize_t copy_message_to_user(struct message *message,
				    const struct msg_slot_get *get)
{
	struct iov_iter to;

	iov_iter_ubuf(&to, ITER_DEST, u64_to_user_ptr(get->buffer), get->room);
	return message_give(message, &to);
}

/* Gives @message and puts it. Return: 0, or as message_give(). */
static int finish_get(const struct msg_slot_get *get, struct message *message)
{
	ssize_t ret = copy_message_to_user(message, get);

	message_put(message);
	return min_t(ssize_t, ret, 0);
}

/* The user has all of what was got, of that version: not before it is read. */
static void mark_got(struct open_file *of, const struct msg_slot_get *get,
		     s64 seen, u64 version)
{
	if (!get->channel && get->record.event == MSG_SLOT_WRITTEN)
		mark_read(of, seen, get->record.channel, version);
}

/**
 * record_get() - MSG_SLOT_GET
 * @file: the open file
 * @arg: a &struct msg_slot_get
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long record_get(struct file *file, void __user *arg)
{
	struct open_file *of = file->private_data;
	s64 seen = atomic64_read(&of->seen);
	struct message message;
	struct msg_slot_get get;
	u64 version;
	int err;
	u32 id;

	err = may_read(file);
	if (err)
		return err;
	if (copy_from_user(&get, arg, sizeof(get)))
		return -EFAULT;
	err = mean_channel(of, get.channel, &id);
	if (err)
		return err;
	version = record_look_up(of, id, &message, &get.record, get.room);
	err = finish_get(&get, &message);
	if (copy_to_user(arg, &get, sizeof(get)))
		return -EFAULT;
	if (!err)
		mark_got(of, &get, seen, version);
	return err;
}

/* Return: when to wait no longer, by CLOCK_MONOTONIC; KTIME_MAX: never. */
static ktime_t deadline(u64 timeout)
{
	if (timeout >= KTIME_MAX)
		return KTIME_MAX;
	return ktime_add_safe(ktime_get(), timeout);
}

static bool is_newer(const struct msg_slot_wait *wait, u64 version,
		     const struct message *message)
{
	if (message->size)
		return version > wait->version;
	return wait->flags & MSG_SLOT_ANY_CHANGE && wait->version;
}

/*
 * What a signal does to a wait: begun anew by whoever restarts system calls, one
 * with a time-out would take longer than that.
 */
static int interrupted(ktime_t until)
{
	return until == KTIME_MAX ? -ERESTARTSYS : -EINTR;
}

/*
 * Return: 0 if there may be something newer now; -ETIMEDOUT, -ENOMEM or
 * interrupted().
 */
static int sleep_for(struct open_file *of, u32 id, u64 version, ktime_t until)
{
	struct listener_list *list = news_listeners(of, id);
	struct sleeper sleeper;
	u64 present;
	int err = 0;

	if (IS_ERR(list))
		return PTR_ERR(list);
	sleeper.task = current;
	sleeper_begin(&sleeper, list);
	present = slot_settle(of->slot, id);
	if (signal_pending(current))
		err = interrupted(until);
	/* Of a lane that is faster than who looks, it may differ each time. */
	else if (present == version ?
			 !schedule_hrtimeout(&until, HRTIMER_MODE_ABS) :
			 ktime_compare(ktime_get(), until) >= 0)
		err = -ETIMEDOUT;
	sleeper_end(&sleeper);
	slot_put_listeners(of->slot, list);
	return err;
}

/* Return: as record_look_up(), once it is newer; or *@err. */
static u64 wait_newer(struct open_file *of, u32 id, struct msg_slot_wait *wait,
		      ktime_t until, struct message *message, int *err)
{
	u64 version;

	*err = 0;
	while (1) {
		version = record_look_up(of, id, message, &wait->get.record, 0);
		/* Only what is to be returned is worth a copy. */
		if (message_is_long(message) && !message_is_frame(message) &&
		    is_newer(wait, version, message))
			version = record_look_up(of, id, message,
						 &wait->get.record,
						 wait->get.room);
		if (is_newer(wait, version, message)) {
			*err = 0;
			return version;
		}
		message_put(message);
		if (!*err && !wait->timeout)
			*err = -ETIMEDOUT;
		if (*err)
			return 0;
		*err = sleep_for(of, id, version, until);
		if (*err && *err != -ETIMEDOUT)
			return 0;
	}
}

/*
 * A wait with a time-out goes on with what is left of it when the process was
 * stopped, frozen or traced. A restart block would be the kernel's way, but has the
 * address of a function, and a module may be gone by then. So the kernel is told to
 * make the call again, -ERESTARTNOHAND, and what that has to know is left in the
 * record, which is filled in anyway: the deadline, and whose it is.
 *
 * It is the user's memory: whatever stands there, a wait is never longer than its
 * time-out. If a handler was called after all, by a signal that came later than
 * we looked, the call ends with EINTR and leaves it behind; then it counts only if
 * the same thread waits again for the very same with the very same record.
 */
#define WAIT_AGAIN 0x6e696167

static struct msg_slot_record wait_note(const struct msg_slot_wait *wait,
					u32 id, ktime_t until)
{
	return (struct msg_slot_record){
		.channel = id,
		.event = WAIT_AGAIN,
		.version = wait->version,
		.written = until,
		.ttl = wait->timeout,
		.pid = task_pid_vnr(current),
		.size = wait->flags,
	};
}

/* Return: when the wait ends; *@again: it had begun before. */
static ktime_t wait_until(const struct msg_slot_wait *wait, u32 id, bool *again)
{
	ktime_t until = deadline(wait->timeout);
	u64 noted = wait->get.record.written;
	struct msg_slot_record note = wait_note(wait, id, noted);

	*again = !memcmp(&note, &wait->get.record, sizeof(note));
	return *again && noted < until ? noted : until;
}

static bool signal_has_handler(const struct sighand_struct *sighand, int signal)
{
	__sighandler_t handler = sighand->action[signal - 1].sa.sa_handler;

	return handler != SIG_DFL && handler != SIG_IGN;
}

/* Whether a handler is to be called now, or when a stop is over. */
static bool handler_is_due(void)
{
	struct sighand_struct *sighand = rcu_dereference_raw(current->sighand);
	sigset_t pending;
	bool due = false;
	int i;

	spin_lock_irq(&sighand->siglock);
	sigorsets(&pending, &current->pending.signal,
		  &current->signal->shared_pending.signal);
	sigaddset(&pending, SIGCONT);
	sigandnsets(&pending, &pending, &current->blocked);
	for (i = 1; i <= _NSIG; i++)
		if (sigismember(&pending, i) && signal_has_handler(sighand, i))
			due = true;
	spin_unlock_irq(&sighand->siglock);
	return due;
}

/* A wait ended with @err. Return: the same, or to make the call again. */
static int wait_ended(struct msg_slot_wait __user *user,
		      const struct msg_slot_wait *wait, u32 id, ktime_t until,
		      bool again, int err)
{
	struct msg_slot_record note = wait_note(wait, id, until);

	if (err == -EINTR && !handler_is_due() &&
	    !copy_to_user(&user->get.record, &note, sizeof(note)))
		return -ERESTARTNOHAND;
	/* What was noted is nothing to be seen, or found once more. */
	if (again &&
	    copy_to_user(&user->get.record, &wait->get.record, sizeof(note)))
		return -EFAULT;
	return err;
}

/**
 * record_wait() - MSG_SLOT_WAIT
 * @file: the open file
 * @arg: a &struct msg_slot_wait
 *
 * Return: 0, or a negative errno as message_slot.h has it, or one that restarts
 * the call.
 */
long record_wait(struct file *file, void __user *arg)
{
	struct open_file *of = file->private_data;
	s64 seen = atomic64_read(&of->seen);
	struct msg_slot_wait wait;
	struct message message;
	ktime_t until;
	bool again;
	u64 version;
	int err;
	u32 id;

	err = may_read(file);
	if (err)
		return err;
	if (copy_from_user(&wait, arg, sizeof(wait)))
		return -EFAULT;
	if (wait.flags & ~MSG_SLOT_ANY_CHANGE || wait.reserved)
		return -EINVAL;
	err = mean_channel(of, wait.get.channel, &id);
	if (err)
		return err;
	until = wait_until(&wait, id, &again);
	version = wait_newer(of, id, &wait, until, &message, &err);
	if (err)
		return wait_ended(arg, &wait, id, until, again, err);
	/* That there is no message may be what was waited for. */
	if (message.size)
		err = finish_get(&wait.get, &message);
	if (copy_to_user(arg, &wait, sizeof(wait)))
		return -EFAULT;
	if (!err)
		mark_got(of, &wait.get, seen, version);
	return err;
}

static int put_message(struct open_file *of, u32 id, struct msg_slot_put *put)
{
	struct message message;
	struct change change = change_of_put(of, put, &message);
	int err;

	err = fetch_put(of, id, &message, put);
	if (err)
		return err;
	change.now = ktime_get_boottime_ns();
	err = set_expiry(change.now, put->ttl, &change.expiry, &change.expires);
	if (!err)
		err = slot_change(of->slot, id, &change, false);
	kfree(change.expiry);
	message_put(&message);
	put->version = change.version;
	return err;
}

static int tell_version(u64 __user *version, u64 present, int err)
{
	if ((!err || err == -ESTALE || err == -EWOULDBLOCK) &&
	    put_user(present, version))
		return -EFAULT;
	return err;
}

/**
 * record_put() - MSG_SLOT_PUT
 * @file: the open file
 * @arg: a &struct msg_slot_put
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long record_put(struct file *file, void __user *arg)
{
	struct msg_slot_put __user *user = arg;
	struct open_file *of = file->private_data;
	struct msg_slot_put put;
	int err;
	u32 id;

	err = may_write(file);
	if (err)
		return err;
	if (copy_from_user(&put, user, sizeof(put)))
		return -EFAULT;
	if (put.flags & ~(MSG_SLOT_IF_VERSION | MSG_SLOT_FRAME) ||
	    !put_is_valid(&put))
		return -EINVAL;
	err = mean_channel(of, put.channel, &id)	    ?:
		      can_tell(&user->version, put.version) ?:
		      put_message(of, id, &put);
	return tell_version(&user->version, put.version, err);
}

static int renew_message(struct open_file *of, u32 id,
			 struct msg_slot_renew *renew)
{
	struct renewal renewal = {
		.owner = of,
		.expires = EXPIRY_NEVER,
		.conditional = renew->flags & MSG_SLOT_IF_VERSION,
		.if_version = renew->version,
	};
	int err;

	err = set_expiry(ktime_get_boottime_ns(), renew->ttl, &renewal.expiry,
			 &renewal.expires);
	if (!err)
		err = slot_renew(of->slot, id, &renewal);
	kfree(renewal.expiry);
	renew->version = renewal.version;
	return err;
}

/**
 * record_renew() - MSG_SLOT_RENEW
 * @file: the open file
 * @arg: a &struct msg_slot_renew
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long record_renew(struct file *file, void __user *arg)
{
	struct msg_slot_renew __user *user = arg;
	struct open_file *of = file->private_data;
	struct msg_slot_renew renew;
	int err;
	u32 id;

	err = may_write(file);
	if (err)
		return err;
	if (copy_from_user(&renew, user, sizeof(renew)))
		return -EFAULT;
	if (renew.flags & ~MSG_SLOT_IF_VERSION || !ttl_is_valid(renew.ttl))
		return -EINVAL;
	err = mean_channel(of, renew.channel, &id)	      ?:
		      can_tell(&user->version, renew.version) ?:
		      renew_message(of, id, &renew);
	return tell_version(&user->version, renew.version, err);
}

/**
 * record_clear() - MSG_SLOT_CLEAR
 * @file: the open file
 * @arg: a &struct msg_slot_clear
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long record_clear(struct file *file, void __user *arg)
{
	struct msg_slot_clear __user *user = arg;
	struct open_file *of = file->private_data;
	struct msg_slot_clear clear;
	struct change change = {
		.owner = of,
		.now = ktime_get_boottime_ns(),
		.emptied = MSG_SLOT_CLEARED,
	};
	int err;
	u32 id;

	err = may_write(file);
	if (err)
		return err;
	if (copy_from_user(&clear, user, sizeof(clear)))
		return -EFAULT;
	if (clear.flags & ~MSG_SLOT_IF_VERSION)
		return -EINVAL;
	change.conditional = clear.flags & MSG_SLOT_IF_VERSION;
	change.if_version = clear.version;
	err = mean_channel(of, clear.channel, &id)	      ?:
		      can_tell(&user->version, clear.version) ?:
		      slot_change(of->slot, id, &change, false);
	return tell_version(&user->version,
			    err ? change.version : change.removed, err);
}

static int check_snapshot(const struct open_file *of,
			  const struct msg_slot_get *gets,
			  struct snapshot *shot)
{
	u32 i;
	int err;

	for (i = 0; i < shot->count; i++) {
		shot->items[i].room = gets[i].room;
		err = mean_channel(of, gets[i].channel, &shot->items[i].id);
		if (err)
			return err;
	}
	return snapshot_sort(shot);
}

static int give_snapshot(struct msg_slot_get __user *user,
			 struct msg_slot_get *gets, struct snapshot *shot)
{
	ssize_t ret;
	u32 i;

	for (i = 0; i < shot->count; i++) {
		struct snapshot_item *item = &shot->items[i];
		struct msg_slot_get *get = &gets[item->position];

		ret = copy_message_to_user(&item->message, get);
		if (ret < 0 && ret != -EWOULDBLOCK && ret != -ENOSPC)
			return ret;
		get->record = item->record;
	}
	if (copy_to_user(user, gets, shot->count * sizeof(*gets)))
		return -EFAULT;
	return 0;
}

/**
 * record_snapshot() - MSG_SLOT_SNAPSHOT
 * @file: the open file
 * @arg: a &struct msg_slot_snapshot
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long record_snapshot(struct file *file, void __user *arg)
{
	struct msg_slot_get __user *user;
	struct open_file *of = file->private_data;
	struct msg_slot_snapshot snapshot;
	struct msg_slot_get *gets;
	struct snapshot *shot;
	int err;

	err = may_read(file);
	if (err)
		return err;
	if (copy_from_user(&snapshot, arg, sizeof(snapshot)))
		return -EFAULT;
	if (!snapshot.count || snapshot.count > MSG_SLOT_MAX_SNAPSHOT ||
	    snapshot.reserved)
		return -EINVAL;
	user = u64_to_user_ptr(snapshot.gets);
	gets = memdup_user(user, snapshot.count * sizeof(*gets));
	if (IS_ERR(gets))
		return PTR_ERR(gets);
	shot = snapshot_create(snapshot.count);
	err = shot ? check_snapshot(of, gets, shot) : -ENOMEM;
	if (!err) {
		err = snapshot_take(shot, of->slot) ?:
			      give_snapshot(user, gets, shot);
	}
	snapshot_destroy(shot);
	kfree(gets);
	return err;
}

/**
 * record_claim() - MSG_SLOT_CLAIM
 * @file: the open file
 * @arg: a &struct msg_slot_claim
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long record_claim(struct file *file, void __user *arg)
{
	struct open_file *of = file->private_data;
	struct msg_slot_claim claim;
	struct message will = {};
	int err;
	u32 id;

	err = may_write(file);
	if (err)
		return err;
	if (copy_from_user(&claim, arg, sizeof(claim)))
		return -EFAULT;
	if (claim.end > MSG_SLOT_END_WILL || claim.reserved)
		return -EINVAL;
	if (claim.end != MSG_SLOT_END_WILL && (claim.will || claim.will_size))
		return -EINVAL;
	err = mean_channel(of, claim.channel, &id);
	if (!err && claim.end == MSG_SLOT_END_WILL)
		err = fetch_message(of, 0, &will, claim.will, claim.will_size);
	if (err)
		return err;
	err = claim_take(of, id, claim.end, &will);
	message_put(&will);
	return err;
}

/**
 * record_release() - MSG_SLOT_RELEASE
 * @file: the open file
 * @channel: the channel; 0: the selected one
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long record_release(struct file *file, u32 channel)
{
	struct open_file *of = file->private_data;
	int err;
	u32 id;

	err = mean_channel(of, channel, &id);
	return err ?: claim_release(of, id);
}
