/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A memory cgroup: what the processes in it take is told apart from what all
 * others on the machine take and give back meanwhile.
 */
#ifndef TESTS_GROUP_H
#define TESTS_GROUP_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP_ROOT "/sys/fs/cgroup"

struct group {
	char path[64];
};

static inline bool group_put_in(const char *dir, const char *file,
				const char *line)
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

static inline bool group_put(const struct group *group, const char *file,
			     const char *line)
{
	return group_put_in(group->path, file, line);
}

/* One of several of a process. False if the kernel has no memory cgroups. */
static inline bool group_make_nth(struct group *group, int nth)
{
	if (!group_put_in(GROUP_ROOT, "cgroup.subtree_control", "+memory"))
		return false;
	snprintf(group->path, sizeof(group->path), GROUP_ROOT "/test-%d-%d",
		 getpid(), nth);
	return !mkdir(group->path, 0755);
}

static inline bool group_make(struct group *group)
{
	return group_make_nth(group, 0);
}

/* For the calling process and the children it will have. */
static inline bool group_join(const struct group *group)
{
	return group_put(group, "cgroup.procs", "0");
}

/* It may still hold a dying process for a moment. */
static inline void group_remove(const struct group *group)
{
	group_put_in(GROUP_ROOT, "cgroup.procs", "0");
	for (int i = 0; rmdir(group->path) && errno == EBUSY && i < 100; i++)
		usleep(10000);
}

static inline FILE *group_file(const struct group *group, const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", group->path, file);
	return fopen(path, "r");
}

/* What is charged to it, in bytes; -1 if that can't be told. */
static inline long long group_charged(const struct group *group)
{
	FILE *from = group_file(group, "memory.current");
	long long charged = -1;

	if (from) {
		if (fscanf(from, "%lld", &charged) != 1)
			charged = -1;
		fclose(from);
	}
	return charged;
}

/*
 * What may stay charged though nothing holds it: each processor keeps up to 64 pages
 * of a group's charge in store for what comes next (MEMCG_CHARGE_BATCH).
 */
static inline long long group_stock(void)
{
	return 64 * sysconf(_SC_PAGESIZE) * sysconf(_SC_NPROCESSORS_ONLN);
}

/*
 * What is freed by others, or after a grace period, is given a while. It need not come
 * to all of it: kfree_rcu() of Linux 7.x keeps some objects of each size and processor,
 * charged, for as long as nobody asks for them.
 */
static inline bool group_shrinks_to(const struct group *group, long long most)
{
	for (int i = 0; i < 300 && group_charged(group) > most; i++)
		usleep(100000);
	return group_charged(group) <= most;
}

/* How often that has happened to it: a line of memory.events; -1: no such line. */
static inline long long group_events(const struct group *group,
				     const char *name)
{
	FILE *from = group_file(group, "memory.events");
	long long number, found = -1;
	char key[64];

	while (from && fscanf(from, "%63s %lld", key, &number) == 2) {
		if (!strcmp(key, name))
			found = number;
	}
	if (from)
		fclose(from);
	return found;
}

#endif
