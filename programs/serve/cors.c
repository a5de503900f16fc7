// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <strings.h>

#include "complaint.h"
#include "cors.h"
#include "reply.h"

static const char **origins;
static size_t origin_count;

/* As browsers send it: no path, not even a slash. */
static bool is_origin(const char *text)
{
	static const char http[] = "http://";
	static const char https[] = "https://";

	if (!strncmp(text, http, strlen(http)))
		text += strlen(http);
	else if (!strncmp(text, https, strlen(https)))
		text += strlen(https);
	else
		return false;
	return *text && !text[strcspn(text, "/?#@*, \t\r\n")];
}

void cors_add_origin(const char *origin)
{
	if (!is_origin(origin))
		die(STATUS_USAGE,
		    "--cors %s: it is no origin, such as https://example.org",
		    origin);
	origins = must_realloc(origins, origin_count + 1, sizeof(*origins));
	origins[origin_count++] = origin;
}

bool cors_allows(const char *origin)
{
	size_t i;

	for (i = 0; i < origin_count; i++)
		if (!strcasecmp(origin, origins[i]))
			return true;
	return false;
}

/* Return: the origin whose page may read the response, or NULL. */
static const char *reader_of(const struct request *request)
{
	const char *origin = request_header(request, "Origin");

	return origin && cors_allows(origin) ? origin : NULL;
}

bool cors_is_preflight(const struct request *request)
{
	return request->method == METHOD_OPTIONS && reader_of(request) &&
	       request_header(request, "Access-Control-Request-Method");
}

enum MHD_Result cors_answer(struct request *request, const char *methods)
{
	const struct header headers[] = {
		{ "Access-Control-Allow-Methods", methods },
		{ "Access-Control-Allow-Headers",
		  "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID" },
		{ "Access-Control-Max-Age", "600" },
		{ NULL, NULL },
	};

	return reply_empty(request, MHD_HTTP_NO_CONTENT, headers);
}

void cors_add_headers(const struct request *request,
		      struct MHD_Response *response)
{
	const char *origin = reader_of(request);
	const struct header headers[] = {
		/* Others get other headers at the same address. */
		{ MHD_HTTP_HEADER_VARY, origin_count ? "Origin" : NULL },
		{ "Access-Control-Allow-Origin", origin },
		{ "Access-Control-Expose-Headers", origin ? "*" : NULL },
		{ NULL, NULL },
	};

	reply_add_headers(response, headers);
}
