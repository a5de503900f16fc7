/* SPDX-License-Identifier: GPL-2.0 */
/* Commits: what ioctl() does with several messages at a time. */
#ifndef MESSAGE_SLOT_COMMIT_FILE_H
#define MESSAGE_SLOT_COMMIT_FILE_H

struct file;

long commit_file_apply(struct file *file, void __user *arg);

#endif /* MESSAGE_SLOT_COMMIT_FILE_H */
