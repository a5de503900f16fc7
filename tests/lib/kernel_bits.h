/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many bits the kernel has, whatever this program has. One of 32 maps a device below
 * 4 GiB only, so that there are no lanes and no windows (message_slot.h).
 */
#ifndef TESTS_KERNEL_BITS_H
#define TESTS_KERNEL_BITS_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static inline bool kernel_has_64_bits(void)
{
	struct utsname name;

	if (uname(&name))
		abort();
	return !!strstr(name.machine, "64");
}

/* Why a test is skipped there. */
#define NOT_IN_32_BITS "no lanes or windows in 32-bit kernels"
#define TOO_LARGE_IN_32_BITS "too little address space in 32-bit kernels"

#endif
