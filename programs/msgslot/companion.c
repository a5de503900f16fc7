// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "companion.h"
#include "complaint.h"

static bool asks_for_help(char **argv)
{
	while (*++argv && strcmp(*argv, "--"))
		if (!strcmp(*argv, "--help") || !strcmp(*argv, "-h"))
			return true;
	return false;
}

/* Return: only if it is not there. */
static void try(const char *path, char **argv)
{
	argv[0] = (char *)path;
	execvp(path, argv);
	if (errno != ENOENT && errno != ENOTDIR)
		die(STATUS_NOT_RUN, "%s: %s", path, strerror(errno));
}

static void try_beside(const char *folder, const char *name, char **argv)
{
	char own[PATH_MAX], path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	int needed;

	if (length < 0)
		return;
	own[length] = '\0';
	*strrchr(own, '/') = '\0';
	needed = snprintf(path, sizeof(path), "%s/%s%s", own, folder, name);
	if (needed < (int)sizeof(path))
		try(path, argv);
}

int companion_run(const struct command *command, char **argv)
{
	char name[32];

	snprintf(name, sizeof(name), "msgslot-%s", command->name);
	try_beside("", name, argv);
	try_beside("../libexec/", name, argv);
	try(name, argv);
	if (asks_for_help(argv))
		command_help(command);
	complain("%s is not installed (Debian's package message-slot-%s)", name,
		 command->name);
	return STATUS_NOT_FOUND;
}
