// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "complaint.h"
#include "loop.h"
#include "mirror.h"
#include "reply.h"
#include "stream.h"
#include "timestamp.h"

/* What is sent when there is nothing to be told, so that who has gone is noticed. */
#define BEAT (15 * 1000000000ull)

/**
 * struct stream - a client that is told what changes
 * @entry: in @streams
 * @request: its request
 * @mirror: what it looks at
 * @epoch: of the mirror, when it began; 0: it has to begin
 * @cursor: it was told of all changes up to this one
 * @base: those up to this one are the present state, as it was at the beginning
 * @present: it was told that this is over
 * @ended: it was told that there is no slot
 * @restarts: it has to be told that what it knows from before is not true any more
 * @text: what it is being sent
 * @offset: how much of it has been
 * @beat: when something was sent last
 * @suspended: it waits
 */
struct stream {
	LIST_ENTRY(stream) entry;
	struct request *request;
	struct mirror *mirror;
	uint64_t epoch;
	uint64_t cursor;
	uint64_t base;
	bool present;
	bool ended;
	bool restarts;
	struct text *text;
	size_t offset;
	uint64_t beat;
	bool suspended;
};

static LIST_HEAD(, stream) streams = LIST_HEAD_INITIALIZER(streams);

static struct text *text_of(const char *words)
{
	size_t size = strlen(words);
	struct text *text = must_realloc(NULL, sizeof(*text) + size + 1, 1);

	text->users = 1;
	text->size = size;
	stpcpy(text->bytes, words);
	return text;
}

static void begin(struct stream *stream)
{
	stream->epoch = mirror_epoch(stream->mirror);
	stream->cursor = 0;
	stream->base = mirror_sequence(stream->mirror);
	stream->present = false;
	stream->ended = false;
}

/* What came since the beginning and is not remembered can't be told. */
static bool is_too_late(const struct stream *stream)
{
	uint64_t known = stream->cursor > stream->base ? stream->cursor :
							 stream->base;

	return mirror_floor(stream->mirror) > known;
}

static struct text *present_text(const struct stream *stream)
{
	char words[96];

	snprintf(words, sizeof(words),
		 "id: %016" PRIx64 "-%" PRIu64 "\nevent: present\ndata: {}\n\n",
		 stream->epoch, stream->base);
	return text_of(words);
}

static struct text *next_change(struct stream *stream)
{
	struct item *item;

	for (;;) {
		item = mirror_next(stream->mirror, stream->cursor);
		if (!stream->present &&
		    (!item || item->sequence > stream->base)) {
			stream->present = true;
			stream->cursor = stream->base;
			return present_text(stream);
		}
		if (!item)
			return NULL;
		stream->cursor = item->sequence;
		/* Of what had gone before the beginning it need not know. */
		if (message_present(&item->message) || stream->present)
			return mirror_text(stream->mirror, item);
	}
}

/* Return: what it has to be told next, or NULL. */
static struct text *next_text(struct stream *stream)
{
	if (!mirror_is_live(stream->mirror)) {
		if (stream->ended)
			return NULL;
		stream->ended = true;
		stream->epoch = 0;
		stream->restarts = true;
		return text_of("event: ended\ndata: {}\n\n");
	}
	if (stream->epoch != mirror_epoch(stream->mirror) ||
	    is_too_late(stream)) {
		stream->restarts |= stream->epoch != 0;
		begin(stream);
	}
	if (stream->restarts) {
		stream->restarts = false;
		return text_of("event: restart\ndata: {}\n\n");
	}
	return next_change(stream);
}

static bool has_text(struct stream *stream)
{
	if (stream->text && stream->offset == stream->text->size) {
		text_release(stream->text);
		stream->text = NULL;
	}
	if (!stream->text) {
		stream->text = next_text(stream);
		stream->offset = 0;
	}
	return stream->text;
}

static ssize_t read_stream(void *data, uint64_t position, char *buffer,
			   size_t room)
{
	static const char beat[] = ":\n\n";
	struct stream *stream = data;
	size_t filled = 0, size;

	(void)position;
	while (filled < room && has_text(stream)) {
		size = stream->text->size - stream->offset;
		if (size > room - filled)
			size = room - filled;
		memcpy(buffer + filled, stream->text->bytes + stream->offset,
		       size);
		stream->offset += size;
		filled += size;
	}
	if (!filled && timestamp_now(CLOCK_MONOTONIC) - stream->beat >= BEAT &&
	    room >= strlen(beat))
		filled = stpcpy(buffer, beat) - buffer;
	if (filled) {
		stream->beat = timestamp_now(CLOCK_MONOTONIC);
		return filled;
	}
	stream->suspended = true;
	MHD_suspend_connection(stream->request->connection);
	return 0;
}

static void resume(struct stream *stream)
{
	stream->suspended = false;
	MHD_resume_connection(stream->request->connection);
	loop_soon();
}

uint64_t stream_wake(uint64_t now)
{
	uint64_t next = UINT64_MAX;
	struct stream *stream;

	LIST_FOREACH(stream, &streams, entry)
	{
		if (!stream->suspended)
			continue;
		if (now - stream->beat >= BEAT || has_text(stream))
			resume(stream);
		else if (stream->beat + BEAT < next)
			next = stream->beat + BEAT;
	}
	return next;
}

static void free_stream(void *data)
{
	struct stream *stream = data;

	LIST_REMOVE(stream, entry);
	text_release(stream->text);
	mirror_leave(stream->mirror);
	free(stream);
}

/* Goes on where another stream of this server ended, if that is still known. */
static void go_on(struct stream *stream, const char *id)
{
	uint64_t epoch, sequence;
	int size = 0;

	if (sscanf(id, "%16" SCNx64 "-%" SCNu64 "%n", &epoch, &sequence,
		   &size) == 2 &&
	    !id[size] && epoch == stream->epoch &&
	    sequence <= mirror_sequence(stream->mirror)) {
		stream->cursor = sequence;
		stream->base = sequence;
		stream->present = true;
		if (!is_too_late(stream))
			return;
		begin(stream);
	}
	stream->restarts = true;
}

static struct stream *make(struct request *request)
{
	const char *id = request_header(request, "Last-Event-ID");
	struct stream *stream = must_realloc(NULL, 1, sizeof(*stream));

	*stream = (struct stream){
		.request = request,
		.mirror = request->served->mirror,
		.beat = timestamp_now(CLOCK_MONOTONIC),
	};
	LIST_INSERT_HEAD(&streams, stream, entry);
	begin(stream);
	if (id)
		go_on(stream, id);
	stream->text = text_of("retry: 1000\n\n");
	return stream;
}

enum MHD_Result stream_answer(struct request *request)
{
	struct MHD_Response *response;
	struct stream *stream;
	int ret = mirror_use(request->served->mirror);

	if (ret)
		return reply_slot_failure(request, ret);
	stream = make(request);
	response = reply_made(read_stream, stream, free_stream,
			      "text/event-stream");

	return reply_send(request, MHD_HTTP_OK, response);
}
