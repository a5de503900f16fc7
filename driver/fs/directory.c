// SPDX-License-Identifier: GPL-2.0
/*
 * Directories: making, removing and renaming what is in them.
 *
 * What is there is in the VFS's cache and nowhere else, as in a tmpfs. A slot's door
 * is there, too, but is not listed: who walks a tree (rm -r, cp -r, rsync, tar, find,
 * grep -r) meets channels and directories, and takes a slot to a folder and back.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/string.h>

#include "channel_node.h"
#include "compat.h"
#include "directory.h"
#include "name.h"
#include "named_slot.h"
#include "node.h"
#include "slot/slot.h"
#include "super.h"

static const char door_name[] = ".slot";

static bool is_door_name(const char *name, unsigned int length)
{
	return length == strlen(door_name) && !memcmp(name, door_name, length);
}

/* No other may have its name, wherever it is. */
static bool would_be_door(const struct dentry *dentry)
{
	return is_door_name(dentry->d_name.name, dentry->d_name.len);
}

static bool is_door(const struct dentry *dentry)
{
	return d_really_is_positive(dentry) &&
	       node_of(d_inode(dentry))->kind == NODE_DOOR;
}

static void touch_directory(struct inode *dir)
{
	inode_set_mtime_to_ts(dir, inode_set_ctime_current(dir));
}

static void add_entry(struct inode *dir, struct dentry *dentry,
		      struct inode *inode)
{
	node_of(dir)->entries++;
	d_make_persistent(dentry, inode);
	touch_directory(dir);
}

static int directory_create(struct mnt_idmap *idmap, struct inode *dir,
			    struct dentry *dentry, umode_t mode)
{
	struct slotfs_node *parent = node_of(dir);
	struct inode *inode;
	u32 number = 0;
	int err;

	if (parent->kind == NODE_ROOT || would_be_door(dentry))
		return -EPERM;
	if (parent->kind == NODE_SLOT) {
		err = name_number(&dentry->d_name, &number);
		if (err)
			return err;
	}
	inode = node_create(idmap, dir, mode, NODE_CHANNEL, parent->named);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	err = name_take(node_of(inode), number);
	if (err) {
		iput(inode);
		return err;
	}
	add_entry(dir, dentry, inode);
	return 0;
}

/*
 * The door of a slot's directory that nobody has yet, which it is to be put in. Return:
 * its inode, with the directory entry in the directory's node; or ERR_PTR(-ENOMEM).
 */
static struct inode *create_door(struct mnt_idmap *idmap, struct dentry *dentry,
				 struct inode *dir, umode_t mode)
{
	struct slotfs_node *node = node_of(dir);
	struct inode *inode;

	node->door = d_alloc_name(dentry, door_name);
	if (!node->door)
		return ERR_PTR(-ENOMEM);
	inode = node_create(idmap, dir, S_IFIFO | mode, NODE_DOOR, node->named);
	if (IS_ERR(inode))
		dput(node->door);
	return inode;
}

/* Nobody looks for the door before it is there. */
static void add_slot(struct inode *dir, struct dentry *dentry,
		     struct inode *inode, struct inode *door)
{
	struct slotfs_node *node = node_of(inode);

	inode_lock_nested(inode, I_MUTEX_CHILD);
	named_slot_begin(node->named, dentry);
	add_entry(dir, dentry, inode);
	inc_nlink(dir);
	d_make_persistent(node->door, door);
	dput(node->door);
	inode_unlock(inode);
}

/*
 * A slot's directory is going: whoever has opened the door keeps it. Nothing stays
 * mounted on it, in whichever namespace, as on what the VFS itself removes.
 */
static void remove_door(struct inode *dir)
{
	struct slotfs_node *node = node_of(dir);
	struct dentry *door = dget(node->door);
	struct inode *inode = d_inode(door);

	node->door = NULL;
	named_slot_vanish(node->named);
	inode_lock_nested(inode, I_MUTEX_NONDIR2);
	dont_mount(door);
	inode_unlock(inode);
	simple_unlink(dir, door);
	d_invalidate(door);
	dput(door);
}

/* The door is its owner's alone: who opens it has all channels, whatever their modes. */
static int make_slot(struct mnt_idmap *idmap, struct inode *dir,
		     struct dentry *dentry, umode_t mode)
{
	struct named_slot *named = named_slot_create(slotfs_of(dir->i_sb));
	struct inode *inode, *door;
	int err = 0;

	if (IS_ERR(named))
		return PTR_ERR(named);
	inode = node_create(idmap, dir, S_IFDIR | mode, NODE_SLOT, named);
	if (IS_ERR(inode)) {
		named_slot_end(named);
		named_slot_put(named);
		return PTR_ERR(inode);
	}
	slot_identify(named->slot, dir->i_sb->s_dev, inode->i_ino);
	door = create_door(idmap, dentry, inode, mode & 0600);
	if (IS_ERR(door)) {
		err = PTR_ERR(door);
		iput(inode);
	} else {
		add_slot(dir, dentry, inode, door);
	}
	named_slot_put(named);
	return err;
}

static int make_group(struct mnt_idmap *idmap, struct inode *dir,
		      struct dentry *dentry, umode_t mode)
{
	struct inode *inode = node_create(idmap, dir, S_IFDIR | mode,
					  NODE_GROUP, node_of(dir)->named);

	if (IS_ERR(inode))
		return PTR_ERR(inode);
	add_entry(dir, dentry, inode);
	inc_nlink(dir);
	return 0;
}

