/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The messages of a slot in a file, for "msgslot dump" and "msgslot restore":
 *
 *	message-slot dump 1
 *	channel=7 version=3 written=1795442400000000000 ttl=forever uid=0 gid=0 pid=411 size=4
 *	21.5
 *	end count=1 crc32=0f3e9a71
 *
 * After the line that tells its record each message has its size in bytes, of any
 * value, and a newline of the file's. That of a slot whose channels may have names is
 * "message-slot dump 2": there the line ends in name=N, and then come the N bytes of the
 * name, and a newline, before the message; N is 0 where there is none. That of a slot
 * which has a frame is "message-slot dump 3": behind name=N the line has frame=1 for a
 * frame, and frame=0 for other messages.
 *
 * ttl is the rest of it, in nanoseconds. The CRC is of everything before its eight
 * digits, after which nothing follows but a newline, so a file that was cut short or
 * damaged anywhere is found out.
 */
#ifndef MSGSLOT_ARCHIVE_H
#define MSGSLOT_ARCHIVE_H

#include "bytes.h"
#include "message.h"

/* Writing one, to standard output; what is wrong with that the end will tell. */
struct archive_writer {
	int format;
	unsigned long crc;
	size_t count;
};

/* @named: channels may have names. @frames: there are frames. */
void archive_begin(struct archive_writer *writer, bool named, bool frames);
void archive_add(struct archive_writer *writer, const struct message *message);
void archive_end(struct archive_writer *writer);

/**
 * archive_read() - read standard input, as long as it can be a dump
 *
 * Ends at its end, or where no dump goes on like that.
 */
void archive_read(struct bytes *file);

/* One that was read: its messages' bytes, and names, are those of the file. */
struct archive {
	struct message *messages;
	size_t count;
};

/* Return: NULL, or what is wrong with it. */
const char *archive_parse(struct archive *archive, struct bytes *file);

void archive_free(struct archive *archive);

#endif /* MSGSLOT_ARCHIVE_H */
