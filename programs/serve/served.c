// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "complaint.h"
#include "failure.h"
#include "mirror.h"
#include "served.h"

/* They stay where they are: others have their addresses. */
static struct served **all;
static size_t count;
static int open_mode;

/* The last part of its path, without the door. Return: for free(). */
static char *name_of(const char *path)
{
	static const char door[] = "/.slot";
	size_t size = strlen(path);
	size_t begin;

	if (size > strlen(door) && !strcmp(path + size - strlen(door), door))
		size -= strlen(door);
	while (size > 1 && path[size - 1] == '/')
		size--;
	for (begin = size; begin && path[begin - 1] != '/';)
		begin--;
	return strndup(path + begin, size - begin);
}

void served_add(const char *path, int mode)
{
	struct served *served = must_realloc(NULL, 1, sizeof(*served));
	int ret;

	*served = (struct served){ .name = name_of(path) };
	if (!served->name)
		die(STATUS_ERROR, "%s", strerror(ENOMEM));
	if (served_find(served->name))
		die(STATUS_USAGE, "two slots would be called '%s'",
		    served->name);
	ret = slot_open(&served->slot, path, mode);
	if (ret)
		failure_die_slot(&served->slot, ret);
	served->mirror = mirror_make(served);
	open_mode = mode;
	all = must_realloc(all, count + 1, sizeof(*all));
	all[count++] = served;
}

size_t served_count(void)
{
	return count;
}

struct served *served_at(size_t i)
{
	return all[i];
}

struct served *served_find(const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

static bool is_still(const struct slot *slot)
{
	struct stat by_fd, by_path;
	char path[PATH_MAX];

	if (slot->fd < 0 || msgslot_path(slot->path, path, sizeof(path)) ||
	    fstat(slot->fd, &by_fd) || stat(path, &by_path))
		return false;
	if (S_ISCHR(by_fd.st_mode))
		return by_fd.st_rdev == by_path.st_rdev;
	return by_fd.st_dev == by_path.st_dev && by_fd.st_ino == by_path.st_ino;
}

int served_refresh(struct served *served)
{
	const char *path = served->slot.path;
	int ret;

	if (is_still(&served->slot))
		return 0;
	mirror_end(served->mirror);
	served->scanned = 0;
	if (served->slot.fd >= 0)
		slot_close(&served->slot);
	ret = slot_open(&served->slot, path, open_mode);
	if (ret)
		served->slot.fd = -1;
	return ret;
}
