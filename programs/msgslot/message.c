// SPDX-License-Identifier: GPL-2.0
#include <nettle/base64.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complaint.h"
#include "message.h"
#include "text.h"

bool message_make_room(struct message *message, size_t size)
{
	if (message->room >= size)
		return false;
	message->bytes = must_realloc(message->bytes, size, 1);
	message->room = size;
	return true;
}

void message_copy(struct message *to, const struct message *from)
{
	message_make_room(to, from->record.size);
	to->record = from->record;
	to->frame = from->frame;
	to->frame_size = from->frame_size;
	if (from->record.size)
		memcpy(to->bytes, from->bytes, from->record.size);
}

void message_free(struct message *message)
{
	if (message->room)
		free(message->bytes);
	*message = (struct message){ 0 };
}

/*
 * A watch tells no bytes of a frame, nor its size. If it has been replaced by another, that
 * one's event is still to come, and may as well be told now.
 */
static void ask_for_frame(int fd, struct message *event)
{
	struct msg_slot_record record;
	int memfd = msgslot_get_frame(fd, event->record.channel, &record);

	event->frame = true;
	if (memfd < 0)
		return;
	close(memfd);
	event->frame_size = record.size;
	event->record = record;
	event->record.size = 0;
}

int message_next(int fd, struct msgslot_watch *watch, struct message *event)
{
	struct msgslot_event next;
	int ret = msgslot_watch_next(watch, 0, &next);

	if (ret != 1)
		return ret;
	*event = (struct message){
		.record = next.record,
		.bytes = (unsigned char *)next.message,
	};
	if (message_present(event) && !event->record.size)
		ask_for_frame(fd, event);
	return ret;
}

const char *message_event(const struct message *message)
{
	static const char *const words[] = {
		[MSG_SLOT_NOTHING] = "nothing", [MSG_SLOT_WRITTEN] = "written",
		[MSG_SLOT_CLEARED] = "cleared", [MSG_SLOT_EXPIRED] = "expired",
		[MSG_SLOT_RESTART] = "restart", [MSG_SLOT_PRESENT] = "present",
	};

	if (message->record.event > MSG_SLOT_PRESENT)
		return "unknown";
	return words[message->record.event];
}

bool message_present(const struct message *message)
{
	return message->record.event == MSG_SLOT_WRITTEN;
}

uint32_t message_size(const struct message *message)
{
	return message->record.size ? message->record.size :
				      message->frame_size;
}

char *message_text(const struct message *message, size_t columns)
{
	static const char frame[] = "(frame)";

	if (message->frame && !message->record.size)
		return text_escape((const unsigned char *)frame, strlen(frame),
				   columns);
	return text_escape(message->bytes, message->record.size, columns);
}

/* The names of users are looked up once for each run of messages by the same. */
static const char *user_name(uid_t uid)
{
	static char name[33];
	static uid_t named = MSG_SLOT_NO_ID;
	const struct passwd *user;

	if (uid == MSG_SLOT_NO_ID)
		return "-";
	if (uid == named)
		return name;
	user = getpwuid(uid);
	if (user)
		snprintf(name, sizeof(name), "%s", user->pw_name);
	else
		snprintf(name, sizeof(name), "%u", uid);
	named = uid;
	return name;
}

void message_author(const struct message *message,
		    char text[static MESSAGE_AUTHOR])
{
	const struct msg_slot_record *record = &message->record;

	if (record->pid)
		snprintf(text, MESSAGE_AUTHOR, "%u/%s", record->pid,
			 user_name(record->uid));
	else
		snprintf(text, MESSAGE_AUTHOR, "-/%s", user_name(record->uid));
}

char *message_base64(const void *bytes, size_t size)
{
	size_t length = BASE64_ENCODE_RAW_LENGTH(size);
	char *text = must_realloc(NULL, length + 1, 1);

	base64_encode_raw(text, size, bytes);
	text[length] = '\0';
	return text;
}
