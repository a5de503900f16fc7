// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "condition.h"
#include "json.h"
#include "read.h"
#include "reply.h"
#include "timestamp.h"

/* Room for a number, and its end. */
#define NUMBER 24

/* What is longer may be a frame, of any size: that is not copied. */
#define FIRST_ROOM 65536

static const char bytes[] = "application/octet-stream";

/* Without a timeout. */
#define USUAL_WAIT (30 * 1000000000ull)

void read_write_etag(uint64_t version, char etag[static READ_ETAG])
{
	snprintf(etag, READ_ETAG, "\"%" PRIu64 "\"", version);
}

static const char *number_unless(uint64_t number, uint64_t unknown,
				 char text[static NUMBER])
{
	snprintf(text, NUMBER, "%" PRIu64, number);
	return number == unknown ? NULL : text;
}

/* As "msgslot get --json" has them. */
static void add_record(struct MHD_Response *response,
		       const struct msg_slot_record *record)
{
	char etag[READ_ETAG], written[TIMESTAMP_TEXT];
	char channel[NUMBER], version[NUMBER], age[NUMBER], ttl[NUMBER];
	char uid[NUMBER], gid[NUMBER], pid[NUMBER];
	const struct header headers[] = {
		{ MHD_HTTP_HEADER_ETAG, etag },
		{ MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache" },
		{ "Msgslot-Channel",
		  number_unless(record->channel, 0, channel) },
		{ "Msgslot-Version",
		  number_unless(record->version, 0, version) },
		{ "Msgslot-Written", written },
		{ "Msgslot-Age-Ns",
		  number_unless(record->age, UINT64_MAX, age) },
		{ "Msgslot-Ttl-Ns",
		  number_unless(record->ttl, MSG_SLOT_FOREVER, ttl) },
		{ "Msgslot-Uid",
		  number_unless(record->uid, MSG_SLOT_NO_ID, uid) },
		{ "Msgslot-Gid",
		  number_unless(record->gid, MSG_SLOT_NO_ID, gid) },
		{ "Msgslot-Pid", number_unless(record->pid, 0, pid) },
		{ NULL, NULL },
	};

	read_write_etag(record->version, etag);
	timestamp_utc(record->written, written);
	reply_add_headers(response, headers);
}

static enum MHD_Result send_record(struct request *request, unsigned int status,
				   struct MHD_Response *response,
				   const struct msg_slot_record *record)
{
	if (response)
		add_record(response, record);
	return reply_send(request, status, response);
}

/* It need not be sent then. */
static bool is_known(const struct request *request, uint64_t version)
{
	const char *tags =
		request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);

	return tags && condition_lists(tags, version);
}

static bool wants_json(const struct request *request)
{
	const char *accept = request_header(request, MHD_HTTP_HEADER_ACCEPT);

	return accept && strstr(accept, "application/json");
}

static struct MHD_Response *json_response(struct request *request,
					  struct message *message)
{
	char *text = json_text(json_of(&request->served->slot, message));

	return reply_bytes(text, strlen(text), "application/json");
}

/* Takes over the message's memory. */
static struct MHD_Response *bytes_response(struct message *message)
{
	struct MHD_Response *response =
		reply_bytes(message->bytes, message->record.size, bytes);

	*message = (struct message){ .record = message->record };
	return response;
}

static enum MHD_Result send_message(struct request *request,
				    struct message *message)
{
	struct MHD_Response *response;
	enum MHD_Result ret;

	if (is_known(request, message->record.version)) {
		response = reply_constant("", 0, NULL);
		ret = send_record(request, MHD_HTTP_NOT_MODIFIED, response,
				  &message->record);
		message_free(message);
		return ret;
	}
	if (wants_json(request))
		response = json_response(request, message);
	else
		response = bytes_response(message);
	ret = send_record(request, MHD_HTTP_OK, response, &message->record);
	message_free(message);
	return ret;
}

