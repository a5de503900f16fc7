// SPDX-License-Identifier: GPL-2.0
/*
 * msgslot_reader_get() of long messages: the same as msgslot_get(), and from the third time
 * on without a call, whatever becomes of their window.
 */
#define RACE_SECONDS 1
#define NEEDS_64_BITS

#include "interposed.h"
#include "frame.h"
#include "limit.h"
#include "race.h"
#include "stuck.h"

#define ID 7
#define SIZE 1000
/* The messages of the race: as long as what they begin with says. */
#define MOST 20000

static char got[LARGEST + 16];

static void put_long(int fd, size_t n, unsigned int seed)
{
	if (msgslot_put(fd, ID, large(n, seed), n, 0, NULL))
		abort();
}

static bool reads(struct msgslot_reader *reader, size_t n, unsigned int seed)
{
	memset(got, 'x', n + 16);
	return msgslot_reader_get(reader, got, n, NULL) == (ssize_t)n &&
	       !memcmp(got, large(n, seed), n) &&
	       !memcmp(got + n, "xxxxxxxxxxxxxxxx", 16);
}

/* Whether it is read without a call by now. */
static bool reads_in_window(struct msgslot_reader *reader, size_t n,
			    unsigned int seed)
{
	for (int i = 0; i < 4; i++) {
		calls_since();
		if (!reads(reader, n, seed))
			return false;
	}
	return !calls_since();
}

/* The limit is root's to set. */
#define MAY_BE_LONG() ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST))

TEST_F(view, long_ones_without_a_call)
{
	struct msgslot_reader reader = reader_of(self->view, ID);

	MAY_BE_LONG();
	put_long(self->fd, SIZE, 1);
	EXPECT_TRUE(reads_in_window(&reader, SIZE, 1));
	for (unsigned int i = 2; i < 100; i++) {
		size_t n = 129 + mix(i) % (SIZE - 129);

		put_long(self->fd, n, i);
		calls_since();
		ASSERT_TRUE(reads(&reader, n, i));
		ASSERT_EQ(0u, calls_since());
	}
}

/* One that is read once is not worth a window. */
TEST_F(view, takes_no_window_at_once)
{
	unsigned int before = count_mappings();
	struct msgslot_reader reader;

	MAY_BE_LONG();
	put_long(self->fd, SIZE, 1);
	for (int i = 0; i < 10; i++) {
		reader = reader_of(self->view, ID);
		EXPECT_TRUE(reads(&reader, SIZE, 1));
	}
	EXPECT_EQ(before, count_mappings());
	EXPECT_TRUE(reads_in_window(&reader, SIZE, 1));
	EXPECT_EQ(before + 1, count_mappings());
	/* It is the view's: another reader has no other. */
	reader = reader_of(self->view, ID);
	EXPECT_TRUE(reads_in_window(&reader, SIZE, 1));
	EXPECT_EQ(before + 1, count_mappings());
}

TEST_F(view, tells_of_long_ones)
{
	struct msgslot_reader reader = reader_of(self->view, ID);
	unsigned long long before = clock_now(CLOCK_BOOTTIME), after;
	struct msgslot_info info;
	uint64_t version;

	MAY_BE_LONG();
	put_long(self->fd, SIZE, 1);
	ASSERT_TRUE(reads_in_window(&reader, SIZE, 1));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, msgslot_put(self->fd, ID, large(SIZE, 2), SIZE,
					 i ? 9 * SECOND : 0, &version));
		after = clock_now(CLOCK_BOOTTIME);
		calls_since();
		memset(&info, 0xee, sizeof(info));
		EXPECT_EQ(SIZE,
			  msgslot_reader_get(&reader, got, LARGEST, &info));
		EXPECT_EQ(0u, calls_since());
		EXPECT_EQ(version, info.version);
		EXPECT_EQ((uint32_t)SIZE, info.size);
		EXPECT_EQ(0u, info.reserved);
		EXPECT_LE(before, info.written);
		EXPECT_GE(after, info.written);
		EXPECT_EQ(i ? info.written + 9 * SECOND : FOREVER,
			  info.expires);
	}
	memset(&info, 0xee, sizeof(info));
	got[0] = 'x';
	EXPECT_EQ(-ENOSPC, msgslot_reader_get(&reader, got, 999, &info));
	EXPECT_EQ(-ENOSPC, msgslot_reader_get(&reader, got, 999, NULL));
	EXPECT_EQ('x', got[0]);
	EXPECT_EQ(version, info.version);
	EXPECT_EQ((uint32_t)SIZE, info.size);
}

