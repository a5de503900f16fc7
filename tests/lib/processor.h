/* SPDX-License-Identifier: GPL-2.0 */
/* On which processor a test runs. */
#ifndef TESTS_PROCESSOR_H
#define TESTS_PROCESSOR_H

#include <sched.h>
#include <stdbool.h>

/* The calling thread, from now on. Returns whether there is that processor. */
static inline bool stay_on(unsigned int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return !sched_setaffinity(0, sizeof(cpus), &cpus);
}

#endif
