// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel threads that do to a channel, or to several at once, what processes do, by the
 * driver's own functions: an object more in a copy of the module (tests/native/build),
 * never in what is installed. See threads.h for how a program calls it.
 *
 * They have the memory of the process that calls, so that read() and write() take
 * the fast path to memory of a user's; all else needs none.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "channel/channel.h"
#include "channel/message.h"
#include "compat.h"
#include "file/claim.h"
#include "file/file.h"
#include "file/open_file.h"
#include "memory.h"
#include "message_slot.h"
#include "slot/commit.h"
#include "slot/expiry.h"
#include "slot/slot.h"
#include "slot/snapshot.h"
#include "threads.h"

/* Nobody's value: what a torn message, or one of another size, is told as. */
#define TORN U64_MAX

/* A message at most, as it is copied. */
struct copy {
	u64 words[VALUE_MOST / sizeof(u64)];
};

struct actor {
	const struct crowd *crowd;
	unsigned int index;
	struct crowd_member member;
	struct file *file;
	struct open_file *of;
	struct act *acts;
	struct mm_struct *mm;
	struct task_struct *task;
	struct completion *begin;
	/* How many have not come yet. */
	atomic_t *missing;
	struct completion done;
	/* Holds it up, wherever it is. */
	struct hrtimer timer;
	u64 seed;
	struct copy copy;
	/* What a condition is about: the versions that it met last. */
	u64 known[TOGETHER_MOST];
	/* The claim that it holds, as the number of the act, from 1; 0: none. */
	unsigned int claimed;
	u8 ending;
};

static void __user *buffer_of(const struct actor *actor)
{
	return (void __user *)(unsigned long)actor->member.buffer;
}

static unsigned int fill_copy(struct copy *copy, u64 value)
{
	unsigned int n = value_size(value);
	unsigned int i;

	for (i = 0; i < n / sizeof(u64); i++)
		copy->words[i] = value;
	return n;
}

/* The value of a whole message, or TORN. */
static u64 copied_value(const struct copy *copy, ssize_t n)
{
	u64 value = copy->words[0];
	unsigned int i;

	if (n != value_size(value))
		return TORN;
	for (i = 1; i < n / sizeof(u64); i++)
		if (copy->words[i] != value)
			return TORN;
	return value;
}

static void found(struct act *act, const struct copy *copy, ssize_t n)
{
	act->done = n && n != -EWOULDBLOCK;
	act->value = 0;
	if (act->done)
		act->value = n < 0 ? TORN : copied_value(copy, n);
}

static void changed(struct act *act, int err)
{
	act->done = !err;
	act->refused = err == -EBUSY;
	WARN_ONCE(err && err != -EBUSY && err != -ESTALE, "error %d", err);
}

/* By the selected channel and by its id in turn. */
static loff_t offset_of(const struct actor *actor, const struct act *act)
{
	return act->start & 1 ? actor->crowd->channel : 0;
}

static void do_write(struct actor *actor, struct act *act)
{
	unsigned int n = fill_copy(&actor->copy, act->value);
	loff_t pos = offset_of(actor, act);
	ssize_t ret = -EFAULT;

	if (!copy_to_user(buffer_of(actor), &actor->copy, n)) {
		act->start = ticks_before();
		ret = file_ops.write(actor->file, buffer_of(actor), n, &pos);
	}
	changed(act, ret < 0 ? ret : 0);
}

static void do_read(struct actor *actor, struct act *act)
{
	loff_t pos = offset_of(actor, act);
	ssize_t n;

	n = file_ops.read(actor->file, buffer_of(actor), VALUE_MOST, &pos);
	act->end = ticks_after();
	if (n > 0 && copy_from_user(&actor->copy, buffer_of(actor), n))
		n = -EFAULT;
	found(act, &actor->copy, n);
}

static void do_read_iter(struct actor *actor, struct act *act)
{
	struct kvec vec = { &actor->copy, sizeof(actor->copy) };
	struct channel *channel;
	struct iov_iter to;
	ssize_t n = -EWOULDBLOCK;
	u32 version;

	channel = slot_get(actor->of->slot, actor->crowd->channel);
	if (channel) {
		iov_iter_kvec(&to, ITER_DEST, &vec, 1, sizeof(actor->copy));
		n = channel_read_iter(channel, &to, &version);
		channel_put(channel);
	}
	act->end = ticks_after();
	found(act, &actor->copy, n);
}

static void take_message(struct actor *actor, struct act *act,
			 struct message *message, u64 version)
{
	struct kvec vec = { &actor->copy, sizeof(actor->copy) };
	struct iov_iter to;
	ssize_t n = 0;

