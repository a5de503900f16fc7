/* SPDX-License-Identifier: GPL-2.0 */
/* Times, in nanoseconds since 1970, as text. */
#ifndef MSGSLOT_TIMESTAMP_H
#define MSGSLOT_TIMESTAMP_H

#include <stdint.h>

/* Room for either, and its end. */
#define TIMESTAMP_TEXT 40

/* RFC 3339, in UTC, to the nanosecond. */
void timestamp_utc(uint64_t time, char text[static TIMESTAMP_TEXT]);

/* For a person's eyes: in the local time zone, to the millisecond. */
void timestamp_local(uint64_t time, char text[static TIMESTAMP_TEXT]);

/* What @clock says now, in nanoseconds. */
uint64_t timestamp_now(int clock);

#endif /* MSGSLOT_TIMESTAMP_H */
