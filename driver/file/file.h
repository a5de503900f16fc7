/* SPDX-License-Identifier: GPL-2.0 */
/* Open files of a slot. */
#ifndef MESSAGE_SLOT_FILE_H
#define MESSAGE_SLOT_FILE_H

#include <linux/fs.h>

struct slot;

/* For a struct file that file_open() has prepared. */
extern const struct file_operations file_ops;

int file_open(struct file *file, struct slot *slot);
int file_open_channel(struct file *file, struct slot *slot, u32 id);
int file_clear(struct file *file);
u32 file_only_channel(const struct file *file);
u32 file_selected_channel(const struct file *file);
int file_release(struct inode *inode, struct file *file);

long file_ioctl(struct file *file, unsigned int command, unsigned long arg);
#ifdef CONFIG_COMPAT
unsigned long file_compat_arg(unsigned int command, unsigned long arg);
#endif

#endif /* MESSAGE_SLOT_FILE_H */
