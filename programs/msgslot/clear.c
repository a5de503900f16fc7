// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "argument.h"
#include "command.h"
#include "failure.h"

struct request {
	uint32_t channel;
	bool conditional;
	uint64_t version;
};

static const struct option options[] = { { "if-version", required_argument,
					   NULL, 'v' },
					 HELP_OPTION,
					 END_OF_OPTIONS };

static void parse_options(int argc, char **argv, struct request *clear)
{
	while (command_option(&clear_command, argc, argv, options) == 'v') {
		clear->conditional = true;
		clear->version = argument_version(optarg);
	}
}

static int run(int argc, char **argv)
{
	struct request clear = { 0 };
	struct slot slot;
	uint64_t version;
	int ret;

	parse_options(argc, argv, &clear);
	argv = command_operands(&clear_command, argc, argv, 2, 2);
	clear.channel = argument_channel(argv[1]);
	ret = slot_open_to_write(&slot, argv[0]);
	if (ret)
		failure_die_slot(&slot, ret);
	version = clear.version;
	if (clear.conditional)
		ret = msgslot_clear_if(slot.fd, clear.channel, &version);
	else
		ret = msgslot_clear(slot.fd, clear.channel, NULL);
	if (ret == -ESTALE)
		failure_die_version(&slot, clear.channel, clear.version,
				    version);
	if (ret)
		failure_die(&slot, clear.channel, 0, ret);
	slot_close(&slot);
	return EXIT_SUCCESS;
}

const struct command clear_command = {
	.name = "clear",
	.synopsis = "[--if-version N] SLOT CHANNEL",
	.summary = "take a channel's message away",
	.help = "Takes the channel's message away; that there is none is no error.\n"
		"Under \"msgslot claim\" it does so as the holder of the claim.\n"
		"\n"
		"      --if-version N  only if the channel's version is N\n"
		"      --help          print this\n",
	.run = run,
};
