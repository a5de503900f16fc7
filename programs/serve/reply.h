/* SPDX-License-Identifier: GPL-2.0 */
/* Responses. Each is sent once; all return what MHD's handler of requests is to return. */
#ifndef MSGSLOT_SERVE_REPLY_H
#define MSGSLOT_SERVE_REPLY_H

#include <jansson.h>

#include "request.h"

/* Beyond those that RFC 9110 has names for here. */
#define STATUS_NO_ROOM 507

/* A header that is not there is NULL. */
struct header {
	const char *name;
	const char *value;
};

/* Adds what every response has, and sends it. */
enum MHD_Result reply_send(struct request *request, unsigned int status,
			   struct MHD_Response *response);

/*
 * Bytes of a type that are this program's, or that are to be freed; what a function makes by
 * and by. Return: NULL if that fails, and then what is to be freed has been.
 */
struct MHD_Response *reply_constant(const void *bytes, size_t size,
				    const char *type);
struct MHD_Response *reply_bytes(void *bytes, size_t size, const char *type);
struct MHD_Response *reply_made(MHD_ContentReaderCallback make, void *data,
				MHD_ContentReaderFreeCallback free,
				const char *type);

/* Nothing but the headers, which end in { NULL, NULL }. */
enum MHD_Result reply_empty(struct request *request, unsigned int status,
			    const struct header *headers);

/* Takes over the object. */
enum MHD_Result reply_json(struct request *request, json_t *object);

/* An error in the form of RFC 9457. */
enum MHD_Result __attribute__((format(printf, 3, 4)))
reply_problem(struct request *request, unsigned int status, const char *format,
	      ...);

/* Likewise, of a call that failed with -errno; @channel is 0 if it is about none. */
enum MHD_Result reply_failure(struct request *request, uint32_t channel,
			      size_t size, int error);

/* Likewise, of a slot or a channel that could not be found. */
enum MHD_Result reply_slot_failure(struct request *request, int error);
enum MHD_Result reply_channel_failure(struct request *request, int error);

void reply_add_headers(struct MHD_Response *response,
		       const struct header *headers);

#endif /* MSGSLOT_SERVE_REPLY_H */
