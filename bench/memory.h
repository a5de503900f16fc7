/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much memory the kernel has for itself: all that is not free, but for what
 * holds files and programs. What a driver takes by the page is in no counter of
 * its own, so nothing less would have it.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"

/* Counters of processors are added up only now and then, or when asked to. */
static inline void refresh_counters(void)
{
	int fd = must(open("/proc/sys/vm/stat_refresh", O_WRONLY), "vm");

	must(write(fd, "1", 1), "stat_refresh");
	close(fd);
}

/* Return: 1 for what is in use by the kernel, -1 for what is not, 0 for neither. */
static inline int sign_of(const char *name)
{
	static const char *const others[] = { "MemFree:",      "Buffers:",
					      "Cached:",       "AnonPages:",
					      "SReclaimable:", "SwapCached:" };
	size_t i;

	if (!strcmp(name, "MemTotal:"))
		return 1;
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strcmp(name, others[i]))
			return -1;
	return 0;
}

/* Return: in bytes. */
static inline double not_free(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	double kilobytes, sum = 0;
	char name[64];

	if (!file)
		fail("/proc/meminfo");
	while (fscanf(file, "%63s %lf%*[^\n]", name, &kilobytes) == 2)
		sum += sign_of(name) * kilobytes;
	fclose(file);
	return sum * 1024;
}

/* Return: the bytes of the free pages that processors keep at hand. */
static inline double at_hand(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	unsigned long pages;
	double sum = 0;
	char line[256];

	if (!file)
		fail("/proc/zoneinfo");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %lu", &pages) == 1)
			sum += pages;
	fclose(file);
	return sum * sysconf(_SC_PAGESIZE);
}

/* Return: the bytes of slabs that the kernel can get back, which are not in the sum. */
static inline double reclaimable_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	double kilobytes, found = 0;
	char name[64];

	if (!file)
		fail("/proc/meminfo");
	while (fscanf(file, "%63s %lf%*[^\n]", name, &kilobytes) == 2)
		if (!strcmp(name, "SReclaimable:"))
			found = kilobytes;
	fclose(file);
	return found * 1024;
}

static inline double kernel_memory(void)
{
	refresh_counters();
	return not_free() - at_hand();
}

#endif /* BENCH_MEMORY_H */
