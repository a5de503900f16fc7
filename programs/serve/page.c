// SPDX-License-Identifier: GPL-2.0
#include "page.h"
#include "reply.h"

/* The assembler puts a file's bytes between two names. */
#define INCLUDE(name, file)                                                  \
	__asm__(".section .rodata\n" #name ":\n.incbin \"" file "\"\n" #name \
		"_end:\n.byte 0\n.previous\n")

INCLUDE(page_html, "programs/serve/page/page.html");
INCLUDE(page_css, "programs/serve/page/page.css");
INCLUDE(page_js, "programs/serve/page/page.js");
INCLUDE(openapi_json, "programs/serve/page/openapi.json");

/* Nothing but what this server has, and no request to any other. */
static const char policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

extern char page_html[], page_html_end[];
extern char page_css[], page_css_end[];
extern char page_js[], page_js_end[];
extern char openapi_json[], openapi_json_end[];

static const struct file {
	enum route_kind kind;
	char *begin;
	char *end;
	const char *type;
} files[] = {
	{ ROUTE_PAGE, page_html, page_html_end, "text/html; charset=utf-8" },
	{ ROUTE_STYLE, page_css, page_css_end, "text/css; charset=utf-8" },
	{ ROUTE_SCRIPT, page_js, page_js_end,
	  "text/javascript; charset=utf-8" },
	{ ROUTE_OPENAPI, openapi_json, openapi_json_end, "application/json" },
	{ ROUTE_NONE, NULL, NULL, NULL },
};

enum MHD_Result page_answer(struct request *request)
{
	const struct file *file = files;
	struct MHD_Response *response;

	while (file->kind && file->kind != request->route.kind)
		file++;
	response = reply_constant(file->begin, file->end - file->begin,
				  file->type);
	if (response) {
		MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
					"no-cache");
		MHD_add_response_header(response, "Content-Security-Policy",
					policy);
	}
	return reply_send(request, MHD_HTTP_OK, response);
}
