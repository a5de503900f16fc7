// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "mirror.h"
#include "request.h"

static struct request *first;

struct request *request_make(struct MHD_Connection *connection, const char *uri)
{
	struct request *request = must_realloc(NULL, 1, sizeof(*request));
	const char *wrong;

	*request = (struct request){ .connection = connection, .next = first };
	if (first)
		first->previous = request;
	first = request;
	wrong = route_parse(uri, &request->route);
	request->wrong = must_copy(wrong);
	return request;
}

static void unlink_request(struct request *request)
{
	if (request->next)
		request->next->previous = request->previous;
	if (request->previous)
		request->previous->next = request->next;
	else
		first = request->next;
}

void request_free(struct request *request)
{
	unlink_request(request);
	if (request->watch) {
		loop_remove(&request->source);
		msgslot_watch_close(request->watch);
	}
	if (request->mirror)
		mirror_leave(request->mirror);
	route_free(&request->route);
	free(request->wrong);
	free(request->body.data);
	free(request);
}

const char *request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
					   name);
}

enum MHD_Result request_suspend(struct request *request)
{
	request->suspended = true;
	MHD_suspend_connection(request->connection);
	return MHD_YES;
}

void request_resume(struct request *request)
{
	if (!request->suspended)
		return;
	request->suspended = false;
	MHD_resume_connection(request->connection);
	loop_soon();
}

static void resume(void *request)
{
	request_resume(request);
}

void request_wait_for_watch(struct request *request)
{
	request->source = (struct source){
		.fd = msgslot_watch_fd(request->watch),
		.ready = resume,
		.data = request,
	};
	loop_add(&request->source);
}

uint64_t request_resume_due(uint64_t now)
{
	uint64_t next = UINT64_MAX;
	struct request *request;

	for (request = first; request; request = request->next) {
		if (!request->suspended)
			continue;
		if (request->deadline <= now ||
		    (request->is_due && request->is_due(request)))
			request_resume(request);
		else if (request->deadline < next)
			next = request->deadline;
	}
	return next;
}

void request_resume_all(void)
{
	struct request *request;

	for (request = first; request; request = request->next)
		request_resume(request);
}
