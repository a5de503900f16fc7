/* SPDX-License-Identifier: GPL-2.0 */
/* A slot: its channels by id, its lifetime. */
#ifndef MESSAGE_SLOT_SLOT_H
#define MESSAGE_SLOT_SLOT_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "channel/channel_types.h"
#include "message_slot.h"
#include "slot_types.h"

struct change;
struct renewal;

struct slot *slot_create(const struct msg_slot_limits *limits);
void slot_identify(struct slot *slot, dev_t dev, u64 ino);
void slot_empty(struct slot *slot);
void slot_destroy(struct slot *slot);

struct channel *slot_find(struct slot *slot, u32 id);
struct channel *slot_get(struct slot *slot, u32 id);
int slot_clear(struct slot *slot, u32 id, const void *owner);
void slot_look(struct slot *slot, u32 id, struct msg_slot_record *record);
bool slot_has_channel(struct slot *slot, u32 id);
struct channel *slot_obtain(struct slot *slot, u32 id, bool nowait);
u64 slot_settle(struct slot *slot, u32 id);
void slot_prune(struct slot *slot, struct channel *channel);
int slot_change(struct slot *slot, u32 id, struct change *change, bool nowait);
int slot_renew(struct slot *slot, u32 id, struct renewal *renewal);
int slot_change_held(struct slot *slot, struct channel *channel,
		     struct change *change);

void slot_changed(struct slot *slot, struct channel *channel,
		  const struct change *change);

struct channel *slot_prepare(struct slot *slot, u32 id, bool nowait);
int slot_count_in(struct slot *slot, u32 n);
void slot_count_out(struct slot *slot, u32 n);
int slot_insert(struct slot *slot, struct channel *channel);
void slot_revive(struct slot *slot, struct channel *channel);
void slot_remove(struct slot *slot, struct channel *channel);
void slot_put_removed(struct slot *slot, struct channel *channel);

/*
 * The lock of one of several channels, which are taken in the order of their ids, with
 * slot->lock held. Sparse can't follow as many locks as there are channels.
 */
static inline void slot_lock_channel(struct slot *slot, struct channel *channel)
{
	raw_spin_lock_nest_lock(&channel->lock, &slot->lock);
	__release(&channel->lock);
}

static inline void slot_unlock_channel(struct channel *channel)
{
	__acquire(&channel->lock);
	raw_spin_unlock(&channel->lock);
}

#endif /* MESSAGE_SLOT_SLOT_H */
