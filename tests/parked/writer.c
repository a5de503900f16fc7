// SPDX-License-Identifier: GPL-2.0
/*
 * A writer's processor is stopped inside the write section, at each of its steps,
 * and readers go on as if nothing were: by mapping, by read(), pread() and
 * MSG_SLOT_GET. So do writers of other channels. For a module with park.patch.
 */
#include "park.h"
#include "scale.h"

#define OLD "the message that was there before"
#define NEW "another one"

/* The ways through the driver that lead into the section. */
static long by_write(struct writer *writer)
{
	return slot_pwrite(writer->fd, NEW, strlen(NEW), PARKING) < 0;
}

static long by_record(struct writer *writer)
{
	return slot_put(writer->fd, PARKING, NEW, strlen(NEW));
}

static long by_clearing(struct writer *writer)
{
	return slot_clear(writer->fd, PARKING);
}

FIXTURE(parked)
{
	int node;
	int fd;
	const char *base;
	const struct msg_slot_cell *cell;
};

FIXTURE_VARIANT(parked)
{
	/* All but the file. */
	struct writer writer;
	bool clears;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(parked, by_write) {
	.writer.change = by_write,
};

FIXTURE_VARIANT_ADD(parked, by_record) {
	.writer.change = by_record,
};

FIXTURE_VARIANT_ADD(parked, by_clearing) {
	.writer.change = by_clearing,
	.clears = true,
};

/* clang-format on */

FIXTURE_SETUP(parked)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "takes two processors");
	ASSERT_TRUE(stay_on(0));
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->base = slot_map(self->fd);
	/* So that it stays when it is cleared. */
	ASSERT_EQ(0, slot_claim(self->fd, PARKING, MSG_SLOT_END_CLEAR));
	ASSERT_EQ(0, slot_put(self->fd, PARKING, OLD, strlen(OLD)));
	ASSERT_EQ(0, slot_put(self->fd, 2, "other", 5));
	ASSERT_EQ(0, slot_select(self->fd, PARKING));
	self->cell = slot_cell(self->fd, self->base, PARKING);
}

FIXTURE_TEARDOWN(parked)
{
	set_park(0);
	slot_unmap(self->fd, self->base);
	close(self->fd);
	close(self->node);
}

static bool is_right(long n, long size, const char *got, const char *wanted)
{
	return n == (size ?: -EWOULDBLOCK) && !memcmp(got, wanted, size);
}

/* The first try finds it, for nobody comes in between. */
static unsigned int wrong_mapped(const struct msg_slot_cell *cell,
				 const char *wanted, unsigned int times)
{
	long size = strlen(wanted);
	unsigned int wrong = 0;
	struct mapped mapped;

	while (times--)
		wrong += mapped_try(cell, PARKING, &mapped) != size ||
			 memcmp(mapped.message, wanted, size);
	return wrong;
}

static unsigned int wrong_calls(int fd, const char *wanted, unsigned int times)
{
	long size = strlen(wanted);
	unsigned int wrong = 0;
	struct got got;
	long n;

	for (unsigned int i = 0; i < times; i++) {
		n = i % 2 ? slot_read(fd, got.message, sizeof(got.message)) :
			    slot_pread(fd, got.message, sizeof(got.message),
				       PARKING);
		wrong += !is_right(n, size, got.message, wanted);
		if (i % 10)
			continue;
		n = slot_get(fd, PARKING, &got) ?: (long)got.record.size;
		wrong += !is_right(n, size, got.message, wanted);
	}
	return wrong;
}

static unsigned int wrong_elsewhere(int fd, const struct msg_slot_cell *cell,
				    unsigned int times)
{
	unsigned int wrong = 0;
	struct mapped mapped;

	for (unsigned int i = 0; i < times; i++)
		wrong += slot_pwrite(fd, &i, sizeof(i), 2) != sizeof(i) ||
			 mapped_try(cell, 2, &mapped) != sizeof(i) ||
			 memcmp(mapped.message, &i, sizeof(i));
	return wrong;
}

/* Before the step of the latch there is the old message, then the new one. */
static const char *message_at(unsigned int step, bool clears)
{
	return step < 4 ? OLD : clears ? "" : NEW;
}

static void park_and_read(struct __test_metadata *_metadata,
			  FIXTURE_DATA(parked) * self, struct writer *writer,
			  unsigned int step, bool clears)
{
	const char *wanted = message_at(step, clears);
	unsigned int times = scaled(100000);

	ASSERT_TRUE(writer_parks(writer, step));
	EXPECT_EQ(0u, wrong_mapped(self->cell, wanted, times));
	EXPECT_EQ(0u, wrong_calls(self->fd, wanted, times));
	EXPECT_EQ(0u,
		  wrong_elsewhere(self->fd, slot_cell(self->fd, self->base, 2),
				  times / 10));
	/* It was there all the time. */
	EXPECT_EQ(step, parked_at());
	EXPECT_FALSE(atomic_load(&writer->done));
	EXPECT_EQ(0, writer_goes_on(writer));
}

static void park_at(struct __test_metadata *_metadata,
		    FIXTURE_DATA(parked) * self,
		    const FIXTURE_VARIANT(parked) * variant, unsigned int step)
{
	struct writer writer = variant->writer;
	const char *after = message_at(5, variant->clears);

	writer.fd = self->fd;
	park_and_read(_metadata, self, &writer, step, variant->clears);
	EXPECT_EQ(0u, wrong_mapped(self->cell, after, 1));
	EXPECT_EQ(0u, wrong_calls(self->fd, after, 2));
	EXPECT_TRUE(cell_is_clean(self->cell));
}

TEST_F(parked, before_it_fills)
{
	park_at(_metadata, self, variant, 1);
}

TEST_F(parked, half_way_through)
{
	if (variant->clears)
		SKIP(return, "nothing is filled where a message is cleared");
	park_at(_metadata, self, variant, 2);
}

TEST_F(parked, before_the_latch)
{
	park_at(_metadata, self, variant, 3);
}

TEST_F(parked, behind_the_latch)
{
	park_at(_metadata, self, variant, 4);
}

TEST_F(parked, behind_the_wiping)
{
	park_at(_metadata, self, variant, 5);
}

TEST_HARNESS_MAIN
