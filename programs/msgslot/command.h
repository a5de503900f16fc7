/* SPDX-License-Identifier: GPL-2.0 */
/* The subcommands: each is a file of its name, and all are in main.c's table. */
#ifndef MSGSLOT_COMMAND_H
#define MSGSLOT_COMMAND_H

#include <getopt.h>

/**
 * struct command - a subcommand
 * @name: what a person types
 * @synopsis: its arguments
 * @summary: what it does, in half a line
 * @help: more of it, and its options, in whole lines
 * @run: what main() calls, with argv[0] "msgslot: NAME", as getopt's complaints
 *	begin with that; returns the exit status
 */
struct command {
	const char *name;
	const char *synopsis;
	const char *summary;
	const char *help;
	int (*run)(int argc, char **argv);
};

extern const struct command put_command;
extern const struct command get_command;
extern const struct command clear_command;
extern const struct command ls_command;
extern const struct command watch_command;
extern const struct command claim_command;
extern const struct command limits_command;
extern const struct command top_command;
extern const struct command dump_command;
extern const struct command restore_command;

/* What every subcommand takes. */
#define HELP_OPTION                            \
	{                                      \
		"help", no_argument, NULL, 'h' \
	}
#define END_OF_OPTIONS           \
	{                        \
		NULL, 0, NULL, 0 \
	}

/**
 * command_option() - the next option, as getopt_long() has it
 *
 * Options end at the first operand: what follows may be a message or a command
 * that begins with a dash. Ends the program for --help, and for what is no option.
 */
int command_option(const struct command *command, int argc, char **argv,
		   const struct option *options);

/**
 * command_operands() - the operands, of which there must be @min to @max
 *
 * Return: argv from the first operand on.
 */
char **command_operands(const struct command *command, int argc, char **argv,
			int min, int max);

#endif /* MSGSLOT_COMMAND_H */
