/* SPDX-License-Identifier: GPL-2.0 */
/* The subcommands: each is a file of its name, and all are in main.c's table. */
#ifndef MSGSLOT_COMMAND_H
#define MSGSLOT_COMMAND_H

#include <getopt.h>
#include <stdbool.h>

/**
 * struct command - a subcommand
 * @name: what a person types
 * @synopsis: its arguments
 * @summary: what it does, in half a line
 * @help: more of it, and its options, in whole lines
 * @operands: how many operands come before "--" and a command to run; 0 where there
 *	is none to run
 * @run: what main() calls, with argv[0] "msgslot: NAME", as getopt's complaints
 *	begin with that; returns the exit status
 */
struct command {
	const char *name;
	const char *synopsis;
	const char *summary;
	const char *help;
	int operands;
	int (*run)(int argc, char **argv);
};

extern const struct command put_command;
extern const struct command get_command;
extern const struct command touch_command;
extern const struct command clear_command;
extern const struct command commit_command;
extern const struct command ls_command;
extern const struct command watch_command;
extern const struct command claim_command;
extern const struct command limits_command;
extern const struct command top_command;
extern const struct command dump_command;
extern const struct command restore_command;
extern const struct command doctor_command;
extern const struct command bridge_command;
extern const struct command serve_command;

/* What every subcommand takes: { HELP_OPTION }, { END_OF_OPTIONS }. */
#define HELP_OPTION "help", no_argument, NULL, 'h'
#define END_OF_OPTIONS NULL, 0, NULL, 0

/* Prints its help, and ends the program. */
_Noreturn void command_help(const struct command *command);

/**
 * command_option() - the next option, as getopt_long() has it
 *
 * Options may come before, between and after the operands; "--" ends them. A
 * number such as -5 is an operand. Ends the program for --help and -h, and for what
 * is no option.
 */
int command_option(const struct command *command, int argc, char **argv,
		   const struct option *options);

/**
 * command_operands() - the operands, of which there must be @min to @max
 *
 * Once command_option() has returned -1.
 *
 * Return: an array of them, which ends in NULL.
 */
char **command_operands(const struct command *command, int min, int max);

int command_operand_count(void);

/* How many of them came before "--", or all if there was none. */
int command_operands_before_dashes(void);

#endif /* MSGSLOT_COMMAND_H */
