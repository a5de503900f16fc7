/* SPDX-License-Identifier: GPL-2.0 */
/* Which pages elsewhere may ask, and what their browsers have to be told for that. */
#ifndef MSGSLOT_SERVE_CORS_H
#define MSGSLOT_SERVE_CORS_H

#include <stdbool.h>

#include "request.h"

/* From now on pages of this origin may ask; or the program ends. */
void cors_add_origin(const char *origin);

/* Whether pages of the origin, as it is in a header, may ask. */
bool cors_allows(const char *origin);

/* Whether a browser asks whether a page of such an origin may ask. */
bool cors_is_preflight(const struct request *request);

/* Answers that: the methods are those of where it asks for. */
enum MHD_Result cors_answer(struct request *request, const char *methods);

/* Adds what lets such a page read the response. */
void cors_add_headers(const struct request *request,
		      struct MHD_Response *response);

#endif /* MSGSLOT_SERVE_CORS_H */
