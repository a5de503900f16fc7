/* SPDX-License-Identifier: GPL-2.0 */
/* The descriptor of a watch. */
#ifndef MESSAGE_SLOT_WATCH_FILE_H
#define MESSAGE_SLOT_WATCH_FILE_H

struct file;

/* The command MSG_SLOT_WATCH of message_slot.h, with its argument. */
long watch_file_open(struct file *file, void __user *arg);

#endif /* MESSAGE_SLOT_WATCH_FILE_H */
