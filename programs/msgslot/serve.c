// SPDX-License-Identifier: GPL-2.0
#include "command.h"
#include "companion.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return companion_run(&serve_command, argv);
}

const struct command serve_command = {
	.name = "serve",
	.synopsis = "[OPTION...] SLOT...",
	.summary = "serve slots by HTTP: a live page, an interface, metrics",
	.help = "It is a program of its own, msgslot-serve, in Debian's package\n"
		"message-slot-serve; \"msgslot-serve --help\" and its man page have its\n"
		"options.\n",
	.run = run,
};
