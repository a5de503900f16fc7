/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MSGSLOT_JSON_H
#define MSGSLOT_JSON_H

#include "slot.h"

/* Prints a message and its record, or an event, as a JSON object on one line. */
void json_print(const struct slot *slot, const struct message *message);

#endif /* MSGSLOT_JSON_H */
