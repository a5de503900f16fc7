// SPDX-License-Identifier: GPL-2.0
/*
 * msgslot: slots from the command line. Each subcommand is a file; what they share
 * is a file for each noun.
 */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "complaint.h"
#include "msgslot.h"

static const struct command *const commands[] = {
	&put_command,	 &get_command,	  &touch_command, &clear_command,
	&commit_command, &ls_command,	  &watch_command, &claim_command,
	&limits_command, &top_command,	  &dump_command,  &restore_command,
	&doctor_command, &bridge_command, &serve_command, NULL,
};

static void print_help(void)
{
	const struct command *const *command;

	puts("usage: msgslot COMMAND [OPTION...] SLOT ...\n");
	for (command = commands; *command; command++)
		printf("  %-9s %s\n", (*command)->name, (*command)->summary);
	puts("\n"
	     "SLOT is a name, such as robot for what \"mkdir /run/slots/robot\" makes, or the\n"
	     "path of such a directory or of a device file such as /dev/slot0. A channel is\n"
	     "a name, such as temperature or arm/left/torque, but on a device, or a number\n"
	     "from 1 to 4294967295. \"msgslot help COMMAND\" says more of each command.\n"
	     "\n"
	     "  -h, --help     print this\n"
	     "      --version  print the version\n"
	     "\n"
	     "Exit status: 0 success, 1 error, 2 wrong call, 3 no message or not in\n"
	     "time, 4 the condition failed or another has claimed the channel.");
}

static const struct command *find_command(const char *name)
{
	const struct command *const *command = commands;

	while (*command && strcmp((*command)->name, name))
		command++;
	return *command;
}

static int run(const struct command *command, int argc, char **argv)
{
	static char name[32];
	int status;

	snprintf(name, sizeof(name), "msgslot: %s", command->name);
	complain_as(name);
	argv[0] = name;
	status = command->run(argc, argv);
	finish_output();
	return status;
}

/*
 * A slot that got the number of a standard stream would be written to as if it
 * were that. These fail instead, and aren't there for a command that is run.
 */
static void fill_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_PATH | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

static int run_help(const char *name)
{
	const struct command *command = name ? find_command(name) : NULL;

	if (command)
		command_help(command);
	if (name)
		die(STATUS_USAGE, "'%s' is no command (see msgslot --help)",
		    name);
	print_help();
	finish_output();
	return EXIT_SUCCESS;
}

static int run_option(const char *option, const char *operand)
{
	if (!strcmp(option, "--help") || !strcmp(option, "-h") ||
	    !strcmp(option, "help"))
		return run_help(operand);
	if (strcmp(option, "--version"))
		die(STATUS_USAGE, "'%s' is no command (see msgslot --help)",
		    option);
	printf("msgslot %s\n", msgslot_version());
	finish_output();
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	const struct command *command;

	setlocale(LC_ALL, "");
	fill_standard_streams();
	if (argc < 2)
		die(STATUS_USAGE, "which command? (see msgslot --help)");
	command = find_command(argv[1]);
	if (!command)
		return run_option(argv[1], argv[2]);
	return run(command, argc - 1, argv + 1);
}
