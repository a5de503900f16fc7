// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "argument.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"

/**
 * struct request - what is to become of the messages
 * @ttl: how long they live from now on, in nanoseconds; 0: for ever
 * @conditional: only if the channel's version is @version
 * @version: see above
 */
struct request {
	uint64_t ttl;
	bool conditional;
	uint64_t version;
};

static const struct option options[] = {
	{ "if-version", required_argument, NULL, 'v' },
	{ "ttl", required_argument, NULL, 't' },
	{ HELP_OPTION },
	{ END_OF_OPTIONS }
};

static void parse_options(int argc, char **argv, struct request *request)
{
	int option;

	while ((option = command_option(&touch_command, argc, argv, options)) !=
	       -1)
		switch (option) {
		case 'v':
			request->conditional = true;
			request->version = argument_version(optarg);
			break;
		case 't':
			request->ttl = argument_time_to_live(optarg);
			break;
		}
}

static void check(char **channels, const struct request *request)
{
	if (request->conditional && channels[1])
		die(STATUS_USAGE, "--if-version is for one channel");
	for (; *channels; channels++)
		argument_channel(*channels);
}

/* Return: the exit status, and if it is not 0 it was told why. */
static int renew(const struct slot *slot, uint32_t channel,
		 const struct request *request)
{
	uint64_t version = request->version;
	int ret;

	if (request->conditional)
		ret = msgslot_renew_if(slot->fd, channel, request->ttl,
				       &version);
	else
		ret = msgslot_renew(slot->fd, channel, request->ttl, NULL);
	if (ret == -ESTALE)
		return failure_complain_version(slot, channel, request->version,
						version);
	return ret ? failure_complain(slot, channel, 0, ret) : EXIT_SUCCESS;
}

static int run(int argc, char **argv)
{
	struct request request = { 0 };
	int status = EXIT_SUCCESS;
	struct slot slot;
	char **channel;
	uint32_t id;
	int ret;

	parse_options(argc, argv, &request);
	argv = command_operands(&touch_command, 2, INT_MAX);
	check(argv + 1, &request);
	ret = slot_open_to_write(&slot, argv[0], argv[2] ? NULL : argv[1], 0);
	if (ret)
		failure_die_slot(&slot, ret);
	for (channel = argv + 1; *channel; channel++) {
		ret = slot_find(&slot, *channel, &id);
		ret = ret ? failure_complain_channel(&slot, *channel, ret) :
			    renew(&slot, id, &request);
		status = status ? status : ret;
	}
	slot_close(&slot);
	return status;
}

const struct command touch_command = {
	.name = "touch",
	.synopsis = "[--if-version N] [--ttl DURATION] SLOT CHANNEL...",
	.summary = "let channels' messages live longer",
	.help = "Gives the channels' messages a new time to live, from now on, and changes\n"
		"nothing else: no new version, and who waits or watches is not woken. Where\n"
		"there is no message, as when its time is over, it says so (exit status 3), and\n"
		"goes on with the others.\n"
		"Under \"msgslot claim\" it does so as the holder of the claim.\n"
		"\n"
		"      --if-version N  only if the channel, a single one, has version N\n"
		"      --ttl DURATION  for this long, such as 250ms, 1.5s, 2m, 1h30m, 1d;\n"
		"                      without it for ever\n"
		"  -h, --help          print this\n",
	.run = run,
};
