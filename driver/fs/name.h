/* SPDX-License-Identifier: GPL-2.0 */
/* A name: the id that a channel's node stands for. */
#ifndef MESSAGE_SLOT_NAME_H
#define MESSAGE_SLOT_NAME_H

#include <linux/fs.h>
#include <linux/types.h>

struct named_slot;
struct slotfs_node;
struct qstr;

void names_init(struct named_slot *named);
void names_exit(struct named_slot *named);

int name_number(const struct qstr *name, u32 *number);
int name_take(struct slotfs_node *node, u32 number);
void name_give_back(struct slotfs_node *node);

long name_ioctl(struct file *file, unsigned int command, unsigned long arg);
#ifdef CONFIG_COMPAT
long name_compat_ioctl(struct file *file, unsigned int command,
		       unsigned long arg);
#else
#define name_compat_ioctl NULL
#endif

#endif /* MESSAGE_SLOT_NAME_H */
