/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What newer kernels have and older ones lack, in the newer one's form: the
 * only file that knows of kernel versions. A part can go once the version
 * named is the oldest.
 */
#ifndef MESSAGE_SLOT_COMPAT_H
#define MESSAGE_SLOT_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/refcount.h>
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

#endif /* MESSAGE_SLOT_COMPAT_H */
