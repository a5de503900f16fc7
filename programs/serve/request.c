// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "mirror.h"
#include "request.h"

static LIST_HEAD(, request) requests = LIST_HEAD_INITIALIZER(requests);

struct request *request_make(struct MHD_Connection *connection, const char *uri)
{
	struct request *request = must_realloc(NULL, 1, sizeof(*request));
	const char *wrong;

	*request = (struct request){ .connection = connection };
	LIST_INSERT_HEAD(&requests, request, entry);
	wrong = route_parse(uri, &request->route);
	request->wrong = must_copy(wrong);
	return request;
}

void request_free(struct request *request)
{
	LIST_REMOVE(request, entry);
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

	LIST_FOREACH(request, &requests, entry)
	{
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

	LIST_FOREACH(request, &requests, entry)
	request_resume(request);
}