/* Its memory is sent as it is; who asks for JSON gets it without. */
static enum MHD_Result send_frame(struct request *request, int memfd,
				  const struct msg_slot_record *record)
{
	struct message message = { .record = *record,
				   .frame = true,
				   .frame_size = record->size };
	struct MHD_Response *response;

	if (wants_json(request)) {
		close(memfd);
		message.record.size = 0;
		return send_message(request, &message);
	}
	if (is_known(request, record->version)) {
		close(memfd);
		response = reply_constant("", 0, NULL);
		return send_record(request, MHD_HTTP_NOT_MODIFIED, response,
				   record);
	}
	response = MHD_create_response_from_fd(record->size, memfd);
	if (!response)
		close(memfd);
	else
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					bytes);

	return send_record(request, MHD_HTTP_OK, response, record);
}

/* Return: 0, and the message or, if it is a long frame, its descriptor; or -errno. */
static int read_message(const struct slot *slot, uint32_t channel,
			struct message *message, int *memfd)
{
	ssize_t ret;

	*memfd = -1;
	message_make_room(message, FIRST_ROOM);
	ret = msgslot_get(slot->fd, channel, message->bytes, message->room,
			  &message->record);
	if (ret != -ENOSPC)
		return ret < 0 ? (int)ret : 0;
	*memfd = msgslot_get_frame(slot->fd, channel, &message->record);
	return *memfd < 0 ? slot_get(slot, channel, message) : 0;
}

static bool may_wait(const struct request *request)
{
	return request->route.waits && !request->is_head;
}

/* Return: whether it is to wait for a newer one, for which there is a watch then. */
static bool is_to_wait(struct request *request, const struct message *message,
		       int ret)
{
	if (!may_wait(request) || (ret && ret != -EWOULDBLOCK))
		return false;
	return ret || message->record.version <= request->route.newer_than;
}

static enum MHD_Result wait_for_newer(struct request *request)
{
	if (timestamp_now(CLOCK_MONOTONIC) >= request->deadline)
		return reply_empty(request, MHD_HTTP_NO_CONTENT,
				   (const struct header[]){ { NULL, NULL } });
	return request_suspend(request);
}

/* What comes from now on is told, so that nothing is missed after the first look. */
static int begin_waiting(struct request *request, uint32_t channel)
{
	uint64_t timeout = request->route.timeout ? request->route.timeout :
						    USUAL_WAIT;
	int ret = msgslot_watch_open_with(request->served->slot.fd, &channel, 1,
					  MSG_SLOT_WATCH_CHANGES,
					  &request->watch);

	if (ret) {
		request->watch = NULL;
		return ret;
	}
	request->deadline = timestamp_now(CLOCK_MONOTONIC) + timeout;
	request_wait_for_watch(request);
	return 0;
}

static void empty_watch(struct request *request)
{
	struct msgslot_event event;

	while (msgslot_watch_next(request->watch, 0, &event) == 1)
		continue;
	loop_again(&request->source);
}

enum MHD_Result read_answer(struct request *request)
{
	struct message message = { 0 };
	enum MHD_Result sent;
	uint32_t channel;
	int ret, memfd;

	ret = slot_find(&request->served->slot, request->route.channel,
			&channel);
	if (ret)
		return reply_channel_failure(request, ret);
	if (request->watch)
		empty_watch(request);
	else if (may_wait(request))
		ret = begin_waiting(request, channel);
	if (ret)
		return reply_slot_failure(request, ret);
	ret = read_message(&request->served->slot, channel, &message, &memfd);
	if (!is_to_wait(request, &message, ret)) {
		if (ret)
			sent = reply_failure(request, channel, 0, ret);
		else if (memfd >= 0)
			sent = send_frame(request, memfd, &message.record);
		else
			return send_message(request, &message);
		message_free(&message);
		return sent;
	}
	if (memfd >= 0)
		close(memfd);
	message_free(&message);
	return wait_for_newer(request);
}
