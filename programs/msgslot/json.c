// SPDX-License-Identifier: GPL-2.0
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "json.h"
#include "name.h"
#include "timestamp.h"

/* JSON has null for what is not known, or not there. */
static json_t *number_unless(uint64_t number, uint64_t unknown)
{
	return number == unknown ? json_null() : json_integer(number);
}

static json_t *base64(const void *bytes, size_t size)
{
	char *text = message_base64(bytes, size);
	json_t *encoded = json_string(text);

	free(text);
	return encoded;
}

/* Text is text: a string if the bytes are UTF-8, and else not there. */
static int add_bytes(json_t *object, const struct message *message)
{
	json_t *text;

	if (message->frame)
		return json_object_set_new(object, "message", json_null()) ||
		       json_object_set_new(object, "frame", json_true());
	text = json_stringn((const char *)message->bytes, message->record.size);
	if (text)
		return json_object_set_new(object, "message", text);
	return json_object_set_new(object, "message_base64",
				   base64(message->bytes,
					  message->record.size));
}

/* Likewise; where channels have names, one without has null. */
static int add_name(json_t *object, const struct slot *slot,
		    const struct message *message)
{
	const char *name = name_find(slot, message->record.channel);
	json_t *text = name ? json_string(name) : json_null();

	if (!slot->has_names)
		return 0;
	if (text || !name)
		return json_object_set_new(object, "name", text);
	return json_object_set_new(object, "name_base64",
				   base64(name, strlen(name)));
}

static json_t *present(const struct message *message)
{
	const struct msg_slot_record *record = &message->record;
	char written[TIMESTAMP_TEXT];
	json_t *object;

	timestamp_utc(record->written, written);
	object = json_pack("{sIsssIsssIsIsososososI}", "channel",
			   (json_int_t)record->channel, "event",
			   message_event(message), "version",
			   (json_int_t)record->version, "written", written,
			   "written_ns", (json_int_t)record->written, "age_ns",
			   (json_int_t)record->age, "ttl_ns",
			   number_unless(record->ttl, MSG_SLOT_FOREVER), "uid",
			   number_unless(record->uid, MSG_SLOT_NO_ID), "gid",
			   number_unless(record->gid, MSG_SLOT_NO_ID), "pid",
			   number_unless(record->pid, 0), "size",
			   (json_int_t)message_size(message));
	if (object && add_bytes(object, message)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* The same members, so that whoever reads them need not look for each. */
static json_t *absent(const struct message *message)
{
	return json_pack("{sIsssIsnsnsnsnsnsnsnsisn}", "channel",
			 (json_int_t)message->record.channel, "event",
			 message_event(message), "version",
			 (json_int_t)message->record.version, "written",
			 "written_ns", "age_ns", "ttl_ns", "uid", "gid", "pid",
			 "size", 0, "message");
}

json_t *json_of(const struct slot *slot, const struct message *message)
{
	json_t *object = message_present(message) ? present(message) :
						    absent(message);

	if (!object || add_name(object, slot, message))
		die(STATUS_ERROR, "not enough memory");
	return object;
}

char *json_text(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	json_decref(object);
	if (text)
		return text;
	die(STATUS_ERROR, "not enough memory");
}

void json_print(const struct slot *slot, const struct message *message)
{
	json_t *object = json_of(slot, message);

	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}
