// SPDX-License-Identifier: GPL-2.0
/*
 * A writer's processor is stopped inside the write section, at each of its steps,
 * and readers go on as if nothing were: by mapping, by read(), pread() and
 * MSG_SLOT_GET. So do writers of other channels. For a module with park.patch.
 */
#include "mapping.h"
#include "scale.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define PARAMETERS "/sys/module/message_slot/parameters/"
#define ID 1
#define OLD "the message that was there before"
#define NEW "another one"

static void set_park(unsigned int step)
{
	FILE *file = fopen(PARAMETERS "park", "w");

	if (!file || fprintf(file, "%u\n", step) < 0 || fclose(file))
		abort();
}

static unsigned int parked_at(void)
{
	FILE *file = fopen(PARAMETERS "parked", "r");
	unsigned int step;

	if (!file || fscanf(file, "%u", &step) != 1)
		abort();
	fclose(file);
	return step;
}

static bool is_parked_at(void *step)
{
	return parked_at() == *(unsigned int *)step;
}

static bool stay_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return !sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* The ways through the driver that lead into the section. */
static long by_write(int fd)
{
	return slot_pwrite(fd, NEW, strlen(NEW), ID) < 0;
}

static long by_record(int fd)
{
	return slot_put(fd, ID, NEW, strlen(NEW));
}

static long by_clearing(int fd)
{
	return slot_clear(fd, ID);
}

struct writer {
	pthread_t thread;
	long (*change)(int fd);
	int fd;
	long ret;
	atomic_bool done;
};

static void *write_on_cpu_1(void *arg)
{
	struct writer *writer = arg;

	writer->ret = stay_on(1) ? writer->change(writer->fd) : -ENODEV;
	atomic_store(&writer->done, true);
	return NULL;
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
	long (*change)(int fd);
	bool clears;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(parked, by_write) {
	.change = by_write,
};

FIXTURE_VARIANT_ADD(parked, by_record) {
	.change = by_record,
};

FIXTURE_VARIANT_ADD(parked, by_clearing) {
	.change = by_clearing,
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
	ASSERT_EQ(0, slot_claim(self->fd, ID, MSG_SLOT_END_CLEAR));
	ASSERT_EQ(0, slot_put(self->fd, ID, OLD, strlen(OLD)));
	ASSERT_EQ(0, slot_put(self->fd, 2, "other", 5));
	ASSERT_EQ(0, slot_select(self->fd, ID));
	self->cell = slot_cell(self->fd, self->base, ID);
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
		wrong += mapped_try(cell, ID, &mapped) != size ||
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
				       ID);
		wrong += !is_right(n, size, got.message, wanted);
		if (i % 10)
			continue;
		n = slot_get(fd, ID, &got) ?: (long)got.record.size;
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

	set_park(step);
	pthread_create(&writer->thread, NULL, write_on_cpu_1, writer);
	ASSERT_TRUE(soon(is_parked_at, &step));
	EXPECT_EQ(0u, wrong_mapped(self->cell, wanted, times));
	EXPECT_EQ(0u, wrong_calls(self->fd, wanted, times));
	EXPECT_EQ(0u,
		  wrong_elsewhere(self->fd, slot_cell(self->fd, self->base, 2),
				  times / 10));
	/* It was there all the time. */
	EXPECT_EQ(step, parked_at());
	EXPECT_FALSE(atomic_load(&writer->done));
	set_park(0);
	pthread_join(writer->thread, NULL);
	EXPECT_EQ(0, writer->ret);
}

static void park_at(struct __test_metadata *_metadata,
		    FIXTURE_DATA(parked) * self,
		    const FIXTURE_VARIANT(parked) * variant, unsigned int step)
{
	struct writer writer = { .change = variant->change, .fd = self->fd };
	const char *after = message_at(5, variant->clears);

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
