/* SPDX-License-Identifier: GPL-2.0 */
/* A benchmark that can't go on says why and ends. */
#ifndef BENCH_FAIL_H
#define BENCH_FAIL_H

#include <err.h>
#include <stdlib.h>

static inline void __attribute__((noreturn)) fail(const char *what)
{
	err(EXIT_FAILURE, "%s", what);
}

/* Return: @value, unless it says that @what failed. */
static inline long must(long value, const char *what)
{
	if (value < 0)
		fail(what);
	return value;
}

#endif /* BENCH_FAIL_H */
