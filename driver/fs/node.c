// SPDX-License-Identifier: GPL-2.0
/* A node: its making, and its end. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "channel_node.h"
#include "compat.h"
#include "directory.h"
#include "door.h"
#include "memory.h"
#include "name.h"
#include "named_slot.h"
#include "node.h"
#include "super.h"

static struct kmem_cache *node_cache;

static void init_node(void *object)
{
	struct slotfs_node *node = object;

	inode_init_once(&node->inode);
}

/**
 * node_setup() - make what nodes are allocated from
 *
 * Return: 0 or -ENOMEM.
 */
int node_setup(void)
{
	node_cache = kmem_cache_create("message_slot_node",
				       sizeof(struct slotfs_node), 0,
				       SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT,
				       init_node);
	return node_cache ? 0 : -ENOMEM;
}

/** node_cleanup() - undo node_setup(); all nodes are gone */
void node_cleanup(void)
{
	/* The VFS frees them a grace period later. */
	rcu_barrier();
	kmem_cache_destroy(node_cache);
}

/* For super_operations; charged to the memory cgroup of who makes it. */
struct inode *node_alloc(struct super_block *sb)
{
	struct slotfs_node *node = alloc_inode_sb(sb, node_cache, MEMORY_WAIT);

	if (!node)
		return NULL;
	node->kind = NODE_ROOT;
	node->id = 0;
	node->named = NULL;
	node->door = NULL;
	return &node->inode;
}

/* Likewise, a grace period after node_evict(). */
void node_free(struct inode *inode)
{
	kmem_cache_free(node_cache, node_of(inode));
}

/* Likewise: nobody can have it any more. */
void node_evict(struct inode *inode)
{
	struct slotfs *fs = slotfs_of(inode->i_sb);
	struct slotfs_node *node = node_of(inode);

	clear_inode(inode);
	if (node->kind == NODE_CHANNEL)
		name_give_back(node);
	if (node->kind == NODE_SLOT)
		named_slot_end(node->named);
	if (node->kind == NODE_CHANNEL || node->kind == NODE_GROUP)
		atomic_dec(&fs->names);
	if (node->named)
		named_slot_put(node->named);
}

static void set_operations(struct inode *inode, enum node_kind kind)
{
	switch (kind) {
	case NODE_ROOT:
	case NODE_SLOT:
	case NODE_GROUP:
		inode->i_op = &directory_inode_operations;
		inode->i_fop = &directory_operations;
		/* Its own "." is a link, too. */
		inc_nlink(inode);
		break;
	case NODE_CHANNEL:
		inode->i_op = &channel_node_inode_operations;
		inode->i_fop = &channel_node_operations;
		/* What is there is told by stat(); to the VFS there may be any. */
		i_size_write(inode, U32_MAX);
		break;
	case NODE_DOOR:
		inode->i_fop = &door_operations;
		break;
	}
}

static struct inode *create(struct super_block *sb, enum node_kind kind)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_ino = get_next_ino();
	simple_inode_init_ts(inode);
	node_of(inode)->kind = kind;
	set_operations(inode, kind);
	return inode;
}

/**
 * node_create_root() - the root of a mount
 * @sb: its superblock
 * @mode: its mode
 * @uid: its owner
 * @gid: its group
 *
 * Return: its inode, or ERR_PTR(-ENOMEM).
 */
struct inode *node_create_root(struct super_block *sb, umode_t mode, kuid_t uid,
			       kgid_t gid)
{
	struct inode *inode = create(sb, NODE_ROOT);

	if (IS_ERR(inode))
		return inode;
	inode->i_mode = S_IFDIR | mode;
	inode->i_uid = uid;
	inode->i_gid = gid;
	return inode;
}

/**
 * node_create() - another node
 * @idmap: the mount's
 * @dir: the directory that it is made in, which may give it a group
 * @mode: its mode, and which type of file it is to others
 * @kind: what it is
 * @named: the slot that it is of
 *
 * Names are counted here. Charged to the memory cgroup of the caller. May sleep.
 *
 * Return: its inode, or ERR_PTR(): -ENOMEM, or -ENOSPC for one name too many.
 */
struct inode *node_create(struct mnt_idmap *idmap, struct inode *dir,
			  umode_t mode, enum node_kind kind,
			  struct named_slot *named)
{
	struct slotfs *fs = slotfs_of(dir->i_sb);
	bool counts = kind == NODE_CHANNEL || kind == NODE_GROUP;
	struct inode *inode;
	int err;

	if (counts) {
		err = slotfs_count_in(&fs->names, READ_ONCE(fs->max_names));
		if (err)
			return ERR_PTR(err);
	}
	inode = create(dir->i_sb, kind);
	if (IS_ERR(inode)) {
		if (counts)
			atomic_dec(&fs->names);
		return inode;
	}
	inode_init_owner(idmap, inode, dir, mode);
	named_slot_hold(named);
	node_of(inode)->named = named;
	return inode;
}
