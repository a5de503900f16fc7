/* SPDX-License-Identifier: GPL-2.0 */
/* Parcels: long messages of which every byte and the length follow from the first. */
#ifndef TESTS_PARCEL_H
#define TESTS_PARCEL_H

#include "message.h"

#define PARCEL_MOST 20000u

/* A message above 128 bytes, all of which follows from its first eight. */
static inline size_t parcel_make(char *buf, unsigned long long seed)
{
	size_t n = 129 + seed % (PARCEL_MOST - 128);

	message_fill(buf, n, seed);
	memcpy(buf, &seed, sizeof(seed));
	return n;
}

static inline bool parcel_is_whole(const char *buf, long n)
{
	static __thread char wanted[PARCEL_MOST];
	unsigned long long seed;

	memcpy(&seed, buf, sizeof(seed));
	return n > 128 && n == (long)parcel_make(wanted, seed) &&
	       !memcmp(wanted, buf, n);
}

#endif
