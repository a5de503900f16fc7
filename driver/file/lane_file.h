/* SPDX-License-Identifier: GPL-2.0 */
/* Lanes, of an open file: which it has, and how they are mapped. */
#ifndef MESSAGE_SLOT_LANE_FILE_H
#define MESSAGE_SLOT_LANE_FILE_H

#include <linux/types.h>

struct file;
struct vm_area_struct;

long lane_file_begin(struct file *file, void __user *arg);
long lane_file_ring(struct file *file, u32 channel);

bool lane_file_maps(const struct vm_area_struct *vma);
int lane_file_mmap(struct file *file, struct vm_area_struct *vma);

#endif /* MESSAGE_SLOT_LANE_FILE_H */
