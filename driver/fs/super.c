// SPDX-License-Identifier: GPL-2.0
/*
 * slotfs: mounting, the mount's options, and the end of a mount.
 *
 * It may be mounted in user namespaces, by people without privileges, which is safe
 * for these reasons:
 *
 * - Each mount is a new superblock. Nothing of another mount, of the devices or of
 *   the host can be reached in it: a slot is made there, by mkdir(), and there is no
 *   way to name one that was made elsewhere.
 * - There are no device nodes, no links and no mknod(): all inodes are directories,
 *   files of channels, and doors, and the doors' operations are this module's. So
 *   SB_I_NODEV may stay set, and is set for all.
 * - Nothing in it can be executed (SB_I_NOEXEC), so set-user-ID bits mean nothing.
 * - Owners are ids of the namespace of who mounts it, checked when they are given as
 *   options; the VFS translates and checks all others. No xattr is kept.
 * - What it takes is bounded by its options and charged to the memory cgroup of who
 *   makes it: superblock, slots, names (inode, dentry and id), channels and messages.
 *   Looking for a name that is not there keeps nothing.
 * - The limits of its slots are the mounter's to choose, as the size of a tmpfs is;
 *   changing those of one slot by MSG_SLOT_SET_LIMITS needs CAP_SYS_RESOURCE, as for
 *   devices.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "memory.h"
#include "named_slot.h"
#include "node.h"
#include "slot/retired.h"
#include "slot/slot_limits.h"
#include "super.h"

/* The highest of both, and what they are unless given. */
#define MOST_SLOTS MSG_SLOT_MAX_CHANNELS
#define MOST_NAMES MSG_SLOT_MAX_CHANNELS
#define DEFAULT_SLOTS 4096
#define DEFAULT_NAMES 131072
#define DEFAULT_MODE 0755

enum option {
	OPTION_MODE,
	OPTION_UID,
	OPTION_GID,
	OPTION_MAX_SLOTS,
	OPTION_MAX_NAMES,
	OPTION_MAX_CHANNELS,
	OPTION_MAX_MESSAGE,
	OPTION_MAX_BYTES,
};

static const struct fs_parameter_spec slotfs_parameters[] = {
	fsparam_u32oct("mode", OPTION_MODE),
	fsparam_uid("uid", OPTION_UID),
	fsparam_gid("gid", OPTION_GID),
	fsparam_u32("max_slots", OPTION_MAX_SLOTS),
	fsparam_u32("max_names", OPTION_MAX_NAMES),
	fsparam_u32("max_channels", OPTION_MAX_CHANNELS),
	fsparam_u32("max_message", OPTION_MAX_MESSAGE),
	fsparam_u64("max_bytes", OPTION_MAX_BYTES),
	{}
};

/* What a slot begins with, unless options say otherwise: the module's parameters. */
static struct msg_slot_limits default_limits;

/* Return: 0, or -EINVAL after telling why. */
static int check_range(struct fs_context *fc, const char *key, u64 value,
		       u64 most)
{
	if (value && value <= most)
		return 0;
	return invalfc(fc, "%s is not from 1 to %llu", key, most);
}

static int set_uid(struct fs_context *fc, kuid_t uid)
{
	struct slotfs_options *options = fc->fs_private;

	if (!uid_valid(uid) || !kuid_has_mapping(fc->user_ns, uid))
		return invalfc(fc, "uid is none of this user namespace");
	options->uid = uid;
	return 0;
}

static int set_gid(struct fs_context *fc, kgid_t gid)
{
	struct slotfs_options *options = fc->fs_private;

	if (!gid_valid(gid) || !kgid_has_mapping(fc->user_ns, gid))
		return invalfc(fc, "gid is none of this user namespace");
	options->gid = gid;
	return 0;
}

static int set_mode(struct fs_context *fc, u32 mode)
{
	struct slotfs_options *options = fc->fs_private;

	if (mode & ~S_IALLUGO)
		return invalfc(fc, "mode is not from 0 to 7777");
	options->mode = mode;
	return 0;
}

static int set_count(struct fs_context *fc, u32 *to, const char *key, u32 value,
		     u32 most)
{
	int err = check_range(fc, key, value, most);

	if (!err)
		*to = value;
	return err;
}

static int set_bytes(struct fs_context *fc, const char *key, u64 value)
{
	struct slotfs_options *options = fc->fs_private;
	int err = check_range(fc, key, value, U64_MAX);

	if (!err)
		options->limits.max_bytes = value;
	return err;
}

