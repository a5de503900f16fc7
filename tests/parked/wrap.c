// SPDX-License-Identifier: GPL-2.0
/*
 * The lower half of a version comes to its end, which takes 2^32 writes, or a
 * module with park.patch, whose versions may begin short of it. The two halves are
 * never seen one old and one new.
 */
#include "owner.h"
#include "park.h"
#include "race.h"
#include "scale.h"

#define FLOOR PARAMETERS "floor"
#define ID 3
#define HIGH 5ull
#define WRAP ((HIGH + 1) << 32)
#define BEFORE 20u
#define WRITES 40u

FIXTURE(wrap)
{
	int node;
	int fd;
	const char *base;
};

FIXTURE_SETUP(wrap)
{
	set_parameter(FLOOR, WRAP - BEFORE);
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->base = slot_map(self->fd);
}

FIXTURE_TEARDOWN(wrap)
{
	set_parameter(FLOOR, 0);
	slot_unmap(self->fd, self->base);
	close(self->fd);
	close(self->node);
}

static void expect_version(struct __test_metadata *_metadata, int fd,
			   const struct msg_slot_cell *cell,
			   unsigned long long version, const void *message)
{
	struct mapped mapped;
	struct got got;

	ASSERT_EQ(0, slot_get(fd, ID, &got));
	EXPECT_EQ(version, got.record.version);
	EXPECT_EQ(0, memcmp(got.message, message, 8));
	EXPECT_EQ(8, slot_pread(fd, got.message, 128, ID));
	EXPECT_EQ(0, memcmp(got.message, message, 8));
	/* Of the one in between, readers can't know the upper half. */
	if ((unsigned int)version) {
		ASSERT_EQ(8, mapped_look(cell, ID, &mapped));
		EXPECT_EQ(version, mapped.version);
		EXPECT_EQ(0, memcmp(mapped.message, message, 8));
	} else {
		EXPECT_EQ(-EREMOTE, mapped_look(cell, ID, &mapped));
	}
	EXPECT_TRUE(cell_is_clean(cell));
}

TEST_F(wrap, by_write)
{
	for (unsigned long long i = 1; i <= WRITES; i++) {
		ASSERT_EQ(8, slot_pwrite(self->fd, &i, 8, ID));
		expect_version(_metadata, self->fd,
			       slot_cell(self->fd, self->base, ID),
			       WRAP - BEFORE + i, &i);
	}
}

TEST_F(wrap, by_record)
{
	for (unsigned long long i = 1; i <= WRITES; i++) {
		ASSERT_EQ(0, slot_put_for(self->fd, ID, &i, 8,
					  i % 2 ? 0 : 3600 * SECOND));
		expect_version(_metadata, self->fd,
			       slot_cell(self->fd, self->base, ID),
			       WRAP - BEFORE + i, &i);
	}
}

/* A condition on the version that has no lower half holds, too. */
TEST_F(wrap, on_a_condition)
{
	unsigned long long version = 0;

	for (unsigned long long i = 1; i <= WRITES; i++) {
		ASSERT_EQ(0, slot_put_if(self->fd, ID, &i, 8, &version));
		EXPECT_EQ(WRAP - BEFORE + i, version);
	}
}

/* The message of lower half 0 is one that was taken away. */
TEST_F(wrap, by_clearing)
{
	const struct msg_slot_cell *cell;
	struct mapped mapped;
	struct got got;

	ASSERT_EQ(0, slot_claim(self->fd, ID, MSG_SLOT_END_CLEAR));
	cell = slot_cell(self->fd, self->base, ID);
	for (unsigned long long i = 1; i < BEFORE; i++)
		ASSERT_EQ(8, slot_pwrite(self->fd, &i, 8, ID));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_EQ(-EWOULDBLOCK, slot_get(self->fd, ID, &got));
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, &got, 128, ID));
	EXPECT_GE(0, mapped_get(cell, ID, 0, &mapped));
	EXPECT_TRUE(bytes_are_zero(cell->bytes, sizeof(cell->bytes)));
	ASSERT_EQ(8, slot_pwrite(self->fd, "the next", 8, ID));
	expect_version(_metadata, self->fd, cell, WRAP + 1, "the next");
}

/* A channel that is made anew begins above the one that is gone. */
TEST_F(wrap, by_making_anew)
{
	const struct msg_slot_cell *cell;
	unsigned long long last = 0;
	struct got got;

	for (unsigned long long i = 1; i <= WRITES; i++) {
		ASSERT_EQ(8, slot_pwrite(self->fd, &i, 8, ID));
		ASSERT_EQ(0, slot_get(self->fd, ID, &got));
		EXPECT_LT(last, got.record.version);
		last = got.record.version;
		cell = slot_cell(self->fd, self->base, ID);
		if ((unsigned int)last)
			EXPECT_TRUE(cell_has(cell, ID, &i, 8));
		ASSERT_EQ(0, slot_clear(self->fd, ID));
	}
	EXPECT_LT(WRAP, last);
}