	if (message->size) {
		iov_iter_kvec(&to, ITER_DEST, &vec, 1, sizeof(actor->copy));
		n = message_give(message, &to);
	}
	message_put(message);
	act->end = ticks_after();
	act->version = version;
	found(act, &actor->copy, n);
}

static void do_get(struct actor *actor, struct act *act)
{
	struct msg_slot_record record = {};
	struct message message = {};
	struct channel *channel;

	channel = slot_get(actor->of->slot, actor->crowd->channel);
	if (channel) {
		channel_get(channel, &message, &record, 0, VALUE_MOST);
		channel_put(channel);
	}
	take_message(actor, act, &message, record.version);
}

static void do_snapshot(struct actor *actor, struct act *act)
{
	struct snapshot *shot = snapshot_create(1);
	struct snapshot_item *item;
	int err = -ENOMEM;

	if (shot) {
		item = &shot->items[0];
		item->id = actor->crowd->channel;
		item->room = VALUE_MOST;
		err = snapshot_take(shot, actor->of->slot);
	}
	if (err) {
		found(act, &actor->copy, err);
	} else {
		take_message(actor, act, &item->message, item->record.version);
		/* It has been put. */
		item->message.size = 0;
	}
	snapshot_destroy(shot);
}

/* Return: 0 and a message for message_put(), or an error. */
static int make_message(struct actor *actor, struct message *message, u64 value)
{
	unsigned int n = fill_copy(&actor->copy, value);
	struct kvec vec = { &actor->copy, n };
	struct iov_iter from;

	iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, n);
	return message_get(message, NULL, &from, n, false);
}

static void do_change(struct actor *actor, struct act *act,
		      struct change *change)
{
	int err;

	change->owner = actor->of;
	change->author = actor->of->author;
	change->conditional = act->kind == PUT_IF || act->kind == CLEAR_IF;
	change->if_version = act->given;
	act->start = ticks_before();
	change->now = ktime_get_boottime_ns();
	if (change->expiry)
		change->expires = change->now + value_ttl(act->value);
	err = slot_change(actor->of->slot, actor->crowd->channel, change,
			  false);
	act->end = ticks_after();
	act->version = err || change->message ? change->version :
						change->removed;
	changed(act, err);
}

static void do_put(struct actor *actor, struct act *act)
{
	struct message message;
	struct change change = { .message = &message };

	if (act->kind == PUT_FOR)
		change.expiry = expiry_create(MEMORY_WAIT);
	if (make_message(actor, &message, act->value))
		return;
	do_change(actor, act, &change);
	kfree(change.expiry);
	message_put(&message);
}

static void do_clear(struct actor *actor, struct act *act)
{
	struct change change = { .emptied = MSG_SLOT_CLEARED };

	do_change(actor, act, &change);
	if (act->kind == CLEAR)
		act->done = act->version;
}

static void do_renew(struct actor *actor, struct act *act)
{
	struct renewal renewal = {
		.owner = actor->of,
		.expiry = expiry_create(MEMORY_WAIT),
	};
	int err;

	if (!renewal.expiry)
		return;
	act->start = ticks_before();
	renewal.expires = ktime_get_boottime_ns() + value_ttl(act->value);
	err = slot_renew(actor->of->slot, actor->crowd->channel, &renewal);
	act->end = ticks_after();
	kfree(renewal.expiry);
	act->version = renewal.version;
	changed(act, err == -EWOULDBLOCK ? -ESTALE : err);
}

static void do_claim(struct actor *actor, struct act *act)
{
	struct message will = {};
	u8 ending = scramble(act->value) % 3;
	int err;

	if (ending == WILLS && make_message(actor, &will, act->value))
		return;
	act->start = ticks_before();
	err = claim_take(actor->of, actor->crowd->channel, ending, &will);
	act->end = ticks_after();
	changed(act, err);
	message_put(&will);
	if (act->done) {
		actor->claimed = act - actor->acts + 1;
		actor->ending = ending;
	}
}

static void do_release(struct actor *actor, struct act *act)
{
	struct act *claim = &actor->acts[actor->claimed - 1];

	act->value = 0;
	act->start = ticks_before();
	act->done = !claim_release(actor->of, actor->crowd->channel);
	act->end = ticks_after();
	WARN_ON_ONCE(act->done != !!actor->claimed);
	if (!actor->claimed)
		return;
	act->ending = actor->ending;
	if (act->ending == WILLS) {
		claim->given = act - actor->acts + 1;
		act->value = claim->value;
	}
	actor->claimed = 0;
}