static int slotfs_parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct slotfs_options *options = fc->fs_private;
	struct msg_slot_limits *limits = &options->limits;
	struct fs_parse_result result;
	int option = fs_parse(fc, slotfs_parameters, param, &result);

	if (option < 0)
		return option;
	options->given |= 1u << option;
	switch (option) {
	case OPTION_MODE:
		return set_mode(fc, result.uint_32);
	case OPTION_UID:
		return set_uid(fc, fs_result_uid(&result));
	case OPTION_GID:
		return set_gid(fc, fs_result_gid(&result));
	case OPTION_MAX_SLOTS:
		return set_count(fc, &options->max_slots, param->key,
				 result.uint_32, MOST_SLOTS);
	case OPTION_MAX_NAMES:
		return set_count(fc, &options->max_names, param->key,
				 result.uint_32, MOST_NAMES);
	case OPTION_MAX_CHANNELS:
		return set_count(fc, &limits->max_channels, param->key,
				 result.uint_32, MSG_SLOT_MAX_CHANNELS);
	case OPTION_MAX_MESSAGE:
		return set_count(fc, &limits->max_message, param->key,
				 result.uint_32, MSG_SLOT_LARGEST_MESSAGE);
	case OPTION_MAX_BYTES:
		return set_bytes(fc, param->key, result.uint_64);
	default:
		return -EINVAL;
	}
}

static bool was_given(const struct slotfs_options *options, enum option option)
{
	return options->given & 1u << option;
}

static void change_root(struct inode *root,
			const struct slotfs_options *options)
{
	inode_lock(root);
	if (was_given(options, OPTION_MODE))
		root->i_mode = S_IFDIR | options->mode;
	if (was_given(options, OPTION_UID))
		root->i_uid = options->uid;
	if (was_given(options, OPTION_GID))
		root->i_gid = options->gid;
	inode_set_ctime_current(root);
	inode_unlock(root);
}

/* What is not given stays as it is, for each slot that is there, too. */
static void change_limits(struct msg_slot_limits *limits,
			  const struct slotfs_options *options)
{
	if (was_given(options, OPTION_MAX_CHANNELS))
		limits->max_channels = options->limits.max_channels;
	if (was_given(options, OPTION_MAX_MESSAGE))
		limits->max_message = options->limits.max_message;
	if (was_given(options, OPTION_MAX_BYTES))
		limits->max_bytes = options->limits.max_bytes;
}

static int slotfs_reconfigure(struct fs_context *fc)
{
	const struct slotfs_options *options = fc->fs_private;
	struct slotfs *fs = slotfs_of(fc->root->d_sb);
	struct named_slot *named;

	change_root(d_inode(fc->root), options);
	if (was_given(options, OPTION_MAX_SLOTS))
		WRITE_ONCE(fs->max_slots, options->max_slots);
	if (was_given(options, OPTION_MAX_NAMES))
		WRITE_ONCE(fs->max_names, options->max_names);
	mutex_lock(&fs->lock);
	change_limits(&fs->limits, options);
	list_for_each_entry(named, &fs->named_slots, list) {
		struct msg_slot_limits limits;

		slot_get_limits(named->slot, &limits);
		change_limits(&limits, options);
		slot_set_limits(named->slot, &limits);
	}
	mutex_unlock(&fs->lock);
	return 0;
}

static int slotfs_show_options(struct seq_file *seq, struct dentry *root)
{
	struct user_namespace *user_ns = seq_user_ns(seq);
	struct slotfs *fs = slotfs_of(root->d_sb);
	const struct inode *inode = d_inode(root->d_sb->s_root);
	struct msg_slot_limits limits;

	mutex_lock(&fs->lock);
	limits = fs->limits;
	mutex_unlock(&fs->lock);
	seq_printf(seq, ",mode=%o", inode->i_mode & S_IALLUGO);
	seq_printf(seq, ",uid=%u", from_kuid_munged(user_ns, inode->i_uid));
	seq_printf(seq, ",gid=%u", from_kgid_munged(user_ns, inode->i_gid));
	seq_printf(seq, ",max_slots=%u", READ_ONCE(fs->max_slots));
	seq_printf(seq, ",max_names=%u", READ_ONCE(fs->max_names));
	seq_printf(seq, ",max_channels=%u", limits.max_channels);
	seq_printf(seq, ",max_message=%u", limits.max_message);
	if (limits.max_bytes != MSG_SLOT_NO_LIMIT)
		seq_printf(seq, ",max_bytes=%llu", limits.max_bytes);
	return 0;
}

