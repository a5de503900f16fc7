// SPDX-License-Identifier: GPL-2.0
/*
 * Long messages of about one size, which are written again and again to the memory of
 * those before, while readers copy them, and while that memory is given back for every
 * reason there is: never torn, and never more than the slot's budget.
 */
#include "race.h"

#include "record.h"
#include "group.h"

#define ID 5
#define LEAST 3000
#define MOST 4096
#define CHANNELS 4

static size_t long_size(unsigned long long seed)
{
	return LEAST + mix(seed) % (MOST - LEAST + 1);
}

/* Its size and all of it follow from the number that it begins with. */
static size_t make_long(unsigned long long *message, unsigned long long seed)
{
	size_t n = long_size(seed);

	for (size_t i = 0; i < n / sizeof(seed) + 1; i++)
		message[i] = seed;
	return n;
}

static bool is_whole(const unsigned long long *message, long n)
{
	unsigned long long seed = message[0];

	if (n != (long)long_size(seed))
		return false;
	for (long i = 0; i < n / (long)sizeof(seed); i++)
		if (message[i] != seed)
			return false;
	return true;
}

FIXTURE(spare)
{
	struct race *race;
	int node;
	int fd;
};

FIXTURE_SETUP(spare)
{
	self->node = slot_fresh();
	self->race = race_new(self->node, false);
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, MOST));
}

FIXTURE_TEARDOWN(spare)
{
	close(self->fd);
	close(self->node);
}

static unsigned int some_channel(struct racer *racer)
{
	return ID + mix(racer->rounds * 8 + racer->id) % CHANNELS;
}

static void write_long(struct racer *racer)
{
	unsigned long long message[MOST / sizeof(long long) + 1];

	while (racing(racer)) {
		size_t n = make_long(message, racer->rounds * 8 + racer->id);
		long ret =
			slot_pwrite(racer->fd, message, n, some_channel(racer));

		racer_expect(racer, ret == (long)n || ret == -ENOSPC,
			     "a write failed otherwise");
	}
}

/* A file anew for every few of them. */
static void write_and_close(struct racer *racer)
{
	unsigned long long message[MOST / sizeof(long long) + 1];

	while (racing(racer)) {
		int fd = slot_open(racer->race->node, O_RDWR);
		bool good = true;

		for (unsigned int i = 0; i < 4; i++) {
			size_t n = make_long(message,
					     racer->rounds * 8 + racer->id);
			long ret = slot_pwrite(fd, message, n,
					       some_channel(racer));

			good = good && (ret == (long)n || ret == -ENOSPC);
		}
		close(fd);
		racer_expect(racer, good, "a write failed otherwise");
	}
}

static void read_long(struct racer *racer)
{
	unsigned long long message[MOST / sizeof(long long)];

	while (racing(racer)) {
		long n = slot_pread(racer->fd, message, MOST,
				    some_channel(racer));

		racer_expect(racer, n == -EWOULDBLOCK || is_whole(message, n),
			     "a message was torn");
	}
}

static void clear_long(struct racer *racer)
{
	while (racing(racer)) {
		racer_expect(racer,
			     slot_clear(racer->fd, some_channel(racer)) == 0,
			     "a channel was not cleared");
		usleep(100);
	}
}

static void write_short(struct racer *racer)
{
	while (racing(racer)) {
		long ret = slot_pwrite(racer->fd, "x", 1, ID + CHANNELS);

		racer_expect(racer, ret == 1 || ret == -ENOSPC,
			     "a short write failed");
	}
}

static void drop_caches(struct racer *racer)
{
	while (racing(racer)) {
		group_put_in("/proc/sys/vm", "drop_caches", "2");
		racer_expect(racer, true, "");
		usleep(1000);
	}
}

static void expect_within_budget(struct racer *racer)
{
	while (racing(racer)) {
		racer_expect(racer,
			     slot_usage(racer->fd).bytes <=
				     slot_limits(racer->fd).max_bytes,
			     "above the limit");
		usleep(100);
	}
}

static void add_sharing(struct race *race, int fd, unsigned int count)
{
	while (count--) {
		struct racer *racer = race_add(race, write_long);

		racer->fd = fd;
		racer->shares_fd = true;
	}
}

/* That nothing that is kept counts, or keeps a message from fitting in. */
static void expect_room(struct __test_metadata *_metadata, int fd)
{
	unsigned long long used;

	for (unsigned int i = 0; i < CHANNELS; i++)
		ASSERT_EQ(1, slot_pwrite(fd, "x", 1, ID + i));
	used = slot_usage(fd).bytes;
	ASSERT_EQ(0, slot_set_max_bytes(fd, used + MOST));
	ASSERT_EQ(MOST, slot_put_large(fd, ID, MOST, 1));
	EXPECT_EQ(used + MOST, slot_usage(fd).bytes);
	EXPECT_EQ(-ENOSPC, slot_put_large(fd, ID + 1, LEAST, 1));
}

TEST_F(spare, threads_that_share_a_file)
{
	add_sharing(self->race, self->fd, 3);
	race_add_many(self->race, 2, read_long);
	race_run(self->race, _metadata);
	expect_room(_metadata, self->fd);
}

TEST_F(spare, beside_clearing_and_closing)
{
	add_sharing(self->race, self->fd, 2);
	race_add(self->race, write_and_close);
	race_add(self->race, clear_long);
	race_add_many(self->race, 2, read_long);
	race_run(self->race, _metadata);
	expect_room(_metadata, self->fd);
}

TEST_F(spare, in_a_budget_that_is_tight)
{
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, 4 * MOST + 5000));
	add_sharing(self->race, self->fd, 2);
	race_add_many(self->race, 2, write_long);
	race_add(self->race, write_short);
	race_add(self->race, read_long);
	race_add(self->race, expect_within_budget);
	race_run(self->race, _metadata);
	expect_room(_metadata, self->fd);
}

TEST_F(spare, while_caches_are_dropped)
{
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, 6 * MOST + 5000));
	add_sharing(self->race, self->fd, 2);
	race_add(self->race, write_long);
	race_add(self->race, write_and_close);
	race_add(self->race, drop_caches);
	race_add(self->race, clear_long);
	race_add(self->race, read_long);
	race_run(self->race, _metadata);
	expect_room(_metadata, self->fd);
}

TEST_HARNESS_MAIN