/* Where the first of the channels is in a commit. */
static unsigned int first_in(const struct actor *actor, const struct act *act)
{
	return actor->crowd->also_alone ?
		       scramble(act->value) % actor->crowd->together :
		       0;
}

/* Return: which of the channels is at that place. */
static unsigned int channel_in(const struct actor *actor, const struct act *act,
			       unsigned int place)
{
	unsigned int first = first_in(actor, act);

	if (place == first)
		return 0;
	return place < first ? place + 1 : place;
}

/* Return: whether there is memory for it. */
static bool fill_item(struct actor *actor, const struct act *act,
		      struct commit_item *item, unsigned int channel)
{
	struct change *change = &item->change;

	item->id = together_id(actor->crowd->channel, channel);
	*change = (struct change){ .owner = actor->of,
				   .author = actor->of->author,
				   .if_version = actor->known[channel] };
	/* Of the others it does not know what they have, nor need it. */
	if (!channel || !actor->crowd->also_alone)
		change->conditional = act->kind == PUT_IF ||
				      act->kind == CLEAR_IF;
	if (act->kind == CLEAR || act->kind == CLEAR_IF) {
		change->emptied = MSG_SLOT_CLEARED;
		return true;
	}
	change->message = &item->message;
	if (act->kind == PUT_FOR)
		change->expiry = expiry_create(MEMORY_WAIT);
	if ((act->kind != PUT_FOR || change->expiry) &&
	    !make_message(actor, &item->message, act->value))
		return true;
	item->message.size = 0;
	return false;
}

static bool fill_commit(struct actor *actor, const struct act *act,
			struct commit *commit)
{
	bool filled = true;
	unsigned int i;

	for (i = 0; i < commit->count && filled; i++)
		filled = fill_item(actor, act, &commit->items[i],
				   channel_in(actor, act, i));
	return filled && !commit_sort(commit);
}

static void set_commit_time(struct commit *commit, const struct act *act)
{
	u64 now = ktime_get_boottime_ns();
	unsigned int i;

	for (i = 0; i < commit->count; i++) {
		struct change *change = &commit->items[i].change;

		change->now = now;
		if (change->expiry)
			change->expires = now + value_ttl(act->value);
	}
}

/* What is told of each is what the actor knows from then on; the act has the first's. */
static void learn_versions(struct actor *actor, struct act *act,
			   const struct commit *commit, int err)
{
	unsigned int i;

	for (i = 0; i < commit->count; i++) {
		const struct change *change = &commit->items[i].change;
		unsigned int channel = channel_in(actor, act, i);
		bool cleared = !err && !change->message;

		if (!channel)
			act->version = cleared ? change->removed :
						 change->version;
		actor->known[channel] = cleared ? 0 : change->version;
	}
}

static void do_commit(struct actor *actor, struct act *act)
{
	struct commit *commit =
		commit_create(actor->of->slot, actor->crowd->together);
	int err;

	if (!commit)
		return;
	if (fill_commit(actor, act, commit)) {
		act->start = ticks_before();
		set_commit_time(commit, act);
		err = commit_apply(commit);
		act->end = ticks_after();
		changed(act, err);
		if (!err || err == -ESTALE)
			learn_versions(actor, act, commit, err);
		if (act->kind == CLEAR)
			act->done = act->version;
	}
	commit_destroy(commit);
}

static bool fill_snapshot(const struct actor *actor, struct snapshot *shot)
{
	unsigned int i;

	for (i = 0; i < shot->count; i++) {
		shot->items[i].id = together_id(actor->crowd->channel, i);
		shot->items[i].room = VALUE_MOST;
	}
	return !snapshot_take(shot, actor->of->slot);
}

/* What is not the same in all that are only changed together is nobody's. */
static void take_messages(struct actor *actor, struct act *act,
			  struct snapshot *shot)
{
	unsigned int same = actor->crowd->also_alone;
	struct act others = {}, one = {};
	unsigned int i;

	for (i = shot->count; i--;) {
		struct snapshot_item *item = &shot->items[i];

		one = (struct act){};
		take_message(actor, &one, &item->message, item->record.version);
		item->message.size = 0;
		actor->known[i] = one.version;
		if (i + 1 == shot->count)
			others = one;
		else if (i >= same && one.value != others.value)
			others.value = TORN;
	}
	act->done = one.done || others.value == TORN;
	act->value = others.value == TORN ? TORN : one.value;
	act->version = one.version;
}

