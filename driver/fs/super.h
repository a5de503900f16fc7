/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slotfs: slots that have names.
 *
 * What there is of it, from the outside in:
 *
 *   superblock  (here)           one for each mount: its options, and what is counted
 *   directory   (directory.h)    making, removing and renaming, by the VFS
 *   node        (node.h)         an inode: the root, a slot, its door, a directory in
 *                                it that only groups, or a channel
 *   named slot  (named_slot.h)   a slot, and the nodes that are of it
 *   name        (name.h)         the id that a channel's node stands for
 *
 * Lifetimes: a directory entry keeps its node; an open file, a mapping and a watch
 * keep the path by which they were opened, and so the node. A node keeps its named
 * slot, and that the slot, which is retired when the last node is gone: at rmdir() or
 * umount(), or when the last of those files is closed. An id is its name's as long as
 * the node is there, so nobody who has the file of a name that is gone meets another
 * name's messages.
 *
 * Locks: the VFS's of directories, outermost, guard what is in them; slotfs->lock,
 * which named slots there are and where; the ids' lock, of the xarray.
 */
#ifndef MESSAGE_SLOT_SUPER_H
#define MESSAGE_SLOT_SUPER_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/uidgid.h>

#include "message_slot.h"

/**
 * struct slotfs_options - how it is mounted
 * @mode: the root's mode
 * @uid: its owner
 * @gid: its group
 * @max_slots: how many slots there may be
 * @max_names: how many names, in all slots: of channels and grouping directories
 * @limits: what a slot begins with
 * @given: which were given, a bit for each
 */
struct slotfs_options {
	umode_t mode;
	kuid_t uid;
	kgid_t gid;
	u32 max_slots;
	u32 max_names;
	struct msg_slot_limits limits;
	u32 given;
};

/**
 * struct slotfs - a mounted slotfs
 * @max_slots: as in its options; read without a lock
 * @max_names: likewise
 * @slots: how many slots there are
 * @names: how many names
 * @lock: guards all below, and the named slots' directories
 * @limits: what a slot begins with
 * @named_slots: the slots that have a name
 */
struct slotfs {
	u32 max_slots;
	u32 max_names;
	atomic_t slots;
	atomic_t names;
	struct mutex lock; /* of the named slots */
	struct msg_slot_limits limits;
	struct list_head named_slots;
};

static inline struct slotfs *slotfs_of(const struct super_block *sb)
{
	return sb->s_fs_info;
}

int slotfs_count_in(atomic_t *count, u32 max);

int slotfs_setup(const struct msg_slot_limits *limits);
void slotfs_cleanup(void);

#endif /* MESSAGE_SLOT_SUPER_H */
