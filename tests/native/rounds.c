// SPDX-License-Identifier: GPL-2.0
/*
 * Rounds: how long it takes the kernel to publish a message and to copy one out, beside
 * a bare seqlock; as threads.c an object more in a copy of the module. See pace.h for
 * how a program calls it.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "channel/channel.h"
#include "channel/message.h"
#include "file/file.h"
#include "file/open_file.h"
#include "message_slot.h"
#include "slot/slot.h"
#include "pace.h"
#include "threads.h"

/* Nothing comes between all rounds of one of so many. */
#define TRIES 200

struct guarded {
	seqlock_t lock;
	u8 bytes[PACE_BYTES];
};

struct rounds {
	struct pace pace;
	struct file *file;
	struct open_file *of;
	struct guarded guarded;
	struct message message;
	u8 bytes[PACE_BYTES];
	int err;
};

static void write_guarded(struct rounds *rounds)
{
	write_seqlock(&rounds->guarded.lock);
	memcpy(rounds->guarded.bytes, rounds->bytes, PACE_BYTES);
	write_sequnlock(&rounds->guarded.lock);
}

static void read_guarded(struct rounds *rounds)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(&rounds->guarded.lock);
		memcpy(rounds->bytes, rounds->guarded.bytes, PACE_BYTES);
	} while (read_seqretry(&rounds->guarded.lock, seq));
}

static void publish(struct rounds *rounds)
{
	struct change change = {
		.message = &rounds->message,
		.author = rounds->of->author,
		.owner = rounds->of,
		.now = ktime_get_boottime_ns(),
	};

	rounds->err |= slot_change(rounds->of->slot, rounds->pace.channel,
				   &change, false);
}

static void write_message(struct rounds *rounds)
{
	const char __user *buffer =
		(const char __user *)(unsigned long)rounds->pace.buffer;
	loff_t pos = 0;

	rounds->err |= file_ops.write(rounds->file, buffer, PACE_BYTES, &pos) !=
		       PACE_BYTES;
}

static void copy_out(struct rounds *rounds)
{
	struct msg_slot_record record;
	struct channel *channel;
	struct message message;

	channel = slot_get(rounds->of->slot, rounds->pace.channel);
	if (!channel) {
		rounds->err = -ENOENT;
		return;
	}
	channel_get(channel, &message, &record, 0, PACE_BYTES);
	channel_put(channel);
	memcpy(rounds->bytes, message.bytes, PACE_BYTES);
	message_put(&message);
}

static void (*const doing[PACES])(struct rounds *rounds) = {
	[PACE_SEQLOCK_WRITE] = write_guarded,
	[PACE_SEQLOCK_READ] = read_guarded,
	[PACE_PUBLISH] = publish,
	[PACE_WRITE] = write_message,
	[PACE_COPY_OUT] = copy_out,
};

static u64 time_rounds(struct rounds *rounds, unsigned int what)
{
	u64 begin = ticks_before();
	unsigned int i;

	for (i = 0; i < PACE_ROUNDS; i++)
		doing[what](rounds);
	return ticks_after() - begin;
}

/* In turn, so that whatever else the machine does meets all of them. */
static void time_all(struct rounds *rounds)
{
	unsigned int try, what;

	for (what = 0; what < PACES; what++)
		rounds->pace.ticks[what] = U64_MAX;
	for (try = 0; try < TRIES; try++) {
		for (what = 0; what < PACES; what++)
			rounds->pace.ticks[what] =
				min(rounds->pace.ticks[what],
				    time_rounds(rounds, what));
		cond_resched();
	}
}

static int set_pace(const char *value, const struct kernel_param *kp)
{
	struct rounds *rounds;
	unsigned long address;
	int err;

	err = kstrtoul(value, 16, &address);
	if (err)
		return err;
	rounds = kzalloc(sizeof(*rounds), GFP_KERNEL);
	if (!rounds)
		return -ENOMEM;
	seqlock_init(&rounds->guarded.lock);
	rounds->message.size = PACE_BYTES;
	err = -EFAULT;
	if (copy_from_user(&rounds->pace, (void __user *)address,
			   sizeof(rounds->pace)))
		goto free;
	err = -EBADF;
	rounds->file = fget(rounds->pace.fd);
	if (!rounds->file)
		goto free;
	if (rounds->file->f_op == &file_ops) {
		rounds->of = rounds->file->private_data;
		time_all(rounds);
		err = rounds->err ? -EIO : 0;
	}
	fput(rounds->file);
	if (!err && copy_to_user((void __user *)address, &rounds->pace,
				 sizeof(rounds->pace)))
		err = -EFAULT;
free:
	kfree(rounds);
	return err;
}

static const struct kernel_param_ops pace_ops = { .set = set_pace };

module_param_cb(pace, &pace_ops, NULL, 0200);
MODULE_PARM_DESC(pace, "for tests: the address of a struct pace");
