// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complaint.h"
#include "json.h"
#include "listing.h"
#include "reply.h"

/* Where there is no limit JSON has null. */
static json_t *number_unless(uint64_t number, uint64_t unknown)
{
	return number == unknown ? json_null() : json_integer(number);
}

/* What is not there has only a name. */
static json_t *describe(struct served *served)
{
	struct msg_slot_limits limits;
	struct msg_slot_usage usage;
	int ret = served_refresh(served);

	if (!ret)
		ret = msgslot_usage(served->slot.fd, &usage);
	if (!ret)
		ret = msgslot_limits(served->slot.fd, &limits);
	if (ret)
		return json_pack("{sssb}", "name", served->name, "present", 0);
	return json_pack("{sssbsbsIsIsIsIso}", "name", served->name, "present",
			 1, "has_names", served->slot.has_names, "channels",
			 (json_int_t)usage.channels, "bytes",
			 (json_int_t)usage.bytes, "max_message",
			 (json_int_t)limits.max_message, "max_channels",
			 (json_int_t)limits.max_channels, "max_bytes",
			 number_unless(limits.max_bytes, MSG_SLOT_NO_LIMIT));
}

enum MHD_Result listing_answer_slots(struct request *request)
{
	json_t *slots = json_array();
	size_t i;

	for (i = 0; i < served_count(); i++)
		json_array_append_new(slots, describe(served_at(i)));
	return reply_json(request, json_pack("{so}", "slots", slots));
}

enum MHD_Result listing_answer_slot(struct request *request)
{
	return reply_json(request, describe(request->served));
}

/**
 * struct listing - what is being sent
 * @slot: the slot, by a descriptor of its own
 * @watch: tells what is there
 * @text: what is to be sent next, or NULL
 * @offset: how much of it has been
 * @any: a message has been sent already
 * @over: all have
 */
struct listing {
	struct slot slot;
	struct msgslot_watch *watch;
	char *text;
	size_t offset;
	bool any;
	bool over;
};

static char *copy_of(const char *text)
{
	return stpcpy(must_realloc(NULL, strlen(text) + 1, 1), text) -
	       strlen(text);
}

static char *text_of(struct listing *listing, const struct message *message)
{
	json_t *object = json_of(&listing->slot, message);
	char *data = json_text(object);
	char *text;

	text = must_realloc(NULL, strlen(data) + 3, 1);
	stpcpy(stpcpy(text, listing->any ? ",\n" : "\n"), data);
	free(data);
	listing->any = true;
	return text;
}

/* Return: 0, or -errno if what was sent is not all. */
static int advance(struct listing *listing)
{
	struct message message;
	int ret;

	free(listing->text);
	listing->text = NULL;
	listing->offset = 0;
	do {
		ret = message_next(listing->slot.fd, listing->watch, &message);
		if (ret <= 0 || message.record.event == MSG_SLOT_RESTART)
			return ret < 0 ? ret : -EAGAIN;
		if (message.record.event == MSG_SLOT_PRESENT) {
			listing->text = copy_of("\n]}\n");
			listing->over = true;
			return 0;
		}
	} while (!message_present(&message));
	listing->text = text_of(listing, &message);
	return 0;
}

static ssize_t read_listing(void *data, uint64_t position, char *buffer,
			    size_t room)
{
	struct listing *listing = data;
	size_t filled = 0, size;

	(void)position;
	while (filled < room) {
		if (!listing->text || !listing->text[listing->offset]) {
			if (listing->over)
				break;
			if (advance(listing))
				return MHD_CONTENT_READER_END_WITH_ERROR;
		}
		size = strlen(listing->text + listing->offset);
		if (size > room - filled)
			size = room - filled;
		memcpy(buffer + filled, listing->text + listing->offset, size);
		listing->offset += size;
		filled += size;
	}
	return filled ? (ssize_t)filled : MHD_CONTENT_READER_END_OF_STREAM;
}

static void free_listing(void *data)
{
	struct listing *listing = data;

	msgslot_watch_close(listing->watch);
	if (listing->slot.fd >= 0)
		close(listing->slot.fd);
	free(listing->text);
	free(listing);
}

static int begin(struct listing *listing)
{
	return msgslot_watch_open_with(listing->slot.fd, NULL, 0,
				       MSG_SLOT_WATCH_PRESENT, &listing->watch);
}

enum MHD_Result listing_answer_channels(struct request *request)
{
	struct listing *listing = must_realloc(NULL, 1, sizeof(*listing));
	struct MHD_Response *response;
	int ret;

	*listing = (struct listing){ .slot = request->served->slot };
	listing->slot.fd = dup(listing->slot.fd);
	ret = listing->slot.fd < 0 ? -errno : begin(listing);
	if (ret) {
		listing->watch = NULL;
		free_listing(listing);
		return reply_slot_failure(request, ret);
	}
	listing->text = copy_of("{\"channels\":[");
	response = reply_made(read_listing, listing, free_listing,
			      "application/json");

	return reply_send(request, MHD_HTTP_OK, response);
}
