// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "argument.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "lines.h"
#include "name.h"
#include "output.h"
#include "text.h"

/* Most messages fit at once. */
#define FIRST_ROOM 4096

struct request {
	bool wait;
	bool lines;
	struct output output;
	uint64_t version;
	uint64_t timeout;
};

static const struct option options[] = {
	{ "wait", no_argument, NULL, 'w' },
	{ "newer-than", required_argument, NULL, 'n' },
	{ "timeout", required_argument, NULL, 't' },
	{ "lines", no_argument, NULL, 'l' },
	{ JSON_OPTION },
	{ FORMAT_OPTION },
	{ HELP_OPTION },
	{ END_OF_OPTIONS }
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
		case 'l':
			request->lines = true;
			break;
		default:
			output_option(&request->output, option, optarg);
		}
	if (request->lines && request->wait)
		die(STATUS_USAGE, "--lines does not wait");
}

static int read_message(const struct slot *slot, uint32_t channel,
			const struct request *request, struct message *message)
{
	message_make_room(message, FIRST_ROOM);
	if (request->wait)
		return slot_wait(slot, channel, request->version,
				 request->timeout, message);
	return slot_get(slot, channel, message);
}

/* Nothing but the bytes; what comes next on a terminal begins a line, though. */
static void print_bytes(const struct message *message)
{
	size_t size = message->record.size;

	fwrite(message->bytes, 1, size, stdout);
	if (size && message->bytes[size - 1] != '\n' && isatty(STDOUT_FILENO))
		putchar('\n');
}

static void print_one(const struct slot *slot, const char *operand,
		      const struct request *request)
{
	struct message message = { 0 };
	uint32_t channel = failure_or_channel(slot, operand);
	int ret = read_message(slot, channel, request, &message);

	if (ret == -ETIMEDOUT && request->version)
		die(STATUS_NOTHING,
		    "%s: channel %s had no message newer than version %ju in time",
		    slot->path, name_text(slot, channel, SIZE_MAX),
		    (uintmax_t)request->version);
	if (ret)
		failure_die(slot, channel, 0, ret);
	if (!output_print(&request->output, slot, &message))
		print_bytes(&message);
	message_free(&message);
}

/* As "put --lines" takes it. */
static void print_line(const struct slot *slot, const struct message *message)
{
	char *text = message_text(message, SIZE_MAX);
	char *channel = name_word(slot, message->record.channel);

	printf("%s %s\n", channel, text);
	free(channel);
	free(text);
}

static int print_lines(const struct slot *slot, const struct request *request)
{
	struct message message = { 0 };
	struct lines lines = { .slot = slot };
	int ret;

	/* Whoever asks line by line waits for the answer. */
	setlinebuf(stdout);
	while (lines_next(&lines)) {
		ret = read_message(slot, lines.channel, request, &message);
		if (ret)
			lines_failed(&lines,
				     failure_complain(slot, lines.channel, 0,
						      ret));
		else if (!output_print(&request->output, slot, &message))
			print_line(slot, &message);
		if (ferror(stdout))
			flush_output();
	}
	message_free(&message);
	return lines_end(&lines);
}

static int run(int argc, char **argv)
{
	struct request request = { .timeout = MSG_SLOT_FOREVER };
	int status = EXIT_SUCCESS;
	struct slot slot;
	int operands, ret;

	parse_options(argc, argv, &request);
	operands = request.lines ? 1 : 2;
	argv = command_operands(&get_command, operands, operands);
	if (!request.lines)
		argument_channel(argv[1]);
	ret = slot_open_for(&slot, argv[0], argv[1], O_RDONLY);
	if (ret)
		failure_die_slot(&slot, ret);
	if (request.lines)
		status = print_lines(&slot, &request);
	else
		print_one(&slot, argv[1], &request);
	slot_close(&slot);
	return status;
}

const struct command get_command = {
	.name = "get",
	.synopsis =
		"[--wait] [--newer-than N] [--timeout DURATION] [--json | --format TEXT] SLOT CHANNEL, or --lines SLOT",
	.summary = "print a channel's message",
	.help = "Prints the bytes of the channel's message, and nothing else; on a terminal\n"
		"a newline as well, if the message does not end in one.\n"
		"\n"
		"      --wait              wait for a message if there is none\n"
		"      --newer-than N      wait for a message with a version above N\n"
		"      --timeout DURATION  wait, but only for this long (exit status 3)\n"
		"      --json              print the message and its record as JSON\n"
		"      --format TEXT       print a line, with {channel} {name} {event} {version}\n"
		"                          {size} {message} {text} {base64} {written} {written_ns} {age}\n"
		"                          {age_ns} {ttl} {ttl_ns} {author} {uid} {gid} {pid}\n"
		"      --lines             read a channel from each line of standard input, and\n"
		"                          print lines that \"put --lines\" takes\n"
		"  -h, --help              print this\n",
	.run = run,
};
