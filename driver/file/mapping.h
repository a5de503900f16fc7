/* SPDX-License-Identifier: GPL-2.0 */
/* Mappings: a slot's cells in the memory of a user who may read it. */
#ifndef MESSAGE_SLOT_MAPPING_H
#define MESSAGE_SLOT_MAPPING_H

struct file;
struct vm_area_struct;

/* Each is a call of message_slot.h: MSG_SLOT_GET_MAPPING, MSG_SLOT_LOCATE, mmap(). */
long mapping_describe(struct file *file, void __user *arg);
long mapping_locate(struct file *file, void __user *arg);
int mapping_mmap(struct file *file, struct vm_area_struct *vma);

#endif /* MESSAGE_SLOT_MAPPING_H */
