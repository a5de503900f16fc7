// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "frame.h"
#include "progress.h"

static void read_archive(struct archive *archive, struct bytes *file)
{
	const char *wrong;

	archive_read(file);
	wrong = archive_parse(archive, file);
	if (wrong)
		die(STATUS_ERROR, "standard input %s; nothing was restored",
		    wrong);
}

static void check_name(const struct slot *slot, const char *name)
{
	char words[FAILURE_WORDS];
	uint32_t id;

	if (!name)
		return;
	if (!slot->has_names)
		die(STATUS_ERROR,
		    "%s: is a device, and the dump has channels with names; nothing was restored",
		    slot->path);
	/* As the library has it: it is not there, or it can't be. */
	if (msgslot_channel_id(slot->fd, name, &id) != -EINVAL)
		return;
	failure_channel_words(slot, name, -EINVAL, words);
	die(STATUS_ERROR, "%s: %s; nothing was restored", slot->path, words);
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
		check_name(slot, archive->messages[i].name);
		if (record->size > limits.max_message &&
		    !archive->messages[i].frame)
			die(STATUS_ERROR,
			    "%s: takes messages of up to %u bytes, and that of channel %u has %u; nothing was restored",
			    slot->path, limits.max_message, record->channel,
			    record->size);
	}
}

struct request {
	bool skip_claimed;
	bool merge;
};

/* How many were restored, and how many not, as was asked for. */
struct result {
	size_t done;
	size_t claimed;
	size_t kept;
};

static int write_frame(const struct slot *slot, const struct message *message,
		       const struct request *request)
{
	const struct msg_slot_record *record = &message->record;
	int memfd = frame_of(message->bytes, record->size);
	uint64_t none = 0;
	int ret;

	if (request->merge)
		ret = msgslot_put_frame_if(slot->fd, record->channel, memfd,
					   record->ttl, &none);
	else
		ret = msgslot_put_frame(slot->fd, record->channel, memfd,
					record->ttl, NULL);
	close(memfd);
	return ret;
}

static int write_message(const struct slot *slot, const struct message *message,
			 const struct request *request)
{
	const struct msg_slot_record *record = &message->record;
	uint64_t none = 0;

	if (message->frame)
		return write_frame(slot, message, request);
	if (request->merge)
		return msgslot_put_if(slot->fd, record->channel, message->bytes,
				      record->size, record->ttl, &none);
	return msgslot_put(slot->fd, record->channel, message->bytes,
			   record->size, record->ttl, NULL);
}

/* A name has another id in each slot. */
static int restore(const struct slot *slot, struct message *message,
		   const struct request *request)
{
	int ret = 0;

	if (message->name) {
		message->record.channel = 0;
		ret = slot_make_file(slot, message->name,
				     &message->record.channel);
	}
	return ret ? ret : write_message(slot, message, request);
}

static _Noreturn void give_up(const struct slot *slot,
			      const struct archive *archive, size_t at,
			      size_t done, int error)
{
	const struct message *message = &archive->messages[at];
	struct failure failure = { slot, message->record.channel,
				   message->record.size, error };
	char words[FAILURE_WORDS];

	if (!message->record.channel)
		failure_channel_words(slot, message->name, error, words);
	else
		failure_words(&failure, words);
	progress_end();
	die(failure_status(&failure),
	    "%s: %s; %zu of %zu messages were restored", slot->path, words,
	    done, archive->count);
}

/* Return: whether that was to be expected. */
static bool count(struct result *result, const struct request *request, int ret)
{
	if (!ret)
		result->done++;
	else if (ret == -EBUSY && request->skip_claimed)
		result->claimed++;
	else if (ret == -ESTALE)
		result->kept++;
	else
		return false;
	return true;
}

static void write_messages(const struct slot *slot,
			   const struct archive *archive,
			   const struct request *request, struct result *result)
{
	size_t i;
	int ret;

	for (i = 0; i < archive->count; i++) {
		ret = restore(slot, &archive->messages[i], request);
		if (!count(result, request, ret))
			give_up(slot, archive, i, result->done, ret);
		progress_tell(i + 1, archive->count);
	}
}

/* All is what is expected, and no news. */
static void tell(const struct slot *slot, const struct archive *archive,
		 const struct result *result)
{
	if (result->done == archive->count)
		return;
	complain("%s: %zu of %zu messages were restored; %s%zu, %s%zu",
		 slot->path, result->done, archive->count,
		 "channels that had one: ", result->kept,
		 "that are claimed: ", result->claimed);
}

static const struct option options[] = { { "skip-claimed", no_argument, NULL,
					   's' },
					 { "merge", no_argument, NULL, 'm' },
					 { HELP_OPTION },
					 { END_OF_OPTIONS } };

static void parse_options(int argc, char **argv, struct request *request)
{
	int option;

	while ((option = command_option(&restore_command, argc, argv,
					options)) != -1)
		switch (option) {
		case 's':
			request->skip_claimed = true;
			break;
		case 'm':
			request->merge = true;
			break;
		}
}

static int run(int argc, char **argv)
{
	struct request request = { 0 };
	struct result result = { 0 };
	struct archive archive;
	struct bytes file;
	struct slot slot;
	int ret;

	parse_options(argc, argv, &request);
	argv = command_operands(&restore_command, 1, 1);
	if (isatty(STDIN_FILENO))
		die(STATUS_USAGE,
		    "a dump does not come from a terminal: < FILE");
	ret = slot_open_to_write(&slot, argv[0], NULL, 0);
	if (ret)
		failure_die_slot(&slot, ret);
	read_archive(&archive, &file);
	check_limits(&slot, &archive);
	progress_begin();
	write_messages(&slot, &archive, &request, &result);
	progress_end();
	tell(&slot, &archive, &result);
	archive_free(&archive);
	free(file.data);
	slot_close(&slot);
	return EXIT_SUCCESS;
}

const struct command restore_command = {
	.name = "restore",
	.synopsis = "[--merge] [--skip-claimed] SLOT < FILE",
	.summary = "write the messages of a dump to a slot",
	.help = "Writes the messages of a dump from standard input to their channels, in the\n"
		"order in which they were written at first, each for as long as it had still\n"
		"to live when it was dumped. They get new versions, times and you as author;\n"
		"other channels stay as they are. Names that are missing are made, as yours.\n"
		"Nothing is written if the dump is damaged,\n"
		"was cut short, or has a message that is larger than the slot takes.\n"
		"\n"
		"      --merge         only to channels that have no message\n"
		"      --skip-claimed  leave out channels that others have claimed, instead of\n"
		"                      ending there\n"
		"  -h, --help          print this\n",
	.run = run,
};
