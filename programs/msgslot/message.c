// SPDX-License-Identifier: GPL-2.0
#include <nettle/base64.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "message.h"

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
	if (from->record.size)
		memcpy(to->bytes, from->bytes, from->record.size);
}

void message_free(struct message *message)
{
	if (message->room)
		free(message->bytes);
	*message = (struct message){ 0 };
}

int message_next(struct msgslot_watch *watch, struct message *event)
{
	struct msgslot_event next;
	int ret = msgslot_watch_next(watch, 0, &next);

	if (ret == 1)
		*event = (struct message){
			.record = next.record,
			.bytes = (unsigned char *)next.message,
		};
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
