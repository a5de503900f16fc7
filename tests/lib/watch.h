/* SPDX-License-Identifier: GPL-2.0 */
/* Watches, and readers of their events. */
#ifndef TESTS_WATCH_H
#define TESTS_WATCH_H

#include "record.h"
#include "waiting.h"

#define EVENTS_ROOM 8192

/* An event as it comes from a watch. */
struct event {
	struct msg_slot_record record;
	char message[];
};

struct watcher {
	int fd;
	/* How much one read may bring, and what the last one brought. */
	size_t room;
	long size;
	long at;
	char buf[EVENTS_ROOM] __attribute__((aligned(8)));
};

/* Never waits, for then a missing event would be a test that hangs. */
static inline struct watcher *watcher_of(int fd)
{
	struct watcher *watcher = calloc(1, sizeof(*watcher));

	if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK))
		abort();
	watcher->fd = fd;
	watcher->room = sizeof(watcher->buf);
	return watcher;
}

static inline struct watcher *watch_all(int fd)
{
	return watcher_of(slot_watch(fd, NULL, 0));
}

/* Of what is not there yet. */
static inline struct watcher *watch_changes(int fd, const __u32 *ids,
					    unsigned int count)
{
	fd = slot_watch_with(fd, ids, count, MSG_SLOT_WATCH_CHANGES);
	return watcher_of(fd);
}

static inline void watcher_free(struct watcher *watcher)
{
	close(watcher->fd);
	free(watcher);
}

static inline long event_size(const struct event *event)
{
	return MSG_SLOT_EVENT_SIZE(event->record.size);
}

/* Whole, of a kind that there is, and zeroes up to the next. */
static inline bool event_is_sound(const struct event *event, long left)
{
	const struct msg_slot_record *record = &event->record;

	if (left < (long)sizeof(*event) || left < event_size(event))
		return false;
	for (long i = record->size; i < event_size(event) - 56; i++) {
		if (event->message[i])
			return false;
	}
	if (record->event == MSG_SLOT_WRITTEN)
		return record->channel && record->version && record->size;
	return record->event == MSG_SLOT_RESTART ||
	       record->event == MSG_SLOT_PRESENT ||
	       (record->event != MSG_SLOT_NOTHING &&
		record_is_empty(*record, record->channel));
}

/* The next event, or none. Other failures and unsound events end the test. */
static inline struct event *watch_next(struct watcher *watcher)
{
	struct event *event;

	if (watcher->at == watcher->size) {
		watcher->at = 0;
		watcher->size =
			slot_read(watcher->fd, watcher->buf, watcher->room);
		if (watcher->size == -EAGAIN) {
			watcher->size = 0;
			return NULL;
		}
	}
	event = (struct event *)(watcher->buf + watcher->at);
	if (watcher->size <= 0 ||
	    !event_is_sound(event, watcher->size - watcher->at)) {
		fprintf(stderr, "# read of a watch: %ld, at %ld, event %u\n",
			watcher->size, watcher->at, event->record.event);
		abort();
	}
	watcher->at += event_size(event);
	return event;
}

/* The next event, which must come soon; poll() may be wrong about it once. */
static inline struct event *watch_await(struct watcher *watcher)
{
	struct event *event = watch_next(watcher);

	for (int i = 0; !event && i < 2; i++) {
		if (poll_events(watcher->fd, POLLIN, SOON_MS) == POLLIN)
			event = watch_next(watcher);
	}
	if (!event) {
		fprintf(stderr, "# an event did not come\n");
		abort();
	}
	return event;
}

static inline bool event_is(const struct event *event, unsigned int id,
			    unsigned int kind)
{
	return event && event->record.channel == id &&
	       event->record.event == kind;
}

static inline bool event_tells(const struct event *event, unsigned int id,
			       const void *buf, unsigned int n)
{
	return event_is(event, id, MSG_SLOT_WRITTEN) &&
	       event->record.size == n && !memcmp(event->message, buf, n);
}

/* The next event is of this text. */
static inline bool is_told(struct watcher *watcher, unsigned int id,
			   const char *text)
{
	return event_tells(watch_next(watcher), id, text, strlen(text));
}

/* There is no event. */
static inline bool is_quiet(struct watcher *watcher)
{
	return !watch_next(watcher) && !has_news(watcher->fd);
}

#define EXPECT_TOLD(watcher, id, text) EXPECT_TRUE(is_told(watcher, id, text))
#define EXPECT_TOLD_OF(watcher, id, kind) \
	EXPECT_TRUE(event_is(watch_next(watcher), id, kind))
#define EXPECT_QUIET(watcher) EXPECT_TRUE(is_quiet(watcher))

#endif
