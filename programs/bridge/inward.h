/* SPDX-License-Identifier: GPL-2.0 */
/* From the store to the slot. */
#ifndef BRIDGE_INWARD_H
#define BRIDGE_INWARD_H

#include "link.h"

/* A key was told. */
void inward_entry(struct link *link, const struct engine_event *event);

/* All was told: what was not is not there. */
void inward_sweep(struct link *link);

/* The owner of the copies counts as dead; or it is there again. */
void inward_dead(struct link *link);
void inward_alive(struct link *link);

#endif /* BRIDGE_INWARD_H */
