// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "lines.h"
#include "name.h"

/**
 * struct change - what a line asks for
 * @line: which it was
 * @text: the memory that it is in
 * @name: its channel, as it was called
 * @channel: its channel's id, or 0 if that is a name which is missing
 * @clears: the message is taken away
 * @message: else the message
 * @size: its size
 * @ttl: how long it lives, in nanoseconds; 0: for ever
 * @conditional: only if the channel's version is @version
 * @version: see above
 */
struct change {
	size_t line;
	char *text;
	const char *name;
	uint32_t channel;
	bool clears;
	const char *message;
	size_t size;
	uint64_t ttl;
	bool conditional;
	uint64_t version;
};

/**
 * struct list - all of them
 * @largest: how many bytes a message may have, as far as that is known
 * @count: how many there are
 * @changes: in the order of the lines
 */
struct list {
	size_t largest;
	size_t count;
	struct change changes[MSG_SLOT_MAX_COMMIT];
};

/* Any number of blanks may stand between words. Return: it, or NULL. */
static char *take_word(struct lines *lines)
{
	char *word;

	do {
		word = lines_take_word(lines);
	} while (word && !*word);
	return word;
}

static const char *set_condition(struct change *change, uint64_t version)
{
	if (change->conditional)
		return "has two conditions";
	change->conditional = true;
	change->version = version;
	return NULL;
}

static const char *take_version(struct change *change, const char *text)
{
	uint64_t version;
	const char *wrong = argument_take_version(text, &version);

	return wrong ? wrong : set_condition(change, version);
}

/* Return: NULL, or what is wrong with the option. */
static const char *take_option(struct lines *lines, struct change *change,
			       char *option)
{
	char *equals = strchr(option, '=');
	bool is_version, is_time;
	const char *value;

	if (!change->clears && !strcmp(option, "--create"))
		return set_condition(change, 0);
	if (equals)
		*equals = '\0';
	is_version = !strcmp(option, "--if-version");
	is_time = !change->clears && !strcmp(option, "--ttl");
	if (!is_version && !is_time)
		return "has an unknown option (-- ends them)";
	value = equals ? equals + 1 : take_word(lines);
	if (!value)
		return "has an option without its value";
	if (is_version)
		return take_version(change, value);
	return argument_take_time_to_live(value, &change->ttl);
}

