/* SPDX-License-Identifier: GPL-2.0 */
/* Reading and writing, for struct file_operations. */
#ifndef MESSAGE_SLOT_TRANSFER_H
#define MESSAGE_SLOT_TRANSFER_H

#include <linux/fs.h>

struct io_uring_cmd;

ssize_t transfer_read(struct file *file, char __user *buf, size_t n,
		      loff_t *pos);
ssize_t transfer_write(struct file *file, const char __user *buf, size_t n,
		       loff_t *pos);
ssize_t transfer_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t transfer_write_iter(struct kiocb *iocb, struct iov_iter *from);
int transfer_uring(struct io_uring_cmd *command, unsigned int issue_flags);

#endif /* MESSAGE_SLOT_TRANSFER_H */
