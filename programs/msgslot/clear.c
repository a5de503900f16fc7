// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "argument.h"
#include "board.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"

struct request {
	bool all;
	bool conditional;
	uint64_t version;
};

static const struct option options[] = { { "if-version", required_argument,
					   NULL, 'v' },
					 { "all", no_argument, NULL, 'a' },
					 { HELP_OPTION },
					 { END_OF_OPTIONS } };

static void parse_options(int argc, char **argv, struct request *request)
{
	int option;

	while ((option = command_option(&clear_command, argc, argv, options)) !=
	       -1)
		switch (option) {
		case 'v':
			request->conditional = true;
			request->version = argument_version(optarg);
			break;
		case 'a':
			request->all = true;
			break;
		}
}

static void check(char **channels, const struct request *request)
{
	char **channel;

	if (request->all && *channels)
		die(STATUS_USAGE, "--all and a channel exclude each other");
	if (request->conditional && (request->all || channels[1]))
		die(STATUS_USAGE, "--if-version is for one channel");
	for (channel = channels; *channel; channel++)
		argument_channel(*channel);
}

/* Return: the exit status, and if it is not 0 it was told why. */
static int clear(const struct slot *slot, uint32_t channel,
		 const struct request *request)
{
	uint64_t version = request->version;
	int ret;

	if (request->conditional)
		ret = msgslot_clear_if(slot->fd, channel, &version);
	else
		ret = msgslot_clear(slot->fd, channel, NULL);
	if (ret == -ESTALE)
		return failure_complain_version(slot, channel, request->version,
						version);
	return ret ? failure_complain(slot, channel, 0, ret) : EXIT_SUCCESS;
}

static int clear_each(const struct slot *slot, char **channels,
		      const struct request *request)
{
	int status = EXIT_SUCCESS;
	uint32_t channel;
	int ret;

	for (; *channels; channels++) {
		ret = slot_find(slot, *channels, &channel);
		ret = ret ? failure_complain_channel(slot, *channels, ret) :
			    clear(slot, channel, request);
		status = status ? status : ret;
	}
	return status;
}

/* A descriptor that a claim was passed on with can't be read. */
static void read_board(struct board *board, const char *path)
{
	struct slot slot;
	int ret = slot_open(&slot, path, O_RDONLY);

	if (ret)
		failure_die_slot(&slot, ret);
	board_read(board, &slot, NULL);
	slot_close(&slot);
}

static int clear_all(const struct slot *slot, const struct request *request)
{
	int status = EXIT_SUCCESS;
	struct channel **channels;
	struct board board;
	size_t i;
	int ret;

	read_board(&board, slot->path);
	channels = board_present(&board);
	for (i = 0; i < board.present; i++) {
		ret = clear(slot, channels[i]->message.record.channel, request);
		status = status ? status : ret;
	}
	free(channels);
	board_free(&board);
	return status;
}

static int run(int argc, char **argv)
{
	struct request request = { 0 };
	struct slot slot;
	int ret;

	parse_options(argc, argv, &request);
	argv = command_operands(&clear_command, request.all ? 1 : 2, INT_MAX);
	check(argv + 1, &request);
	ret = slot_open_to_write(&slot, argv[0],
				 command_operand_count() == 2 ? argv[1] : NULL,
				 0);
	if (ret)
		failure_die_slot(&slot, ret);
	if (request.all)
		ret = clear_all(&slot, &request);
	else
		ret = clear_each(&slot, argv + 1, &request);
	slot_close(&slot);
	return ret;
}

const struct command clear_command = {
	.name = "clear",
	.synopsis = "[--if-version N] SLOT CHANNEL..., or --all SLOT",
	.summary = "take channels' messages away",
	.help = "Takes the channels' messages away; that there is none is no error. Where one\n"
		"can't be taken away it says so, and goes on with the others.\n"
		"Under \"msgslot claim\" it does so as the holder of the claim.\n"
		"\n"
		"      --if-version N  only if the channel, a single one, has version N\n"
		"      --all           the messages of all channels\n"
		"  -h, --help          print this\n",
	.run = run,
};
