/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The status slot: channel N tells of rule N, as a JSON object. The bridge claims these
 * channels, and they are cleared when it ends.
 */
#ifndef BRIDGE_STATUS_H
#define BRIDGE_STATUS_H

#include "link.h"

struct status;

struct status *status_open(const char *slot);
void status_close(struct status *status);

/* Tells, if there is something new. */
void status_tell(struct status *status, uint32_t number,
		 const struct link *link);

#endif /* BRIDGE_STATUS_H */
