// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "complaint.h"

/* It takes libraries that msgslot does without. */
#define PROGRAM "msgslot-serve"

/* Beside this program, if there is room for the path. */
static void run_neighbour(char **argv)
{
	char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path,
				sizeof(path) - sizeof(PROGRAM));
	char *slash;

	if (size <= 0)
		return;
	path[size] = '\0';
	slash = strrchr(path, '/');
	stpcpy(slash ? slash + 1 : path, PROGRAM);
	execv(path, argv);
}

static int run(int argc, char **argv)
{
	(void)argc;
	run_neighbour(argv);
	execvp(PROGRAM, argv);
	if (errno == ENOENT)
		die(STATUS_NOT_FOUND, PROGRAM
		    " is not there (Debian has it in the package message-slot-serve)");
	die(STATUS_NOT_RUN, PROGRAM ": %s", strerror(errno));
}

const struct command serve_command = {
	.name = "serve",
	.synopsis = "[OPTION...] SLOT...",
	.summary = "serve slots by HTTP: a live page, an interface, metrics",
	.help = "Runs " PROGRAM
		", a program of its own; \"msgslot serve --help\" has its\n"
		"options.\n",
	.run = run,
};
