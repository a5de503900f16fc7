/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What newer kernels have and older ones lack, in the newer one's form: the
 * only file that knows of kernel versions. A part can go once the version
 * named is the oldest.
 */
#ifndef MESSAGE_SLOT_COMPAT_H
#define MESSAGE_SLOT_COMPAT_H

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_parser.h>
#include <linux/hrtimer.h>
#include <linux/list_lru.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#include <linux/io_uring.h>
#else
#include <linux/io_uring/cmd.h>
#endif

/* Linux 6.9 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define cpu_dcache_is_aliasing() \
	(!IS_ENABLED(CONFIG_X86) && !IS_ENABLED(CONFIG_ARM64))
#else
#include <linux/cacheinfo.h>
#endif

/* Linux 6.4 */
#ifndef iter_iov_addr
static inline void __user *iter_iov_addr(const struct iov_iter *iter)
{
	return iter->iov->iov_base + iter->iov_offset;
}
#endif

/* Linux 6.3 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set,
				vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

/* Linux 6.15, and some before */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
/* Pairs with who counts in, and looks at what is counted only afterwards. */
#define refcount_set_release(r, n) smp_store_release(&(r)->refs.counter, n)
#endif

/* Linux 6.13 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

/* Linux 6.18: the name is older in some, the old one's warning newer. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define system_dfl_wq system_unbound_wq
#endif

/* Linux 6.18: a second result only where there is room for it */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define io_uring_cmd_done(command, ret, issue_flags) \
	io_uring_cmd_done(command, ret, 0, issue_flags)
#endif

/* Linux 7.1: a macro, which looks at the size of the type */
#ifndef io_uring_sqe_cmd
#define io_uring_sqe_cmd(sqe, type) ((const type *)io_uring_sqe_cmd(sqe))
#endif

/*
 * What a command brings, of this type, in memory that its user may change. Linux
 * 6.5 has it in the entry of the submission queue.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define uring_payload(command, type) ((const type *)(command)->cmd)
#else
#define uring_payload(command, type) io_uring_sqe_cmd((command)->sqe, type)
#endif

/*
 * What ->uring_cmd() returns for a command that is done, with @result. Linux 6.1
 * takes a result above 0 for a failure, and cancels what is linked to the command;
 * 6.12 does not. In between nobody has looked: completing it here is right on all.
 */
static inline int uring_result(struct io_uring_cmd *command, ssize_t result,
			       unsigned int issue_flags)
{
	if (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) || result <= 0)
		return result;
	io_uring_cmd_done(command, result, issue_flags);
	return -EIOCBQUEUED;
}

/* Linux 6.3 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define mnt_idmap user_namespace
#define nop_mnt_idmap init_user_ns
#endif

/* Linux 6.4: declared; it was exported before. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
struct vfsmount;
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt,
		    const char *name, unsigned int flags, struct path *path);
#endif

/* Linux 6.5 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define copy_splice_read generic_file_splice_read
#endif

/* Linux 6.6: with what is asked for */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define generic_fillattr(idmap, request_mask, inode, stat) \
	generic_fillattr(idmap, inode, stat)
#endif

/* Linux 6.7 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline struct timespec64 inode_set_mtime_to_ts(struct inode *inode,
						      struct timespec64 ts)
{
	inode->i_mtime = ts;
	return ts;
}

static inline struct timespec64 simple_inode_init_ts(struct inode *inode)
{
	struct timespec64 ts = inode_set_ctime_current(inode);

	inode->i_atime = ts;
	inode->i_mtime = ts;
	return ts;
}
#endif

/* Linux 6.7: one that counts nothing is registered at once in older ones. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline unsigned long count_nothing(struct shrinker *shrinker,
					  struct shrink_control *sc)
{
	return SHRINK_EMPTY;
}

static inline struct shrinker *shrinker_alloc(unsigned int flags,
					      const char *name)
{
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	if (!shrinker)
		return NULL;
	shrinker->flags = flags;
	shrinker->seeks = DEFAULT_SEEKS;
	shrinker->count_objects = count_nothing;
	if (!register_shrinker(shrinker, "%s", name))
		return shrinker;
	kfree(shrinker);
	return NULL;
}

static inline void shrinker_register(struct shrinker *shrinker)
{
}

static inline void shrinker_free(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(shrinker);
}
#endif

/* Linux 6.8 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define list_lru_add_obj list_lru_add
#define list_lru_del_obj list_lru_del
#endif

/* Linux 6.13: the list's lock, which is held, is not told */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define DEFINE_LIST_LRU_WALK_CB(name, function)                  \
	static enum lru_status name(struct list_head *item,      \
				    struct list_lru_one *list,   \
				    spinlock_t *lock, void *arg) \
	{                                                        \
		return function(item, list, arg);                \
	}
#else
#define DEFINE_LIST_LRU_WALK_CB(name, function)                           \
	static enum lru_status name(struct list_head *item,               \
				    struct list_lru_one *list, void *arg) \
	{                                                                 \
		return function(item, list, arg);                         \
	}
#endif

/*
 * Linux 6.11: parameters that are ids. What is given is an id of the caller's user
 * namespace on all.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define fsparam_uid(name, option) fsparam_u32(name, option)
#define fsparam_gid(name, option) fsparam_u32(name, option)
#define fs_result_uid(result) make_kuid(current_user_ns(), (result)->uint_32)
#define fs_result_gid(result) make_kgid(current_user_ns(), (result)->uint_32)
#else
#define fs_result_uid(result) ((result)->uid)
#define fs_result_gid(result) ((result)->gid)
#endif

/* Linux 6.15: a directory entry, or NULL for the one that was given */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define DEFINE_MKDIR(name, function)                                        \
	static int name(struct mnt_idmap *idmap, struct inode *dir,         \
			struct dentry *dentry, umode_t mode)                \
	{                                                                   \
		return PTR_ERR_OR_ZERO(function(idmap, dir, dentry, mode)); \
	}
#else
#define DEFINE_MKDIR(name, function)                                           \
	static struct dentry *name(struct mnt_idmap *idmap, struct inode *dir, \
				   struct dentry *dentry, umode_t mode)        \
	{                                                                      \
		return function(idmap, dir, dentry, mode);                     \
	}
#endif

/* Linux 7.3: that there may be none yet is not told */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)
#define DEFINE_CREATE(name, function)                                        \
	static int name(struct mnt_idmap *idmap, struct inode *dir,          \
			struct dentry *dentry, umode_t mode, bool exclusive) \
	{                                                                    \
		return function(idmap, dir, dentry, mode);                   \
	}
#else
#define DEFINE_CREATE(name, function)                               \
	static int name(struct mnt_idmap *idmap, struct inode *dir, \
			struct dentry *dentry, umode_t mode)        \
	{                                                           \
		return function(idmap, dir, dentry, mode);          \
	}
#endif

/* Linux 6.19: entries that stay in the cache are known to it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
static inline void d_make_persistent(struct dentry *dentry, struct inode *inode)
{
	if (d_unhashed(dentry))
		d_add(dentry, inode);
	else
		d_instantiate(dentry, inode);
	dget(dentry);
}

#define kill_anon_super kill_litter_super
#endif

/* Linux 7.0: a file whose operations say nothing of leases has none. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define simple_nosetlease NULL
#endif

#endif /* MESSAGE_SLOT_COMPAT_H */
