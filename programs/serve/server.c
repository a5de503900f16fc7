// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "access.h"
#include "change.h"
#include "client.h"
#include "complaint.h"
#include "cors.h"
#include "listing.h"
#include "loop.h"
#include "metrics.h"
#include "mirror.h"
#include "number.h"
#include "page.h"
#include "read.h"
#include "reply.h"
#include "server.h"
#include "stream.h"
#include "table.h"
#include "timestamp.h"
#include "tls.h"

#define NS_PER_MS 1000000ull

/* Of a request's first line and headers, and what is sent at a time. */
#define MEMORY 32768

#define MOST_CONNECTIONS 2000

/* Seconds without a byte from a client, or to one that does not read. */
#define IDLE 30

static const struct server *server;
static bool stopped;

/* Which routes there are besides those that are files, and whether they are about a slot. */
static const struct answer {
	enum route_kind kind;
	bool of_slot;
	enum MHD_Result (*get)(struct request *request);
} answers[] = {
	{ ROUTE_PAGE, false, page_answer },
	{ ROUTE_STYLE, false, page_answer },
	{ ROUTE_SCRIPT, false, page_answer },
	{ ROUTE_OPENAPI, false, page_answer },
	{ ROUTE_METRICS, false, metrics_answer },
	{ ROUTE_SLOTS, false, listing_answer_slots },
	{ ROUTE_SLOT, true, listing_answer_slot },
	{ ROUTE_CHANNELS, true, listing_answer_channels },
	{ ROUTE_CHANNEL, true, read_answer },
	{ ROUTE_WATCH, true, stream_answer },
	{ ROUTE_TABLE, true, table_answer },
	{ ROUTE_NONE, false, NULL },
};

static const struct answer *find_answer(enum route_kind kind)
{
	const struct answer *answer = answers;

	while (answer->kind && answer->kind != kind)
		answer++;
	return answer->kind ? answer : NULL;
}

static enum request_method method_of(const char *method)
{
	if (!strcmp(method, MHD_HTTP_METHOD_GET) ||
	    !strcmp(method, MHD_HTTP_METHOD_HEAD))
		return METHOD_GET;
	if (!strcmp(method, MHD_HTTP_METHOD_PUT))
		return METHOD_PUT;
	if (!strcmp(method, MHD_HTTP_METHOD_DELETE))
		return METHOD_DELETE;
	return strcmp(method, MHD_HTTP_METHOD_OPTIONS) ? METHOD_OTHER :
							 METHOD_OPTIONS;
}

/* Return: false, and what sending it returned, in @sent. */
static bool refuse(struct request *request, enum MHD_Result *sent,
		   unsigned int status, const char *words)
{
	*sent = reply_problem(request, status, "%s", words);
	return false;
}

static bool is_file(const struct request *request)
{
	return find_answer(request->route.kind) &&
	       find_answer(request->route.kind)->get == page_answer;
}

/* Return: whether it may ask, else what was sent, in @sent. */
static bool is_admitted(struct request *request, enum MHD_Result *sent)
{
	static const char elsewhere[] =
		"the request is for another host (see --host)";
	static const char others[] =
		"requests of other sites' pages are not answered (see --cors)";
	static const char token[] =
		"the token is missing, or not the right one";
	const char *host = request_header(request, MHD_HTTP_HEADER_HOST);
	const char *origin = request_header(request, "Origin");
	const char *authorization = request_header(request, "Authorization");

	if (!server->is_local && (!host || !access_host_is_known(host)))
		return refuse(request, sent, MHD_HTTP_MISDIRECTED_REQUEST,
			      elsewhere);
	if (origin && (!host || !access_origin_is_own(origin, host)) &&
	    !cors_allows(origin))
		return refuse(request, sent, MHD_HTTP_FORBIDDEN, others);
	/*
	 * The page asks for the token, and has nothing of the slots; nor has what a browser
	 * is told before it sends a token.
	 */
	if (!is_file(request) && !cors_is_preflight(request) &&
	    !access_token_is_right(authorization))
		return refuse(request, sent, MHD_HTTP_UNAUTHORIZED, token);
	return true;
}

