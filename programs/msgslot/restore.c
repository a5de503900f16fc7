// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "progress.h"

static void read_archive(struct archive *archive, struct bytes *file)
{
	const char *wrong;

	bytes_read(file, SIZE_MAX);
	wrong = archive_parse(archive, file);
	if (wrong)
		die(STATUS_ERROR, "standard input %s; nothing was restored",
		    wrong);
}

/* Before anything is written all of it must fit, as far as that can be known. */
static void check_limits(const struct slot *slot, const struct archive *archive)
{
	struct msg_slot_limits limits;
	const struct msg_slot_record *record;
	int ret = msgslot_limits(slot->fd, &limits);
	size_t i;

	if (ret)
		failure_die_slot(slot, ret);
	if (archive->count > limits.max_channels)
		die(STATUS_ERROR,
		    "%s: takes up to %u channels, and the dump has %zu; nothing was restored",
		    slot->path, limits.max_channels, archive->count);
	for (i = 0; i < archive->count; i++) {
		record = &archive->messages[i].record;
		if (record->size > limits.max_message)
			die(STATUS_ERROR,
			    "%s: takes messages of up to %u bytes, and that of channel %u has %u; nothing was restored",
			    slot->path, limits.max_message, record->channel,
			    record->size);
	}
}

static int write_message(const struct slot *slot, const struct message *message)
{
	const struct msg_slot_record *record = &message->record;

	return msgslot_put(slot->fd, record->channel, message->bytes,
			   record->size, record->ttl, NULL);
}

static _Noreturn void give_up(const struct slot *slot,
			      const struct archive *archive, size_t done,
			      int error)
{
	const struct msg_slot_record *record = &archive->messages[done].record;
	struct failure failure = { slot, record->channel, record->size, error };
	char words[FAILURE_WORDS];

	failure_words(&failure, words);
	progress_end();
	die(failure_status(&failure),
	    "%s: %s; %zu of %zu messages were restored", slot->path, words,
	    done, archive->count);
}

static void write_messages(const struct slot *slot,
			   const struct archive *archive)
{
	size_t i;
	int ret;

	for (i = 0; i < archive->count; i++) {
		ret = write_message(slot, &archive->messages[i]);
		if (ret)
			give_up(slot, archive, i, ret);
		progress_tell(i + 1, archive->count);
	}
}

static const struct option options[] = { HELP_OPTION, END_OF_OPTIONS };

static int run(int argc, char **argv)
{
	struct archive archive;
	struct bytes file;
	struct slot slot;
	int ret;

	command_option(&restore_command, argc, argv, options);
	argv = command_operands(&restore_command, argc, argv, 1, 1);
	if (isatty(STDIN_FILENO))
		die(STATUS_USAGE,
		    "a dump does not come from a terminal: < FILE");
	ret = slot_open_to_write(&slot, argv[0]);
	if (ret)
		failure_die_slot(&slot, ret);
	read_archive(&archive, &file);
	check_limits(&slot, &archive);
	progress_begin();
	write_messages(&slot, &archive);
	progress_end();
	archive_free(&archive);
	free(file.data);
	slot_close(&slot);
	return EXIT_SUCCESS;
}

const struct command restore_command = {
	.name = "restore",
	.synopsis = "SLOT < FILE",
	.summary = "write the messages of a dump to a slot",
	.help = "Writes the messages of a dump from standard input to their channels, in the\n"
		"order in which they were written at first, each for as long as it had still\n"
		"to live when it was dumped. They get new versions, times and you as author;\n"
		"other channels stay as they are. Nothing is written if the dump is damaged,\n"
		"was cut short, or has a message that is larger than the slot takes.\n"
		"\n"
		"      --help  print this\n",
	.run = run,
};
