/* SPDX-License-Identifier: GPL-2.0 */
/* Files of channels, for the VFS. */
#ifndef MESSAGE_SLOT_CHANNEL_NODE_H
#define MESSAGE_SLOT_CHANNEL_NODE_H

#include <linux/fs.h>

struct slotfs_node;

extern const struct inode_operations channel_node_inode_operations;
extern const struct file_operations channel_node_operations;

int channel_node_clear(struct slotfs_node *node);

#endif /* MESSAGE_SLOT_CHANNEL_NODE_H */
