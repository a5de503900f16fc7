// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "checkup.h"
#include "command.h"
#include "diagnosis.h"

static const struct option options[] = { { "json", no_argument, NULL, 'j' },
					 { HELP_OPTION },
					 { END_OF_OPTIONS } };

static int run(int argc, char **argv)
{
	bool json = false, works;

	while (command_option(&doctor_command, argc, argv, options) != -1)
		json = true;
	argv = command_operands(&doctor_command, 0, 1);
	checkup_module();
	checkup_slots();
	checkup_system();
	works = checkup_try(argv[0]);
	diagnosis_print(json, works);
	return works ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct command doctor_command = {
	.name = "doctor",
	.synopsis = "[--json] [SLOT]",
	.summary = "say what is missing when slots do not work",
	.help = "Looks at all that slots take on this machine, and says of each what it found\n"
		"and what to do: the module's file, whether this kernel takes it (signature,\n"
		"Secure Boot), whether it is loaded and as new as this program, mounts, devices\n"
		"and your rights, limits of memory, and the kernel's health. It changes nothing,\n"
		"but for a slot of its own, in which it writes a message, reads it, and takes it\n"
		"away; with SLOT it does so there, in a channel that has none. Some things only\n"
		"root may see.\n"
		"\n"
		"The exit status is 0 only if a message could be written and read.\n"
		"\n"
		"      --json  print an object: \"works\", and \"findings\" with name, state (good,\n"
		"              note or bad), text and advice\n"
		"  -h, --help  print this\n",
	.run = run,
};