TEST_F(view, long_ones_that_are_over)
{
	struct msgslot_reader reader = reader_of(self->view, ID);
	struct msgslot_info info;

	MAY_BE_LONG();
	put_long(self->fd, SIZE, 1);
	ASSERT_TRUE(reads_in_window(&reader, SIZE, 1));
	ASSERT_EQ(0, msgslot_put(self->fd, ID, large(SIZE, 2), SIZE, 1, NULL));
	EXPECT_EQ(-EWOULDBLOCK,
		  msgslot_reader_get(&reader, got, LARGEST, NULL));
	EXPECT_EQ(-EWOULDBLOCK,
		  msgslot_reader_get(&reader, got, LARGEST, &info));
	EXPECT_EQ(0u, info.version);
	ASSERT_EQ(0, msgslot_clear(self->fd, ID, NULL));
	EXPECT_EQ(-EWOULDBLOCK,
		  msgslot_reader_get(&reader, got, LARGEST, NULL));
	put_long(self->fd, SIZE, 3);
	EXPECT_TRUE(reads_in_window(&reader, SIZE, 3));
}

TEST_F(view, all_kinds_in_turn)
{
	struct msgslot_reader reader = reader_of(self->view, ID);

	MAY_BE_LONG();
	for (unsigned int i = 1; i < 20; i++) {
		put_long(self->fd, SIZE, i);
		EXPECT_TRUE(reads_in_window(&reader, SIZE, i));
		put_text(self->fd, ID, "short");
		EXPECT_EQ(5, msgslot_reader_get(&reader, got, 16, NULL));
		EXPECT_EQ(0, memcmp(got, "short", 5));
		ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, i));
		EXPECT_EQ(SIZE,
			  msgslot_reader_get(&reader, got, LARGEST, NULL));
		if (i % 2)
			ASSERT_EQ(0, msgslot_clear(self->fd, ID, NULL));
	}
}

TEST_F(view, ones_that_grow)
{
	struct msgslot_reader reader = reader_of(self->view, ID);
	unsigned int before = count_mappings();

	MAY_BE_LONG();
	for (size_t n = 200; n <= LARGEST; n += n / 2) {
		put_long(self->fd, n, n);
		EXPECT_TRUE(reads_in_window(&reader, n, n));
	}
	put_long(self->fd, LARGEST, 3);
	EXPECT_TRUE(reads_in_window(&reader, LARGEST, 3));
	EXPECT_GE(before + 11, count_mappings());
	put_long(self->fd, 200, 4);
	EXPECT_TRUE(reads_in_window(&reader, 200, 4));
}

TEST_F(view, another_reader_with_a_larger_window)
{
	struct msgslot_reader reader = reader_of(self->view, ID), same;
	struct msgslot_view *other;

	MAY_BE_LONG();
	put_long(self->fd, SIZE, 1);
	ASSERT_TRUE(reads_in_window(&reader, SIZE, 1));
	for (unsigned int i = 1; i < 20; i++) {
		ASSERT_EQ(0, msgslot_view_open(self->fd, &other));
		same = reader_of(other, ID);
		put_long(self->fd, i * SIZE, i);
		EXPECT_TRUE(reads_in_window(&same, i * SIZE, i));
		put_long(self->fd, SIZE, i);
		EXPECT_TRUE(reads_in_window(&same, SIZE, i));
		EXPECT_TRUE(reads_in_window(&reader, SIZE, i));
		msgslot_view_close(other);
		EXPECT_TRUE(reads_in_window(&reader, SIZE, i));
		put_long(self->fd, SIZE, i);
		EXPECT_TRUE(reads_in_window(&reader, SIZE, i));
	}
}

TEST_F(view, long_ones_by_calls_where_nothing_can_be_mapped)
{
	struct msgslot_reader reader = reader_of(self->view, ID);

	MAY_BE_LONG();
	put_long(self->fd, SIZE, 1);
	mapping_fails = true;
	for (int i = 0; i < 100; i++)
		ASSERT_TRUE(reads(&reader, SIZE, 1));
	mapping_fails = false;
	for (int i = 0; i < 100; i++)
		ASSERT_TRUE(reads(&reader, SIZE, 1));
	EXPECT_TRUE(reads_in_window(&reader, SIZE, 1));
}

/* Its size and all of it follow from the number that it begins with. */
static size_t size_for(unsigned long long seed)
{
	return 136 + mix(seed) % (MOST / 8 - 17) * 8;
}

