/* SPDX-License-Identifier: GPL-2.0 */
/* Records: what ioctl() does with messages. */
#ifndef MESSAGE_SLOT_RECORD_H
#define MESSAGE_SLOT_RECORD_H

#include <linux/types.h>

struct file;
struct message;
struct msg_slot_record;
struct open_file;

/* Each is the command MSG_SLOT_... of message_slot.h, with its argument. */
long record_get(struct file *file, void __user *arg);
long record_wait(struct file *file, void __user *arg);
long record_put(struct file *file, void __user *arg);
long record_clear(struct file *file, void __user *arg);
long record_renew(struct file *file, void __user *arg);
long record_snapshot(struct file *file, void __user *arg);
long record_claim(struct file *file, void __user *arg);
long record_release(struct file *file, u32 id);

u64 record_look_up(struct open_file *of, u32 id, struct message *message,
		   struct msg_slot_record *record, u32 room);

#endif /* MESSAGE_SLOT_RECORD_H */
