/* SPDX-License-Identifier: GPL-2.0 */
/* Open files of a slot. */
#ifndef MESSAGE_SLOT_FILE_H
#define MESSAGE_SLOT_FILE_H

#include <linux/fs.h>

struct slot;

/* For a struct file that file_open() has prepared. */
extern const struct file_operations file_ops;

int file_open(struct file *file, struct slot *slot);

#endif /* MESSAGE_SLOT_FILE_H */
