// SPDX-License-Identifier: GPL-2.0
/*
 * Times do not go back: with several writers on one channel, by whichever ways, a
 * message with a higher version was not written earlier than one with a lower. As
 * MSG_SLOT_GET tells it and as the cell has it.
 */
#include "mapping.h"
#include "race.h"

#define ID 7
#define LONG 200

static void by_write(struct racer *racer)
{
	while (racing(racer))
		racer_expect(racer, slot_pwrite(racer->fd, "write", 5, ID) == 5,
			     "a write failed");
}

static void by_put(struct racer *racer)
{
	while (racing(racer))
		racer_expect(racer, !slot_put(racer->fd, ID, "put", 3),
			     "a put failed");
}

static void by_long_messages(struct racer *racer)
{
	char message[LONG] = "long";

	while (racing(racer))
		racer_expect(racer, !slot_put(racer->fd, ID, message, LONG),
			     "a put of a long message failed");
}

static void for_a_time(struct racer *racer)
{
	while (racing(racer))
		racer_expect(racer,
			     !slot_put_for(racer->fd, ID, "brief", 5, SECOND),
			     "a put for a time failed");
}

/* The channel goes, and comes again. */
static void by_making_anew(struct racer *racer)
{
	while (racing(racer))
		racer_expect(racer,
			     slot_pwrite(racer->fd, "anew", 4, ID) == 4 &&
				     !slot_clear(racer->fd, ID),
			     "a write or clear failed");
}

/* What a reader saw last. */
struct seen {
	unsigned long long version;
	unsigned long long written;
};

/* Returns whether this may come after it. */
static bool comes_after(struct seen *seen, unsigned long long version,
			unsigned long long written)
{
	bool back = version > seen->version && written < seen->written;

	*seen = (struct seen){ version, written };
	return !back;
}

static void read_records(struct racer *racer)
{
	char message[LONG];
	struct seen seen = {};

	while (racing(racer)) {
		struct msg_slot_get get =
			get_into(ID, message, sizeof(message));
		long ret = slot_ioctl(racer->fd, MSG_SLOT_GET, &get);

		racer_expect(racer,
			     ret || comes_after(&seen, get.record.version,
						get.record.written),
			     "a record went back in time");
	}
}

/* Also when it is made anew, in another place. */
static void read_cells(struct racer *racer)
{
	const char *base = slot_map(racer->fd);
	const struct msg_slot_cell *cell = NULL;
	struct mapped mapped;
	struct seen seen = {};
	long ret;

	while (racing(racer)) {
		ret = cell ? mapped_try(cell, ID, &mapped) : -ENOENT;
		racer_expect(racer,
			     ret <= 0 || comes_after(&seen, mapped.version,
						     mapped.written),
			     "a cell went back in time");
		if (ret == -ENOENT)
			cell = slot_cell(racer->fd, base, ID);
	}
	slot_unmap(racer->fd, base);
}

FIXTURE(written)
{
	int node;
	int fd;
};

FIXTURE_VARIANT(written)
{
	void (*writers[2])(struct racer *);
};

/* clang-format off */
FIXTURE_VARIANT_ADD(written, by_write) {
	.writers = { by_write, by_write },
};

FIXTURE_VARIANT_ADD(written, by_put) {
	.writers = { by_put, by_write },
};

FIXTURE_VARIANT_ADD(written, by_long_messages) {
	.writers = { by_long_messages, by_write },
};

FIXTURE_VARIANT_ADD(written, for_a_time) {
	.writers = { for_a_time, by_write },
};

FIXTURE_VARIANT_ADD(written, by_making_anew) {
	.writers = { by_making_anew, by_put },
};

/* clang-format on */

FIXTURE_SETUP(written)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LONG));
}

FIXTURE_TEARDOWN(written)
{
	close(self->fd);
	close(self->node);
}

/* Processes, so that writers are stopped with the time in their hands. */
TEST_F(written, never_goes_back)
{
	struct race *race = race_new(self->node, true);

	race_add_many(race, 2, variant->writers[0]);
	race_add_many(race, 2, variant->writers[1]);
	race_add(race, read_records);
	race_add(race, read_cells);
	race_start(race);
	sleep(2 * RACE_SECONDS);
	race_end(race, _metadata);
}

TEST_HARNESS_MAIN
