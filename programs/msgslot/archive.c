// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "archive.h"
#include "complaint.h"
#include "number.h"

#define MAGIC "message-slot dump "
#define VERSION_1 "1\n"
#define VERSION_2 "2\n"
#define LINE_ROOM 256
#define PORTION 65536
#define CRC_DIGITS 8
#define FOREVER "forever"

/* The time to live is a number or a word. */
#define RECORD(ttl)                                                \
	"channel=%u version=%llu written=%llu ttl=" ttl " uid=%u " \
	"gid=%u pid=%u size=%u"
#define NAME " name=%u"

static void emit(struct archive_writer *writer, const void *bytes, size_t size)
{
	writer->crc = crc32_z(writer->crc, bytes, size);
	fwrite(bytes, 1, size, stdout);
}

static void emit_text(struct archive_writer *writer, const char *text)
{
	emit(writer, text, strlen(text));
}

void archive_begin(struct archive_writer *writer, bool named)
{
	*writer = (struct archive_writer){
		.named = named,
		.crc = crc32_z(0, NULL, 0),
	};
	emit_text(writer, named ? MAGIC VERSION_2 : MAGIC VERSION_1);
}

/* @named: there is the size of a name, too. */
static void write_record(const struct msg_slot_record *record, bool named,
			 unsigned int name, char line[static LINE_ROOM])
{
	char ttl[24] = FOREVER;
	int length;

	if (record->ttl != MSG_SLOT_FOREVER)
		snprintf(ttl, sizeof(ttl), "%llu", record->ttl);
	length = snprintf(line, LINE_ROOM, RECORD("%s"), record->channel,
			  record->version, record->written, ttl, record->uid,
			  record->gid, record->pid, record->size);
	if (named)
		length +=
			snprintf(line + length, LINE_ROOM - length, NAME, name);
	stpcpy(line + length, "\n");
}

void archive_add(struct archive_writer *writer, const struct message *message)
{
	const char *name = message->name ? message->name : "";
	char line[LINE_ROOM];

	write_record(&message->record, writer->named, strlen(name), line);
	emit_text(writer, line);
	if (*name) {
		emit_text(writer, name);
		emit_text(writer, "\n");
	}
	emit(writer, message->bytes, message->record.size);
	emit_text(writer, "\n");
	writer->count++;
}

static void write_end(size_t count, char line[static LINE_ROOM])
{
	snprintf(line, LINE_ROOM, "end count=%zu crc32=", count);
}

void archive_end(struct archive_writer *writer)
{
	char line[LINE_ROOM];

	write_end(writer->count, line);
	emit_text(writer, line);
	printf("%08lx\n", writer->crc);
}

/* What of the file is still to be parsed, and whether it has names. */
struct cursor {
	unsigned char *at;
	size_t left;
	bool named;
};

static void skip(struct cursor *cursor, size_t size)
{
	cursor->at += size;
	cursor->left -= size;
}

static unsigned char *take(struct cursor *cursor, size_t size)
{
	unsigned char *taken = cursor->at;

	if (cursor->left < size)
		return NULL;
	skip(cursor, size);
	return taken;
}

static bool take_text(struct cursor *cursor, const char *text)
{
	size_t length = strlen(text);

	if (cursor->left < length || memcmp(cursor->at, text, length))
		return false;
	skip(cursor, length);
	return true;
}

static bool take_line(struct cursor *cursor, char line[static LINE_ROOM])
{
	const unsigned char *end = memchr(cursor->at, '\n', cursor->left);
	size_t length;

	if (!end)
		return false;
	length = end + 1 - cursor->at;
	if (length >= LINE_ROOM)
		return false;
	memcpy(line, cursor->at, length);
	line[length] = '\0';
	skip(cursor, length);
	return true;
}

static bool parse_ttl(const char *text, __u64 *ttl)
{
	uint64_t number;

	*ttl = MSG_SLOT_FOREVER;
	if (!strcmp(text, FOREVER))
		return true;
	if (!number_parse(text, INT64_MAX, &number) || !number)
		return false;
	*ttl = number;
	return true;
}

/* scanf() is not strict: the line must be what this record would be written as. */
static bool take_record(struct cursor *cursor, struct msg_slot_record *record,
			unsigned int *name)
{
	char line[LINE_ROOM], again[LINE_ROOM], ttl[24];

	*name = 0;
	if (!take_line(cursor, line) ||
	    sscanf(line, RECORD("%23s") NAME, &record->channel,
		   &record->version, &record->written, ttl, &record->uid,
		   &record->gid, &record->pid, &record->size,
		   name) != 8 + cursor->named ||
	    !parse_ttl(ttl, &record->ttl) || !record->channel ||
	    !record->size || *name > MSG_SLOT_LONGEST_NAME)
		return false;
	write_record(record, cursor->named, *name, again);
	return !strcmp(line, again);
}

