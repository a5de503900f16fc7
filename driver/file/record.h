/* SPDX-License-Identifier: GPL-2.0 */
/* Records: what ioctl() does with messages. */
#ifndef MESSAGE_SLOT_RECORD_H
#define MESSAGE_SLOT_RECORD_H

struct file;

/* Each is the command MSG_SLOT_... of message_slot.h, with its argument. */
long record_get(struct file *file, void __user *arg);
long record_wait(struct file *file, void __user *arg);
long record_put(struct file *file, void __user *arg);
long record_clear(struct file *file, void __user *arg);
long record_renew(struct file *file, void __user *arg);
long record_snapshot(struct file *file, void __user *arg);
long record_claim(struct file *file, void __user *arg);
long record_release(struct file *file, u32 id);

#endif /* MESSAGE_SLOT_RECORD_H */
