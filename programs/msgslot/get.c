// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "argument.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "json.h"

/* Most messages fit at once. */
#define FIRST_ROOM 4096

struct request {
	bool wait;
	bool json;
	uint64_t version;
	uint64_t timeout;
};

static const struct option options[] = {
	{ "wait", no_argument, NULL, 'w' },
	{ "newer-than", required_argument, NULL, 'n' },
	{ "timeout", required_argument, NULL, 't' },
	{ "json", no_argument, NULL, 'j' },
	HELP_OPTION,
	END_OF_OPTIONS
};

static void parse_options(int argc, char **argv, struct request *request)
{
	int option;

	while ((option = command_option(&get_command, argc, argv, options)) !=
	       -1)
		switch (option) {
		case 'n':
			request->version = argument_version(optarg);
			request->wait = true;
			break;
		case 't':
			request->timeout = argument_duration(optarg);
			request->wait = true;
			break;
		case 'w':
			request->wait = true;
			break;
		case 'j':
			request->json = true;
			break;
		}
}

static void read_message(const struct slot *slot, uint32_t channel,
			 const struct request *request, struct message *message)
{
	int ret;

	message_make_room(message, FIRST_ROOM);
	if (request->wait)
		ret = slot_wait(slot, channel, request->version,
				request->timeout, message);
	else
		ret = slot_get(slot, channel, message);
	if (ret)
		failure_die(slot, channel, 0, ret);
}

static void print(const struct message *message, bool json)
{
	if (json)
		json_print(message);
	else
		fwrite(message->bytes, 1, message->record.size, stdout);
}

static int run(int argc, char **argv)
{
	struct request request = { .timeout = MSG_SLOT_FOREVER };
	struct message message = { 0 };
	struct slot slot;
	uint32_t channel;
	int ret;

	parse_options(argc, argv, &request);
	argv = command_operands(&get_command, argc, argv, 2, 2);
	channel = argument_channel(argv[1]);
	ret = slot_open(&slot, argv[0], O_RDONLY);
	if (ret)
		failure_die_slot(&slot, ret);
	read_message(&slot, channel, &request, &message);
	print(&message, request.json);
	message_free(&message);
	slot_close(&slot);
	return EXIT_SUCCESS;
}

const struct command get_command = {
	.name = "get",
	.synopsis =
		"[--wait] [--newer-than N] [--timeout DURATION] [--json] SLOT CHANNEL",
	.summary = "print a channel's message",
	.help = "Prints the bytes of the channel's message, and nothing else.\n"
		"\n"
		"      --wait              wait for a message if there is none\n"
		"      --newer-than N      wait for a message with a version above N\n"
		"      --timeout DURATION  wait, but only for this long (exit status 3)\n"
		"      --json              print the message and its record as JSON\n"
		"      --help              print this\n",
	.run = run,
};