/* The newline behind it becomes its end. */
static bool take_name(struct cursor *cursor, size_t size, const char **name)
{
	unsigned char *taken = take(cursor, size + 1);

	if (!taken || taken[size] != '\n')
		return false;
	taken[size] = '\0';
	*name = (char *)taken;
	return strlen(*name) == size;
}

static bool take_message(struct cursor *cursor, struct message *message)
{
	unsigned int name;

	*message = (struct message){ .record.event = MSG_SLOT_WRITTEN };
	if (!take_record(cursor, &message->record, &name) ||
	    (name && !take_name(cursor, name, &message->name)))
		return false;
	message->bytes = take(cursor, message->record.size);
	return message->bytes && take_text(cursor, "\n");
}

static struct message *add(struct archive *archive)
{
	/* It grows by doubling: whenever the count is a power of two it is full. */
	if (!(archive->count & (archive->count - 1)))
		archive->messages =
			must_realloc(archive->messages,
				     archive->count ? 2 * archive->count : 1,
				     sizeof(*archive->messages));
	return &archive->messages[archive->count++];
}

/* The checksum first: then what else is wrong was written so. */
static bool sum_is_right(const struct bytes *file)
{
	size_t size = file->size - CRC_DIGITS - 1;
	char digits[CRC_DIGITS + 2];

	if (file->size <= CRC_DIGITS)
		return false;
	snprintf(digits, sizeof(digits), "%08lx\n",
		 crc32_z(crc32_z(0, NULL, 0), file->data, size));
	return !memcmp(file->data + size, digits, CRC_DIGITS + 1);
}

/* Return: whether it begins as one of a format that is known. */
static bool take_version(struct cursor *cursor)
{
	cursor->named = take_text(cursor, VERSION_2);
	return cursor->named || take_text(cursor, VERSION_1);
}

const char *archive_parse(struct archive *archive, struct bytes *file)
{
	struct cursor cursor = { file->data, file->size, false };
	char end[LINE_ROOM];

	*archive = (struct archive){ 0 };
	if (!take_text(&cursor, MAGIC))
		return "is no dump of a slot";
	if (!take_version(&cursor))
		return "is a dump in a format that this program does not know";
	if (!sum_is_right(file))
		return "is damaged or was cut short";
	while (cursor.left && *cursor.at == 'c')
		if (!take_message(&cursor, add(archive)))
			return "is malformed";
	write_end(archive->count, end);
	if (!take_text(&cursor, end) || cursor.left != CRC_DIGITS + 1)
		return "is malformed";
	return NULL;
}

/* Return: whether there may be more of it; @checked is how much is right so far. */
static bool goes_on(const struct bytes *file, bool named, size_t *checked)
{
	struct msg_slot_record record;
	struct cursor cursor = { .named = named };
	unsigned int name;
	size_t rest;

	for (;;) {
		cursor.at = file->data + *checked;
		cursor.left = file->size - *checked;
		if (!memchr(cursor.at, '\n', cursor.left))
			return cursor.left < LINE_ROOM;
		if (*cursor.at != 'c')
			/* That was the last line. */
			return cursor.left < LINE_ROOM;
		if (!take_record(&cursor, &record, &name) ||
		    record.size > MSG_SLOT_LARGEST_MESSAGE)
			return false;
		rest = record.size + 1 + (name ? name + 1 : 0);
		if (cursor.left < rest)
			return true;
		*checked = file->size - cursor.left + rest;
	}
}

void archive_read(struct bytes *file)
{
	struct cursor cursor = { 0 };
	size_t checked = strlen(MAGIC VERSION_1);
	size_t before;

	*file = (struct bytes){ 0 };
	bytes_read(file, checked);
	cursor.at = file->data;
	cursor.left = file->size;
	if (!take_text(&cursor, MAGIC) || !take_version(&cursor))
		return;
	do {
		before = file->size;
		bytes_read(file, before + PORTION);
	} while (file->size == before + PORTION &&
		 goes_on(file, cursor.named, &checked));
}

void archive_free(struct archive *archive)
{
	free(archive->messages);
	*archive = (struct archive){ 0 };
}
