// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "cors.h"
#include "failure.h"
#include "json.h"
#include "reply.h"

/* Of a response's own buffer, which is not used: what is made is made in the connection's. */
#define BLOCK 512

/* What is in a message is never run, nor shown as a page, nor given to another origin's. */
static const struct header everywhere[] = {
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ NULL, NULL },
};

/* Unless it has others. */
static const struct header usual[] = {
	{ MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
	{ "Content-Security-Policy",
	  "default-src 'none'; frame-ancestors 'none'; sandbox" },
	{ NULL, NULL },
};

void reply_add_headers(struct MHD_Response *response,
		       const struct header *headers)
{
	for (; headers->name; headers++)
		if (headers->value)
			MHD_add_response_header(response, headers->name,
						headers->value);
}

enum MHD_Result reply_send(struct request *request, unsigned int status,
			   struct MHD_Response *response)
{
	const struct header *header;
	enum MHD_Result ret;

	if (!response)
		return MHD_NO;
	reply_add_headers(response, everywhere);
	cors_add_headers(request, response);
	for (header = usual; header->name; header++)
		if (!MHD_get_response_header(response, header->name))
			MHD_add_response_header(response, header->name,
						header->value);
	ret = MHD_queue_response(request->connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

static struct MHD_Response *set_type(struct MHD_Response *response,
				     const char *type)
{
	if (response && type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					type);
	return response;
}

struct MHD_Response *reply_constant(const void *bytes, size_t size,
				    const char *type)
{
	enum MHD_ResponseMemoryMode mode = MHD_RESPMEM_PERSISTENT;

	return set_type(MHD_create_response_from_buffer(size, (void *)bytes,
							mode),
			type);
}

struct MHD_Response *reply_bytes(void *bytes, size_t size, const char *type)
{
	enum MHD_ResponseMemoryMode mode = MHD_RESPMEM_MUST_FREE;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, bytes, mode);

	if (!response)
		free(bytes);
	return set_type(response, type);
}

struct MHD_Response *reply_made(MHD_ContentReaderCallback make, void *data,
				MHD_ContentReaderFreeCallback free,
				const char *type)
{
	uint64_t size = MHD_SIZE_UNKNOWN;
	struct MHD_Response *response;

	response = MHD_create_response_from_callback(size, BLOCK, make, data,
						     free);
	if (!response)
		free(data);
	return set_type(response, type);
}

static struct MHD_Response *json_response(json_t *object, const char *type)
{
	char *text = json_text(object);

	return reply_bytes(text, strlen(text), type);
}

enum MHD_Result reply_empty(struct request *request, unsigned int status,
			    const struct header *headers)
{
	struct MHD_Response *response = reply_constant("", 0, NULL);

	if (response)
		reply_add_headers(response, headers);
	return reply_send(request, status, response);
}

enum MHD_Result reply_json(struct request *request, json_t *object)
{
	return reply_send(request, MHD_HTTP_OK,
			  json_response(object, "application/json"));
}

static const struct header *headers_of(unsigned int status)
{
	static const struct header none[] = { { NULL, NULL } };
	static const struct header token[] = {
		{ MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer" },
		{ NULL, NULL },
	};

	return status == MHD_HTTP_UNAUTHORIZED ? token : none;
}

enum MHD_Result reply_problem(struct request *request, unsigned int status,
			      const char *format, ...)
{
	struct MHD_Response *response;
	char detail[FAILURE_WORDS + 128];
	va_list arguments;
	json_t *object;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	object = json_pack("{sssssiss}", "type", "about:blank", "title",
			   MHD_get_reason_phrase_for(status), "status",
			   (int)status, "detail", detail);
	/* A name that is not UTF-8 can't be told. */
	if (!object)
		object = json_pack("{sssssi}", "type", "about:blank", "title",
				   MHD_get_reason_phrase_for(status), "status",
				   (int)status);
	response = json_response(object, "application/problem+json");
	if (response)
		reply_add_headers(response, headers_of(status));
	return reply_send(request, status, response);
}

static unsigned int status_of(int error)
{
	switch (error) {
	case -EWOULDBLOCK:
	case -ENOENT:
	case -ENXIO:
	case -ENOTTY:
	case -ENOTDIR:
	case -EISDIR:
		return MHD_HTTP_NOT_FOUND;
	case -EBUSY:
		return MHD_HTTP_CONFLICT;
	case -ESTALE:
		return MHD_HTTP_PRECONDITION_FAILED;
	case -EMSGSIZE:
		return MHD_HTTP_CONTENT_TOO_LARGE;
	case -EACCES:
	case -EPERM:
	case -EBADF:
		return MHD_HTTP_FORBIDDEN;
	case -EINVAL:
	case -ENAMETOOLONG:
		return MHD_HTTP_BAD_REQUEST;
	case -ENOSPC:
		return STATUS_NO_ROOM;
	default:
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

enum MHD_Result reply_failure(struct request *request, uint32_t channel,
			      size_t size, int error)
{
	struct failure failure = {
		.slot = &request->served->slot,
		.channel = channel,
		.size = size,
		.error = error,
	};
	unsigned int status = status_of(error);
	char words[FAILURE_WORDS];

	/* No bytes are no message: that is not the size's fault. */
	if (error == -EMSGSIZE && !size)
		status = MHD_HTTP_BAD_REQUEST;
	failure_words(&failure, words);
	return reply_problem(request, status, "%s", words);
}

enum MHD_Result reply_slot_failure(struct request *request, int error)
{
	return reply_problem(request, status_of(error),
			     "the slot %s is not there: %s",
			     request->served->name, strerror(-error));
}

enum MHD_Result reply_channel_failure(struct request *request, int error)
{
	char words[FAILURE_WORDS];

	failure_channel_words(&request->served->slot, request->route.channel,
			      error, words);
	return reply_problem(request, status_of(error), "%s", words);
}
