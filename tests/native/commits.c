// SPDX-License-Identifier: GPL-2.0
/*
 * Commits without an end on one processor, and what they cost who acts on another: as
 * threads.c an object more in a copy of the module. See neighbour.h for how a program
 * calls it.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "channel/channel.h"
#include "channel/message.h"
#include "compat.h"
#include "file/file.h"
#include "file/open_file.h"
#include "message_slot.h"
#include "neighbour.h"
#include "slot/commit.h"
#include "slot/slot.h"
#include "slot/snapshot.h"
#include "threads.h"

struct committer {
	struct open_file *of;
	atomic_long_t commits;
	int err;
};

struct scene {
	struct neighbour neighbour;
	struct file *files[BESIDES];
	struct file *file;
	struct open_file *of;
	u64 tries[VICTIMS][NEIGHBOUR_TRIES];
	int err;
};

static const u8 bytes[NEIGHBOUR_BYTES];

static int get_message(struct message *message)
{
	struct kvec vec = { (void *)bytes, sizeof(bytes) };
	struct iov_iter from;

	iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, sizeof(bytes));
	return message_get(message, NULL, &from, sizeof(bytes), false);
}

static struct change change_to(struct open_file *of, struct message *message)
{
	return (struct change){
		.message = message,
		.emptied = message ? 0 : MSG_SLOT_CLEARED,
		.author = of->author,
		.owner = of,
		.now = ktime_get_boottime_ns(),
	};
}

static int commit_once(struct open_file *of)
{
	struct commit *commit = commit_create(of->slot, MSG_SLOT_MAX_COMMIT);
	int err = commit ? 0 : -ENOMEM;
	unsigned int i;

	for (i = 0; i < MSG_SLOT_MAX_COMMIT && !err; i++) {
		struct commit_item *item = &commit->items[i];

		item->id = NEIGHBOUR_OTHER + i;
		err = get_message(&item->message);
		if (err)
			item->message.size = 0;
		else
			item->change = change_to(of, &item->message);
	}
	err = err ?: commit_sort(commit) ?: commit_apply(commit);
	if (commit)
		commit_destroy(commit);
	return err;
}

static int commit_on(void *arg)
{
	struct committer *committer = arg;

	while (!kthread_should_stop()) {
		committer->err |= commit_once(committer->of);
		atomic_long_inc(&committer->commits);
		cond_resched();
	}
	return 0;
}

static int publish(struct open_file *of)
{
	struct message message;
	struct change change;
	int err;

	err = get_message(&message);
	if (err)
		return err;
	change = change_to(of, &message);
	err = slot_change(of->slot, NEIGHBOUR_VICTIM, &change, false);
	message_put(&message);
	return err;
}

static int make_channel(struct open_file *of)
{
	struct message message;
	struct change put, clear = change_to(of, NULL);
	int err;

	err = get_message(&message);
	if (err)
		return err;
	put = change_to(of, &message);
	err = slot_change(of->slot, NEIGHBOUR_VICTIM - 1, &put, false) ?:
		      slot_change(of->slot, NEIGHBOUR_VICTIM - 1, &clear,
				  false);
	message_put(&message);
	return err;
}

static int take(struct open_file *of, u32 first)
{
	struct snapshot *shot = snapshot_create(MSG_SLOT_MAX_SNAPSHOT);
	int err = -ENOMEM;
	unsigned int i;

	for (i = 0; shot && i < shot->count; i++) {
		shot->items[i].id = first + i;
		shot->items[i].room = NEIGHBOUR_BYTES;
	}
	if (shot)
		err = snapshot_take(shot, of->slot);
	snapshot_destroy(shot);
	return err;
}

static int take_own(struct open_file *of)
{
	return take(of, NEIGHBOUR_VICTIM);
}

static int take_committed(struct open_file *of)
{
	return take(of, NEIGHBOUR_OTHER);
}

static int (*const doing[VICTIMS])(struct open_file *of) = {
	[VICTIM_PUBLISHES] = publish,
	[VICTIM_MAKES] = make_channel,
	[VICTIM_TAKES] = take_own,
	[VICTIM_TAKES_COMMITTED] = take_committed,
};

static u64 time_try(struct scene *scene, unsigned int victim)
{
	u64 begin = ticks_before();
	unsigned int i;

	for (i = 0; i < NEIGHBOUR_ROUNDS; i++)
		scene->err |= doing[victim](scene->of);
	return ticks_after() - begin;
}

static int compare_ticks(const void *a, const void *b)
{
	u64 left = *(const u64 *)a, right = *(const u64 *)b;

	return left < right ? -1 : left > right;
}

static void time_beside(struct scene *scene, unsigned int beside)
{
	unsigned int victim, try;

	for (try = 0; try < NEIGHBOUR_TRIES; try++) {
		for (victim = 0; victim < VICTIMS; victim++)
			scene->tries[victim][try] = time_try(scene, victim);
		cond_resched();
	}
	for (victim = 0; victim < VICTIMS; victim++) {
		u64 *tries = scene->tries[victim];

		sort(tries, NEIGHBOUR_TRIES, sizeof(*tries), compare_ticks,
		     NULL);
		scene->neighbour.typical[victim][beside] =
			tries[NEIGHBOUR_TRIES / 2];
		scene->neighbour.slow[victim][beside] =
			tries[NEIGHBOUR_TRIES - NEIGHBOUR_TRIES / 100];
	}
}

/* The caller stays on the first of the processors, the neighbour on the second. */
static void act_beside(struct scene *scene, unsigned int beside)
{
	struct committer committer = {
		.of = scene->files[beside]->private_data,
	};
	struct task_struct *task;

	task = kthread_create(commit_on, &committer, "neighbour");
	if (IS_ERR(task)) {
		scene->err = PTR_ERR(task);
		return;
	}
	kthread_bind(task, cpumask_nth(1, cpu_online_mask));
	wake_up_process(task);
	while (!atomic_long_read(&committer.commits))
		cond_resched();
	time_beside(scene, beside);
	scene->neighbour.commits[beside] = atomic_long_read(&committer.commits);
	kthread_stop(task);
	scene->err |= committer.err;
}

