/* SPDX-License-Identifier: GPL-2.0 */
/* A request, from its first line until its response has been sent. */
#ifndef MSGSLOT_SERVE_REQUEST_H
#define MSGSLOT_SERVE_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "bytes.h"
#include "loop.h"
#include "route.h"
#include "served.h"

enum request_method {
	METHOD_GET,
	METHOD_PUT,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER,
};

/**
 * struct request - a request
 * @entry: among those that there are
 * @connection: where it came
 * @method: what it is to do; HEAD is GET
 * @is_head: it is HEAD
 * @route: what it asks for
 * @wrong: what is wrong with the address, or NULL
 * @begun: its headers have been looked at
 * @refused: it has got its response before it was complete
 * @limit: how many bytes its body may have
 * @body: these
 * @served: the slot it is about, or NULL
 * @answer: what answers it, again when it was suspended
 * @deadline: when to be asked again at the latest, by CLOCK_MONOTONIC, while suspended
 * @suspended: it waits for something
 * @watch: for that; or NULL
 * @source: waits for the watch
 * @mirror: what it looks at, or NULL
 * @is_due: whether it is to be asked again before its deadline; or NULL
 * @sequence, @generation: of the mirror, when that was looked at
 */
struct request {
	LIST_ENTRY(request) entry;
	struct MHD_Connection *connection;
	enum request_method method;
	bool is_head;
	struct route route;
	char *wrong;
	bool begun;
	bool refused;
	size_t limit;
	struct bytes body;
	struct served *served;
	enum MHD_Result (*answer)(struct request *request);
	uint64_t deadline;
	bool suspended;
	struct msgslot_watch *watch;
	struct source source;
	struct mirror *mirror;
	bool (*is_due)(struct request *request);
	uint64_t sequence;
	uint64_t generation;
};

struct request *request_make(struct MHD_Connection *connection,
			     const char *uri);
void request_free(struct request *request);

const char *request_header(const struct request *request, const char *name);

/* It is asked again at its deadline, or by request_resume(). Return: MHD_YES. */
enum MHD_Result request_suspend(struct request *request);
void request_resume(struct request *request);

/* It is resumed when its watch tells something. */
void request_wait_for_watch(struct request *request);

/* Resumes those that are due, or whose deadline is over. Return: the next deadline. */
uint64_t request_resume_due(uint64_t now);

/* Resumes all. */
void request_resume_all(void);

#endif /* MSGSLOT_SERVE_REQUEST_H */
