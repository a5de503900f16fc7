// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>

#include "change.h"
#include "condition.h"
#include "msgslot.h"
#include "read.h"
#include "reply.h"

/* Who always comes too late is told so. */
#define TRIES 64

/* Return: whether it is one, else what was sent, in @sent. */
static bool take_condition(struct request *request, struct condition *condition,
			   enum MHD_Result *sent)
{
	const char *match = request_header(request, "If-Match");
	const char *none_match = request_header(request, "If-None-Match");
	const char *wrong = condition_parse(match, none_match, condition);

	if (!wrong)
		return true;
	*sent = reply_problem(request, MHD_HTTP_BAD_REQUEST, "%s", wrong);
	return false;
}

static enum MHD_Result send_version(struct request *request, uint64_t version)
{
	char etag[READ_ETAG];
	const struct header headers[] = {
		{ MHD_HTTP_HEADER_ETAG, version ? etag : NULL },
		{ NULL, NULL },
	};

	read_write_etag(version, etag);
	return reply_empty(request, MHD_HTTP_NO_CONTENT, headers);
}

static enum MHD_Result refuse_version(struct request *request, uint64_t version)
{
	if (!version)
		return reply_problem(request, MHD_HTTP_PRECONDITION_FAILED,
				     "the channel has no message");
	return reply_problem(request, MHD_HTTP_PRECONDITION_FAILED,
			     "the channel has version %" PRIu64, version);
}

static int change(struct request *request, uint32_t channel, bool has_version,
		  uint64_t *version)
{
	int fd = request->served->slot.fd;
	const struct bytes *body = &request->body;
	uint64_t ttl = request->route.ttl ? request->route.ttl :
					    MSG_SLOT_FOREVER;

	if (request->method == METHOD_DELETE)
		return has_version ? msgslot_clear_if(fd, channel, version) :
				     msgslot_clear(fd, channel, version);
	return has_version ? msgslot_put_if(fd, channel, body->data, body->size,
					    ttl, version) :
			     msgslot_put(fd, channel, body->data, body->size,
					 ttl, version);
}

/* Whichever message is there: the one that is, unless there is another by then. */
static int change_existing(struct request *request, uint32_t channel,
			   uint64_t *version)
{
	struct msg_slot_record record;
	int tries = TRIES;
	ssize_t ret;

	do {
		ret = msgslot_get(request->served->slot.fd, channel, NULL, 0,
				  &record);
		*version = record.version;
		if (ret == -EWOULDBLOCK) {
			*version = 0;
			return -ESTALE;
		}
		if (ret < 0 && ret != -ENOSPC)
			return (int)ret;
		ret = change(request, channel, true, version);
	} while (ret == -ESTALE && --tries);
	return (int)ret;
}

static enum MHD_Result answer(struct request *request, uint32_t channel,
			      const struct condition *condition)
{
	uint64_t version = condition->version;
	int ret;

	if (condition->exists)
		ret = change_existing(request, channel, &version);
	else
		ret = change(request, channel, condition->has_version,
			     &version);
	if (ret == -ESTALE)
		return refuse_version(request, version);
	if (ret)
		return reply_failure(request, channel, request->body.size, ret);
	return send_version(request,
			    request->method == METHOD_PUT ? version : 0);
}

enum MHD_Result change_answer_put(struct request *request)
{
	static const char empty[] =
		"the message is empty (DELETE takes one away)";
	const struct slot *slot = &request->served->slot;
	struct condition condition;
	enum MHD_Result sent;
	uint32_t channel;
	int ret;

	if (!take_condition(request, &condition, &sent))
		return sent;
	if (!request->body.size)
		return reply_problem(request, MHD_HTTP_BAD_REQUEST, "%s",
				     empty);
	ret = slot_find(slot, request->route.channel, &channel);
	/* A name that is not there has no message: only who wants none makes it. */
	if (ret == -ENOENT && (condition.exists || condition.version))
		return refuse_version(request, 0);
	if (ret == -ENOENT)
		ret = slot_make(slot, request->route.channel, &channel);
	return ret ? reply_channel_failure(request, ret) :
		     answer(request, channel, &condition);
}

enum MHD_Result change_answer_delete(struct request *request)
{
	struct condition condition;
	enum MHD_Result sent;
	uint32_t channel;
	int ret;

	if (!take_condition(request, &condition, &sent))
		return sent;
	ret = slot_find(&request->served->slot, request->route.channel,
			&channel);
	return ret ? reply_channel_failure(request, ret) :
		     answer(request, channel, &condition);
}
