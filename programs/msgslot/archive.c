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
#define LINE_ROOM 256
#define PORTION 65536
#define CRC_DIGITS 8
#define FOREVER "forever"

/* The time to live is a number or a word. */
#define RECORD(ttl)                                                \
	"channel=%u version=%llu written=%llu ttl=" ttl " uid=%u " \
	"gid=%u pid=%u size=%u"
#define NAME " name=%u"
#define FRAME " frame=%u"

/* The formats, and the first that has names, and frames. */
static const char *const formats[] = { "1\n", "2\n", "3\n" };
enum { HAS_NAMES = 1, HAS_FRAMES };

/* What is in the line of a message. */
struct head {
	struct msg_slot_record record;
	unsigned int name; /* its size */
	unsigned int frame;
};

static void emit(struct archive_writer *writer, const void *bytes, size_t size)
{
	writer->crc = crc32_z(writer->crc, bytes, size);
	fwrite(bytes, 1, size, stdout);
}

static void emit_text(struct archive_writer *writer, const char *text)
{
	emit(writer, text, strlen(text));
}

void archive_begin(struct archive_writer *writer, bool named, bool frames)
{
	*writer = (struct archive_writer){ .crc = crc32_z(0, NULL, 0) };
	if (named)
		writer->format = HAS_NAMES;
	if (frames)
		writer->format = HAS_FRAMES;
	emit_text(writer, MAGIC);
	emit_text(writer, formats[writer->format]);
}

static void write_head(const struct head *head, int format,
		       char line[static LINE_ROOM])
{
	const struct msg_slot_record *record = &head->record;
	char ttl[24] = FOREVER;
	int length;

	if (record->ttl != MSG_SLOT_FOREVER)
		snprintf(ttl, sizeof(ttl), "%llu", record->ttl);
	length = snprintf(line, LINE_ROOM, RECORD("%s"), record->channel,
			  record->version, record->written, ttl, record->uid,
			  record->gid, record->pid, record->size);
	if (format >= HAS_NAMES)
		length += snprintf(line + length, LINE_ROOM - length, NAME,
				   head->name);
	if (format >= HAS_FRAMES)
		length += snprintf(line + length, LINE_ROOM - length, FRAME,
				   head->frame);
	stpcpy(line + length, "\n");
}

void archive_add(struct archive_writer *writer, const struct message *message)
{
	const char *name = message->name ? message->name : "";
	struct head head = {
		.record = message->record,
		.name = strlen(name),
		.frame = message->frame,
	};
	char line[LINE_ROOM];

	write_head(&head, writer->format, line);
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

/* What of the file is still to be parsed, and its format. */
struct cursor {
	unsigned char *at;
	size_t left;
	int format;
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
static bool take_head(struct cursor *cursor, struct head *head)
{
	struct msg_slot_record *record = &head->record;
	char line[LINE_ROOM], again[LINE_ROOM], ttl[24];

	*head = (struct head){ 0 };
	if (!take_line(cursor, line) ||
	    sscanf(line, RECORD("%23s") NAME FRAME, &record->channel,
		   &record->version, &record->written, ttl, &record->uid,
		   &record->gid, &record->pid, &record->size, &head->name,
		   &head->frame) < 8 ||
	    !parse_ttl(ttl, &record->ttl) || !record->channel ||
	    !record->size || head->name > MSG_SLOT_LONGEST_NAME ||
	    head->frame > 1)
		return false;
	write_head(head, cursor->format, again);
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
	struct head head;

	*message = (struct message){ 0 };
	if (!take_head(cursor, &head) ||
	    (head.name && !take_name(cursor, head.name, &message->name)))
		return false;
	message->record = head.record;
	message->record.event = MSG_SLOT_WRITTEN;
	message->frame = head.frame;
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
	int format;

	for (format = 0; format <= HAS_FRAMES; format++) {
		cursor->format = format;
		if (take_text(cursor, formats[format]))
			return true;
	}
	return false;
}

const char *archive_parse(struct archive *archive, struct bytes *file)
{
	struct cursor cursor = { file->data, file->size, 0 };
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
static bool goes_on(const struct bytes *file, int format, size_t *checked)
{
	struct cursor cursor = { .format = format };
	struct head head;
	size_t rest;

	for (;;) {
		cursor.at = file->data + *checked;
		cursor.left = file->size - *checked;
		if (!memchr(cursor.at, '\n', cursor.left))
			return cursor.left < LINE_ROOM;
		if (*cursor.at != 'c')
			/* That was the last line. */
			return cursor.left < LINE_ROOM;
		if (!take_head(&cursor, &head) ||
		    (!head.frame &&
		     head.record.size > MSG_SLOT_LARGEST_MESSAGE))
			return false;
		rest = (size_t)head.record.size + 1 +
		       (head.name ? head.name + 1 : 0);
		if (cursor.left < rest)
			return true;
		*checked = file->size - cursor.left + rest;
	}
}

void archive_read(struct bytes *file)
{
	struct cursor cursor = { 0 };
	size_t checked = strlen(MAGIC) + strlen(formats[0]);
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
		 goes_on(file, cursor.format, &checked));
}

void archive_free(struct archive *archive)
{
	free(archive->messages);
	*archive = (struct archive){ 0 };
}
