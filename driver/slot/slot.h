/* SPDX-License-Identifier: GPL-2.0 */
/* A slot: its channels by id, its lifetime. */
#ifndef MESSAGE_SLOT_SLOT_H
#define MESSAGE_SLOT_SLOT_H

#include <linux/types.h>

#include "message_slot.h"
#include "slot_types.h"

struct change;
struct channel;
struct renewal;

struct slot *slot_create(const struct msg_slot_limits *limits);
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

void slot_remove(struct slot *slot, struct channel *channel);
void slot_put_removed(struct slot *slot, struct channel *channel);

#endif /* MESSAGE_SLOT_SLOT_H */