static void do_snapshot_of_all(struct actor *actor, struct act *act)
{
	struct snapshot *shot = snapshot_create(actor->crowd->together);

	if (shot && fill_snapshot(actor, shot)) {
		act->end = ticks_after();
		take_messages(actor, act, shot);
	}
	snapshot_destroy(shot);
}

/* Each with the kind that it is told as. */
static const struct way {
	enum kind kind;
	void (*act)(struct actor *actor, struct act *act);
	/* It is done to all channels at once. */
	bool all;
} ways[] = {
	{ WRITE, do_write },
	{ WRITE, do_write },
	{ PUT, do_put },
	{ PUT, do_put },
	{ PUT_IF, do_put },
	{ PUT_FOR, do_put },
	{ CLEAR, do_clear },
	{ CLEAR_IF, do_clear },
	{ GET, do_get },
	{ GET, do_snapshot },
	{ READ, do_read },
	{ READ, do_read },
	{ READ, do_read_iter },
	{ CLAIM, do_claim },
	{ CLAIM, do_claim },
	{ RELEASE, do_release },
	{ RELEASE, do_release },
	{ RENEW, do_renew },
	{ PUT, do_commit, true },
	{ PUT_IF, do_commit, true },
	{ PUT_FOR, do_commit, true },
	{ CLEAR, do_commit, true },
	{ CLEAR_IF, do_commit, true },
	{ GET, do_snapshot_of_all, true },
	{ GET, do_snapshot_of_all, true },
};

static void note_known(struct actor *actor, const struct act *act)
{
	if (act->refused)
		return;
	switch (act->kind) {
	case PUT:
	case PUT_IF:
	case PUT_FOR:
	case GET:
	case RENEW:
		actor->known[0] = act->version;
		break;
	case CLEAR:
		actor->known[0] = 0;
		break;
	case CLEAR_IF:
		actor->known[0] = act->done ? 0 : act->version;
		break;
	default:
		break;
	}
}

static const struct way *choose_way(const struct actor *actor, unsigned int i)
{
	const struct crowd *crowd = actor->crowd;
	bool other = actor->index && crowd->others;
	unsigned int alone = other ? crowd->others : crowd->kinds;
	unsigned int all = other ? 0 : crowd->all_kinds;
	u64 seed = value_of(crowd->history, actor->index, i);
	const struct way *way;

	do {
		seed = scramble(seed);
		way = &ways[seed % ARRAY_SIZE(ways)];
	} while (!((way->all ? all : alone) & BIT(way->kind)));
	return way;
}

static void act_once(struct actor *actor, unsigned int i, const struct way *way)
{
	struct act *act = &actor->acts[actor->crowd->forgets ? 0 : i];

	*act = (struct act){
		.kind = way->kind,
		.actor = actor->index + 1,
		.value = value_of(actor->crowd->history, actor->index, i),
		.given = way->kind == PUT_IF || way->kind == CLEAR_IF ?
				 actor->known[0] :
				 0,
	};
	act->start = ticks_before();
	way->act(actor, act);
	if (!act->end)
		act->end = ticks_after();
	note_known(actor, act);
}

/*
 * Left alone, it would be over with a few instructions before another has done one act;
 * who is held up at any of them for as long as some acts take is not. The scheduler's
 * own interrupts come too seldom, and are too short.
 */
#define HELD_UP_NS 30000
#define EVERY_NS 100000

static u64 random_below(struct actor *actor, u64 most)
{
	actor->seed = scramble(actor->seed);
	return actor->seed % most;
}

static enum hrtimer_restart hold_up(struct hrtimer *timer)
{
	struct actor *actor = container_of(timer, struct actor, timer);
	u64 until = ktime_get_ns() + random_below(actor, HELD_UP_NS);

	while (ktime_get_ns() < until)
		cpu_relax();
	hrtimer_forward_now(timer, 1 + random_below(actor, EVERY_NS));
	return HRTIMER_RESTART;
}

