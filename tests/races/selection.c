// SPDX-License-Identifier: GPL-2.0
/*
 * Threads share one open file, and one of them keeps changing its selection:
 * every read still gets a whole message, of some channel that was selected.
 */
#include "race.h"

#define SELECTED 8

static void select_in_turn(struct racer *racer)
{
	for (unsigned int id = 1; racing(racer); id = id % SELECTED + 1) {
		racer_expect(racer, !slot_select(racer->fd, id),
			     "select failed");
		racer_expect(racer, slot_select(racer->fd, 0) == -EINVAL,
			     "id 0 was taken");
	}
}

static void write_to_some(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	struct note note = { .writer = racer->id };

	while (racing(racer)) {
		long n;

		note.count++;
		n = note_make(message, note);
		racer_expect(racer, slot_write(racer->fd, message, n) == n,
			     "a write failed");
	}
}

static void read_notes(struct racer *racer, unsigned long long last)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	struct note note;

	while (racing(racer)) {
		long n = slot_read(racer->fd, message, sizeof(message));

		racer_expect(racer,
			     note_parse(message, n, &note) &&
				     note.count <= last,
			     "what was read is no channel's message");
	}
}

static void read_from_some(struct racer *racer)
{
	read_notes(racer, ULLONG_MAX);
}

/* The messages that the fixture left, if nobody writes. */
static void read_fixed(struct racer *racer)
{
	read_notes(racer, SELECTED);
}

FIXTURE(selection)
{
	struct race *race;
	int fd;
};

FIXTURE_SETUP(selection)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	int node = slot_fresh();

	self->race = race_new(node, false);
	self->fd = slot_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (unsigned int id = 1; id <= SELECTED; id++) {
		long n = note_make(message, (struct note){ .count = id });

		ASSERT_EQ(n, slot_send(self->fd, id, message, n));
	}
}

FIXTURE_TEARDOWN(selection)
{
	close(self->fd);
}

static void add_sharing(struct race *race, int fd,
			void (*run)(struct racer *racer))
{
	struct racer *racer = race_add(race, run);

	racer->fd = fd;
	racer->shares_fd = true;
}

TEST_F(selection, readers_and_writers)
{
	char message[MSG_SLOT_MAX_MESSAGE] = {};
	struct note note;

	add_sharing(self->race, self->fd, select_in_turn);
	add_sharing(self->race, self->fd, write_to_some);
	add_sharing(self->race, self->fd, read_from_some);
	add_sharing(self->race, self->fd, read_from_some);
	race_run(self->race, _metadata);
	for (unsigned int id = 1; id <= SELECTED; id++)
		EXPECT_TRUE(note_parse(message,
				       slot_receive(self->fd, id, message,
						    sizeof(message)),
				       &note));
	EXPECT_EMPTY(self->fd, SELECTED + 1);
}

TEST_F(selection, readers_alone)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	add_sharing(self->race, self->fd, select_in_turn);
	add_sharing(self->race, self->fd, read_fixed);
	add_sharing(self->race, self->fd, read_fixed);
	race_run(self->race, _metadata);
	for (unsigned int id = 1; id <= SELECTED; id++) {
		long n = note_make(message, (struct note){ .count = id });

		EXPECT_MESSAGE(self->fd, id, message, n);
	}
}

/* Threads that have a descriptor taken away get EBADF, or a whole message. */
static void reopen(struct racer *racer)
{
	while (racing(racer)) {
		int fresh = slot_open(racer->race->node, O_RDWR);

		slot_select(fresh, 1);
		racer_expect(racer, dup2(fresh, racer->fd) == racer->fd,
			     "dup2 failed");
		close(fresh);
	}
}

TEST_F(selection, descriptor_is_replaced_meanwhile)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	add_sharing(self->race, self->fd, reopen);
	add_sharing(self->race, self->fd, write_to_some);
	add_sharing(self->race, self->fd, read_from_some);
	race_run(self->race, _metadata);
}

TEST_HARNESS_MAIN