static struct dentry *directory_mkdir(struct mnt_idmap *idmap,
				      struct inode *dir, struct dentry *dentry,
				      umode_t mode)
{
	int err;

	if (would_be_door(dentry))
		err = -EPERM;
	else if (node_of(dir)->kind == NODE_ROOT)
		err = make_slot(idmap, dir, dentry, mode);
	else
		err = make_group(idmap, dir, dentry, mode);
	return ERR_PTR(err);
}

/* What is to be removed or replaced. Return: 0, or why it may not be. */
static int let_go(struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	struct slotfs_node *node = node_of(inode);

	switch (node->kind) {
	case NODE_CHANNEL:
		return channel_node_clear(node);
	case NODE_SLOT:
	case NODE_GROUP:
		if (node->entries)
			return -ENOTEMPTY;
		if (node->kind == NODE_SLOT)
			remove_door(inode);
		return 0;
	default:
		return -EPERM;
	}
}

/* What is in @dir is to be removed. Return: 0, or why it may not be. */
static int take_out(struct inode *dir, struct dentry *dentry)
{
	int err = let_go(dentry);

	if (!err)
		node_of(dir)->entries--;
	return err;
}

static int directory_unlink(struct inode *dir, struct dentry *dentry)
{
	return take_out(dir, dentry) ?: simple_unlink(dir, dentry);
}

static int directory_rmdir(struct inode *dir, struct dentry *dentry)
{
	return take_out(dir, dentry) ?: simple_rmdir(dir, dentry);
}

/* Return: 0, or -EINVAL for a name that stands for a number, or would be mistaken. */
static int name_may_change(const struct inode *dir, const struct dentry *dentry)
{
	u32 number = 0;
	int err;

	if (node_of(dir)->kind != NODE_SLOT)
		return 0;
	err = name_number(&dentry->d_name, &number);
	return number ? -EINVAL : err;
}

/* Return: 0, or why it is not to be renamed, whatever there is already. */
static int may_rename(const struct inode *old_dir,
		      const struct dentry *old_dentry,
		      const struct inode *new_dir,
		      const struct dentry *new_dentry, unsigned int flags)
{
	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	if (is_door(old_dentry) || would_be_door(new_dentry))
		return -EPERM;
	if (node_of(old_dir)->named != node_of(new_dir)->named)
		return -EXDEV;
	if (d_is_dir(old_dentry))
		return 0;
	return name_may_change(old_dir, old_dentry) ?:
		       name_may_change(new_dir, new_dentry);
}

/* A channel's id goes with it; that of one that is replaced is given back. */
static int directory_rename(struct mnt_idmap *idmap, struct inode *old_dir,
			    struct dentry *old_dentry, struct inode *new_dir,
			    struct dentry *new_dentry, unsigned int flags)
{
	bool replaces = d_really_is_positive(new_dentry);
	int err = may_rename(old_dir, old_dentry, new_dir, new_dentry, flags);

	if (!err && replaces)
		err = let_go(new_dentry);
	if (err)
		return err;
	node_of(old_dir)->entries--;
	if (!replaces)
		node_of(new_dir)->entries++;
	return simple_rename(idmap, old_dir, old_dentry, new_dir, new_dentry,
			     flags);
}

static bool same_owner(const struct inode *one, const struct inode *other)
{
	return uid_eq(one->i_uid, other->i_uid) &&
	       gid_eq(one->i_gid, other->i_gid);
}

/*
 * A slot that gets another owner or group takes its door along, which chown -R does not
 * meet; but not a door that was given to somebody else.
 */
static int directory_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
			     struct iattr *attr)
{
	struct inode *dir = d_inode(dentry), *door;
	int err = setattr_prepare(idmap, dentry, attr);
	bool takes;

	if (err)
		return err;
	if (!node_of(dir)->door) {
		setattr_copy(idmap, dir, attr);
		return 0;
	}
	door = d_inode(node_of(dir)->door);
	inode_lock_nested(door, I_MUTEX_NONDIR2);
	takes = attr->ia_valid & (ATTR_UID | ATTR_GID) && same_owner(door, dir);
	setattr_copy(idmap, dir, attr);
	if (takes) {
		door->i_uid = dir->i_uid;
		door->i_gid = dir->i_gid;
		inode_set_ctime_current(door);
	}
	inode_unlock(door);
	return 0;
}

DEFINE_CREATE(vfs_directory_create, directory_create);
DEFINE_MKDIR(vfs_directory_mkdir, directory_mkdir);

const struct inode_operations directory_inode_operations = {
	.lookup = simple_lookup,
	.create = vfs_directory_create,
	.mkdir = vfs_directory_mkdir,
	.unlink = directory_unlink,
	.rmdir = directory_rmdir,
	.rename = directory_rename,
	.setattr = directory_setattr,
};

/**
 * struct listing - a directory's entries on their way
 * @context: where they go first
 * @caller: where those go on that are told
 */
struct listing {
	struct dir_context context;
	struct dir_context *caller;
};

static bool tell_entry(struct dir_context *context, const char *name,
		       int length, loff_t offset, u64 ino, unsigned int type)
{
	struct listing *listing =
		container_of(context, struct listing, context);

	if (is_door_name(name, length))
		return true;
	return listing->caller->actor(listing->caller, name, length, offset,
				      ino, type);
}

static int directory_iterate(struct file *file, struct dir_context *caller)
{
	struct listing listing = { .context = *caller, .caller = caller };
	int err;

	listing.context.actor = tell_entry;
	err = dcache_readdir(file, &listing.context);
	caller->pos = listing.context.pos;
	return err;
}

const struct file_operations directory_operations = {
	.owner = THIS_MODULE,
	.open = dcache_dir_open,
	.release = dcache_dir_close,
	.llseek = dcache_dir_lseek,
	.read = generic_read_dir,
	.iterate_shared = directory_iterate,
	.fsync = noop_fsync,
};
