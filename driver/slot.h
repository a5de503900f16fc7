/* SPDX-License-Identifier: GPL-2.0 */
/* A slot: its channels by id, its limits, its lifetime. */
#ifndef MESSAGE_SLOT_SLOT_H
#define MESSAGE_SLOT_SLOT_H

#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct channel;
struct message;

/**
 * struct slot - channels by id
 * @channels: every channel; found under RCU, added under @lock, never removed
 * @lock: guards @count and adding to @channels. Taken in process context only.
 * @count: how many @channels has, at most MSG_SLOT_MAX_CHANNELS
 */
struct slot {
	struct rhashtable channels;
	spinlock_t lock; /* for adding */
	u32 count;
};

struct slot *slot_create(void);
void slot_destroy(struct slot *slot);

struct channel *slot_find(struct slot *slot, u32 id);
int slot_add(struct slot *slot, u32 id, const struct message *first);

#endif /* MESSAGE_SLOT_SLOT_H */
