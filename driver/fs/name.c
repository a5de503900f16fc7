// SPDX-License-Identifier: GPL-2.0
/*
 * A name: the id that a channel's node stands for.
 *
 * A name is a path below the slot. One that is a decimal number is the channel of
 * that number; any other gets an id from MSG_SLOT_FIRST_NAMED upwards, the next one
 * that neither a name nor a channel has, so that one who writes by numbers and one who
 * writes by names don't meet unless they mean to. An id is taken until its node goes.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/namei.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "channel_node.h"
#include "compat.h"
#include "file/file.h"
#include "memory.h"
#include "message_slot.h"
#include "name.h"
#include "named_slot.h"
#include "node.h"
#include "slot/slot.h"

/**
 * names_init() - no names yet
 * @named: the slot
 */
void names_init(struct named_slot *named)
{
	xa_init_flags(&named->ids, XA_FLAGS_ALLOC | XA_FLAGS_ACCOUNT);
	named->next = MSG_SLOT_FIRST_NAMED;
}

/**
 * names_exit() - undo names_init(); no names any more
 * @named: the slot
 */
void names_exit(struct named_slot *named)
{
	xa_destroy(&named->ids);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/**
 * name_number() - the number that a name is
 * @name: a name in a slot's own directory
 * @number: where to; left alone if the name is none
 *
 * Return: 0, or -EINVAL for digits that are no channel's number: 0, above 4294967295,
 * or with a 0 in front, which would be a second name of the same channel.
 */
int name_number(const struct qstr *name, u32 *number)
{
	u64 value = 0;
	u32 i;

	for (i = 0; i < name->len; i++) {
		if (!is_digit(name->name[i]))
			return 0;
		value = min_t(u64, value * 10 + name->name[i] - '0',
			      S64_MAX / 16);
	}
	if (name->name[0] == '0' || value > U32_MAX)
		return -EINVAL;
	*number = value;
	return 0;
}

/* Return: 0, -ENOMEM, or -ENOSPC, which is for 2^31 names. */
static int take_free(struct named_slot *named, struct slotfs_node *node)
{
	struct xa_limit limit = XA_LIMIT(MSG_SLOT_FIRST_NAMED, U32_MAX);
	int err;

	while (1) {
		err = xa_alloc_cyclic(&named->ids, &node->id, node, limit,
				      &named->next, MEMORY_WAIT);
		if (err < 0)
			return err == -EBUSY ? -ENOSPC : err;
		if (!slot_has_channel(named->slot, node->id))
			return 0;
		/*
		 * Somebody uses it by its number, and may use those beside it. Far
		 * from here at most one in a thousand is in use.
		 */
		xa_lock(&named->ids);
		__xa_erase(&named->ids, node->id);
		named->next = get_random_u32() | MSG_SLOT_FIRST_NAMED;
		xa_unlock(&named->ids);
	}
}

/**
 * name_take() - give a node its id
 * @node: a channel's, which nobody else has yet
 * @number: which one; 0: a free one
 *
 * Return: 0; -EEXIST if another name has that number; -ENOMEM.
 */
int name_take(struct slotfs_node *node, u32 number)
{
	struct named_slot *named = node->named;
	int err;

	if (!number) {
		err = take_free(named, node);
		if (err)
			node->id = 0;
		return err;
	}
	err = xa_insert(&named->ids, number, node, MEMORY_WAIT);
	if (!err)
		node->id = number;
	return err == -EBUSY ? -EEXIST : err;
}

/**
 * name_give_back() - an id is free again
 * @node: a channel's, which nobody has any more
 *
 * What was written through a file whose name was gone already is nobody's to read,
 * unless it has a number that others may know.
 */
void name_give_back(struct slotfs_node *node)
{
	if (!node->id)
		return;
	if (!node->inode.i_nlink && node->id >= MSG_SLOT_FIRST_NAMED)
		channel_node_clear(node);
	xa_erase(&node->named->ids, node->id);
}

/* Return: 0 and the path for path_put(), which is of this slotfs; or what is wrong. */
static int look_up(const struct file *file, const char *name, struct path *path)
{
	struct vfsmount *mnt = file->f_path.mnt;
	struct slotfs_node *node = node_of(file_inode(file));
	struct dentry *directory = named_slot_directory(node->named);
	int err = -ENOENT;

	if (!directory)
		return err;
	/* It may be mounted without what is around it. */
	if (is_subdir(directory, mnt->mnt_root))
		err = vfs_path_lookup(directory, mnt, name, LOOKUP_NO_XDEV,
				      path);
	else
		err = -EACCES;
	dput(directory);
	return err;
}

/* Return: 0 and the id; or as look_up(), -EISDIR, or -EINVAL. */
static int find_id(const struct file *file, const char *name, u32 *id)
{
	const struct slotfs_node *node;
	struct path path;
	int err = look_up(file, name, &path);

	if (err)
		return err;
	node = node_of(d_inode(path.dentry));
	if (node->kind == NODE_CHANNEL)
		*id = node->id;
	else
		err = d_is_dir(path.dentry) ? -EISDIR : -EINVAL;
	path_put(&path);
	return err;
}

/* Return: a name from a user, for kfree(), or ERR_PTR(). */
static char *copy_name(const struct msg_slot_name *arg)
{
	char *name;

	if (!arg->size)
		return ERR_PTR(-EINVAL);
	if (arg->size > MSG_SLOT_LONGEST_NAME)
		return ERR_PTR(-ENAMETOOLONG);
	name = memdup_user_nul(u64_to_user_ptr(arg->name), arg->size);
	if (IS_ERR(name))
		return name;
	if (name[0] != '/' && strlen(name) == arg->size)
		return name;
	kfree(name);
	return ERR_PTR(-EINVAL);
}

/* MSG_SLOT_GET_ID. Narrowed to a channel, a file may not ask for others. */
static long get_id(const struct file *file, struct msg_slot_name __user *user)
{
	struct msg_slot_name arg;
	char *name;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.channel)
		return -EINVAL;
	if (file_only_channel(file))
		return -EPERM;
	name = copy_name(&arg);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = find_id(file, name, &arg.channel);
	kfree(name);
	if (err)
		return err;
	return put_user(arg.channel, &user->channel);
}