static void write_long_ones(struct racer *racer)
{
	static __thread unsigned long long message[MOST / 8];
	unsigned long long seed = 0;

	while (racing(racer)) {
		size_t n = size_for(++seed);

		for (size_t i = 0; i < n / 8; i++)
			message[i] = seed;
		racer_expect(racer,
			     slot_pwrite(racer->fd, message, n, ID) == (long)n,
			     "could not write");
		atomic_max(&racer->race->written, seed);
		if (mix(seed) % 64 == 0)
			racer_expect(racer, !msgslot_clear(racer->fd, ID, NULL),
				     "could not clear");
	}
}

static const char *judge(const unsigned long long *message, ssize_t n,
			 unsigned long long least)
{
	if (n == -EWOULDBLOCK)
		return NULL;
	if (n < 0)
		return "an error";
	if (n != (ssize_t)size_for(message[0]))
		return "of another size";
	for (ssize_t i = 1; i < n / 8; i++)
		if (message[i] != message[0])
			return "torn";
	return message[0] < least ? "stale" : NULL;
}

static struct msgslot_view *shared_view;

static void read_long_ones(struct racer *racer)
{
	static __thread unsigned long long message[MOST / 8];
	struct msgslot_reader reader = reader_of(shared_view, ID);

	while (racing(racer)) {
		unsigned long long least = atomic_load(&racer->race->written);
		ssize_t n = msgslot_reader_get(&reader, message,
					       sizeof(message), NULL);
		const char *wrong = judge(message, n, least);

		racer_expect(racer, !wrong, wrong);
	}
}

/* Others, who come and go, with larger windows than needed. */
static void map_often(struct racer *racer)
{
	static __thread char buf[MOST];

	while (racing(racer)) {
		struct msgslot_view *view;
		struct msgslot_reader reader;

		if (msgslot_view_open(racer->fd, &view))
			abort();
		reader = reader_of(view, ID);
		for (int i = 0; i < 20; i++) {
			ssize_t n = msgslot_reader_get(&reader, buf,
						       sizeof(buf), NULL);

			racer_expect(racer, n > 0 || n == -EWOULDBLOCK,
				     "an error");
		}
		msgslot_view_close(view);
	}
}

TEST_F(view, long_ones_beside_writers)
{
	struct race *race = race_new(self->node, false);

	MAY_BE_LONG();
	shared_view = self->view;
	race_add(race, write_long_ones);
	race_add(race, read_long_ones);
	race_add(race, read_long_ones);
	race_add(race, map_often);
	race_run(race, _metadata);
}

/* What there is all the time. */
static const void *the_message;

static void write_the_message(struct racer *racer)
{
	while (racing(racer))
		racer_expect(racer,
			     slot_pwrite(racer->fd, the_message, SIZE, ID) ==
				     SIZE,
			     "could not write");
}

static void read_the_message(struct racer *racer)
{
	static __thread char buf[SIZE];
	struct msgslot_reader reader = reader_of(shared_view, ID);

	while (racing(racer)) {
		ssize_t n = msgslot_reader_get(&reader, buf, SIZE, NULL);

		racer_expect(racer, n == SIZE, "of another size");
		racer_expect(racer, !memcmp(buf, the_message, SIZE), "torn");
	}
}

/* Whoever maps a window has the message moved there. */
static void map_again(struct racer *racer)
{
	static __thread char buf[SIZE];
	struct msgslot_reader reader;
	struct msgslot_view *view;

	while (racing(racer)) {
		if (msgslot_view_open(racer->fd, &view))
			abort();
		reader = reader_of(view, ID);
		for (int i = 0; i < 2; i++)
			racer_expect(racer,
				     msgslot_reader_get(&reader, buf, SIZE,
							NULL) == SIZE,
				     "of another size");
		msgslot_view_close(view);
	}
}

/*
 * As long as a writer has one place of the window and does not get on, each second message
 * is not in the window; and it comes there, with the version it has, by who maps it.
 */
TEST_F(view, ones_that_come_to_their_window)
{
	struct msgslot_reader reader = reader_of(self->view, ID);
	struct race *race = race_new(self->node, false);
	struct stuck stuck;

	MAY_BE_LONG();
	put_long(self->fd, SIZE, 1);
	ASSERT_TRUE(reads_in_window(&reader, SIZE, 1));
	if (stuck_begin(&stuck, self->fd, ID, SIZE))
		SKIP(return, "no userfaultfd here");
	shared_view = self->view;
	the_message = large(SIZE, 1);
	race_add(race, write_the_message);
	race_add(race, read_the_message);
	race_add(race, read_the_message);
	race_add(race, map_again);
	race_run(race, _metadata);
	EXPECT_EQ(SIZE, stuck_end(&stuck, the_message));
}

TEST_HARNESS_MAIN
