// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "argument.h"
#include "command.h"
#include "complaint.h"
#include "exec.h"
#include "failure.h"
#include "interrupt.h"
#include "name.h"
#include "output.h"
#include "pending.h"
#include "slot.h"
#include "text.h"
#include "timestamp.h"

/**
 * struct request - what to watch for
 * @output: how to print them
 * @command: what to run for each instead, or NULL
 * @flags: MSG_SLOT_WATCH_CHANGES, MSG_SLOT_WATCH_PRESENT
 * @left: how many events there are to come
 * @deadline: when to give up, by CLOCK_MONOTONIC
 */
struct request {
	struct output output;
	const char *command;
	uint32_t flags;
	uint64_t left;
	uint64_t deadline;
};

static const struct option options[] = {
	{ JSON_OPTION },
	{ FORMAT_OPTION },
	{ "exec", required_argument, NULL, 'e' },
	{ "changes", no_argument, NULL, 'C' },
	{ "present", no_argument, NULL, 'p' },
	{ "count", required_argument, NULL, 'c' },
	{ "timeout", required_argument, NULL, 't' },
	{ HELP_OPTION },
	{ END_OF_OPTIONS }
};

static void parse_options(int argc, char **argv, struct request *request)
{
	int option;

	while ((option = command_option(&watch_command, argc, argv, options)) !=
	       -1)
		switch (option) {
		case 'e':
			request->command = optarg;
			break;
		case 'C':
			request->flags |= MSG_SLOT_WATCH_CHANGES;
			break;
		case 'p':
			request->flags |= MSG_SLOT_WATCH_PRESENT;
			break;
		case 'c':
			request->left = argument_count(optarg);
			break;
		case 't':
			request->deadline = timestamp_now(CLOCK_MONOTONIC) +
					    argument_duration(optarg);
			break;
		default:
			output_option(&request->output, option, optarg);
		}
	if (request->command &&
	    (request->output.json || request->output.format))
		die(STATUS_USAGE,
		    "--exec prints nothing: no --json, no --format");
}

static void check_channels(char **operands, size_t count)
{
	if (count > MSG_SLOT_MAX_WATCHED)
		die(STATUS_USAGE, "%zu channels are more than %d", count,
		    MSG_SLOT_MAX_WATCHED);
	while (*operands)
		argument_channel(*operands++);
}

static uint32_t *find_channels(const struct slot *slot, char **operands,
			       size_t count)
{
	uint32_t *channels = must_realloc(NULL, count + 1, sizeof(*channels));
	size_t i;

	for (i = 0; i < count; i++)
		channels[i] = failure_or_channel(slot, operands[i]);
	return channels;
}

static void print_line(const struct slot *slot, const struct message *event)
{
	char *channel = name_text(slot, event->record.channel, SIZE_MAX);
	bool present = message_present(event);
	char when[TIMESTAMP_TEXT];
	size_t columns = text_columns();
	size_t taken;
	char *text;

	/* Of what is no more it is not told since when. */
	timestamp_local(present ? event->record.written :
				  timestamp_now(CLOCK_REALTIME),
			when);
	taken = printf("%s %10s %s %8llu", when, channel, message_event(event),
		       event->record.version);
	free(channel);
	if (present) {
		text = message_text(event,
				    columns > taken ? columns - taken - 1 : 0);
		printf(" %s", text);
		free(text);
	}
	putchar('\n');
}

static void print(const struct slot *slot, const struct message *event,
		  const struct output *output)
{
	if (!output_print(output, slot, event))
		print_line(slot, event);
	/* An interrupted write is no failure, and the rest is not wanted. */
	if (fflush(stdout) && interrupt_came())
		_exit(EXIT_SUCCESS);
	flush_output();
}

static uint64_t time_left(const struct request *request)
{
	uint64_t now = timestamp_now(CLOCK_MONOTONIC);

	if (request->deadline == UINT64_MAX)
		return UINT64_MAX;
	return request->deadline > now ? request->deadline - now : 0;
}

/* Prints what there is now. Return: whether that was all that was asked for. */
static bool print_events(const struct slot *slot, struct msgslot_watch *watch,
			 struct request *request)
{
	struct message event;
	int ret;

