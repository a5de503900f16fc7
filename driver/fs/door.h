/* SPDX-License-Identifier: GPL-2.0 */
/* The door of a slot: all of it, as a device file has it. */
#ifndef MESSAGE_SLOT_DOOR_H
#define MESSAGE_SLOT_DOOR_H

#include <linux/fs.h>

extern const struct file_operations door_operations;

#endif /* MESSAGE_SLOT_DOOR_H */
