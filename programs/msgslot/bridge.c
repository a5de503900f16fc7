// SPDX-License-Identifier: GPL-2.0
#include "companion.h"

static int run(int argc, char **argv)
{
	(void)argc;
	return companion_run(&bridge_command, argv);
}

const struct command bridge_command = {
	.name = "bridge",
	.synopsis = "[--check] CONFIG",
	.summary = "share slots with other machines",
	.help = "Keeps channels of slots the same on many machines, through a NATS cluster or an\n"
		"MQTT broker, as the file CONFIG says (man 5 msgslot-bridge). It goes on until a\n"
		"signal ends it; SIGHUP has it read CONFIG again.\n"
		"\n"
		"      --check  only read CONFIG: say all that is wrong with it, with lines and\n"
		"               columns; exit status 2 if anything is\n"
		"  -h, --help   print this\n",
	.run = run,
};
