// SPDX-License-Identifier: GPL-2.0
/*
 * Readers of views beside writers at full speed: nothing torn, nothing older than
 * a write that had returned, nothing older than what was read before.
 */
#define RACE_SECONDS 1
#include "library.h"
#include "race.h"

#define CHANNEL 7

static void write_notes_that_live(struct racer *racer, uint64_t ttl)
{
	struct note note = { .writer = racer->id };
	char buf[MSG_SLOT_MAX_MESSAGE];
	uint64_t version = 0;
	size_t n;

	while (racing(racer)) {
		note.count++;
		n = note_make(buf, note);
		racer_expect(racer,
			     !msgslot_put(racer->fd, CHANNEL, buf, n, ttl,
					  &version),
			     "could not put");
		atomic_max(&racer->race->written, version);
	}
}

static void write_notes(struct racer *racer)
{
	write_notes_that_live(racer, MSG_SLOT_FOREVER);
}

static void write_mortal_notes(struct racer *racer)
{
	write_notes_that_live(racer, MILLISECOND / 10);
}

static void clear_often(struct racer *racer)
{
	while (racing(racer)) {
		racer_expect(racer, !msgslot_clear(racer->fd, CHANNEL, NULL),
			     "could not clear");
		racer_expect(racer,
			     !msgslot_clear(racer->fd, CHANNEL + 1, NULL),
			     "could not clear");
		/* Takes the cell that has become free. */
		racer_expect(racer,
			     !put_text(racer->fd, CHANNEL + 1, "another's"),
			     "could not put");
	}
}

static const char *judge(const void *buf, ssize_t n, uint64_t version,
			 uint64_t least, bool may_be_absent)
{
	struct note note;

	if (n == -EWOULDBLOCK)
		return may_be_absent ? NULL : "no message";
	if (n < 0)
		return "an error";
	if (!note_parse(buf, n, &note))
		return "torn";
	return version < least ? "stale" : NULL;
}

static void read_by_view(struct racer *racer, bool may_be_absent)
{
	struct msgslot_reader reader;
	struct msgslot_view *view;
	struct msgslot_info info;
	char buf[MSG_SLOT_MAX_MESSAGE];
	uint64_t written, last = 0;
	const char *wrong;
	ssize_t n;

	if (msgslot_view_open(racer->fd, &view) ||
	    msgslot_reader_init(&reader, view, CHANNEL))
		abort();
	while (racing(racer)) {
		written = atomic_load(&racer->race->written);
		n = msgslot_reader_get(&reader, buf, sizeof(buf), &info);
		wrong = judge(buf, n, info.version,
			      written > last ? written : last, may_be_absent);
		racer_expect(racer, !wrong, wrong);
		if (n > 0)
			last = info.version;
		/* The other way through, which does not tell the version. */
		n = msgslot_reader_get(&reader, buf, sizeof(buf), NULL);
		wrong = judge(buf, n, 0, 0, may_be_absent);
		racer_expect(racer, !wrong, wrong);
	}
	msgslot_view_close(view);
}

static void read_what_is_there(struct racer *racer)
{
	read_by_view(racer, false);
}

static void read_what_may_be(struct racer *racer)
{
	read_by_view(racer, true);
}

static struct race *race_of(int node, bool processes)
{
	struct race *race = race_new(node, processes);
	struct note note = { .writer = RACERS_MOST };
	char buf[MSG_SLOT_MAX_MESSAGE];
	int fd = library_open(node, O_RDWR);

	if (msgslot_put(fd, CHANNEL, buf, note_make(buf, note), 0, NULL))
		abort();
	msgslot_close(fd);
	return race;
}

TEST_F(library, processes_read_beside_writers)
{
	struct race *race = race_of(self->node, true);

	race_add_many(race, 4, write_notes);
	race_add_many(race, 2, read_what_is_there);
	race_run(race, _metadata);
}

TEST_F(library, channels_come_and_go_and_messages_end)
{
	struct race *race = race_of(self->node, false);

	race_add_many(race, 2, write_notes);
	race_add_many(race, 2, write_mortal_notes);
	race_add_many(race, 1, clear_often);
	race_add_many(race, 2, read_what_may_be);
	race_run(race, _metadata);
}

TEST_HARNESS_MAIN