/* On this very processor, until hrtimer_cancel(). */
static void begin_hold_ups(struct actor *actor)
{
	actor->seed = value_of(actor->crowd->history, actor->index, 0);
	hrtimer_setup(&actor->timer, hold_up, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	if (actor->crowd->held_up)
		hrtimer_start(&actor->timer, random_below(actor, EVERY_NS),
			      HRTIMER_MODE_REL_PINNED_HARD);
}

/* A claim that is left ends with the last act. */
static int act_all(void *arg)
{
	static const struct way release = { RELEASE, do_release };
	struct actor *actor = arg;
	unsigned int i;

	kthread_use_mm(actor->mm);
	wait_for_completion(actor->begin);
	/* One that has the processor to itself would be done before the next began. */
	atomic_dec(actor->missing);
	while (atomic_read(actor->missing) > 0)
		cond_resched();
	begin_hold_ups(actor);
	for (i = 0; i + 1 < actor->crowd->acts; i++) {
		act_once(actor, i, choose_way(actor, i));
		cond_resched();
	}
	act_once(actor, i, &release);
	hrtimer_cancel(&actor->timer);
	kthread_unuse_mm(actor->mm);
	kthread_complete_and_exit(&actor->done, 0);
}

static size_t acts_size(const struct crowd *crowd)
{
	return array_size(crowd->forgets ? 1 : crowd->acts, sizeof(struct act));
}

/* In one piece of the kernel's own map, whose pages are there. */
static int prepare_actor(struct actor *actor)
{
	init_completion(&actor->done);
	actor->file = fget(actor->member.fd);
	if (!actor->file || actor->file->f_op != &file_ops)
		return -EBADF;
	actor->of = actor->file->private_data;
	actor->acts = kmalloc(acts_size(actor->crowd), GFP_KERNEL | __GFP_ZERO);
	if (!actor->acts)
		return -ENOMEM;
	actor->task = kthread_create(act_all, actor, "actor/%u", actor->index);
	if (IS_ERR(actor->task))
		return PTR_ERR(actor->task);
	kthread_bind(actor->task, cpumask_nth(actor->index % num_online_cpus(),
					      cpu_online_mask));
	wake_up_process(actor->task);
	return 0;
}

/* Threads that were made are let go, and waited for. */
static int finish_actor(struct actor *actor)
{
	void __user *to = (void __user *)(unsigned long)actor->member.acts;
	int err = 0;

	if (!IS_ERR_OR_NULL(actor->task)) {
		wait_for_completion(&actor->done);
		if (copy_to_user(to, actor->acts, acts_size(actor->crowd)))
			err = -EFAULT;
	}
	kfree(actor->acts);
	if (actor->file)
		fput(actor->file);
	return err;
}

/* The shortest of some tries is the one that nothing came between. */
static void tell_times(struct crowd *crowd, unsigned int which)
{
	u64 shortest = U64_MAX;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		u64 before = ticks_before();
		u64 now = ktime_get_boottime_ns();
		u64 after = ticks_after();

		if (after - before >= shortest)
			continue;
		shortest = after - before;
		crowd->ticks[which] = before + shortest / 2;
		crowd->boottime[which] = now;
	}
}

static int run_crowd(struct crowd *crowd, struct actor *actors)
{
	DECLARE_COMPLETION_ONSTACK(begin);
	atomic_t missing = ATOMIC_INIT(crowd->count);
	unsigned int i;
	int err = 0;

	tell_times(crowd, 0);
	for (i = 0; i < crowd->count && !err; i++) {
		actors[i].crowd = crowd;
		actors[i].index = i;
		actors[i].member = crowd->members[i];
		actors[i].mm = current->mm;
		actors[i].begin = &begin;
		actors[i].missing = &missing;
		err = prepare_actor(&actors[i]);
	}
	/* Nobody waits for those who will not come. */
	if (err)
		atomic_set(&missing, 0);
	complete_all(&begin);
	for (i = 0; i < crowd->count; i++)
		err = finish_actor(&actors[i]) ?: err;
	tell_times(crowd, 1);
	return err;
}

static int set_threads(const char *value, const struct kernel_param *kp)
{
	struct crowd __user *user;
	unsigned long address;
	struct actor *actors;
	struct crowd *crowd;
	int err;

	err = kstrtoul(value, 16, &address);
	if (err)
		return err;
	user = (void __user *)address;
	crowd = memdup_user(user, sizeof(*crowd));
	if (IS_ERR(crowd))
		return PTR_ERR(crowd);
	actors = kcalloc(CROWD_MOST, sizeof(*actors), GFP_KERNEL);
	err = -EINVAL;
	if (actors && crowd->count <= CROWD_MOST &&
	    crowd->together <= TOGETHER_MOST && crowd->acts && crowd->channel &&
	    (crowd->kinds || crowd->all_kinds))
		err = run_crowd(crowd, actors);
	if (!err && copy_to_user(user, crowd, sizeof(*crowd)))
		err = -EFAULT;
	kfree(actors);
	kfree(crowd);
	return err;
}

static const struct kernel_param_ops threads_ops = { .set = set_threads };

module_param_cb(threads, &threads_ops, NULL, 0200);
MODULE_PARM_DESC(threads, "for tests: the address of a struct crowd");
