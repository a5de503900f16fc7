// SPDX-License-Identifier: GPL-2.0
/* The descriptor of a watch: tells the marks of a watch as events. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/path.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "channel/channel.h"
#include "fdinfo.h"
#include "memory.h"
#include "message_slot.h"
#include "open_file.h"
#include "slot/commit.h"
#include "slot/slot.h"
#include "slot/slot_lanes.h"
#include "slot/watch.h"
#include "watch_file.h"

#define WATCH_FLAGS (MSG_SLOT_WATCH_CHANGES | MSG_SLOT_WATCH_PRESENT)

/**
 * struct watch_file - an open watch
 * @watch: the marks
 * @path: what was opened: keeps the slot, and a channel's name its id
 * @reading: one reader at a time
 */
struct watch_file {
	struct watch *watch;
	struct path path;
	struct mutex reading; /* of the marks */
};

/*
 * Where events go to: what is left of a user's buffer, how many went there, and whether
 * any may be of a commit that is still under way.
 */
struct room {
	char __user *at;
	size_t left;
	u32 events;
	bool in_commit;
};

/* Return: 0, -ENOSPC, -ENOMEM or -EFAULT; then nothing of it counts as given. */
static int give_event(struct room *room, const struct msg_slot_record *record,
		      struct message *message)
{
	size_t n = MSG_SLOT_EVENT_SIZE(message->size);
	size_t padding = n - sizeof(*record) - message->size;

	if (n > room->left)
		return -ENOSPC;
	if (message_is_long(message) && !message->block)
		return -ENOMEM;
	if (copy_to_user(room->at, record, sizeof(*record)))
		return -EFAULT;
	if (message->size &&
	    copy_to_user(room->at + sizeof(*record), message_bytes(message),
			 message->size))
		return -EFAULT;
	if (clear_user(room->at + n - padding, padding))
		return -EFAULT;
	room->at += n;
	room->left -= n;
	room->events++;
	return 0;
}

/* One that is of no channel. */
static int give_bare_event(struct room *room, u32 event)
{
	struct msg_slot_record record = { .event = event };
	struct message none = {};

	return give_event(room, &record, &none);
}

/* That there is one. What it has would fill most buffers. */
static int give_frame(struct room *room, struct msg_slot_record *record)
{
	struct message none = {};

	record->size = 0;
	return give_event(room, record, &none);
}

/* Return: as give_event(), which also is for what is not there at all. */
static int give_place(struct watch *watch, u32 place, struct room *room)
{
	struct channel *channel = watch_channel(watch, place);
	struct msg_slot_record record = {};
	struct message message = {};
	int err;

	if (channel) {
		channel_get(channel, &message, &record, 0,
			    min_t(size_t, room->left, U32_MAX));
		slot_await_expiry(watch->slot, channel, &record);
		room->in_commit |= channel_in_commit(channel);
	} else if (!watch_tells_gone(watch, place, &record.channel,
				     &record.event)) {
		return 0;
	}
	/* It did change, though nobody knows any more what from. */
	if (record.event == MSG_SLOT_NOTHING)
		record.event = MSG_SLOT_CLEARED;
	err = message_is_frame(&message) ? give_frame(room, &record) :
					   give_event(room, &record, &message);
	message_put(&message);
	if (channel)
		channel_put(channel);
	return err;
}

/* Return: 0, -ENOSPC, -ENOMEM or -EFAULT. */
static int give_next(struct watch *watch, struct room *room, bool *more)
{
	u32 place;
	int err;

	if (watch->lost) {
		err = give_bare_event(room, MSG_SLOT_RESTART);
		if (!err)
			watch_restart(watch);
		return err;
	}
	if (watch_tells_present(watch)) {
		err = give_bare_event(room, MSG_SLOT_PRESENT);
		if (!err)
			watch_told_present(watch);
		return err;
	}
	if (!watch_take(watch, &place)) {
		*more = watch_tells_present(watch) || watch_advance(watch);
		return 0;
	}
	err = give_place(watch, place, room);
	if (err)
		watch_take_back(watch, place);
	return err;
}

/* Return: 0, -ENOSPC or -EFAULT. */
static int give_all(struct watch *watch, struct room *room)
{
	bool more = true;
	int err = 0;

	/* Writers may change things faster than they are given here. */
	while (!err && more && room->events < MSG_SLOT_MAX_EVENTS &&
	       !(room->events && signal_pending(current))) {
		err = give_next(watch, room, &more);
		cond_resched();
	}
	return err;
}

/* Return: bytes given; 0: there is nothing to tell; or a negative errno. */
static ssize_t read_events(struct watch_file *wf, char __user *buf, size_t n)
{
	struct room room = { .at = buf, .left = n };
	int err;

	if (mutex_lock_interruptible(&wf->reading))
		return -ERESTARTSYS;
	watch_collect(wf->watch);
	err = give_all(wf->watch, &room);
	/* All of it can be read when a part is told: see slot/commit.c. */
	if (room.in_commit)
		commit_await(wf->watch->slot);
	mutex_unlock(&wf->reading);
	return n - room.left ?: err;
}

