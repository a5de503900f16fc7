/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel says of its memory and of itself. */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MEGABYTE (1024 * 1024ll)

/* A line of /proc/meminfo, in bytes; 0 if there is none of that name. */
static inline long long memory_line(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	long long kilobytes, found = 0;
	char key[64];

	while (file &&
	       fscanf(file, "%63[^:]: %lld%*[^\n]\n", key, &kilobytes) == 2) {
		if (!strcmp(key, name))
			found = kilobytes * 1024;
	}
	if (file)
		fclose(file);
	return found;
}

/* In bytes. What processors keep at hand of free memory counts as in use. */
static inline long long memory_in_use(void)
{
	return memory_line("MemTotal") - memory_line("MemAvailable");
}

/* Its checks make every object larger and every call slower, this one too. */
static inline bool kernel_is_for_debugging(void)
{
	static int known = -1;

	if (known < 0)
		known = !access("/proc/lockdep", F_OK) ||
			!access("/sys/kernel/debug/kcsan", F_OK);
	return known;
}

static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

#endif
