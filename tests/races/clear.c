// SPDX-License-Identifier: GPL-2.0
/*
 * Messages come, expire and are cleared at full speed while others read, poll
 * and watch: each message is whole and was written, and at the end nothing is
 * left.
 */
#include "race.h"
#include "watch.h"

#define CHANNELS 4u

/* How far each writer has come; it says so before it writes. */
static atomic_ullong begun[RACERS_MOST];

static unsigned int some_channel(struct racer *racer)
{
	return 1 + mix(racer->rounds * 64 + racer->id) % CHANNELS;
}

static bool was_written(const void *buf, long n)
{
	struct note note;

	return note_parse(buf, n, &note) && note.writer < RACERS_MOST &&
	       note.count <= atomic_load(&begun[note.writer]);
}

static long make_next(struct racer *racer, char *message)
{
	struct note note = { .writer = racer->id };

	note.count = atomic_fetch_add(&begun[racer->id], 1) + 1;
	return note_make(message, note);
}

static void write_notes(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		long n = make_next(racer, message);
		long ret =
			slot_pwrite(racer->fd, message, n, some_channel(racer));

		racer_expect(racer, ret == n, "a write failed or was short");
	}
}

/* For a nanosecond up to a millisecond. */
static void write_brief_notes(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		long n = make_next(racer, message);
		unsigned long long some = mix(racer->rounds);
		unsigned long long ttl = 1 + some % (1u << (some >> 32) % 21);

		racer_expect(racer,
			     !slot_put_for(racer->fd, some_channel(racer),
					   message, n, ttl),
			     "a brief write failed");
	}
}

static void write_on_conditions(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	unsigned long long version = 0, given;

	while (racing(racer)) {
		long n = make_next(racer, message);
		long ret;

		given = version;
		ret = slot_put_if(racer->fd, 1, message, n, &version);
		racer_expect(racer,
			     ret == -ESTALE ? version != given :
					      !ret && version > given,
			     "a conditional write went wrong");
	}
}

static void clear_some(struct racer *racer)
{
	while (racing(racer)) {
		racer_expect(racer, !slot_clear(racer->fd, some_channel(racer)),
			     "a clear failed");
		if (racer->rounds % 16 == 0)
			usleep(mix(racer->rounds) % 100);
	}
}

static void read_notes(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		long n = slot_pread(racer->fd, message, sizeof(message),
				    some_channel(racer));

		racer_expect(racer,
			     n == -EWOULDBLOCK || was_written(message, n),
			     "what was read was not written");
	}
}

static void get_notes(struct racer *racer)
{
	unsigned long long last[CHANNELS + 1] = {};
	struct got got;

	while (racing(racer)) {
		unsigned int id = some_channel(racer);
		long ret = slot_get(racer->fd, id, &got);

		if (ret == -EWOULDBLOCK) {
			racer_expect(racer, record_is_empty(got.record, id),
				     "a record without a message");
			continue;
		}
		racer_expect(racer,
			     !ret && was_written(got.message, got.record.size),
			     "what was got was not written");
		racer_expect(racer, got.record.version >= last[id],
			     "a version went back");
		last[id] = got.record.version;
	}
}

static void poll_and_read(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		long n;

		slot_select(racer->fd, some_channel(racer));
		poll_events(racer->fd, POLLIN, 1);
		n = slot_read(racer->fd, message, sizeof(message));
		racer_expect(racer,
			     n == -EWOULDBLOCK || was_written(message, n),
			     "what was read was not written");
	}
}

static bool event_was_written(const struct event *event)
{
	return !event || event->record.event != MSG_SLOT_WRITTEN ||
	       was_written(event->message, event->record.size);
}

static void watch(struct racer *racer)
{
	struct watcher *watcher = watch_all(racer->fd);

	while (racing(racer))
		racer_expect(racer, event_was_written(watch_next(watcher)),
			     "what was told was not written");
	watcher_free(watcher);
}

FIXTURE(clear)
{
	struct race *race;
	int fd;
};

FIXTURE_SETUP(clear)
{
	int node = slot_fresh();

	self->race = race_new(node, false);
	self->fd = slot_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(clear)
{
	close(self->fd);
}

static void run(FIXTURE_DATA(clear) * self, struct __test_metadata *_metadata)
{
	race_run(self->race, _metadata);
	for (unsigned int id = 1; id <= CHANNELS; id++) {
		EXPECT_EQ(0, slot_clear(self->fd, id));
		EXPECT_NONE(self->fd, id);
	}
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
	for (unsigned int id = 1; id <= CHANNELS; id++) {
		EXPECT_EQ(0, slot_put(self->fd, id, "after", 5));
		EXPECT_GET(self->fd, id, "after");
	}
}

TEST_F(clear, against_a_writer)
{
	race_add(self->race, write_notes);
	race_add(self->race, clear_some);
	run(self, _metadata);
}

TEST_F(clear, against_writers_and_readers)
{
	race_add_many(self->race, 2, write_notes);
	race_add_many(self->race, 2, clear_some);
	race_add_many(self->race, 2, read_notes);
	race_add(self->race, get_notes);
	run(self, _metadata);
}

TEST_F(clear, by_expiry)
{
	race_add_many(self->race, 2, write_brief_notes);
	race_add(self->race, write_notes);
	race_add(self->race, read_notes);
	race_add(self->race, get_notes);
	run(self, _metadata);
}

TEST_F(clear, against_everything)
{
	race_add(self->race, write_notes);
	race_add(self->race, write_brief_notes);
	race_add(self->race, write_on_conditions);
	race_add(self->race, clear_some);
	race_add(self->race, read_notes);
	race_add(self->race, get_notes);
	race_add(self->race, poll_and_read);
	race_add(self->race, watch);
	run(self, _metadata);
}

TEST_HARNESS_MAIN