/* They come before the channel. Return: as above; @word is what is behind them. */
static const char *take_options(struct lines *lines, struct change *change,
				char **word)
{
	const char *wrong;

	while ((*word = take_word(lines)) && **word == '-') {
		if (!strcmp(*word, "--")) {
			*word = take_word(lines);
			return NULL;
		}
		wrong = take_option(lines, change, *word);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* A name that is missing is only made when all the lines are known to be right. */
static const char *find_channel(const struct slot *slot, struct change *change)
{
	static char words[FAILURE_WORDS];
	int ret = slot_find(slot, change->name, &change->channel);

	if (!ret)
		return NULL;
	change->channel = 0;
	if (ret == -ENOENT && !change->clears)
		return NULL;
	failure_channel_words(slot, change->name, ret, words);
	return words;
}

static const char *take_message(struct lines *lines, struct change *change,
				size_t largest)
{
	static char words[128];
	const char *wrong = lines_unescape_message(lines->rest, &change->size);

	change->message = lines->rest;
	if (wrong || change->size <= largest)
		return wrong;
	snprintf(words, sizeof(words),
		 "has a message of %zu bytes, the slot takes up to %zu",
		 change->size, largest);
	return words;
}

static const char *find_twin(const struct list *list,
			     const struct change *change)
{
	static char words[128];
	const struct change *other;

	for (other = list->changes; other < change; other++) {
		if (other->channel != change->channel ||
		    (!other->channel && strcmp(other->name, change->name)))
			continue;
		snprintf(words, sizeof(words),
			 "has the channel of line %zu again", other->line);
		return words;
	}
	return NULL;
}

/* Return: NULL, or what is wrong with the line. */
static const char *take_change(struct lines *lines, const struct list *list,
			       struct change *change)
{
	const char *verb = take_word(lines);
	const char *wrong;
	char *channel;

	change->clears = verb && !strcmp(verb, "clear");
	if (!change->clears && (!verb || strcmp(verb, "put")))
		return "begins with neither put nor clear";
	wrong = take_options(lines, change, &channel);
	if (wrong)
		return wrong;
	if (!channel || !lines_unescape_channel(channel))
		return "has no channel";
	change->name = channel;
	wrong = find_channel(lines->slot, change);
	if (!wrong && !change->clears)
		wrong = take_message(lines, change, list->largest);
	else if (!wrong && take_word(lines))
		wrong = "has more behind the channel";
	return wrong ? wrong : find_twin(list, change);
}

/* Its text is kept; the next line has another. */
static void take_line(struct lines *lines, struct list *list)
{
	struct change *change = &list->changes[list->count];
	const char *wrong;

	*change = (struct change){ .line = lines->number, .text = lines->text };
	wrong = take_change(lines, list, change);
	if (wrong) {
		lines_refuse(lines, wrong);
		return;
	}
	lines->text = NULL;
	lines->room = 0;
	list->count++;
}

/* Return: the exit status; if it is not 0 it was told why, of each line. */
static int take_lines(const struct slot *slot, struct list *list)
{
	struct msg_slot_limits limits = {
		.max_message = MSG_SLOT_LARGEST_MESSAGE,
	};
	struct lines lines = { .slot = slot };

	msgslot_limits(slot->fd, &limits);
	list->largest = limits.max_message;
	list->count = 0;
	while (lines_take(&lines)) {
		if (lines.number > MSG_SLOT_MAX_COMMIT) {
			lines_refuse(&lines,
				     "is one change too many (64 at most)");
			break;
		}
		take_line(&lines, list);
	}
	return lines_end(&lines);
}

static struct msgslot_change as_library(const struct change *change)
{
	return (struct msgslot_change){
		.channel = change->channel,
		.flags = (change->clears ? MSG_SLOT_CLEARS : 0) |
			 (change->conditional ? MSG_SLOT_IF_VERSION : 0),
		.message = change->message,
		.size = change->size,
		.ttl = change->ttl,
		.version = change->version,
	};
}

/* Return: the exit status, as of all below. */
static int complain_of(const struct slot *slot, const struct list *list,
		       size_t failed, uint64_t version, int error)
{
	const struct change *change = &list->changes[failed];

	if (failed == list->count)
		return failure_complain(slot, 0, 0, error);
	if (error == -ESTALE)
		return failure_complain_version(slot, change->channel,
						change->version, version);
	return failure_complain(slot, change->channel, change->size, error);
}

static bool has_channel(const struct msgslot_change *changes, size_t count,
			uint32_t channel)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (changes[i].channel == channel)
			return true;
	return false;
}

/* A change of none of these channels, on a condition that no version meets. */
static struct msgslot_change impossible(const struct msgslot_change *changes,
					size_t count)
{
	struct msgslot_change change = {
		.channel = UINT32_MAX,
		.flags = MSG_SLOT_CLEARS | MSG_SLOT_IF_VERSION,
		.version = UINT64_MAX,
	};

	while (has_channel(changes, count, change.channel))
		change.channel--;
	return change;
}

/* Of names that are missing. */
static int check_missing(const struct slot *slot, const struct list *list)
{
	const struct change *change;
	size_t i;

	for (i = 0; i < list->count; i++) {
		change = &list->changes[i];
		if (!change->channel && change->version)
			return failure_complain_nothing(slot, change->name);
	}
	return EXIT_SUCCESS;
}

/*
 * Whether the commit may succeed, once the names that are missing are made: one that is
 * stays, should it fail, for another may write to it at once. So the changes of what is
 * there are committed with one that can't be made: none is, and what else is in the way
 * is told before that one.
 */
static int rehearse(const struct slot *slot, const struct list *list)
{
	struct msgslot_change changes[MSG_SLOT_MAX_COMMIT + 1];
	size_t places[MSG_SLOT_MAX_COMMIT + 1];
	size_t count = 0;
	size_t failed;
	size_t i;
	int ret;

	for (i = 0; i < list->count; i++) {
		if (!list->changes[i].channel)
			continue;
		places[count] = i;
		changes[count++] = as_library(&list->changes[i]);
	}
	if (count == list->count)
		return EXIT_SUCCESS;
	changes[count] = impossible(changes, count);
	ret = msgslot_commit(slot->fd, changes, count + 1, &failed);
	if (failed == count)
		return check_missing(slot, list);
	places[count + 1] = list->count;
	return complain_of(slot, list, places[failed], changes[failed].version,
			   ret);
}

static int make_names(const struct slot *slot, struct list *list)
{
	struct change *change;
	size_t i;
	int ret;

	for (i = 0; i < list->count; i++) {
		change = &list->changes[i];
		if (change->channel)
			continue;
		ret = slot_make(slot, change->name, &change->channel);
		if (ret)
			return failure_complain_channel(slot, change->name,
							ret);
	}
	return EXIT_SUCCESS;
}

/* As get --lines has channels. */
static void print_version(const struct slot *slot,
			  const struct msgslot_change *change)
{
	char *channel = name_word(slot, change->channel);

	printf("%s %ju\n", channel, (uintmax_t)change->version);
	free(channel);
}

static int commit(const struct slot *slot, const struct list *list,
		  bool versions)
{
	struct msgslot_change changes[MSG_SLOT_MAX_COMMIT + 1] = { 0 };
	size_t failed;
	size_t i;
	int ret;

	for (i = 0; i < list->count; i++)
		changes[i] = as_library(&list->changes[i]);
	ret = msgslot_commit(slot->fd, changes, list->count, &failed);
	if (ret)
		return complain_of(slot, list, failed, changes[failed].version,
				   ret);
	for (i = 0; versions && i < list->count; i++)
		print_version(slot, &changes[i]);
	return EXIT_SUCCESS;
}

static int commit_lines(const struct slot *slot, bool versions)
{
	struct list list;
	int status = take_lines(slot, &list);

	if (!status)
		status = rehearse(slot, &list);
	if (!status)
		status = make_names(slot, &list);
	if (!status && list.count)
		status = commit(slot, &list, versions);
	while (list.count)
		free(list.changes[--list.count].text);
	return status;
}

static const struct option options[] = { { "versions", no_argument, NULL, 'v' },
					 { HELP_OPTION },
					 { END_OF_OPTIONS } };

static int run(int argc, char **argv)
{
	bool versions = false;
	struct slot slot;
	int ret;

	while (command_option(&commit_command, argc, argv, options) != -1)
		versions = true;
	argv = command_operands(&commit_command, 1, 1);
	ret = slot_open_to_write(&slot, argv[0], NULL, 0);
	if (ret)
		failure_die_slot(&slot, ret);
	ret = commit_lines(&slot, versions);
	slot_close(&slot);
	return ret;
}

const struct command commit_command = {
	.name = "commit",
	.synopsis = "[--versions] SLOT < CHANGES",
	.summary = "change several channels, all of them or none",
	.help = "Reads changes from standard input, to its end, a line each, and makes them, up\n"
		"to 64, all at once: nobody who reads them together sees a part of them. If one\n"
		"can't be made, or its condition is not met, none is.\n"
		"\n"
		"  put [--if-version N | --create] [--ttl DURATION] CHANNEL MESSAGE\n"
		"  clear [--if-version N] CHANNEL\n"
		"\n"
		"do as those commands do. MESSAGE is the rest of the line, in which \\n, \\t, \\r,\n"
		"\\\\ and \\xNN stand for bytes, and in CHANNEL, too, as in \"put --lines\".\n"
		"Under \"msgslot claim\" it writes as the holder of the claim.\n"
		"\n"
		"      --versions  print each channel and its message's new version, or that of\n"
		"                  the message that was taken away\n"
		"  -h, --help      print this\n",
	.run = run,
};
