/* SPDX-License-Identifier: GPL-2.0 */
/* The clock that everything is measured with. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Return: nanoseconds since some time in the past. */
static inline uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

#endif /* BENCH_CLOCK_H */
