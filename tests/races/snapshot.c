// SPDX-License-Identifier: GPL-2.0
/*
 * Writers go through their channels in order and write the same number to each,
 * then the next number. At any one moment the numbers fall by one at one place
 * at most, so in any snapshot they must too.
 */
#include "race.h"
#include "record.h"

#define WRITERS 3u
#define CHANNELS (MSG_SLOT_MAX_SNAPSHOT / WRITERS)
#define LONG 1000

static unsigned int first_of(unsigned int writer)
{
	return 1 + writer * CHANNELS;
}

static bool number_is_whole(const unsigned long long *number, size_t n)
{
	return n >= sizeof(*number) &&
	       !memcmp(number, number + 1, n - sizeof(*number));
}

static void write_numbers(struct racer *racer, size_t n)
{
	unsigned long long message[LONG / 8], number = 0;
	unsigned int first = first_of(racer->id);

	while (racing(racer)) {
		number++;
		for (unsigned int i = 0; i < n / 8; i++)
			message[i] = number;
		for (unsigned int i = 0; i < CHANNELS; i++) {
			long ret =
				slot_pwrite(racer->fd, message, n, first + i);

			racer_expect(racer, ret == (long)n, "a write failed");
		}
	}
}

static void write_short_numbers(struct racer *racer)
{
	write_numbers(racer, 8);
}

static void write_long_numbers(struct racer *racer)
{
	write_numbers(racer, LONG);
}

/* The channels are those of one writer, in its order. */
static const char *look_at(const struct msg_slot_get *gets)
{
	unsigned long long first = 0, last = ~0ull;

	for (unsigned int i = 0; i < CHANNELS; i++) {
		const unsigned long long *number =
			(void *)(unsigned long)gets[i].buffer;

		if (gets[i].record.event != MSG_SLOT_WRITTEN)
			return "a channel is missing";
		if (!number_is_whole(number, gets[i].record.size))
			return "a message was torn";
		first = first ?: *number;
		if (*number > last || *number + 1 < first)
			return "of different moments";
		last = *number;
	}
	return NULL;
}

static void take_snapshots(struct racer *racer)
{
	static _Thread_local unsigned long long bufs[WRITERS * CHANNELS]
						    [LONG / 8];
	struct msg_slot_get gets[WRITERS * CHANNELS];

	for (unsigned int i = 0; i < ARRAY_SIZE(gets); i++)
		gets[i] = get_into(1 + i, bufs[i], sizeof(bufs[i]));
	while (racing(racer)) {
		racer_expect(racer,
			     !slot_snapshot(racer->fd, gets, ARRAY_SIZE(gets)),
			     "a snapshot failed");
		for (unsigned int i = 0; i < WRITERS && !racer->wrong; i++)
			racer->wrong = look_at(gets + i * CHANNELS);
	}
}

/* Few channels, so that more of the snapshots meet a writer half way. */
static void take_small_snapshots(struct racer *racer)
{
	unsigned long long bufs[2][LONG / 8];
	struct msg_slot_get gets[2];

	while (racing(racer)) {
		gets[0] = get_into(CHANNELS, bufs[0], sizeof(bufs[0]));
		gets[1] = get_into(1, bufs[1], sizeof(bufs[1]));
		racer_expect(racer, !slot_snapshot(racer->fd, gets, 2),
			     "a snapshot failed");
		racer_expect(racer,
			     bufs[0][0] == bufs[1][0] ||
				     bufs[0][0] + 1 == bufs[1][0],
			     "of different moments");
	}
}

FIXTURE(snapshot)
{
	struct race *race;
	int fd;
};

FIXTURE_SETUP(snapshot)
{
	unsigned long long number = 1;
	int node = slot_fresh();

	self->race = race_new(node, false);
	self->fd = slot_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LONG));
	for (unsigned int i = 0; i < WRITERS * CHANNELS; i++)
		ASSERT_EQ(8, slot_pwrite(self->fd, &number, 8, 1 + i));
}

FIXTURE_TEARDOWN(snapshot)
{
	close(self->fd);
}

static void run(FIXTURE_DATA(snapshot) * self,
		struct __test_metadata *_metadata)
{
	race_run(self->race, _metadata);
	printf("# info: %llu snapshots\n",
	       self->race->racers[self->race->count - 1].rounds);
}

TEST_F(snapshot, under_one_writer)
{
	race_add(self->race, write_short_numbers);
	race_add(self->race, take_snapshots);
	run(self, _metadata);
}

TEST_F(snapshot, under_three_writers)
{
	race_add_many(self->race, WRITERS, write_short_numbers);
	race_add_many(self->race, 2, take_snapshots);
	run(self, _metadata);
}

TEST_F(snapshot, of_long_messages_under_three_writers)
{
	race_add_many(self->race, WRITERS, write_long_numbers);
	race_add_many(self->race, 2, take_snapshots);
	run(self, _metadata);
}

TEST_F(snapshot, of_two_channels_under_one_writer)
{
	race_add(self->race, write_short_numbers);
	race_add_many(self->race, 2, take_small_snapshots);
	run(self, _metadata);
}

TEST_F(snapshot, of_two_long_ones_under_one_writer)
{
	race_add(self->race, write_long_numbers);
	race_add_many(self->race, 2, take_small_snapshots);
	run(self, _metadata);
}

TEST_HARNESS_MAIN
