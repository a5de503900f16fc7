/* SPDX-License-Identifier: GPL-2.0 */
/* A node: an inode of slotfs. */
#ifndef MESSAGE_SLOT_NODE_H
#define MESSAGE_SLOT_NODE_H

#include <linux/fs.h>

#include "compat.h"

struct named_slot;

/**
 * enum node_kind - what a node is
 * @NODE_ROOT: the root, in which slots are made
 * @NODE_SLOT: a slot's directory
 * @NODE_GROUP: a directory below it, which only groups names
 * @NODE_CHANNEL: a channel's file
 * @NODE_DOOR: a slot's door
 */
enum node_kind {
	NODE_ROOT,
	NODE_SLOT,
	NODE_GROUP,
	NODE_CHANNEL,
	NODE_DOOR,
};

/**
 * struct slotfs_node - an inode
 * @kind: what it is; never changes
 * @named: the slot that it is of, held; NULL for the root. Never changes.
 * @id: of a channel: its id, which is no other name's while the node is there. Set
 *	before anybody else has the node.
 * @entries: of a directory: how many names are in it, the door not counted; under the
 *	directory's lock
 * @door: of a slot that was not removed: its door's directory entry; likewise
 * @inode: what the VFS knows of it
 */
struct slotfs_node {
	enum node_kind kind;
	union {
		u32 id;
		u32 entries;
	};
	struct named_slot *named;
	struct dentry *door;
	struct inode inode;
};

static inline struct slotfs_node *node_of(const struct inode *inode)
{
	return container_of(inode, struct slotfs_node, inode);
}

int node_setup(void);
void node_cleanup(void);

struct inode *node_alloc(struct super_block *sb);
void node_free(struct inode *inode);
void node_evict(struct inode *inode);

struct inode *node_create_root(struct super_block *sb, umode_t mode, kuid_t uid,
			       kgid_t gid);
struct inode *node_create(struct mnt_idmap *idmap, struct inode *dir,
			  umode_t mode, enum node_kind kind,
			  struct named_slot *named);

#endif /* MESSAGE_SLOT_NODE_H */
