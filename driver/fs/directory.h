/* SPDX-License-Identifier: GPL-2.0 */
/* Directories of slotfs, for the VFS. */
#ifndef MESSAGE_SLOT_DIRECTORY_H
#define MESSAGE_SLOT_DIRECTORY_H

#include <linux/fs.h>

extern const struct inode_operations directory_inode_operations;
extern const struct file_operations directory_operations;

#endif /* MESSAGE_SLOT_DIRECTORY_H */
