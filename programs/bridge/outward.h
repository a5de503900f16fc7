/* SPDX-License-Identifier: GPL-2.0 */
/* From the slot to the store: the latest of each channel, over what was there before. */
#ifndef BRIDGE_OUTWARD_H
#define BRIDGE_OUTWARD_H

#include "../msgslot/message.h"
#include "link.h"

/* What the slot's watch told. */
void outward_slot_event(struct link *link, const struct message *event);

/* What the store told of a key of one's own. */
void outward_entry(struct link *link, const struct engine_event *event);

/* Whether something of it is to be sent, or on its way. */
bool outward_is_due(const struct link *link, const struct item *item);

/* The item is not as the store has it, or may not be. */
void outward_changed(struct link *link, struct item *item);

/* Of all items, once the slot and the store have told all, and the keys are one's own. */
void outward_compare(struct link *link);

/* What became of a put. */
void outward_result(struct link *link, const struct engine_event *event);

/* Sends what may be sent now. */
void outward_send(struct link *link);

void outward_tick(struct link *link, uint64_t now);

#endif /* BRIDGE_OUTWARD_H */
