// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive.h"
#include "board.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "name.h"
#include "number.h"
#include "progress.h"

/* In bytes, unless another size is asked for. */
#define LARGEST_FRAME (16 << 20)

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

/**
 * struct dump - what is dumped
 * @slot: of which slot
 * @writer: where to
 * @largest: frames above this size are left out
 * @left_out: how many were
 */
struct dump {
	const struct slot *slot;
	struct archive_writer writer;
	uint64_t largest;
	size_t left_out;
};

static void add(struct dump *dump, struct message *message)
{
	/* To write it with 0 would be for ever. */
	if (!message->record.ttl)
		message->record.ttl = 1;
	message->name = name_must_find(dump->slot, message->record.channel);
	archive_add(&dump->writer, message);
}

/* What is no frame any more, or no more at all. */
static void add_other(struct dump *dump, uint32_t channel)
{
	struct message message = { 0 };
	int ret = slot_get(dump->slot, channel, &message);

	if (ret && ret != -EWOULDBLOCK)
		failure_die(dump->slot, channel, 0, ret);
	if (!ret)
		add(dump, &message);
	message_free(&message);
}

static void leave_out(struct dump *dump, const struct msg_slot_record *record)
{
	char *channel = name_text(dump->slot, record->channel, SIZE_MAX);

	progress_end();
	complain("%s: channel %s: its frame of %u bytes is left out (--frames)",
		 dump->slot->path, channel, record->size);
	progress_begin();
	free(channel);
	dump->left_out++;
}

static void add_mapped(struct dump *dump, const struct msg_slot_record *record,
		       int memfd)
{
	struct message message = { .record = *record, .frame = true };
	void *map = mmap(NULL, record->size, PROT_READ, MAP_SHARED, memfd, 0);

	if (map == MAP_FAILED)
		die(STATUS_ERROR, "%s: a frame: %s", dump->slot->path,
		    strerror(errno));
	message.bytes = map;
	add(dump, &message);
	munmap(map, record->size);
}

static void add_frame(struct dump *dump, uint32_t channel)
{
	struct msg_slot_record record;
	int memfd = msgslot_get_frame(dump->slot->fd, channel, &record);

	if (memfd == -ENODATA || memfd == -EWOULDBLOCK) {
		add_other(dump, channel);
		return;
	}
	if (memfd < 0)
		failure_die(dump->slot, channel, 0, memfd);
	if (record.size > dump->largest)
		leave_out(dump, &record);
	else
		add_mapped(dump, &record, memfd);
	close(memfd);
}

static bool has_frames(struct channel **channels, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (channels[i]->message.frame)
			return true;
	return false;
}

/* In the order in which they were written, in which they will be restored. */
static void write_archive(struct dump *dump, struct board *board)
{
	struct channel **channels = board_present(board);
	struct message *message;
	size_t i;

	qsort(channels, board->present, sizeof(*channels), compare_times);
	archive_begin(&dump->writer, dump->slot->has_names,
		      dump->largest && has_frames(channels, board->present));
	for (i = 0; i < board->present; i++) {
		message = &channels[i]->message;
		if (message->frame)
			add_frame(dump, message->record.channel);
		else
			add(dump, message);
		progress_tell(i, board->present);
	}
	archive_end(&dump->writer);
	free(channels);
}

static const struct option options[] = { { "frames", required_argument, NULL,
					   'f' },
					 { HELP_OPTION },
					 { END_OF_OPTIONS } };

static uint64_t take_size(const char *text)
{
	uint64_t size;

	if (!number_parse_size(text, UINT64_MAX, &size))
		die(STATUS_USAGE, "'%s' is no size (such as 100M)", text);
	return size;
}

static int run(int argc, char **argv)
{
	struct slot slot;
	struct dump dump = { .slot = &slot, .largest = LARGEST_FRAME };
	bool chosen = false;
	struct board board;
	int ret;

	while (command_option(&dump_command, argc, argv, options) != -1) {
		dump.largest = take_size(optarg);
		chosen = true;
	}
	argv = command_operands(&dump_command, 1, 1);
	if (isatty(STDOUT_FILENO))
		die(STATUS_USAGE, "a dump is not for a terminal: > FILE");
	ret = slot_open(&slot, argv[0], O_RDONLY);
	if (ret)
		failure_die_slot(&slot, ret);
	progress_begin();
	board_read(&board, &slot, tell);
	write_archive(&dump, &board);
	flush_output();
	progress_end();
	board_free(&board);
	slot_close(&slot);
	return dump.left_out && !chosen ? STATUS_ERROR : EXIT_SUCCESS;
}

const struct command dump_command = {
	.name = "dump",
	.synopsis = "[--frames SIZE] SLOT > FILE",
	.summary = "save the messages of a slot",
	.help = "Writes the slot's messages, their records and their channels' names to standard\n"
		"output, for \"msgslot restore\", with a checksum. Claims, limits, owners and\n"
		"modes are not in it. A frame of more than 16 MiB is left out, which is told,\n"
		"and the exit status is 1 then.\n"
		"\n"
		"      --frames SIZE  leave out frames of more bytes than this, such as 100M; to\n"
		"                     leave out those is no error\n"
		"  -h, --help         print this\n",
	.run = run,
};
