/* SPDX-License-Identifier: GPL-2.0 */
/* Control groups, by their files. */
#ifndef TESTS_GROUP_H
#define TESTS_GROUP_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GROUPS "/sys/fs/cgroup"

static inline bool put_line(const char *dir, const char *file, const char *line)
{
	char path[256];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY);
	done = fd >= 0 && write(fd, line, strlen(line)) > 0;
	close(fd);
	return done;
}

static inline long long get_number(const char *dir, const char *file)
{
	long long number = -1;
	char path[256];
	FILE *from;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	from = fopen(path, "r");
	if (from) {
		if (fscanf(from, "%lld", &number) != 1)
			number = -1;
		fclose(from);
	}
	return number;
}

/* Of a file with a name and a number in each line; -1 if it is not there. */
static inline long long get_named(const char *dir, const char *file,
				  const char *name)
{
	long long number, found = -1;
	char path[256], key[64];
	FILE *from;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	from = fopen(path, "r");
	while (from && fscanf(from, "%63s %lld", key, &number) == 2) {
		if (!strcmp(key, name))
			found = number;
	}
	if (from)
		fclose(from);
	return found;
}

#endif
