// SPDX-License-Identifier: GPL-2.0
/*
 * Watches under writers and clearers at full speed: whoever keeps reading ends
 * with the latest state of every channel, and is never told an older one.
 */
#include "race.h"
#include "watch.h"

#define CHANNELS 200u
/* Ids above are used once, by passers-by. */
#define PASSING 0x10000u

/* What a watcher was told. */
struct view {
	struct watcher *watch;
	unsigned int events;
	unsigned int restarts;
	/* Of the same, which may be when it is written just then. */
	unsigned int repeats;
	const char *wrong;
	/* 0: no message. */
	unsigned long long versions[PASSING];
	/* The highest that was told since the last restart. */
	unsigned long long highest[PASSING];
};

static struct view views[RACERS_MOST];

static void restart(struct view *view)
{
	view->restarts++;
	memset(view->versions, 0, sizeof(view->versions));
	memset(view->highest, 0, sizeof(view->highest));
}

static void take(struct view *view, const struct event *event)
{
	unsigned long long version = event->record.version;
	unsigned int id = event->record.channel;
	struct note note;

	view->events++;
	if (event->record.event == MSG_SLOT_RESTART) {
		restart(view);
		return;
	}
	if (id >= PASSING) {
		view->wrong = "a channel that there is not";
		return;
	}
	view->versions[id] = version;
	if (!version)
		return;
	if (version < view->highest[id])
		view->wrong = "older than what was told before";
	view->repeats += version == view->highest[id];
	view->highest[id] = version;
	if (!note_parse(event->message, event->record.size, &note))
		view->wrong = "a message was torn";
}

static void catch_up(struct view *view)
{
	struct event *event;

	while (!view->wrong && (event = watch_next(view->watch)))
		take(view, event);
}

static void watch(struct racer *racer)
{
	struct view *view = &views[racer->id];

	while (racing(racer)) {
		struct event *event;

		poll_events(view->watch->fd, POLLIN, 1);
		event = watch_next(view->watch);
		if (event)
			take(view, event);
		racer_expect(racer, !view->wrong, view->wrong);
	}
}

/* Hardly ever awake, so that much goes unseen. */
static void watch_sleepily(struct racer *racer)
{
	struct view *view = &views[racer->id];

	while (racing(racer)) {
		usleep(20000);
		for (int i = 0; i < 100; i++) {
			struct event *event = watch_next(view->watch);

			if (event)
				take(view, event);
			racer_expect(racer, !view->wrong, view->wrong);
		}
	}
}

static long make_note(struct racer *racer, char *message)
{
	struct note note = { .writer = racer->id, .count = racer->rounds };

	return note_make(message, note);
}

static unsigned int some_channel(struct racer *racer)
{
	return 1 + mix(racer->rounds * 64 + racer->id) % CHANNELS;
}

static void write_notes(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		long n = make_note(racer, message);

		racer_expect(racer,
			     slot_pwrite(racer->fd, message, n,
					 some_channel(racer)) == n,
			     "a write failed");
	}
}

static void write_brief_notes(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		unsigned long long some = mix(racer->rounds);
		long n = make_note(racer, message);
		unsigned long long ttl = 1 + some % (1u << (some >> 32) % 21);

		racer_expect(racer,
			     !slot_put_for(racer->fd, some_channel(racer),
					   message, n, ttl),
			     "a brief write failed");
	}
}

static void clear_some(struct racer *racer)
{
	while (racing(racer))
		racer_expect(racer, !slot_clear(racer->fd, some_channel(racer)),
			     "a clear failed");
}

/* Channels that come and go, more than anybody keeps in mind. */
static void pass_by(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		unsigned int id =
			CHANNELS + 1 + racer->rounds % (PASSING - CHANNELS - 1);
		long n = make_note(racer, message);
		long ret = slot_put(racer->fd, id, message, n);

		if (id % 100)
			ret = ret ?: slot_clear(racer->fd, id);
		racer_expect(racer, !ret, "passing by failed");
	}
}

FIXTURE(watch)
{
	struct race *race;
	int fd;
};

FIXTURE_SETUP(watch)
{
	int node = slot_fresh();

	self->race = race_new(node, false);
	self->fd = slot_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(watch)
{
	close(self->fd);
}

static void add_watcher(FIXTURE_DATA(watch) * self,
			void (*run)(struct racer *racer), size_t room)
{
	struct racer *racer = race_add(self->race, run);

	views[racer->id].watch = watch_all(self->fd);
	views[racer->id].watch->room = room;
}

static void expect_latest(struct __test_metadata *_metadata, int fd,
			  struct view *view)
{
	unsigned int old = 0;

	catch_up(view);
	EXPECT_EQ(NULL, view->wrong);
	for (unsigned int id = 1; id < PASSING; id++)
		old += view->versions[id] != slot_version(fd, id);
	EXPECT_EQ(0u, old);
	printf("# info: %u events, %u told again, %u restarts\n", view->events,
	       view->repeats, view->restarts);
	watcher_free(view->watch);
}

static void run(FIXTURE_DATA(watch) * self, struct __test_metadata *_metadata)
{
	race_run(self->race, _metadata);
	usleep(50000);
	for (unsigned int i = 0; i < self->race->count; i++) {
		if (views[i].watch)
			expect_latest(_metadata, self->fd, &views[i]);
	}
}

TEST_F(watch, under_writers)
{
	race_add_many(self->race, 2, write_notes);
	add_watcher(self, watch, EVENTS_ROOM);
	add_watcher(self, watch, 256);
	run(self, _metadata);
}

TEST_F(watch, under_writers_and_clearers)
{
	race_add_many(self->race, 2, write_notes);
	race_add_many(self->race, 2, clear_some);
	add_watcher(self, watch, EVENTS_ROOM);
	add_watcher(self, watch, 256);
	add_watcher(self, watch_sleepily, EVENTS_ROOM);
	run(self, _metadata);
}

TEST_F(watch, under_expiry)
{
	race_add_many(self->race, 2, write_brief_notes);
	race_add(self->race, write_notes);
	add_watcher(self, watch, EVENTS_ROOM);
	add_watcher(self, watch_sleepily, 256);
	run(self, _metadata);
}

TEST_F(watch, under_channels_that_come_and_go)
{
	race_add(self->race, pass_by);
	race_add(self->race, write_notes);
	race_add(self->race, clear_some);
	add_watcher(self, watch, EVENTS_ROOM);
	add_watcher(self, watch, 256);
	add_watcher(self, watch_sleepily, 256);
	run(self, _metadata);
}

/* Watches are made and closed all the time; what is there must be told. */
static void look_anew(struct racer *racer)
{
	unsigned int node_fd = racer->fd;

	while (racing(racer)) {
		struct watcher *watcher = watch_all(node_fd);
		unsigned int told = 0;
		struct event *event;

		while (told < 2 && (event = watch_next(watcher)))
			told += event->record.channel > PASSING;
		racer_expect(racer, told == 2, "what was there was not told");
		watcher_free(watcher);
	}
}

TEST_F(watch, made_and_closed_meanwhile)
{
	ASSERT_EQ(0, slot_put(self->fd, PASSING + 1, "one", 3));
	ASSERT_EQ(0, slot_put(self->fd, PASSING + 2, "two", 3));
	race_add(self->race, write_notes);
	race_add(self->race, clear_some);
	race_add_many(self->race, 3, look_anew);
	race_run(self->race, _metadata);
}

TEST_HARNESS_MAIN
