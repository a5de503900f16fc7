// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "duration.h"
#include "json.h"
#include "name.h"
#include "output.h"
#include "text.h"
#include "timestamp.h"

static void print_number_unless(uint64_t number, uint64_t unknown)
{
	if (number == unknown)
		putchar('-');
	else
		printf("%ju", (uintmax_t)number);
}

static void print_number(uint64_t number)
{
	printf("%ju", (uintmax_t)number);
}

static void print_duration(uint64_t duration)
{
	char text[DURATION_TEXT];

	duration_write(duration, text);
	fputs(text, stdout);
}

static void print_channel(const struct message *message)
{
	print_number(message->record.channel);
}

static void print_event(const struct message *message)
{
	fputs(message_event(message), stdout);
}

static void print_version(const struct message *message)
{
	print_number(message->record.version);
}

static void print_size(const struct message *message)
{
	print_number(message_size(message));
}

static void print_bytes(const struct message *message)
{
	fwrite(message->bytes, 1, message->record.size, stdout);
}

static void print_text(const struct message *message)
{
	char *text = message_text(message, SIZE_MAX);

	fputs(text, stdout);
	free(text);
}

static void print_base64(const struct message *message)
{
	char *text = message_base64(message->bytes, message->record.size);

	fputs(text, stdout);
	free(text);
}

static void print_written(const struct message *message)
{
	char text[TIMESTAMP_TEXT];

	timestamp_utc(message->record.written, text);
	fputs(text, stdout);
}

static void print_written_ns(const struct message *message)
{
	print_number(message->record.written);
}

static void print_age(const struct message *message)
{
	print_duration(message->record.age);
}

static void print_age_ns(const struct message *message)
{
	print_number(message->record.age);
}

static void print_ttl(const struct message *message)
{
	if (message->record.ttl == MSG_SLOT_FOREVER)
		putchar('-');
	else
		print_duration(message->record.ttl);
}

static void print_ttl_ns(const struct message *message)
{
	print_number_unless(message->record.ttl, MSG_SLOT_FOREVER);
}

static void print_author(const struct message *message)
{
	char text[MESSAGE_AUTHOR];

	message_author(message, text);
	fputs(text, stdout);
}

static void print_uid(const struct message *message)
{
	print_number_unless(message->record.uid, MSG_SLOT_NO_ID);
}

static void print_gid(const struct message *message)
{
	print_number_unless(message->record.gid, MSG_SLOT_NO_ID);
}

static void print_pid(const struct message *message)
{
	print_number_unless(message->record.pid, 0);
}

/* The first of them are known of a channel without a message, too. */
#define ALWAYS_KNOWN 7

/* The name is the slot's to know, and has no function here. */
static const struct field {
	const char *name;
	void (*print)(const struct message *message);
} fields[] = {
	{ "channel", print_channel },
	{ "name", NULL },
	{ "event", print_event },
	{ "version", print_version },
	{ "size", print_size },
	{ "message", print_bytes },
	{ "text", print_text },
	{ "base64", print_base64 },
	{ "written", print_written },
	{ "written_ns", print_written_ns },
	{ "age", print_age },
	{ "age_ns", print_age_ns },
	{ "ttl", print_ttl },
	{ "ttl_ns", print_ttl_ns },
	{ "author", print_author },
	{ "uid", print_uid },
	{ "gid", print_gid },
	{ "pid", print_pid },
	{ NULL, NULL },
};

/* Return: the field of that name, or NULL. */
static const struct field *find_field(const char *name, size_t length)
{
	const struct field *field;

	for (field = fields; field->name; field++)
		if (strlen(field->name) == length &&
		    !memcmp(field->name, name, length))
			return field;
	return NULL;
}

/* Return: the field that @text begins with, {NAME}, and its length there; or NULL. */
static const struct field *take_field(const char *text, size_t *length)
{
	const char *end = strchr(text, '}');

	if (!end)
		return NULL;
	*length = end + 1 - text;
	return find_field(text + 1, *length - 2);
}

/* Return: the character that a backslash and @letter are, or -1. */
static int escaped(char letter)
{
	switch (letter) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '0':
		return '\0';
	case '\\':
	case '{':
		return letter;
	default:
		return -1;
	}
}

static void check_format(const char *text)
{
	size_t length = 1;

	for (; *text; text += length) {
		length = 1;
		if (*text == '{' && !take_field(text, &length))
			die(STATUS_USAGE,
			    "'%s' begins with no field (\"msgslot help get\" has them; for a brace: \\{)",
			    text);
		if (*text != '\\')
			continue;
		if (escaped(text[1]) < 0)
			die(STATUS_USAGE,
			    "'%s' begins with none of \\n \\t \\0 \\\\ \\{",
			    text);
		length = 2;
	}
}

void output_option(struct output *output, int option, const char *argument)
{
	if (option == 'j')
		output->json = true;
	if (option == 'f') {
		check_format(argument);
		output->format = argument;
	}
	if (output->json && output->format)
		die(STATUS_USAGE, "--json and --format exclude each other");
}

static void print_name(const struct slot *slot, uint32_t channel)
{
	char *text;

	if (!name_find(slot, channel)) {
		putchar('-');
		return;
	}
	text = name_text(slot, channel, SIZE_MAX);
	fputs(text, stdout);
	free(text);
}

static void print_field(const struct field *field, const struct slot *slot,
			const struct message *message)
{
	if (!field->print)
		print_name(slot, message->record.channel);
	else if (!message_present(message) && field >= fields + ALWAYS_KNOWN)
		putchar('-');
	else
		field->print(message);
}

static void print_format(const char *text, const struct slot *slot,
			 const struct message *message)
{
	const struct field *field;
	size_t length;

	for (; *text; text += length) {
		length = 1;
		field = *text == '{' ? take_field(text, &length) : NULL;
		if (field) {
			print_field(field, slot, message);
		} else if (*text == '\\') {
			putchar(escaped(text[1]));
			length = 2;
		} else {
			putchar(*text);
		}
	}
	putchar('\n');
}

bool output_print(const struct output *output, const struct slot *slot,
		  const struct message *message)
{
	if (output->json)
		json_print(slot, message);
	else if (output->format)
		print_format(output->format, slot, message);
	return output->json || output->format;
}
