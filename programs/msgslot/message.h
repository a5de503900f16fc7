/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MSGSLOT_MESSAGE_H
#define MSGSLOT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "msgslot.h"

/**
 * struct message - a message and its record
 * @record: as the kernel gave it
 * @bytes: record.size of them
 * @room: the size of the memory at @bytes if it is the message's own; 0 if it is
 *	borrowed
 * @name: in an archive: its channel's name, or NULL; borrowed, too
 * @frame: it is a frame, as far as that is told: by a watch, and in an archive
 * @frame_size: the size of a frame of which a watch told no bytes, or 0 if that can't be
 *	known any more
 */
struct message {
	struct msg_slot_record record;
	unsigned char *bytes;
	size_t room;
	const char *name;
	bool frame;
	uint32_t frame_size;
};

/* Return: false if there was that much room already. */
bool message_make_room(struct message *message, size_t size);

void message_copy(struct message *to, const struct message *from);

void message_free(struct message *message);

/* An event in one word. */
const char *message_event(const struct message *message);

/*
 * The next event of a watch of the slot @fd, if there is one now; its bytes are the
 * watch's, up to the next call. Return: 1, 0 if there is none, or -errno.
 */
int message_next(int fd, struct msgslot_watch *watch, struct message *event);

bool message_present(const struct message *message);

/* Its size, also where its bytes are not there. */
uint32_t message_size(const struct message *message);

/* As text_escape(), and a frame whose bytes are not there is "(frame)". */
char *message_text(const struct message *message, size_t columns);

/* Room for an author, and its end. */
#define MESSAGE_AUTHOR 48

/* PROCESS/USER, a - for what can't be known from here. */
void message_author(const struct message *message,
		    char text[static MESSAGE_AUTHOR]);

/* Bytes in base64, for free(). */
char *message_base64(const void *bytes, size_t size);

#endif /* MSGSLOT_MESSAGE_H */
