/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MSGSLOT_JSON_H
#define MSGSLOT_JSON_H

#include <jansson.h>

#include "slot.h"

/* A message and its record, or an event, as a JSON object, for json_decref(). */
json_t *json_of(const struct slot *slot, const struct message *message);

/* An object on one line, for free(); takes the object. */
char *json_text(json_t *object);

/* Prints it on one line. */
void json_print(const struct slot *slot, const struct message *message);

#endif /* MSGSLOT_JSON_H */