/* Return: where the channel is in the VFS, for dput(), or NULL. */
static struct dentry *find_name(struct named_slot *named, u32 id)
{
	struct dentry *dentry = NULL;
	struct inode *inode = NULL;
	struct slotfs_node *node;

	xa_lock(&named->ids);
	node = xa_load(&named->ids, id);
	if (node)
		inode = igrab(&node->inode);
	xa_unlock(&named->ids);
	if (inode) {
		dentry = d_find_alias(inode);
		iput(inode);
	}
	return dentry;
}

/* Whether the caller may list all directories from @dentry's up to the slot's. */
static int may_list(struct dentry *dentry, const struct dentry *directory)
{
	struct dentry *parent, *child = dget(dentry);
	bool done = false;
	int err = 0;

	while (!err && !done) {
		parent = dget_parent(child);
		if (parent == child)
			err = -ENOENT;
		else
			err = inode_permission(&nop_mnt_idmap, d_inode(parent),
					       MAY_READ | MAY_EXEC);
		done = parent == directory;
		dput(child);
		child = parent;
	}
	dput(child);
	return err;
}

/*
 * Writes the path below the slot to the end of a page. A directory may be renamed
 * meanwhile: then look again, lest a path be told whose directories were not asked.
 */
static char *tell_path(struct dentry *dentry, const struct dentry *directory,
		       char *page)
{
	unsigned int seq;
	char *path;
	int err;

	do {
		if (signal_pending(current))
			return ERR_PTR(-EINTR);
		seq = read_seqbegin(&rename_lock);
		err = may_list(dentry, directory);
		path = err ? ERR_PTR(err) :
			     dentry_path_raw(dentry, page, PATH_MAX);
	} while (read_seqretry(&rename_lock, seq));
	/* After the slot's own name. */
	return IS_ERR(path) ? path : strchrnul(path + 1, '/') + 1;
}

/* Return: the name, at the end of @page; or ERR_PTR(). */
static char *find_path(const struct file *file, u32 id, char *page)
{
	struct named_slot *named = node_of(file_inode(file))->named;
	struct dentry *dentry = find_name(named, id);
	struct dentry *directory = named_slot_directory(named);
	char *path = ERR_PTR(-ENOENT);

	if (dentry && directory) {
		path = ERR_PTR(-EACCES);
		if (is_subdir(directory, file->f_path.mnt->mnt_root))
			path = tell_path(dentry, directory, page);
	}
	dput(directory);
	dput(dentry);
	return path;
}

static int give_name(struct msg_slot_name *arg, const char *name,
		     struct msg_slot_name __user *user)
{
	u32 room = arg->size;

	arg->size = strlen(name);
	if (arg->size <= room &&
	    copy_to_user(u64_to_user_ptr(arg->name), name, arg->size))
		return -EFAULT;
	if (copy_to_user(user, arg, sizeof(*arg)))
		return -EFAULT;
	return arg->size <= room ? 0 : -ENOSPC;
}

/* MSG_SLOT_GET_NAME */
static long get_name(const struct file *file, struct msg_slot_name __user *user)
{
	u32 only = file_only_channel(file);
	struct msg_slot_name arg;
	char *page, *name;
	long err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (!arg.channel)
		arg.channel = file_selected_channel(file);
	if (!arg.channel)
		return -EINVAL;
	if (only && only != arg.channel)
		return -EPERM;
	page = __getname();
	if (!page)
		return -ENOMEM;
	name = find_path(file, arg.channel, page);
	err = IS_ERR(name) ? PTR_ERR(name) : give_name(&arg, name, user);
	__putname(page);
	return err;
}

/**
 * name_ioctl() - ioctl() of an open file that has a name
 * @file: the open file
 * @command: which command
 * @arg: its argument
 *
 * Return: as message_slot.h has it; -EINVAL for an unknown command.
 */
long name_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	switch (command) {
	case MSG_SLOT_GET_ID:
		return get_id(file, (void __user *)arg);
	case MSG_SLOT_GET_NAME:
		return get_name(file, (void __user *)arg);
	default:
		return file_ioctl(file, command, arg);
	}
}

#ifdef CONFIG_COMPAT
/* The same, of a 32-bit program. */
long name_compat_ioctl(struct file *file, unsigned int command,
		       unsigned long arg)
{
	return name_ioctl(file, command, file_compat_arg(command, arg));
}
#endif
