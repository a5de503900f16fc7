// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "complaint.h"

/* In the order in which they were given, and then NULL. */
static char **operands;
static int operand_count;
static int before_dashes;

void command_help(const struct command *command)
{
	printf("usage: msgslot %s %s\n\n%s", command->name, command->synopsis,
	       command->help);
	finish_output();
	exit(EXIT_SUCCESS);
}

static void collect(const struct command *command, char *operand)
{
	if (command->operands && operand_count == command->operands)
		die(STATUS_USAGE, "'%s' is where -- must be, before COMMAND",
		    operand);
	operands = must_realloc(operands, operand_count + 2, sizeof(*operands));
	operands[operand_count++] = operand;
	operands[operand_count] = NULL;
}

static void collect_rest(int argc, char **argv)
{
	static const struct command any = { 0 };

	before_dashes = operand_count;
	for (; optind < argc; optind++)
		collect(&any, argv[optind]);
}

/* A number below 0 is no option, for none is a digit. */
static bool is_number(const char *argument)
{
	return argument && *argument == '-' &&
	       (isdigit(argument[1]) ||
		(argument[1] == '.' && isdigit(argument[2])));
}

static _Noreturn void refuse(const struct command *command, char **argv,
			     int option)
{
	const char *wrong = argv[optind - 1];

	if (option == ':')
		die(STATUS_USAGE, "option '%s' requires an argument", wrong);
	if (optopt && !strncmp(wrong, "--", 2))
		die(STATUS_USAGE, "'%s': the option takes no argument", wrong);
	if (optopt)
		die(STATUS_USAGE,
		    "'-%c' is no option (see msgslot %s --help); after -- it would be an operand",
		    optopt, command->name);
	die(STATUS_USAGE,
	    "'%s' is no option (see msgslot %s --help); after -- it would be an operand",
	    wrong, command->name);
}

int command_option(const struct command *command, int argc, char **argv,
		   const struct option *options)
{
	int option;

	opterr = 0;
	do {
		while (optind < argc && is_number(argv[optind]))
			collect(command, argv[optind++]);
		option = getopt_long(argc, argv, "-:h", options, NULL);
		if (option == 1)
			collect(command, optarg);
	} while (option == 1);
	if (option == 'h')
		command_help(command);
	if (option == ':' || option == '?')
		refuse(command, argv, option);
	if (option == -1)
		collect_rest(argc, argv);
	return option;
}

char **command_operands(const struct command *command, int min, int max)
{
	static const char *const names[] = { "SLOT", "CHANNEL" };
	static char *none;

	if (operand_count < min)
		die(STATUS_USAGE, "%s is missing (usage: msgslot %s %s)",
		    names[operand_count], command->name, command->synopsis);
	if (operand_count > max)
		die(STATUS_USAGE, "'%s' is one too many (usage: msgslot %s %s)",
		    operands[max], command->name, command->synopsis);
	return operands ? operands : &none;
}

int command_operand_count(void)
{
	return operand_count;
}

int command_operands_before_dashes(void)
{
	return before_dashes;
}