static struct file *slot_file(int fd)
{
	struct file *file = fget(fd);

	if (file && file->f_op != &file_ops) {
		fput(file);
		return NULL;
	}
	return file;
}

static void put_file(struct file *file)
{
	if (file)
		fput(file);
}

static int run_scene(struct scene *scene)
{
	unsigned int beside;

	scene->file = slot_file(scene->neighbour.victim);
	scene->files[BESIDE_SAME_SLOT] = slot_file(scene->neighbour.same);
	scene->files[BESIDE_OTHER_SLOT] = slot_file(scene->neighbour.other);
	if (!scene->file || !scene->files[0] || !scene->files[1]) {
		scene->err = -EBADF;
	} else {
		scene->of = scene->file->private_data;
		for (beside = 0; beside < BESIDES; beside++)
			act_beside(scene, beside);
	}
	put_file(scene->files[0]);
	put_file(scene->files[1]);
	put_file(scene->file);
	return scene->err ? -EIO : 0;
}

static int set_neighbour(const char *value, const struct kernel_param *kp)
{
	struct scene *scene;
	unsigned long address;
	int err;

	err = kstrtoul(value, 16, &address);
	if (err)
		return err;
	if (num_online_cpus() < 2)
		return -ENXIO;
	scene = kvzalloc(sizeof(*scene), GFP_KERNEL);
	if (!scene)
		return -ENOMEM;
	err = -EFAULT;
	if (!copy_from_user(&scene->neighbour, (void __user *)address,
			    sizeof(scene->neighbour)))
		err = run_scene(scene);
	if (!err && copy_to_user((void __user *)address, &scene->neighbour,
				 sizeof(scene->neighbour)))
		err = -EFAULT;
	kvfree(scene);
	return err;
}

static const struct kernel_param_ops neighbour_ops = { .set = set_neighbour };

module_param_cb(neighbour, &neighbour_ops, NULL, 0200);
MODULE_PARM_DESC(neighbour, "for tests: the address of a struct neighbour");
