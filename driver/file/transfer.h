/* SPDX-License-Identifier: GPL-2.0 */
/* Reading and writing, for struct file_operations. */
#ifndef MESSAGE_SLOT_TRANSFER_H
#define MESSAGE_SLOT_TRANSFER_H

#include <linux/fs.h>

struct block;
struct io_uring_cmd;
struct open_file;

ssize_t transfer_read(struct file *file, char __user *buf, size_t n,
		      loff_t *pos);
ssize_t transfer_write(struct file *file, const char __user *buf, size_t n,
		       loff_t *pos);
ssize_t transfer_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t transfer_write_iter(struct kiocb *iocb, struct iov_iter *from);
struct block *transfer_take_block(struct open_file *of, u32 id, loff_t pos,
				  u32 size);
int transfer_uring(struct io_uring_cmd *command, unsigned int issue_flags);

#endif /* MESSAGE_SLOT_TRANSFER_H */
