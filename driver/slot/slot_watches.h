/* SPDX-License-Identifier: GPL-2.0 */
/* Of a slot: the watches of all of it, and what is kept for them. */
#ifndef MESSAGE_SLOT_SLOT_WATCHES_H
#define MESSAGE_SLOT_SLOT_WATCHES_H

#include <linux/types.h>

struct collector;
struct position;
struct slot;

int slot_begin_watch(struct slot *slot, struct collector *collector,
		     struct position *position);
void slot_end_watch(struct slot *slot, struct collector *collector,
		    struct position *position);
bool slot_advance_watch(struct slot *slot, struct position *position);
void slot_collect_watch(struct slot *slot, struct position *position);

#endif /* MESSAGE_SLOT_SLOT_WATCHES_H */
