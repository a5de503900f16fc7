/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc/PID/fdinfo tells of open files. */
#ifndef MESSAGE_SLOT_FDINFO_H
#define MESSAGE_SLOT_FDINFO_H

struct file;
struct seq_file;
struct slot;

void fdinfo_show(struct seq_file *to, struct file *file);
void fdinfo_show_slot(struct seq_file *to, const struct slot *slot);

#endif /* MESSAGE_SLOT_FDINFO_H */
