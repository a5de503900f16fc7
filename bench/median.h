/* SPDX-License-Identifier: GPL-2.0 */
/* The median: what a disturbance now and then does not move. */
#ifndef BENCH_MEDIAN_H
#define BENCH_MEDIAN_H

#include <stdlib.h>

static inline int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts the @n values. */
static inline double median(double *values, int n)
{
	qsort(values, n, sizeof(*values), by_value);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

#endif /* BENCH_MEDIAN_H */
