// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "bytes.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "frame.h"
#include "lines.h"

/**
 * struct request - what is to be written
 * @channel: where, once that is known
 * @message: the message
 * @size: its size
 * @frame: it is to be a frame, and is in @memfd
 * @memfd: see above
 * @ttl: how long it lives, in nanoseconds; 0: for ever
 * @conditional: only if the channel's version is @version
 * @version: see above
 * @lines: messages are lines of standard input, each with its channel
 */
struct request {
	uint32_t channel;
	const void *message;
	size_t size;
	bool frame;
	int memfd;
	uint64_t ttl;
	bool conditional;
	uint64_t version;
	bool lines;
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

static void take_frame(const char *operand, struct request *put)
{
	put->memfd = operand ? frame_of(operand, strlen(operand)) :
			       frame_of_input();
}

/* Return: 0 or -errno, and the channel's version. */
static int replace(const struct slot *slot, const struct request *put,
		   uint64_t *version)
{
	*version = put->version;
	if (put->frame && put->conditional)
		return msgslot_put_frame_if(slot->fd, put->channel, put->memfd,
					    put->ttl, version);
	if (put->frame)
		return msgslot_put_frame(slot->fd, put->channel, put->memfd,
					 put->ttl, version);
	if (put->conditional)
		return msgslot_put_if(slot->fd, put->channel, put->message,
				      put->size, put->ttl, version);
	return msgslot_put(slot->fd, put->channel, put->message, put->size,
			   put->ttl, version);
}

/* Return: the exit status, and if it is not 0 it was told why. */
static int write_message(const struct slot *slot, const struct request *put)
{
	uint64_t version;
	int ret = replace(slot, put, &version);

	if (ret == -ESTALE)
		return failure_complain_version(slot, put->channel,
						put->version, version);
	if (ret)
		return failure_complain(slot, put->channel, put->size, ret);
	return EXIT_SUCCESS;
}

/* Only a channel that has a message can have that version. */
static bool must_exist(const struct request *put)
{
	return put->conditional && put->version;
}

/* Return: as above. */
static int find_channel(const struct slot *slot, const char *channel,
			struct request *put)
{
	int ret;

	if (!must_exist(put)) {
		ret = slot_make(slot, channel, &put->channel);
	} else {
		ret = slot_find(slot, channel, &put->channel);
		if (ret == -ENOENT)
			return failure_complain_nothing(slot, channel);
	}
	return ret ? failure_complain_channel(slot, channel, ret) :
		     EXIT_SUCCESS;
}

static int write_one(const struct slot *slot, const char *channel,
		     const char *operand, struct request *put)
{
	struct bytes bytes = { 0 };
	int status;

	if (put->frame)
		take_frame(operand, put);
	else
		take_message(slot, operand, &bytes, put);
	status = find_channel(slot, channel, put);
	if (!status)
		status = write_message(slot, put);
	free(bytes.data);
	return status;
}

static int write_lines(const struct slot *slot, struct request *put)
{
	struct lines lines = { .slot = slot, .make = true };
	const char *wrong;
	int status;

	while (lines_next(&lines)) {
		wrong = lines_unescape_message(lines.rest, &put->size);
		if (wrong) {
			lines_refuse(&lines, wrong);
			continue;
		}
		put->channel = lines.channel;
		put->message = lines.rest;
		status = write_message(slot, put);
		if (status)
			lines_failed(&lines, status);
	}
	return lines_end(&lines);
}

static const struct option options[] = {
	{ "if-version", required_argument, NULL, 'v' },
	{ "create", no_argument, NULL, 'c' },
	{ "ttl", required_argument, NULL, 't' },
	{ "frame", no_argument, NULL, 'f' },
	{ "lines", no_argument, NULL, 'l' },
	{ HELP_OPTION },
	{ END_OF_OPTIONS }
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
			put->ttl = argument_time_to_live(optarg);
			break;
		case 'f':
			put->frame = true;
			break;
		case 'l':
			put->lines = true;
			break;
		}
	if (put->lines && put->frame)
		die(STATUS_USAGE, "--lines are no frames");
	if (put->lines && put->version)
		die(STATUS_USAGE,
		    "of --lines only --create can be a condition");
}

static int run(int argc, char **argv)
{
	struct request put = { 0 };
	struct slot slot;
	int ret;

	parse_options(argc, argv, &put);
	argv = command_operands(&put_command, put.lines ? 1 : 2,
				put.lines ? 1 : 3);
	if (!put.lines)
		argument_channel(argv[1]);
	ret = slot_open_to_write(&slot, argv[0], argv[1],
				 must_exist(&put) ? 0 : O_CREAT);
	if (ret)
		failure_die_slot(&slot, ret);
	if (put.lines)
		ret = write_lines(&slot, &put);
	else
		ret = write_one(&slot, argv[1], argv[2], &put);
	slot_close(&slot);
	return ret;
}

const struct command put_command = {
	.name = "put",
	.synopsis =
		"[--if-version N | --create] [--ttl DURATION] [--frame] SLOT CHANNEL [MESSAGE], or --lines SLOT",
	.summary = "replace a channel's message",
	.help = "Replaces the channel's message by MESSAGE, or without it by standard input,\n"
		"which is taken to its end, with the newline that echo puts there. A name that\n"
		"is missing is made.\n"
		"Before a MESSAGE that begins with a dash put --, unless it is a number such\n"
		"as -5. A lone - is a message, too, and not standard input.\n"
		"Under \"msgslot claim\" it writes as the holder of the claim.\n"
		"\n"
		"      --if-version N  only if the channel's version is N (0: no message)\n"
		"      --create        only if the channel has no message\n"
		"      --ttl DURATION  for this long, such as 250ms, 1.5s, 2m, 1h30m, 1d; seconds,\n"
		"                      if there is no unit; without --ttl for ever\n"
		"      --frame         as a frame, a sealed memfd, which may be larger than messages\n"
		"                      are, up to 4 GiB, and which others map instead of copying\n"
		"      --lines         write many: each line of standard input is a channel, a\n"
		"                      space and a message, in which \\n, \\t, \\r, \\\\ and \\xNN\n"
		"                      stand for bytes, as \"get --lines\" prints them\n"
		"  -h, --help          print this\n",
	.run = run,
};