/* What may be done where it asks for. */
static const char *methods_for(const struct request *request)
{
	return request->route.kind == ROUTE_CHANNEL && server->may_write ?
		       "GET, HEAD, PUT, DELETE" :
		       "GET, HEAD";
}

static enum MHD_Result refuse_method(struct request *request)
{
	static const char fixed[] = "nothing can be changed here (see --write)";
	bool changes = request->method == METHOD_PUT ||
		       request->method == METHOD_DELETE;
	const struct header headers[] = {
		{ MHD_HTTP_HEADER_ALLOW, methods_for(request) },
		{ NULL, NULL },
	};

	if (changes && request->route.kind == ROUTE_CHANNEL &&
	    !server->may_write)
		return reply_problem(request, MHD_HTTP_FORBIDDEN, "%s", fixed);
	return reply_empty(request, MHD_HTTP_METHOD_NOT_ALLOWED, headers);
}

/* What the body may have, and what its length is said to be. */
static bool fits(struct request *request)
{
	const char *length =
		request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t size = 0;

	return !length || (number_parse(length, UINT64_MAX, &size) &&
			   size <= request->limit);
}

static enum MHD_Result refuse_size(struct request *request)
{
	return reply_problem(request, MHD_HTTP_CONTENT_TOO_LARGE,
			     "the body is longer than %zu bytes",
			     request->limit);
}

/* Finds its slot. Return: whether there is one, else what was sent, in @sent. */
static bool find_slot(struct request *request, enum MHD_Result *sent)
{
	struct msg_slot_limits limits;
	int ret;

	request->served = served_find(request->route.slot);
	if (!request->served)
		return refuse(request, sent, MHD_HTTP_NOT_FOUND,
			      "no such slot is served");
	ret = served_refresh(request->served);
	if (!ret)
		ret = msgslot_limits(request->served->slot.fd, &limits);
	if (ret) {
		*sent = reply_slot_failure(request, ret);
		return false;
	}
	if (request->method == METHOD_PUT)
		request->limit = limits.max_message;
	return true;
}

/* Sets what answers it, NULL if what it asks for is not done here. */
static void set_answer(struct request *request, const struct answer *answer)
{
	request->answer = NULL;
	if (request->method == METHOD_GET)
		request->answer = answer->get;
	else if (!server->may_write || answer->kind != ROUTE_CHANNEL)
		return;
	else if (request->method == METHOD_PUT)
		request->answer = change_answer_put;
	else if (request->method == METHOD_DELETE)
		request->answer = change_answer_delete;
}

/* Return: whether it is to be answered, else what was sent, in @sent. */
static bool prepare(struct request *request, enum MHD_Result *sent)
{
	static const char nothing[] = "nothing is there (see /v1/openapi.json)";
	const struct answer *answer = find_answer(request->route.kind);

	if (!is_admitted(request, sent))
		return false;
	if (request->wrong)
		return refuse(request, sent, MHD_HTTP_BAD_REQUEST,
			      request->wrong);
	if (!answer)
		return refuse(request, sent, MHD_HTTP_NOT_FOUND, nothing);
	if (cors_is_preflight(request)) {
		*sent = cors_answer(request, methods_for(request));
		return false;
	}
	set_answer(request, answer);
	if (!request->answer) {
		*sent = refuse_method(request);
		return false;
	}
	if (answer->of_slot && !find_slot(request, sent))
		return false;
	if (!fits(request)) {
		*sent = refuse_size(request);
		return false;
	}
	return true;
}

static enum MHD_Result add_to_body(struct request *request, const char *bytes,
				   size_t *size)
{
	/* No response can be sent before the end of the body: the rest is not kept. */
	if (*size > request->limit - request->body.size)
		request->refused = true;
	if (!request->refused)
		bytes_add(&request->body, bytes, *size);
	*size = 0;
	return MHD_YES;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *upload,
			      size_t *size, void **state)
{
	struct request *request = *state;
	enum MHD_Result sent;

	(void)data;
	(void)connection;
	(void)url;
	(void)version;
	if (!request->begun) {
		request->begun = true;
		request->method = method_of(method);
		request->is_head = !strcmp(method, MHD_HTTP_METHOD_HEAD);
		return prepare(request, &sent) ? MHD_YES : sent;
	}
	if (*size)
		return add_to_body(request, upload, size);
	client_asked(request->connection);
	return request->refused ? refuse_size(request) :
				  request->answer(request);
}