static ssize_t watch_file_read(struct file *file, char __user *buf, size_t n,
			       loff_t *pos)
{
	struct watch_file *wf = file->private_data;
	struct watch *watch = wf->watch;
	ssize_t ret;

	while (!(ret = read_events(wf, buf, n))) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		watch_wait(watch);
		ret = wait_event_interruptible(watch->readers,
					       watch_ready(watch));
		if (ret)
			return ret;
	}
	return ret;
}

static __poll_t watch_file_poll(struct file *file,
				struct poll_table_struct *table)
{
	struct watch_file *wf = file->private_data;

	poll_wait(file, &wf->watch->readers, table);
	watch_wait(wf->watch);
	return watch_ready(wf->watch) ? EPOLLIN | EPOLLRDNORM : 0;
}

/* As fdinfo_show(): without @reading, which a reader may have for long. */
static void watch_file_show_fdinfo(struct seq_file *to, struct file *file)
{
	const struct watch_file *wf = file->private_data;
	const struct watch *watch = wf->watch;

	fdinfo_show_slot(to, watch->slot);
	seq_printf(to, "channels:\t%u\n", watch->count);
	seq_printf(to, "marks:\t%u\n", marks_count(&watch->marks));
	seq_printf(to, "ready:\t%d\n", watch_ready(watch));
}

static void destroy_watch_file(struct watch_file *wf)
{
	watch_destroy(wf->watch);
	path_put(&wf->path);
	kfree(wf);
}

static int watch_file_release(struct inode *inode, struct file *file)
{
	destroy_watch_file(file->private_data);
	return 0;
}

static const struct file_operations watch_file_ops = {
	.owner = THIS_MODULE,
	.release = watch_file_release,
	.read = watch_file_read,
	.poll = watch_file_poll,
	.show_fdinfo = watch_file_show_fdinfo,
};

/* Return: what tells of these channels from now on, or ERR_PTR(). */
static struct watch_file *create_watch_file(struct file *file, u32 *ids,
					    u32 count, u32 flags)
{
	struct open_file *of = file->private_data;
	struct watch_file *wf = kzalloc(sizeof(*wf), MEMORY_WAIT);
	struct watch *watch;

	if (!wf)
		return ERR_PTR(-ENOMEM);
	watch = watch_create(of->slot, ids, count, flags);
	if (IS_ERR(watch)) {
		kfree(wf);
		return ERR_CAST(watch);
	}
	wf->watch = watch;
	wf->path = file->f_path;
	path_get(&wf->path);
	mutex_init(&wf->reading);
	return wf;
}

/* Return: 0, or what is wrong with a set for this file. */
static int check_set(const struct open_file *of, const u32 *ids, u32 count)
{
	u32 only = READ_ONCE(of->only);
	u32 i;

	if (only && !count)
		return -EPERM;
	for (i = 0; i < count; i++) {
		if (!ids[i])
			return -EINVAL;
		if (only && ids[i] != only)
			return -EPERM;
	}
	return 0;
}

static long open_watch(struct file *file, u32 *ids, u32 count, u32 flags)
{
	struct watch_file *wf;
	int fd;

	fd = check_set(file->private_data, ids, count);
	if (fd)
		return fd;
	wf = create_watch_file(file, ids, count, flags);
	if (IS_ERR(wf))
		return PTR_ERR(wf);
	fd = anon_inode_getfd("[message_slot_watch]", &watch_file_ops, wf,
			      O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		destroy_watch_file(wf);
	return fd;
}

/* Return: a user's ids, charged to the caller, for kvfree(); or ERR_PTR(). */
static u32 *copy_ids(const void __user *from, u32 count)
{
	size_t n = array_size(count, sizeof(u32));
	u32 *ids = kvmalloc(n, MEMORY_WAIT);

	if (!ids)
		return ERR_PTR(-ENOMEM);
	if (!copy_from_user(ids, from, n))
		return ids;
	kvfree(ids);
	return ERR_PTR(-EFAULT);
}

/**
 * watch_file_open() - MSG_SLOT_WATCH
 * @file: the open file of a slot
 * @arg: a &struct msg_slot_watch
 *
 * Return: the descriptor, or a negative errno as message_slot.h has it.
 */
long watch_file_open(struct file *file, void __user *arg)
{
	struct msg_slot_watch set;
	u32 *ids = NULL;
	long ret;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (copy_from_user(&set, arg, sizeof(set)))
		return -EFAULT;
	if (set.count > MSG_SLOT_MAX_WATCHED || set.flags & ~WATCH_FLAGS)
		return -EINVAL;
	if (set.count)
		ids = copy_ids(u64_to_user_ptr(set.channels), set.count);
	if (IS_ERR(ids))
		return PTR_ERR(ids);
	ret = open_watch(file, ids, set.count, set.flags);
	kvfree(ids);
	return ret;
}
