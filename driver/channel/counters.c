// SPDX-License-Identifier: GPL-2.0
/* Counters: how often things happened in a slot. */
#include <linux/cpumask.h>
#include <linux/errno.h>

#include "counters.h"
#include "memory.h"

/**
 * counters_init() - nothing has happened yet
 * @counters: counters that are zero
 *
 * Charged to the caller's memory cgroup. May sleep.
 *
 * Return: 0, for counters_exit(), or -ENOMEM.
 */
int counters_init(struct counters *counters)
{
	int cpu;

	counters->writes = alloc_percpu_gfp(struct writes, MEMORY_WAIT);
	if (!counters->writes)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(counters->writes, cpu)->sync);
	return 0;
}

/**
 * counters_exit() - undo counters_init()
 * @counters: the counters
 */
void counters_exit(struct counters *counters)
{
	free_percpu(counters->writes);
}

/**
 * counters_writes() - how many messages were written
 * @counters: the counters
 *
 * Takes no lock; what is written meanwhile may be in it or not.
 *
 * Return: how many.
 */
u64 counters_writes(const struct counters *counters)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct writes *writes =
			per_cpu_ptr(counters->writes, cpu);
		unsigned int start;
		u64 n;

		do {
			start = u64_stats_fetch_begin(&writes->sync);
			n = u64_stats_read(&writes->n);
		} while (u64_stats_fetch_retry(&writes->sync, start));
		sum += n;
	}
	return sum;
}
