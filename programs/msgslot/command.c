// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "complaint.h"

static _Noreturn void help(const struct command *command)
{
	printf("usage: msgslot %s %s\n\n%s", command->name, command->synopsis,
	       command->help);
	finish_output();
	exit(EXIT_SUCCESS);
}

int command_option(const struct command *command, int argc, char **argv,
		   const struct option *options)
{
	int option = getopt_long(argc, argv, "+", options, NULL);

	if (option == 'h')
		help(command);
	if (option == '?')
		exit(STATUS_USAGE);
	return option;
}

char **command_operands(const struct command *command, int argc, char **argv,
			int min, int max)
{
	int count = argc - optind;

	if (count < min || count > max)
		die(STATUS_USAGE, "usage: msgslot %s %s", command->name,
		    command->synopsis);
	return argv + optind;
}