/* Names are what files are to others: df -i shows them. */
static int slotfs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct slotfs *fs = slotfs_of(dentry->d_sb);
	u32 names = atomic_read(&fs->names);
	int err = simple_statfs(dentry, buf);

	buf->f_files = READ_ONCE(fs->max_names);
	buf->f_ffree = buf->f_files > names ? buf->f_files - names : 0;
	return err;
}

static const struct super_operations slotfs_super_operations = {
	.alloc_inode = node_alloc,
	.free_inode = node_free,
	.evict_inode = node_evict,
	.statfs = slotfs_statfs,
	.show_options = slotfs_show_options,
};

static struct slotfs *create_slotfs(const struct slotfs_options *options)
{
	struct slotfs *fs = kzalloc(sizeof(*fs), MEMORY_WAIT);

	if (!fs)
		return NULL;
	fs->max_slots = options->max_slots;
	fs->max_names = options->max_names;
	fs->limits = options->limits;
	mutex_init(&fs->lock);
	INIT_LIST_HEAD(&fs->named_slots);
	return fs;
}

static int slotfs_fill_super(struct super_block *sb, struct fs_context *fc)
{
	const struct slotfs_options *options = fc->fs_private;
	struct inode *root;

	sb->s_fs_info = create_slotfs(options);
	if (!sb->s_fs_info)
		return -ENOMEM;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_magic = MSG_SLOT_FS_MAGIC;
	sb->s_op = &slotfs_super_operations;
	sb->s_time_gran = 1;
	sb->s_flags |= SB_NOATIME;
	/* See the top. */
	sb->s_iflags |= SB_I_NODEV | SB_I_NOEXEC;

	root = node_create_root(sb, options->mode, options->uid, options->gid);
	if (IS_ERR(root))
		return PTR_ERR(root);
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int slotfs_get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, slotfs_fill_super);
}

static void slotfs_free_context(struct fs_context *fc)
{
	kfree(fc->fs_private);
}

static const struct fs_context_operations slotfs_context_operations = {
	.free = slotfs_free_context,
	.parse_param = slotfs_parse_param,
	.get_tree = slotfs_get_tree,
	.reconfigure = slotfs_reconfigure,
};

static int slotfs_init_context(struct fs_context *fc)
{
	struct slotfs_options *options = kzalloc(sizeof(*options), MEMORY_WAIT);

	if (!options)
		return -ENOMEM;
	options->mode = DEFAULT_MODE;
	options->uid = current_fsuid();
	options->gid = current_fsgid();
	options->max_slots = DEFAULT_SLOTS;
	options->max_names = DEFAULT_NAMES;
	options->limits = default_limits;
	fc->fs_private = options;
	fc->ops = &slotfs_context_operations;
	return 0;
}

/* When it returns, nothing is left of it, but what a descriptor keeps. */
static void slotfs_kill_super(struct super_block *sb)
{
	struct slotfs *fs = slotfs_of(sb);

	kill_anon_super(sb);
	kfree(fs);
	retired_flush();
}

static struct file_system_type slotfs_type = {
	.owner = THIS_MODULE,
	.name = "slotfs",
	.init_fs_context = slotfs_init_context,
	.parameters = slotfs_parameters,
	.kill_sb = slotfs_kill_super,
	.fs_flags = FS_USERNS_MOUNT,
};

MODULE_ALIAS_FS("slotfs");

/**
 * slotfs_count_in() - one more of what is limited
 * @count: how many there are; who takes one away decrements it
 * @max: how many there may be
 *
 * Return: 0 or -ENOSPC.
 */
int slotfs_count_in(atomic_t *count, u32 max)
{
	int n = atomic_read(count);

	do {
		if (n >= max)
			return -ENOSPC;
	} while (!atomic_try_cmpxchg(count, &n, n + 1));
	return 0;
}

/**
 * slotfs_setup() - let slotfs be mounted
 * @limits: what a slot begins with, unless options say otherwise
 *
 * Return: 0 or a negative errno.
 */
int slotfs_setup(const struct msg_slot_limits *limits)
{
	int err;

	default_limits = *limits;
	err = node_setup();
	if (err)
		return err;
	err = register_filesystem(&slotfs_type);
	if (err)
		node_cleanup();
	return err;
}

/** slotfs_cleanup() - undo slotfs_setup(); nothing is mounted any more */
void slotfs_cleanup(void)
{
	unregister_filesystem(&slotfs_type);
	node_cleanup();
}
