// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "bytes.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"

/**
 * struct request - what is to be written
 * @channel: where
 * @message: the message
 * @size: its size
 * @ttl: how long it lives, in nanoseconds; 0: for ever
 * @conditional: only if the channel's version is @version
 * @version: see above
 */
struct request {
	uint32_t channel;
	const void *message;
	size_t size;
	uint64_t ttl;
	bool conditional;
	uint64_t version;
};

/* The message is the last operand, or else standard input, into @bytes. */
static void take_message(const struct slot *slot, const char *operand,
			 struct bytes *bytes, struct request *put)
{
	struct msg_slot_limits limits = {
		.max_message = MSG_SLOT_LARGEST_MESSAGE,
	};

	if (operand) {
		put->message = operand;
		put->size = strlen(operand);
		return;
	}
	msgslot_limits(slot->fd, &limits);
	bytes_read(bytes, (size_t)limits.max_message + 1);
	if (bytes->size > limits.max_message)
		die(STATUS_ERROR,
		    "%s: standard input has more than the %u bytes that the slot takes",
		    slot->path, limits.max_message);
	put->message = bytes->data;
	put->size = bytes->size;
}

static void write_message(const struct slot *slot, const struct request *put)
{
	uint64_t version = put->version;
	int ret;

	if (put->conditional)
		ret = msgslot_put_if(slot->fd, put->channel, put->message,
				     put->size, put->ttl, &version);
	else
		ret = msgslot_put(slot->fd, put->channel, put->message,
				  put->size, put->ttl, NULL);
	if (ret == -ESTALE)
		failure_die_version(slot, put->channel, put->version, version);
	if (ret)
		failure_die(slot, put->channel, put->size, ret);
}

static uint64_t time_to_live(const char *text)
{
	uint64_t duration = argument_duration(text);

	if (!duration)
		die(STATUS_USAGE, "a time to live of 0 is none");
	return duration;
}

static const struct option options[] = {
	{ "if-version", required_argument, NULL, 'v' },
	{ "create", no_argument, NULL, 'c' },
	{ "ttl", required_argument, NULL, 't' },
	HELP_OPTION,
	END_OF_OPTIONS
};

static void set_condition(struct request *put, uint64_t version)
{
	if (put->conditional)
		die(STATUS_USAGE, "there can be one condition only");
	put->conditional = true;
	put->version = version;
}

static void parse_options(int argc, char **argv, struct request *put)
{
	int option;

	while ((option = command_option(&put_command, argc, argv, options)) !=
	       -1)
		switch (option) {
		case 'v':
			set_condition(put, argument_version(optarg));
			break;
		case 'c':
			set_condition(put, 0);
			break;
		case 't':
			put->ttl = time_to_live(optarg);
			break;
		}
}

static int run(int argc, char **argv)
{
	struct request put = { 0 };
	struct bytes bytes = { 0 };
	struct slot slot;
	int ret;

	parse_options(argc, argv, &put);
	argv = command_operands(&put_command, argc, argv, 2, 3);
	put.channel = argument_channel(argv[1]);
	ret = slot_open_to_write(&slot, argv[0]);
	if (ret)
		failure_die_slot(&slot, ret);
	take_message(&slot, argv[2], &bytes, &put);
	write_message(&slot, &put);
	free(bytes.data);
	slot_close(&slot);
	return EXIT_SUCCESS;
}

const struct command put_command = {
	.name = "put",
	.synopsis =
		"[--if-version N | --create] [--ttl DURATION] SLOT CHANNEL [MESSAGE]",
	.summary = "replace a channel's message",
	.help = "Replaces the channel's message by MESSAGE, or without it by standard input.\n"
		"Under \"msgslot claim\" it writes as the holder of the claim.\n"
		"\n"
		"      --if-version N  only if the channel's version is N (0: no message)\n"
		"      --create        only if the channel has no message\n"
		"      --ttl DURATION  for this long, such as 250ms, 1.5s, 2m, 1h, 1d\n"
		"      --help          print this\n",
	.run = run,
};
