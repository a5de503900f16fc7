// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive.h"
#include "board.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "name.h"
#include "progress.h"

static int compare_times(const void *a, const void *b)
{
	const struct channel *one = *(struct channel *const *)a;
	const struct channel *other = *(struct channel *const *)b;
	uint64_t time = one->message.record.written;
	uint64_t other_time = other->message.record.written;

	return (time > other_time) - (time < other_time);
}

static void tell(size_t events)
{
	progress_tell(events, 0);
}

/* In the order in which they were written, in which they will be restored. */
static void write_archive(const struct slot *slot, struct board *board)
{
	struct channel **channels = board_present(board);
	struct archive_writer writer;
	struct message *message;
	size_t i;

	qsort(channels, board->present, sizeof(*channels), compare_times);
	archive_begin(&writer, slot->has_names);
	for (i = 0; i < board->present; i++) {
		message = &channels[i]->message;
		/* Of a frame, which may be too large, a watch tells no bytes. */
		if (!message->record.size)
			continue;
		/* To write it with 0 would be for ever. */
		if (!message->record.ttl)
			message->record.ttl = 1;
		message->name = name_must_find(slot, message->record.channel);
		archive_add(&writer, message);
		progress_tell(i, board->present);
	}
	archive_end(&writer);
	free(channels);
}

static const struct option options[] = { { HELP_OPTION }, { END_OF_OPTIONS } };

static int run(int argc, char **argv)
{
	struct board board;
	struct slot slot;
	int ret;

	command_option(&dump_command, argc, argv, options);
	argv = command_operands(&dump_command, 1, 1);
	if (isatty(STDOUT_FILENO))
		die(STATUS_USAGE, "a dump is not for a terminal: > FILE");
	ret = slot_open(&slot, argv[0], O_RDONLY);
	if (ret)
		failure_die_slot(&slot, ret);
	progress_begin();
	board_read(&board, &slot, tell);
	write_archive(&slot, &board);
	flush_output();
	progress_end();
	board_free(&board);
	slot_close(&slot);
	return EXIT_SUCCESS;
}

const struct command dump_command = {
	.name = "dump",
	.synopsis = "SLOT > FILE",
	.summary = "save the messages of a slot",
	.help = "Writes the slot's messages, their records and their channels' names to standard\n"
		"output, for \"msgslot restore\", with a checksum. Claims, limits, owners and\n"
		"modes are not in it, nor are messages that are frames.\n"
		"\n"
		"  -h, --help  print this\n",
	.run = run,
};
