/* SPDX-License-Identifier: GPL-2.0 */
/* Of a slot: its limits, and how much of them is used. */
#ifndef MESSAGE_SLOT_SLOT_LIMITS_H
#define MESSAGE_SLOT_SLOT_LIMITS_H

#include <linux/types.h>

struct msg_slot_counters;
struct msg_slot_limits;
struct msg_slot_usage;
struct slot;

bool slot_limits_valid(const struct msg_slot_limits *limits);
void slot_get_limits(struct slot *slot, struct msg_slot_limits *limits);
void slot_set_limits(struct slot *slot, const struct msg_slot_limits *limits);
void slot_get_usage(struct slot *slot, struct msg_slot_usage *usage);
void slot_get_counters(struct slot *slot, struct msg_slot_counters *told);

#endif /* MESSAGE_SLOT_SLOT_LIMITS_H */
