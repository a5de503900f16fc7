/* SPDX-License-Identifier: GPL-2.0 */
/* What is on the command line, or else the program ends with a usage error. */
#ifndef MSGSLOT_ARGUMENT_H
#define MSGSLOT_ARGUMENT_H

#include <stdint.h>

/* A channel's number, or what may be its name: only the slot can tell. */
void argument_channel(const char *text);

uint64_t argument_version(const char *text);
uint64_t argument_count(const char *text);
uint64_t argument_duration(const char *text);
uint64_t argument_time_to_live(const char *text);

/*
 * The same where it is not on the command line. Return: NULL, or what is wrong with it,
 * good until the next call.
 */
const char *argument_take_version(const char *text, uint64_t *version);
const char *argument_take_time_to_live(const char *text, uint64_t *ttl);

#endif /* MSGSLOT_ARGUMENT_H */
