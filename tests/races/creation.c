// SPDX-License-Identifier: GPL-2.0
/*
 * Several threads write the first message of the same channel at once: one
 * channel comes of it, and it keeps the message of a write that no other write
 * came after.
 */
#include "race.h"

#define WRITERS 4u
#define CHANNELS 1500u

struct writer {
	unsigned int index;
	int fd;
	pthread_t thread;
	/* When its write to each channel began and had returned. */
	unsigned long long began[CHANNELS + 1];
	unsigned long long ended[CHANNELS + 1];
	unsigned int wrong;
};

static struct writer writers[WRITERS];
static atomic_ullong now;

/*
 * Spins at the start line: a barrier that sleeps would wake its threads one by
 * one, and they would not meet.
 */
static void line_up(void)
{
	static atomic_uint arrived;
	unsigned int mine = atomic_fetch_add(&arrived, 1);

	while (atomic_load(&arrived) / WRITERS <= mine / WRITERS)
		sched_yield();
}

static void *write_first_messages(void *arg)
{
	struct writer *writer = arg;
	char message[MSG_SLOT_MAX_MESSAGE];

	for (unsigned int id = 1; id <= CHANNELS; id++) {
		struct note note = { .count = id, .writer = writer->index };
		long n = note_make(message, note);

		slot_select(writer->fd, id);
		line_up();
		writer->began[id] = atomic_fetch_add(&now, 1);
		writer->wrong += slot_write(writer->fd, message, n) != n;
		writer->ended[id] = atomic_fetch_add(&now, 1);
		n = slot_read(writer->fd, message, sizeof(message));
		writer->wrong += !note_parse(message, n, &note) ||
				 note.count != id;
	}
	return NULL;
}

static void write_from_all(int node)
{
	for (unsigned int i = 0; i < WRITERS; i++) {
		writers[i].index = i;
		writers[i].fd = slot_open(node, O_RDWR);
		pthread_create(&writers[i].thread, NULL, write_first_messages,
			       &writers[i]);
	}
	for (unsigned int i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
}

/* The writer whose message is there for this open file, or WRITERS. */
static unsigned int winner(int fd, unsigned int id)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	struct note note;
	long n = slot_receive(fd, id, message, sizeof(message));

	if (!note_parse(message, n, &note) || note.count != id)
		return WRITERS;
	return note.writer;
}

TEST_F(slot, one_channel_and_one_winner)
{
	write_from_all(self->node);
	for (unsigned int i = 0; i < WRITERS; i++)
		EXPECT_EQ(0u, writers[i].wrong);
	for (unsigned int id = 1; id <= CHANNELS; id++) {
		unsigned int won = winner(self->fd, id);

		ASSERT_GT(WRITERS, won);
		for (unsigned int i = 0; i < WRITERS; i++) {
			EXPECT_EQ(won, winner(writers[i].fd, id));
			EXPECT_GT(writers[won].ended[id], writers[i].began[id])
			{
				TH_LOG("channel %u lost writer %u's message",
				       id, i);
			}
		}
	}
}

/* Open files that found the channel in different ways share it. */
TEST_F(slot, everybody_has_the_same_channel)
{
	write_from_all(self->node);
	for (unsigned int id = 1; id <= CHANNELS; id++) {
		ASSERT_EQ(4, slot_send(writers[id % WRITERS].fd, id, &id, 4));
		for (unsigned int i = 0; i < WRITERS; i++)
			EXPECT_MESSAGE(writers[i].fd, id, &id, 4);
		EXPECT_MESSAGE(self->fd, id, &id, 4);
	}
}

/* Readers look for channels while their table is growing under them. */
static void make_channels(struct racer *racer)
{
	for (unsigned int id = 1; racing(racer) && id < 100000; id++) {
		racer_expect(racer, slot_send(racer->fd, id, &id, 4) == 4,
			     "a new channel was refused");
		atomic_store(&racer->race->written, id);
	}
}

static void find_channels(struct racer *racer)
{
	for (unsigned long long i = 0; racing(racer); i++) {
		unsigned long long written = atomic_load(&racer->race->written);
		unsigned int id = written ? mix(i) % written + 1 : 1, got = 0;
		long n = slot_receive(racer->fd, id, &got, sizeof(got));

		racer_expect(racer,
			     (n == 4 && got == id) || (!written && n < 0),
			     "a channel was not found");
	}
}

TEST_F(slot, found_while_others_are_made)
{
	struct race *race = race_new(self->node, false);

	race_add(race, make_channels);
	race_add_many(race, 2, find_channels);
	race_run(race, _metadata);
}

/* Opens that meet in a minor nobody opened before make one slot. */
static void *open_and_write(void *arg)
{
	struct writer *writer = arg;
	int node = writer->fd;
	unsigned int value = writer->index;

	line_up();
	writer->fd = slot_open(node, O_RDWR);
	writer->wrong = slot_send(writer->fd, value + 1, &value, 4) != 4;
	return NULL;
}

TEST(opens_at_once_make_one_slot)
{
	for (int round = 0; round < 100; round++) {
		int node = slot_fresh();

		for (unsigned int i = 0; i < WRITERS; i++) {
			writers[i] = (struct writer){ .index = i, .fd = node };
			pthread_create(&writers[i].thread, NULL, open_and_write,
				       &writers[i]);
		}
		for (unsigned int i = 0; i < WRITERS; i++) {
			pthread_join(writers[i].thread, NULL);
			ASSERT_EQ(0u, writers[i].wrong);
		}
		for (unsigned int i = 0; i < WRITERS; i++)
			EXPECT_MESSAGE(writers[0].fd, i + 1, &i, 4);
		for (unsigned int i = 0; i < WRITERS; i++)
			close(writers[i].fd);
		close(node);
	}
}

TEST_HARNESS_MAIN
