/* SPDX-License-Identifier: GPL-2.0 */
/* A named slot: a slot that is a directory, and what keeps it. */
#ifndef MESSAGE_SLOT_NAMED_SLOT_H
#define MESSAGE_SLOT_NAMED_SLOT_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct dentry;
struct slot;
struct slotfs;

/**
 * struct named_slot - a slot that is a directory
 * @users: its nodes, and who makes it
 * @slot: the slot; retired with the last user
 * @fs: what it is in, which lives longer
 * @list: in its list; under its lock
 * @directory: where it is, or NULL once it is gone; likewise
 * @ids: the nodes of its channels by id
 * @next: where to look for an id that is free; under the lock of @ids
 */
struct named_slot {
	refcount_t users;
	struct slot *slot;
	struct slotfs *fs;
	struct list_head list;
	struct dentry *directory;
	struct xarray ids;
	u32 next;
};

struct named_slot *named_slot_create(struct slotfs *fs);
void named_slot_begin(struct named_slot *named, struct dentry *directory);
void named_slot_vanish(struct named_slot *named);
void named_slot_end(struct named_slot *named);
struct dentry *named_slot_directory(struct named_slot *named);

static inline void named_slot_hold(struct named_slot *named)
{
	refcount_inc(&named->users);
}

void named_slot_put(struct named_slot *named);

#endif /* MESSAGE_SLOT_NAMED_SLOT_H */
