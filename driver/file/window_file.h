/* SPDX-License-Identifier: GPL-2.0 */
/* Windows, of an open file: how they are mapped. */
#ifndef MESSAGE_SLOT_WINDOW_FILE_H
#define MESSAGE_SLOT_WINDOW_FILE_H

#include <linux/types.h>

struct file;
struct vm_area_struct;

/* See MSG_SLOT_WINDOW_OFFSET in message_slot.h. */
bool window_file_maps(const struct vm_area_struct *vma);
int window_file_mmap(struct file *file, struct vm_area_struct *vma);

#endif /* MESSAGE_SLOT_WINDOW_FILE_H */
