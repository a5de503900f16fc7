/* SPDX-License-Identifier: GPL-2.0 */
/* Whole numbers as people write them. */
#ifndef MSGSLOT_NUMBER_H
#define MSGSLOT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Only digits; false for anything else, and above @max. */
bool number_parse(const char *text, uint64_t max, uint64_t *number);

/* Digits, and perhaps K, M or G: 2^10, 2^20, 2^30 of them. */
bool number_parse_size(const char *text, uint64_t max, uint64_t *number);

#endif /* MSGSLOT_NUMBER_H */
