/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What newer kernels have and older ones lack, in the newer one's form: the
 * only file that knows of kernel versions. A part can go once the version
 * named is the oldest.
 */
#ifndef MESSAGE_SLOT_COMPAT_H
#define MESSAGE_SLOT_COMPAT_H

#include <linux/uio.h>

/* Linux 6.4 */
#ifndef iter_iov_addr
static inline void __user *iter_iov_addr(const struct iov_iter *iter)
{
	return iter->iov->iov_base + iter->iov_offset;
}
#endif

#endif /* MESSAGE_SLOT_COMPAT_H */
