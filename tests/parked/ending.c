// SPDX-License-Identifier: GPL-2.0
/*
 * A message ends while the processor of a writer is stopped that has looked at it
 * already: its condition held, and readers see the message end before they see the
 * change. As message_slot.h says at MSG_SLOT_PUT. For a module with park.patch.
 */
#include "park.h"

#define TTL (2 * SECOND)
#define OLD "for a time only"
#define NEW "instead of it"

static long put_if(struct writer *writer)
{
	return slot_put_if(writer->fd, PARKING, NEW, strlen(NEW),
			   &writer->version);
}

static long clear_if(struct writer *writer)
{
	return slot_clear_if(writer->fd, PARKING, &writer->version);
}

/* Tells what it took away. */
static long clear(struct writer *writer)
{
	writer->version = slot_take_away(writer->fd, PARKING);
	return 0;
}

FIXTURE(ending)
{
	int node;
	int fd;
	const char *base;
	const struct msg_slot_cell *cell;
	struct writer writer;
};

FIXTURE_VARIANT(ending)
{
	/* All but the file. */
	struct writer writer;
	/* Of the new message before the old one's. */
	unsigned int newer;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(ending, put_if) {
	.writer.change = put_if,
	.newer = 1,
};

FIXTURE_VARIANT_ADD(ending, clear_if) {
	.writer.change = clear_if,
};

FIXTURE_VARIANT_ADD(ending, clear) {
	.writer.change = clear,
};

/* clang-format on */

/*
 * The kernel's work of taking away what has ended waits for the writer: it should
 * not on this processor. If it does all the same, the writer goes on by itself.
 */
static bool come_first(void)
{
	const struct sched_param param = { .sched_priority = 1 };

	return stay_on(0) && !sched_setscheduler(0, SCHED_FIFO, &param);
}

FIXTURE_SETUP(ending)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "takes two processors");
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	set_parameter(PARAMETERS "longest", 5000);
	self->base = slot_map(self->fd);
	/* So that it stays when there is no message. */
	ASSERT_EQ(0, slot_claim(self->fd, PARKING, MSG_SLOT_END_CLEAR));
	self->cell = slot_cell(self->fd, self->base, PARKING);
	self->writer = variant->writer;
	self->writer.fd = self->fd;
}

FIXTURE_TEARDOWN(ending)
{
	set_park(0);
	set_parameter(PARAMETERS "longest", 0);
	slot_unmap(self->fd, self->base);
	close(self->fd);
	close(self->node);
}

static bool is_there(FIXTURE_DATA(ending) * self, const char *wanted)
{
	long size = strlen(wanted);
	struct mapped mapped;
	struct got got;
	char message[128];

	return slot_pread(self->fd, message, sizeof(message), PARKING) ==
		       size &&
	       !memcmp(message, wanted, size) &&
	       !slot_get(self->fd, PARKING, &got) &&
	       !memcmp(got.message, wanted, size) &&
	       mapped_get(self->cell, PARKING, 0, &mapped) == size &&
	       !memcmp(mapped.message, wanted, size);
}

static bool is_none_there(FIXTURE_DATA(ending) * self)
{
	struct mapped mapped;
	struct got got;

	return slot_pread(self->fd, &got, 128, PARKING) == -EWOULDBLOCK &&
	       slot_get(self->fd, PARKING, &got) == -EWOULDBLOCK &&
	       mapped_get(self->cell, PARKING, 0, &mapped) == -EWOULDBLOCK;
}

/*
 * Until the end, without being first for so long that the kernel would put up with
 * it no more. Returns whether the writer stood at the step all the time.
 */
static bool end_meanwhile(struct __test_metadata *_metadata,
			  FIXTURE_DATA(ending) * self, unsigned int step,
			  unsigned long long end)
{
	bool there, none;

	EXPECT_TRUE(writer_parks(&self->writer, step));
	there = is_there(self, OLD);
	if (is_past(end - TTL / 4))
		return false;
	EXPECT_TRUE(there);
	while (!is_past(end - TTL / 8))
		usleep(1000);
	while (!is_past(end))
		;
	none = is_none_there(self);
	if (parked_at() != step)
		return false;
	EXPECT_TRUE(none);
	return true;
}

static void end_at(struct __test_metadata *_metadata,
		   FIXTURE_DATA(ending) * self,
		   const FIXTURE_VARIANT(ending) * variant, unsigned int step)
{
	unsigned long long version, end;
	bool met;
	long ret;

	ASSERT_TRUE(come_first());
	ASSERT_EQ(0, slot_put_told(self->fd, PARKING, OLD, strlen(OLD), TTL,
				   &version));
	end = end_of(TTL);
	self->writer.version = version;
	met = end_meanwhile(_metadata, self, step, end);
	ret = writer_goes_on(&self->writer);
	if (!met)
		SKIP(return, "the machine stood still");
	EXPECT_EQ(0, ret);
	EXPECT_EQ(version + variant->newer, self->writer.version);
	EXPECT_TRUE(variant->newer ? is_there(self, NEW) : is_none_there(self));
}

TEST_F(ending, before_it_fills)
{
	end_at(_metadata, self, variant, 1);
}

TEST_F(ending, before_the_latch)
{
	end_at(_metadata, self, variant, 3);
}

TEST_HARNESS_MAIN
