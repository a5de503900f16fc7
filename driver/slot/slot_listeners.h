/* SPDX-License-Identifier: GPL-2.0 */
/* Of a slot: who listens to its channels, and telling them. */
#ifndef MESSAGE_SLOT_SLOT_LISTENERS_H
#define MESSAGE_SLOT_SLOT_LISTENERS_H

#include <linux/types.h>

struct channel;
struct listener_list;
struct slot;

struct listener_list *slot_listeners(struct slot *slot, u32 id);
void slot_put_listeners(struct slot *slot, struct listener_list *list);
bool slot_has_listeners(struct slot *slot, u32 id);

void slot_tell(struct slot *slot, struct channel *channel, u8 event);
void slot_tell_listeners(struct slot *slot, struct channel *channel, u8 event);
void slot_tell_watches(struct slot *slot, u8 event);

#endif /* MESSAGE_SLOT_SLOT_LISTENERS_H */
