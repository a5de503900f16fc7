/* SPDX-License-Identifier: GPL-2.0 */
/* Frames: from an ioctl() command to a descriptor. */
#ifndef MESSAGE_SLOT_FRAME_FILE_H
#define MESSAGE_SLOT_FRAME_FILE_H

struct file;

long frame_file_get(struct file *file, void __user *arg);

#endif /* MESSAGE_SLOT_FRAME_FILE_H */
