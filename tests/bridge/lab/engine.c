// SPDX-License-Identifier: GPL-2.0
/*
 * engine TYPE BUCKET PREFIX URL...: an engine of the bridge's by itself, driven by lines of
 * standard input; what it tells is a line each on standard output.
 *
 *	watch NUMBER
 *	put NUMBER REVISION KEY VALUE	the rest of the line
 *	erase NUMBER REVISION KEY
 *	limit
 *	again				close the store, and open it again
 *
 * It ends with its input. ENGINE_USER, ENGINE_PASSWORD and ENGINE_CA are settings; ENGINE_ECHOED
 * is the only key whose puts need come back.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../programs/bridge/engine_queue.h"
#include "../../../programs/msgslot/complaint.h"

/* So often an engine has its turn, at the least. */
#define TICK_MS 100

static const char *bucket, *prefix, *echoed;
static const struct engine_type *type;
static struct engine *engine;
static struct store *store;

static const char *const kinds[] = {
	"up", "down", "entry", "listed", "lost", "result",
};

static const char *const verdicts[] = {
	"acked", "refused", "too large", "unknown", "failed",
};

static void show(const struct engine_event *event)
{
	printf("%s", kinds[event->kind]);
	if (event->kind == ENGINE_RESULT)
		printf(" %" PRIu64 " %s", event->number,
		       verdicts[event->verdict]);
	else if (event->store)
		printf(" %" PRIu64, event->number);
	if (event->kind == ENGINE_ENTRY && event->value)
		printf(" %s = %.*s", event->key, (int)event->size,
		       event->value);
	else if (event->kind == ENGINE_ENTRY)
		printf(" %s erased", event->key);
	if (event->words)
		printf(": %s", event->words);
	putchar('\n');
	fflush(stdout);
}

static void show_all(struct engine_queue *queue)
{
	struct engine_event *event;

	while ((event = engine_queue_take(queue))) {
		show(event);
		engine_event_free(event);
	}
}

static void do_line(const char *line)
{
	uint64_t number, revision;
	int at = 0;
	char key[256];

	if (sscanf(line, "watch %" SCNu64, &number) == 1) {
		type->watch(store, number);
	} else if (sscanf(line, "put %" SCNu64 " %" SCNu64 " %255s %n", &number,
			  &revision, key, &at) == 3 &&
		   at) {
		type->put(store, key, line + at, strlen(line + at), revision, 0,
			  number);
	} else if (sscanf(line, "erase %" SCNu64 " %" SCNu64 " %255s", &number,
			  &revision, key) == 3) {
		type->put(store, key, NULL, 0, revision, 0, number);
	} else if (!strcmp(line, "limit")) {
		printf("limit %zu\n", type->limit(store));
		fflush(stdout);
	} else if (!strcmp(line, "again")) {
		type->store_close(store);
		store = type->store(engine, bucket, prefix, echoed);
	} else {
		die(STATUS_USAGE, "no such act: %s", line);
	}
}

/* Return: false at the end of the input. A line is whole, or it is the end. */
static bool read_acts(void)
{
	static char text[1 << 20];
	static size_t size;
	ssize_t got = read(0, text + size, sizeof(text) - size);
	char *line = text, *end;

	if (got <= 0)
		return false;
	size += got;
	while ((end = memchr(line, '\n', text + size - line))) {
		*end = '\0';
		do_line(line);
		line = end + 1;
	}
	size -= line - text;
	memmove(text, line, size);
	return true;
}

/* In the main loop: waits for a line, and for the engine. Return: whether there is one. */
static bool wait_for_line(struct engine_queue *queue)
{
	struct pollfd fds[] = {
		{ .fd = 0, .events = POLLIN },
		{ .fd = engine_queue_fd(queue), .events = POLLIN },
		{ .fd = -1 },
	};
	int patience = type->poll(engine, &fds[2]);

	if (poll(fds, 3, patience < 0 ? TICK_MS : patience) < 0 &&
	    errno != EINTR)
		die(STATUS_ERROR, "%s", strerror(errno));
	type->run(engine, fds[2].revents);
	show_all(queue);
	return fds[0].revents;
}

int main(int argc, char *argv[])
{
	struct engine_settings settings = {
		.name = "lab",
		.urls = argv + 4,
		.user = getenv("ENGINE_USER"),
		.password = getenv("ENGINE_PASSWORD"),
		.ca = getenv("ENGINE_CA"),
		.replicas = 1,
	};
	struct engine_queue *queue;
	char *words = NULL;

	complain_as("engine");
	if (argc < 5)
		die(STATUS_USAGE, "usage: engine TYPE BUCKET PREFIX URL...");
	bucket = argv[2];
	prefix = argv[3];
	echoed = getenv("ENGINE_ECHOED");
	type = engine_type_find(argv[1]);
	if (!type)
		die(STATUS_USAGE, "no such type of engine: %s", argv[1]);
	settings.type = type;
	queue = engine_queue_open(type->has_threads);
	engine = type->open(&settings, queue, &words);
	if (!engine)
		die(STATUS_ERROR, "%s", words);
	store = type->store(engine, bucket, prefix, echoed);
	while (!wait_for_line(queue) || read_acts())
		type->run(engine, 0);
	type->store_close(store);
	type->close(engine);
	show_all(queue);
	engine_queue_close(queue);
	return 0;
}
