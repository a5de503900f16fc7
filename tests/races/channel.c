// SPDX-License-Identifier: GPL-2.0
/*
 * Readers and writers of one channel: a message is never torn, and never older
 * than one already seen.
 */
#include "race.h"

#define ID 7

FIXTURE(channel)
{
	struct race *race;
	int fd;
};

FIXTURE_VARIANT(channel)
{
	bool processes;
};

/* checkpatch.pl wants these braces elsewhere than clang-format does. */
/* clang-format off */
FIXTURE_VARIANT_ADD(channel, threads) {
	.processes = false,
};

FIXTURE_VARIANT_ADD(channel, processes) {
	.processes = true,
};

/* clang-format on */

FIXTURE_SETUP(channel)
{
	char first[MSG_SLOT_MAX_MESSAGE];
	int node = slot_fresh();
	long n = note_make(first, (struct note){ 0 });

	self->race = race_new(node, variant->processes);
	self->fd = slot_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(n, slot_send(self->fd, ID, first, n));
}

FIXTURE_TEARDOWN(channel)
{
	close(self->fd);
}

static void write_notes(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	struct note note = { .writer = racer->id };

	slot_select(racer->fd, ID);
	while (racing(racer)) {
		long n;

		note.count++;
		n = note_make(message, note);
		racer_expect(racer, slot_write(racer->fd, message, n) == n,
			     "a write failed or was short");
		atomic_store(&racer->race->written, note.count);
	}
}

static void read_whole_notes(struct racer *racer)
{
	unsigned long long last[RACERS_MOST] = {};
	char message[MSG_SLOT_MAX_MESSAGE];
	struct note note;

	slot_select(racer->fd, ID);
	while (racing(racer)) {
		long n = slot_read(racer->fd, message, sizeof(message));

		if (!note_parse(message, n, &note) ||
		    note.writer >= RACERS_MOST) {
			racer_expect(racer, false, "a message was torn");
			break;
		}
		racer_expect(racer, note.count >= last[note.writer],
			     "an older message came after a newer one");
		last[note.writer] = note.count;
	}
}

/*
 * With a single writer: what had been written, or read by anybody, before this
 * read began is the least it may find.
 */
static void read_fresh_notes(struct racer *racer)
{
	struct race *race = racer->race;
	char message[MSG_SLOT_MAX_MESSAGE];
	struct note note;

	slot_select(racer->fd, ID);
	while (racing(racer)) {
		unsigned long long written = atomic_load(&race->written);
		unsigned long long seen = atomic_load(&race->seen);
		long n = slot_read(racer->fd, message, sizeof(message));

		if (!note_parse(message, n, &note)) {
			racer_expect(racer, false, "a message was torn");
			break;
		}
		racer_expect(racer, note.count >= written && note.count >= seen,
			     note.count < written ?
				     "older than what had been written" :
				     "older than what another had read");
		atomic_max(&race->seen, note.count);
	}
}

/* Buffers of any size: too small is an error that leaves them alone. */
static void read_into_too_little(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	struct note note;

	slot_select(racer->fd, ID);
	for (size_t room = 0; racing(racer);
	     room = (room + 1) % sizeof(message)) {
		char canary[sizeof(message)];
		long n;

		memset(message, 0xa5, sizeof(message));
		memset(canary, 0xa5, sizeof(canary));
		n = slot_read(racer->fd, message, room);
		if (n == -ENOSPC)
			racer_expect(racer,
				     !memcmp(message + room, canary,
					     sizeof(message) - room),
				     "a failed read wrote behind the buffer");
		else
			racer_expect(racer,
				     n <= (long)room &&
					     note_parse(message, n, &note),
				     "a short read was torn");
	}
}

/* Writes that fail half way through must not be seen, nor disturb others. */
static void write_nothing(struct racer *racer)
{
	slot_select(racer->fd, ID);
	while (racing(racer)) {
		racer_expect(racer, slot_write(racer->fd, NULL, 100) == -EFAULT,
			     "a write from nowhere did not fail");
		racer_expect(racer, slot_write(racer->fd, "", 0) == -EMSGSIZE,
			     "an empty write did not fail");
	}
}

TEST_F(channel, one_writer_two_readers)
{
	race_add(self->race, write_notes);
	race_add_many(self->race, 2, read_fresh_notes);
	race_run(self->race, _metadata);
}

TEST_F(channel, one_writer_one_reader)
{
	race_add(self->race, write_notes);
	race_add(self->race, read_fresh_notes);
	race_run(self->race, _metadata);
}

TEST_F(channel, several_writers_several_readers)
{
	race_add_many(self->race, 3, write_notes);
	race_add_many(self->race, 3, read_whole_notes);
	race_run(self->race, _metadata);
}

TEST_F(channel, small_buffers_and_failing_writes)
{
	race_add_many(self->race, 2, write_notes);
	race_add(self->race, write_nothing);
	race_add_many(self->race, 2, read_into_too_little);
	race_run(self->race, _metadata);
}

TEST_HARNESS_MAIN
