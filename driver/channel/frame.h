/* SPDX-License-Identifier: GPL-2.0 */
/* A frame: a message that is a sealed memfd. */
#ifndef MESSAGE_SLOT_FRAME_H
#define MESSAGE_SLOT_FRAME_H

#include <linux/types.h>

struct file;
struct iov_iter;
struct message;

int frame_get(struct message *message, u64 fd);
int frame_give(const struct message *message, loff_t pos, size_t n,
	       struct iov_iter *to);
struct file *frame_open(const struct message *message);

#endif /* MESSAGE_SLOT_FRAME_H */
