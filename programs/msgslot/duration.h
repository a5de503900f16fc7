/* SPDX-License-Identifier: GPL-2.0 */
/* Durations, in nanoseconds, as people write and read them. */
#ifndef MSGSLOT_DURATION_H
#define MSGSLOT_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest: 2^63 - 1 ns, 292 years. */
#define DURATION_MAX ((uint64_t)INT64_MAX)

/* Room for any that is written, and its end. */
#define DURATION_TEXT 16

enum duration_verdict { DURATION_IS_ONE, DURATION_IS_NONE, DURATION_TOO_LONG };

/*
 * 250ms, 1.5s, .5s, 2m, 1h30m, 1d; also us, ns and min; without a unit it is seconds.
 * @duration is only of use with the first verdict.
 */
enum duration_verdict duration_parse(const char *text, uint64_t *duration);

/* The one or two largest units of it: 250ms, 1.5s, 2m05s, 1h00m, 3d04h. */
void duration_write(uint64_t duration, char text[static DURATION_TEXT]);

#endif /* MSGSLOT_DURATION_H */
