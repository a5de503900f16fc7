/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often a test does what it does: so that it takes a few seconds on an
 * emulated machine, a tenth of that on a kernel for debugging, and TEST_TIMES
 * (from the environment) times that.
 */
#ifndef TESTS_SCALE_H
#define TESTS_SCALE_H

#include "memory.h"

#include <stdlib.h>

static inline unsigned int scaled(unsigned int times)
{
	const char *scale = getenv("TEST_TIMES");

	if (kernel_is_for_debugging())
		times /= 10;
	return scale ? times * atof(scale) : times;
}

#endif
