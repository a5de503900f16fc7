// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkup.h"
#include "diagnosis.h"
#include "fact.h"

#define CGROUPS "/sys/fs/cgroup"

static const char memory_is_left[] =
	"%ju bytes are left to your control group, which messages are charged to";

static uint64_t read_number(const char *folder, const char *name)
{
	char path[PATH_MAX], line[64];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
		    (int)sizeof(path) ||
	    !fact_read(path, line, sizeof(line)) || !strcmp(line, "max"))
		return UINT64_MAX;
	return strtoull(line, NULL, 10);
}

/* Return: how much memory is left to this process, by the limits of all groups it is in. */
static uint64_t memory_left(char folder[static PATH_MAX])
{
	uint64_t left = UINT64_MAX, max, now;
	char *slash;

	while (strcmp(folder, CGROUPS)) {
		max = read_number(folder, "memory.max");
		now = read_number(folder, "memory.current");
		if (max != UINT64_MAX && now != UINT64_MAX &&
		    left > (max > now ? max - now : 0))
			left = max > now ? max - now : 0;
		slash = strrchr(folder, '/');
		*slash = '\0';
	}
	return left;
}

static void check_memory(void)
{
	char line[PATH_MAX - sizeof(CGROUPS)], folder[PATH_MAX];
	uint64_t left;

	if (!fact_read("/proc/self/cgroup", line, sizeof(line)) ||
	    strncmp(line, "0::/", 4))
		return;
	snprintf(folder, sizeof(folder), CGROUPS "%s",
		 strcmp(line, "0::/") ? line + 3 : "");
	left = memory_left(folder);
	if (left == UINT64_MAX) {
		diagnosis_add(FINDING_GOOD, "memory",
			      "no limit but the machine's");
		return;
	}
	diagnosis_add(left < 1 << 20 ? FINDING_NOTE : FINDING_GOOD, "memory",
		      memory_is_left, (uintmax_t)left);
	if (left < 1 << 20)
		diagnosis_advise("memory.max of %s is what limits it",
				 line + 3);
}

/* Of what the kernel was through, that which is no news: modules from outside, unsigned. */
#define OUTSIDE (1UL << 12 | 1UL << 13)
#define DIED (1UL << 7)
#define WARNED (1UL << 9)
#define LOCKED_UP (1UL << 14)

static void check_taint(void)
{
	char line[32];
	unsigned long taint;

	if (!fact_read("/proc/sys/kernel/tainted", line, sizeof(line)))
		return;
	taint = strtoul(line, NULL, 10);
	if (taint & (DIED | WARNED | LOCKED_UP)) {
		diagnosis_add(FINDING_NOTE, "taint",
			      "%lu: since boot the kernel %s", taint,
			      taint & DIED   ? "had an oops" :
			      taint & WARNED ? "warned of a fault" :
					       "was locked up");
		diagnosis_advise("sudo dmesg has more");
		return;
	}
	diagnosis_add(FINDING_GOOD, "taint", "%lu%s", taint,
		      taint && !(taint & ~OUTSIDE) ?
			      ": a module that is not the kernel's own" :
			      "");
}

void checkup_system(void)
{
	check_memory();
	check_taint();
}