	while ((ret = message_next(slot->fd, watch, &event)) == 1) {
		print(slot, &event, &request->output);
		if (!--request->left || interrupt_came())
			return true;
		/* Where there is always another event the time still ends. */
		if (!time_left(request))
			return false;
	}
	if (ret)
		failure_die_slot(slot, ret);
	return false;
}

/*
 * Runs the command for what there is now. What changes meanwhile waits, the last of
 * each channel. Return: whether that was all that was asked for.
 */
static bool run_commands(const struct slot *slot, struct msgslot_watch *watch,
			 struct request *request)
{
	static struct pending pending;
	struct message event;
	int ret;

	for (;;) {
		ret = pending_catch_up(&pending, slot, watch);
		if (ret)
			failure_die_slot(slot, ret);
		if (!pending_take(&pending, &event))
			return false;
		exec_command(request->command, slot, &event);
		message_free(&event);
		if (!--request->left || interrupt_came())
			return true;
		if (!time_left(request))
			return false;
	}
}

static bool obey(const struct slot *slot, struct msgslot_watch *watch,
		 struct request *request)
{
	if (request->command)
		return run_commands(slot, watch, request);
	return print_events(slot, watch, request);
}

static int follow(const struct slot *slot, struct msgslot_watch *watch,
		  struct request *request)
{
	int ret;

	while (!obey(slot, watch, request)) {
		ret = interrupt_wait(msgslot_watch_fd(watch),
				     time_left(request));
		if (interrupt_came())
			break;
		if (!ret)
			die(STATUS_NOTHING, "%s: the time is over", slot->path);
	}
	return EXIT_SUCCESS;
}

static int run(int argc, char **argv)
{
	struct request request = { .left = UINT64_MAX, .deadline = UINT64_MAX };
	uint32_t *channels;
	struct msgslot_watch *watch;
	struct slot slot;
	int count, ret;

	parse_options(argc, argv, &request);
	argv = command_operands(&watch_command, 1, INT_MAX);
	count = command_operand_count() - 1;
	check_channels(argv + 1, count);
	ret = slot_open_for(&slot, argv[0], count == 1 ? argv[1] : NULL,
			    O_RDONLY);
	if (ret)
		failure_die_slot(&slot, ret);
	name_remember(&slot);
	channels = find_channels(&slot, argv + 1, count);
	interrupt_catch();
	ret = msgslot_watch_open_with(slot.fd, channels, count, request.flags,
				      &watch);
	if (ret)
		failure_die_slot(&slot, ret);
	free(channels);
	ret = follow(&slot, watch, &request);
	msgslot_watch_close(watch);
	slot_close(&slot);
	return ret;
}

const struct command watch_command = {
	.name = "watch",
	.synopsis =
		"[--changes] [--present] [--json | --format TEXT | --exec COMMAND] [--count N] [--timeout DURATION] SLOT [CHANNEL...]",
	.summary = "print what changes",
	.help = "Prints the messages of the channels, or of the whole slot, and then each\n"
		"change: a line with time, channel, event, version and message. Of several\n"
		"changes of a channel that come at once it prints the last. After the event\n"
		"\"restart\" the present messages follow from the beginning.\n"
		"\n"
		"      --changes           print only what changes, not first what is there\n"
		"      --present           print an event \"present\" of channel 0 when all that was\n"
		"                          there has been printed, also if that was nothing\n"
		"      --json              print each event as a JSON object\n"
		"      --format TEXT       print a line for each, with fields such as {channel};\n"
		"                          see \"msgslot help get\"\n"
		"      --exec COMMAND      run COMMAND by sh for each, one at a time, with the\n"
		"                          message on standard input, and MSGSLOT_SLOT,\n"
		"                          MSGSLOT_CHANNEL, MSGSLOT_NAME, MSGSLOT_EVENT and\n"
		"                          MSGSLOT_VERSION in the environment\n"
		"      --count N           end after N events\n"
		"      --timeout DURATION  end after this long (exit status 3, or 0 if\n"
		"                          N events came before)\n"
		"  -h, --help              print this\n",
	.run = run,
};
