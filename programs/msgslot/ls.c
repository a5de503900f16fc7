// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "command.h"
#include "complaint.h"
#include "duration.h"
#include "failure.h"
#include "name.h"
#include "output.h"
#include "text.h"

enum column { WHICH, SIZE, AGE, TTL, AUTHOR, COLUMNS };

/* A row, and how wide its parts are to be: those of numbers go to the right. */
struct line {
	char *channel;
	char cells[COLUMNS][MESSAGE_AUTHOR];
};

struct widths {
	bool names;
	size_t channel;
	int cells[COLUMNS];
};

static const struct line titles = { "CHANNEL",
				    { "VERSION", "SIZE", "AGE", "TTL",
				      "AUTHOR" } };

static void fill_row(const struct slot *slot, const struct message *message,
		     struct line *line)
{
	const struct msg_slot_record *record = &message->record;

	line->channel = name_text(slot, record->channel, SIZE_MAX);
	snprintf(line->cells[WHICH], MESSAGE_AUTHOR, "%llu", record->version);
	snprintf(line->cells[SIZE], MESSAGE_AUTHOR, "%u",
		 message_size(message));
	duration_write(record->age, line->cells[AGE]);
	if (record->ttl == MSG_SLOT_FOREVER)
		stpcpy(line->cells[TTL], "-");
	else
		duration_write(record->ttl, line->cells[TTL]);
	message_author(message, line->cells[AUTHOR]);
}

static void widen(struct widths *widths, const struct line *line)
{
	size_t channel = text_width(line->channel);
	int i, width;

	if (widths->channel < channel)
		widths->channel = channel;
	for (i = 0; i < COLUMNS; i++) {
		width = strlen(line->cells[i]);
		if (widths->cells[i] < width)
			widths->cells[i] = width;
	}
}

/* Return: the number of columns that are taken. */
static size_t print_row(const struct widths *widths, const struct line *line)
{
	int blanks = widths->channel - text_width(line->channel);
	size_t taken = widths->channel + 1;
	int i;

	printf("%*s%s%*s ", widths->names ? 0 : blanks, "", line->channel,
	       widths->names ? blanks : 0, "");
	for (i = 0; i < COLUMNS; i++)
		taken += printf("%*s ",
				i == AUTHOR ? -widths->cells[i] :
					      widths->cells[i],
				line->cells[i]);
	return taken;
}

static void print_message(const struct slot *slot, const struct widths *widths,
			  const struct message *message, size_t columns)
{
	size_t taken;
	char *text;
	struct line line;

	fill_row(slot, message, &line);
	taken = print_row(widths, &line);
	text = message_text(message, columns > taken ? columns - taken : 0);
	puts(text);
	free(text);
	free(line.channel);
}

static void print_table(const struct slot *slot, struct channel **channels,
			size_t count)
{
	struct widths widths = { .names = slot->has_names };
	size_t columns = text_columns();
	struct line line;
	size_t i;

	widen(&widths, &titles);
	for (i = 0; i < count; i++) {
		fill_row(slot, &channels[i]->message, &line);
		widen(&widths, &line);
		free(line.channel);
	}
	print_row(&widths, &titles);
	puts("MESSAGE");
	for (i = 0; i < count; i++)
		print_message(slot, &widths, &channels[i]->message, columns);
}

static void print(const struct slot *slot, struct channel **channels,
		  size_t count, const struct output *output)
{
	size_t i;

	if (!output->json && !output->format) {
		print_table(slot, channels, count);
		return;
	}
	for (i = 0; i < count; i++)
		output_print(output, slot, &channels[i]->message);
}

static const struct option options[] = { { JSON_OPTION },
					 { FORMAT_OPTION },
					 { HELP_OPTION },
					 { END_OF_OPTIONS } };

static int run(int argc, char **argv)
{
	struct channel **channels;
	struct board board;
	struct slot slot;
	struct output output = { 0 };
	int option, ret;

	while ((option = command_option(&ls_command, argc, argv, options)) !=
	       -1)
		output_option(&output, option, optarg);
	argv = command_operands(&ls_command, 1, 1);
	ret = slot_open(&slot, argv[0], O_RDONLY);
	if (ret)
		failure_die_slot(&slot, ret);
	board_read(&board, &slot, NULL);
	channels = board_present(&board);
	print(&slot, channels, board.present, &output);
	free(channels);
	board_free(&board);
	slot_close(&slot);
	return EXIT_SUCCESS;
}

const struct command ls_command = {
	.name = "ls",
	.synopsis = "[--json | --format TEXT] SLOT",
	.summary = "list the messages of a slot",
	.help = "Lists the slot's messages by channel, its name or number: version, size, age,\n"
		"time to live, author (process/user) and the message itself. What can't be\n"
		"printed is escaped; on a terminal what is too wide is cut.\n"
		"\n"
		"      --json         print each message and its record as a JSON object\n"
		"      --format TEXT  print a line for each, with fields such as {channel}; see\n"
		"                     \"msgslot help get\"\n"
		"  -h, --help         print this\n",
	.run = run,
};
