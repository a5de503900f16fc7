/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel: the last message written under one id.
 *
 * The concepts, from the outside in:
 *
 *   open file (file.h)    one selected channel id; belongs to a struct file
 *   slot      (slot.h)    channels by id; one for each minor, or other door
 *   channel   (here)      an id and two buffers; the only memory with messages
 *
 * Lifetimes: a channel is made by the first message written to its id and is
 * freed with its slot; a slot is freed at unload, when no file can be open. So
 * a pointer to a channel that a file found stays good while the file is open.
 *
 * Locks: slot->lock (adding a channel) and channel->lock (publishing a
 * message). Neither is ever taken inside the other, and user memory is touched
 * under none of them: a page fault can be held up for ever by whoever serves
 * the page (userfaultfd, FUSE).
 */
#ifndef MESSAGE_SLOT_CHANNEL_H
#define MESSAGE_SLOT_CHANNEL_H

#include <linux/rhashtable-types.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "message_slot.h"

/**
 * struct message - a whole message in memory of the kernel's
 * @size: how many of @bytes it has, 1 to MSG_SLOT_MAX_MESSAGE
 * @bytes: the message; in a channel, zeroes follow it
 */
struct message {
	u32 size;
	u8 bytes[MSG_SLOT_MAX_MESSAGE];
};

/**
 * struct channel - the last message written under one id
 * @node: in the slot's table; the slot's
 * @id: 1 to 2^32-1; never changes
 * @lock: orders writers. Raw, so that a writer inside is not preempted, on
 *	PREEMPT_RT either.
 * @latch: bit 0 says which of @buffer is current; stepped under @lock
 * @buffer: the current message and the one before. Only the idle one is
 *	written, under @lock; both are read under @latch.
 */
struct channel {
	struct rhash_head node;
	u32 id;
	raw_spinlock_t lock;
	seqcount_latch_t latch;
	struct message buffer[2];
};

int channel_init(void);
void channel_exit(void);

struct channel *channel_create(u32 id, const struct message *first);
void channel_destroy(struct channel *channel);

void channel_publish(struct channel *channel, const struct message *message);
void channel_read(struct channel *channel, struct message *message);

#endif /* MESSAGE_SLOT_CHANNEL_H */
