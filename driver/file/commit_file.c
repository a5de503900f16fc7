// SPDX-License-Identifier: GPL-2.0
/* Commits: from an ioctl() command to the channels of a slot. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "argument.h"
#include "commit_file.h"
#include "message_slot.h"
#include "open_file.h"
#include "slot/commit.h"
#include "slot/slot.h"

#define PUT_FLAGS (MSG_SLOT_IF_VERSION | MSG_SLOT_FRAME | MSG_SLOT_CLEARS)

static bool item_is_valid(const struct msg_slot_put *put)
{
	if (put->flags & ~PUT_FLAGS || !put_is_valid(put))
		return false;
	if (!(put->flags & MSG_SLOT_CLEARS))
		return true;
	return !put->buffer && !put->size && !put->ttl &&
	       !(put->flags & MSG_SLOT_FRAME);
}

/* Return: 0, or what is wrong with the arguments. */
static int check_puts(struct commit *commit, const struct open_file *of,
		      const struct msg_slot_put *puts)
{
	int err;
	u32 i;

	for (i = 0; i < commit->count; i++) {
		commit->failed = i;
		if (!item_is_valid(&puts[i]))
			return -EINVAL;
	}
	for (i = 0; i < commit->count; i++) {
		commit->failed = i;
		err = mean_channel(of, puts[i].channel, &commit->items[i].id);
		if (err)
			return err;
	}
	commit->failed = commit->count;
	return commit_sort(commit);
}

/* Whether what is told at the end can be, which must not fail after the change. */
static int can_tell_all(struct msg_slot_put __user *user,
			const struct msg_slot_put *puts, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (can_tell(&user[i].version, puts[i].version))
			return -EFAULT;
	return 0;
}

/* Return: 0, or as fetch_put(); -EINTR when the task is being killed. */
static int fetch_messages(struct commit *commit, struct open_file *of,
			  const struct msg_slot_put *puts)
{
	int err;
	u32 i;

	for (i = 0; i < commit->count; i++) {
		struct commit_item *item = &commit->items[i];

		item->change = change_of_put(of, &puts[i], &item->message);
		if (puts[i].flags & MSG_SLOT_CLEARS) {
			item->change.message = NULL;
			item->change.emptied = MSG_SLOT_CLEARED;
			continue;
		}
		commit->failed = i;
		err = fetch_put(of, item->id, &item->message, &puts[i]);
		if (err) {
			item->message.size = 0;
			return err;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

static int set_times(struct commit *commit, const struct msg_slot_put *puts)
{
	u64 now = ktime_get_boottime_ns();
	int err;
	u32 i;

	for (i = 0; i < commit->count; i++) {
		struct change *change = &commit->items[i].change;

		commit->failed = i;
		change->now = now;
		err = set_expiry(now, puts[i].ttl, &change->expiry,
				 &change->expires);
		if (err)
			return err;
	}
	return 0;
}

/* Return: @err, or -EFAULT. */
static int tell_versions(struct msg_slot_put __user *user,
			 const struct commit *commit, int err)
{
	u32 i;

	if (err && err != -ESTALE)
		return err;
	for (i = 0; i < commit->count; i++) {
		const struct change *change = &commit->items[i].change;
		u64 version = err || change->message ? change->version :
						       change->removed;

		if (put_user(version, &user[i].version))
			return -EFAULT;
	}
	return err;
}

/* Return: 0, or a negative errno as message_slot.h has it; with commit->failed. */
static int make_commit(struct commit *commit, struct open_file *of,
		       struct msg_slot_put __user *user,
		       const struct msg_slot_put *puts)
{
	int err;

	err = check_puts(commit, of, puts)		      ?:
		      can_tell_all(user, puts, commit->count) ?:
		      fetch_messages(commit, of, puts)	      ?:
		      set_times(commit, puts);
	if (!err)
		err = tell_versions(user, commit, commit_apply(commit));
	return err;
}

/**
 * commit_file_apply() - MSG_SLOT_COMMIT
 * @file: the open file
 * @arg: a &struct msg_slot_commit
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long commit_file_apply(struct file *file, void __user *arg)
{
	struct msg_slot_commit __user *told = arg;
	struct open_file *of = file->private_data;
	struct msg_slot_put __user *user;
	struct msg_slot_commit argument;
	struct msg_slot_put *puts;
	struct commit *commit;
	int err;

	err = may_write(file);
	if (err)
		return err;
	if (copy_from_user(&argument, arg, sizeof(argument)) ||
	    put_user(argument.count, &told->failed))
		return -EFAULT;
	if (!argument.count || argument.count > MSG_SLOT_MAX_COMMIT)
		return -EINVAL;
	user = u64_to_user_ptr(argument.puts);
	puts = memdup_user(user, argument.count * sizeof(*puts));
	if (IS_ERR(puts))
		return PTR_ERR(puts);
	commit = commit_create(of->slot, argument.count);
	err = commit ? make_commit(commit, of, user, puts) : -ENOMEM;
	if (commit && commit->failed < argument.count &&
	    put_user(commit->failed, &told->failed))
		err = -EFAULT;
	commit_destroy(commit);
	kfree(puts);
	return err;
}
