// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "number.h"

struct limit {
	const char *name;
	uint64_t max;
};

static const struct limit max_message = { "max_message",
					  MSG_SLOT_LARGEST_MESSAGE };
static const struct limit max_channels = { "max_channels",
					   MSG_SLOT_MAX_CHANNELS };
static const struct limit max_bytes = { "max_bytes", MSG_SLOT_NO_LIMIT };

/* Return: the value in NAME=VALUE, or NULL if that is another's name. */
static const char *value_of(const struct limit *limit, const char *operand)
{
	size_t length = strlen(limit->name);

	if (strncmp(operand, limit->name, length) || operand[length] != '=')
		return NULL;
	return operand + length + 1;
}

static uint64_t parse_value(const struct limit *limit, const char *value)
{
	uint64_t number;

	if (limit->max == MSG_SLOT_NO_LIMIT && !strcmp(value, "none"))
		return MSG_SLOT_NO_LIMIT;
	if (number_parse_size(value, limit->max, &number) && number)
		return number;
	if (limit->max == MSG_SLOT_NO_LIMIT)
		die(STATUS_USAGE, "'%s' is no %s (1 or above, or none)", value,
		    limit->name);
	die(STATUS_USAGE, "'%s' is no %s (1 to %ju)", value, limit->name,
	    (uintmax_t)limit->max);
}

static void change(struct msg_slot_limits *limits, const char *operand)
{
	const char *value = value_of(&max_message, operand);

	if (value) {
		limits->max_message = parse_value(&max_message, value);
		return;
	}
	value = value_of(&max_channels, operand);
	if (value) {
		limits->max_channels = parse_value(&max_channels, value);
		return;
	}
	value = value_of(&max_bytes, operand);
	if (!value)
		die(STATUS_USAGE,
		    "'%s' is none of max_message=, max_channels=, max_bytes=",
		    operand);
	limits->max_bytes = parse_value(&max_bytes, value);
}

static void set(const struct slot *slot, const struct msg_slot_limits *limits)
{
	int ret = msgslot_set_limits(slot->fd, limits);

	if (ret == -EPERM)
		die(STATUS_ERROR,
		    "%s: only root may change limits (it takes CAP_SYS_RESOURCE)",
		    slot->path);
	if (ret)
		failure_die_slot(slot, ret);
}

static void print(const struct msg_slot_limits *limits,
		  const struct msg_slot_usage *usage)
{
	printf("%s=%u\n", max_message.name, limits->max_message);
	printf("%s=%u\n", max_channels.name, limits->max_channels);
	if (limits->max_bytes == MSG_SLOT_NO_LIMIT)
		printf("%s=none\n", max_bytes.name);
	else
		printf("%s=%llu\n", max_bytes.name, limits->max_bytes);
	printf("channels=%u\nbytes=%llu\n", usage->channels, usage->bytes);
}

static const struct option options[] = { { HELP_OPTION }, { END_OF_OPTIONS } };

/* What is asked for is checked before the slot is, as everywhere. */
static void check(char **operands)
{
	struct msg_slot_limits limits;

	while (*operands)
		change(&limits, *operands++);
}

static int run(int argc, char **argv)
{
	struct msg_slot_limits limits;
	struct msg_slot_usage usage;
	struct slot slot;
	char **operand;
	int ret;

	command_option(&limits_command, argc, argv, options);
	argv = command_operands(&limits_command, 1, INT_MAX);
	check(argv + 1);
	ret = slot_open(&slot, argv[0], O_RDONLY);
	if (!ret)
		ret = msgslot_limits(slot.fd, &limits);
	if (ret)
		failure_die_slot(&slot, ret);
	for (operand = argv + 1; *operand; operand++)
		change(&limits, *operand);
	if (argv[1])
		set(&slot, &limits);
	ret = msgslot_usage(slot.fd, &usage);
	if (ret)
		failure_die_slot(&slot, ret);
	print(&limits, &usage);
	slot_close(&slot);
	return EXIT_SUCCESS;
}

const struct command limits_command = {
	.name = "limits",
	.synopsis = "SLOT [NAME=VALUE...]",
	.summary = "print or set how much a slot takes",
	.help = "Prints the slot's limits, and how many channels and bytes it has, after\n"
		"setting those that are named, all or none of them, which root may:\n"
		"\n"
		"  max_message   the largest message, in bytes, up to 1M\n"
		"  max_channels  the number of channels, up to 1M\n"
		"  max_bytes     the memory for channels and messages above 128 bytes, in\n"
		"                bytes, or none for no limit\n"
		"\n"
		"VALUE may end in K, M or G (2^10, 2^20, 2^30).\n"
		"\n"
		"  -h, --help  print this\n",
	.run = run,
};