/* The number of the write is the message. */
static atomic_ullong ended;
static atomic_bool looking;

/* The reader has begun before the wrap comes. */
static void write_over_it(struct racer *racer)
{
	for (unsigned long long i = 1; i <= WRITES * 50; i++) {
		while (i == 2 && !atomic_load(&looking))
			sched_yield();
		racer_expect(racer, slot_pwrite(racer->fd, &i, 8, ID) == 8,
			     "a write failed");
		atomic_store(&ended, i);
	}
}

static const char *look_once(int fd, const struct msg_slot_cell *cell)
{
	unsigned long long i, before = atomic_load(&ended);
	struct mapped mapped;
	long n = mapped_look(cell, ID, &mapped);

	if (n <= 0)
		n = mapped_get_by_call(fd, ID, &mapped);
	/* A channel that is just being made has a cell, but no message yet. */
	if (n == -EWOULDBLOCK && !before)
		return NULL;
	if (n != 8)
		return "no message, or not one of ours";
	memcpy(&i, mapped.message, 8);
	if (i < before)
		return "older than a write that had ended";
	if (mapped.version != WRAP - BEFORE + i)
		return "not of one moment";
	return NULL;
}

static void look_on(struct racer *racer)
{
	const char *base = slot_map(racer->fd);
	const struct msg_slot_cell *cell = NULL;
	const char *wrong;

	while (!cell && racing(racer))
		cell = slot_cell(racer->fd, base, ID);
	while (cell && racing(racer)) {
		wrong = look_once(racer->fd, cell);
		racer_expect(racer, !wrong, wrong);
		atomic_store(&looking, true);
	}
	slot_unmap(racer->fd, base);
}

/* What mapped readers and the kernel say of the message in a lane, or where it is not. */
static void expect_lane(struct __test_metadata *_metadata, int fd,
			const char *base, const void *message,
			unsigned long long *last)
{
	const struct msg_slot_cell *cell = slot_cell(fd, base, ID);
	struct lane_place place = lane_place_of(cell, ID);
	const struct msg_slot_cell *lane;
	struct mapped mapped;
	struct got got;

	ASSERT_EQ(0, slot_get(fd, ID, &got));
	EXPECT_LT(*last, got.record.version);
	EXPECT_EQ(0, memcmp(got.message, message, 8));
	*last = got.record.version;
	/* Of a cell without a lower half they are told nothing. */
	if (!place.offset)
		return;
	lane = lane_map(fd, place.offset, PROT_READ);
	ASSERT_NE(MAP_FAILED, lane);
	ASSERT_EQ(8, lane_try(cell, ID, &place, lane, &mapped));
	EXPECT_EQ(got.record.version, mapped.version);
	EXPECT_EQ(0, memcmp(mapped.message, message, 8));
	munmap((void *)lane, PAGE);
}

/* By the lane, by the lane and a call in turn, and in one lane after the other. */
static void go_on_in_lanes(struct __test_metadata *_metadata, int node)
{
	int fd = slot_open(node, O_RDWR);
	const char *base = slot_map(fd);
	unsigned long long last = 0;
	struct lane lane;

	for (unsigned long long i = 1; i <= 4; i++) {
		lane_open(&lane, fd, ID, MSG_SLOT_END_KEEP);
		for (unsigned int j = 0; j < 5 * i; j++) {
			lane_put(&lane, &i, 8);
			expect_lane(_metadata, fd, base, &i, &last);
		}
		ASSERT_EQ(8, slot_pwrite(fd, &i, 8, ID));
		expect_lane(_metadata, fd, base, &i, &last);
		lane_put(&lane, &i, 8);
		expect_lane(_metadata, fd, base, &i, &last);
		lane_unmap(&lane);
		ASSERT_EQ(0, slot_release(fd, ID));
		expect_lane(_metadata, fd, base, &i, &last);
	}
	EXPECT_LT(WRAP, last);
	slot_unmap(fd, base);
	close(fd);
	close(node);
}

/* Wherever the end is met: entering a lane, in it, leaving it, with either half. */
TEST_F(wrap, in_a_lane)
{
	static const unsigned int short_of[] = { 1,	2,     3,     4,
						 5,	20,    21,    65535,
						 65536, 65537, 65538, 65539,
						 65540, 65541, 131074 };

	for (unsigned int i = 0; i < sizeof(short_of) / sizeof(*short_of);
	     i++) {
		set_parameter(FLOOR, WRAP - short_of[i]);
		go_on_in_lanes(_metadata, slot_fresh());
	}
}

TEST_F(wrap, under_readers)
{
	for (unsigned int i = 0; i < scaled(100); i++) {
		int node = slot_fresh();
		struct race *race = race_new(node, false);

		atomic_store(&ended, 0);
		atomic_store(&looking, false);
		race_add(race, write_over_it);
		race_add(race, look_on);
		race_start(race);
		while (atomic_load(&ended) < WRITES * 50)
			usleep(100);
		race_end(race, _metadata);
		close(node);
		munmap(race, sizeof(*race));
	}
}

TEST_HARNESS_MAIN