static void *begin(void *data, const char *uri,
		   struct MHD_Connection *connection)
{
	(void)data;
	return request_make(connection, uri);
}

static void complete(void *data, struct MHD_Connection *connection,
		     void **state, enum MHD_RequestTerminationCode code)
{
	(void)data;
	(void)code;
	client_answered(connection);
	if (*state)
		request_free(*state);
	*state = NULL;
}

/* The address is taken apart as it was sent. */
static size_t keep_escapes(void *data, struct MHD_Connection *connection,
			   char *text)
{
	(void)data;
	(void)connection;
	return strlen(text);
}

/* Clients do what they like: that is not for this program's standard error. */
static void say_nothing(void *data, const char *format, va_list arguments)
{
	(void)data;
	(void)format;
	(void)arguments;
}

static struct MHD_Daemon *start(void)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
			     MHD_USE_ERROR_LOG |
			     (tls_is_used() ? MHD_USE_TLS : 0);
	struct MHD_OptionItem *tls = tls_options();
	struct MHD_Daemon *daemon;

	daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL,
				  MHD_OPTION_ARRAY, tls,
				  MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
				  MHD_OPTION_LISTEN_SOCKET, server->socket,
				  MHD_OPTION_CONNECTION_LIMIT, MOST_CONNECTIONS,
				  MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				  (size_t)MEMORY, MHD_OPTION_CONNECTION_TIMEOUT,
				  IDLE, MHD_OPTION_STRICT_FOR_CLIENT, 1,
				  MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes,
				  NULL, MHD_OPTION_URI_LOG_CALLBACK, begin,
				  NULL, MHD_OPTION_NOTIFY_COMPLETED, complete,
				  NULL, MHD_OPTION_NOTIFY_CONNECTION,
				  client_notify, NULL, MHD_OPTION_END);
	if (!daemon)
		die(STATUS_ERROR, "libmicrohttpd %s can't be started",
		    MHD_get_version());
	return daemon;
}

static void note_nothing(void *data)
{
	(void)data;
}

static void stop(void *data)
{
	(void)data;
	stopped = true;
}

static int signal_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* A connection, and what waits for it, takes a descriptor each. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* Does what is due. Return: when to do so again, by CLOCK_MONOTONIC. */
static uint64_t attend(uint64_t now)
{
	uint64_t next = UINT64_MAX;
	size_t i;

	for (i = 0; i < served_count(); i++)
		next = earlier(next, mirror_take_in(served_at(i)->mirror, now));
	next = earlier(next, stream_wake(now));
	next = earlier(next, request_resume_due(now));
	return earlier(next, client_hurry(now));
}

static uint64_t time_until(uint64_t next, struct MHD_Daemon *daemon)
{
	uint64_t now = timestamp_now(CLOCK_MONOTONIC);
	uint64_t timeout = next > now ? next - now : 0;
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(daemon, &ms) == MHD_YES)
		timeout = earlier(timeout, ms * NS_PER_MS);
	return timeout;
}

void server_run(const struct server *with)
{
	struct source clients = { .ready = note_nothing };
	struct source signals = { .ready = stop };
	struct MHD_Daemon *daemon;
	uint64_t next;

	server = with;
	raise_limit();
	daemon = start();
	clients.fd =
		MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	signals.fd = signal_fd();
	if (loop_add(&clients) || loop_add(&signals))
		die(STATUS_ERROR, "%s", strerror(errno));
	while (!stopped) {
		MHD_run(daemon);
		next = attend(timestamp_now(CLOCK_MONOTONIC));
		loop_wait(time_until(next, daemon));
		loop_again(&clients);
	}
	stream_wake(UINT64_MAX);
	request_resume_all();
	MHD_stop_daemon(daemon);
}
