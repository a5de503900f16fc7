// SPDX-License-Identifier: GPL-2.0
/*
 * A slot with all the 2^20 channels it may have, under random ids: each keeps
 * its own message, one more is refused, and reading what is absent makes
 * nothing. Tells what a channel costs in memory, and how long a call took.
 *
 * TEST_SCALE=N in the environment makes N times fewer channels; the limit itself
 * is then not reached. Kernels for debugging, on which it would take minutes,
 * have N = 32 unless it is given.
 */
#include "mapping.h"
#include "group.h"
#include "memory.h"

#include <pthread.h>

#define TIMEOUT 900
#define WORKERS 2
#define SIZE MSG_SLOT_MAX_MESSAGE
#define MOST_BYTES_PER_CHANNEL 512

struct worker {
	pthread_t thread;
	unsigned int (*step)(int fd, unsigned int i);
	int node;
	unsigned int first;
	unsigned int count;
	unsigned int wrong;
};

static unsigned int channels = MSG_SLOT_MAX_CHANNELS;
static unsigned int generation;
static const char *base;

/*
 * Distinct for distinct i, without a table: each step can be undone. The
 * absent ids of i are those of i + 2^20.
 */
static unsigned int nth_id(unsigned int i)
{
	unsigned int id = i + 1;

	id = (id ^ (id >> 15)) * 0x2c1b3c6d;
	id = (id ^ (id >> 12)) * 0x297a2d39;
	return id ^ (id >> 15);
}

static unsigned long long nth_seed(unsigned int i)
{
	return nth_id(i) + ((unsigned long long)generation << 32);
}

static unsigned int put(int fd, unsigned int i)
{
	char message[SIZE];

	message_fill(message, SIZE, nth_seed(i));
	return slot_send(fd, nth_id(i), message, SIZE) != SIZE;
}

static unsigned int get(int fd, unsigned int i)
{
	char got[SIZE];

	/* Another order than they were written in. */
	i = (i * 7919ull + 13) % channels;
	return slot_receive(fd, nth_id(i), got, SIZE) != SIZE ||
	       !message_is(got, SIZE, nth_seed(i));
}

static unsigned int miss(int fd, unsigned int i)
{
	char got[SIZE];

	return slot_receive(fd, nth_id(i + MSG_SLOT_MAX_CHANNELS), got, SIZE) !=
	       -EWOULDBLOCK;
}

/* In its cell, in a place that it shares with no other. */
static unsigned int see(int fd, unsigned int i)
{
	unsigned int id = nth_id((i * 7919ull + 13) % channels);
	struct mapped mapped;

	return mapped_look(slot_cell(fd, base, id), id, &mapped) != SIZE ||
	       !message_is(mapped.message, SIZE,
			   id + ((unsigned long long)generation << 32));
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	int fd = slot_open(worker->node, O_RDWR);

	for (unsigned int i = 0; i < worker->count; i++)
		worker->wrong += worker->step(fd, worker->first + i);
	close(fd);
	return NULL;
}

/*
 * Does the step for every channel, on every processor: each worker has its
 * share or, in a race, does them all. Returns the failures.
 */
static unsigned int for_all(int node, const char *what, bool race,
			    unsigned int (*step)(int fd, unsigned int i))
{
	unsigned int share = channels / WORKERS, wrong = 0;
	struct worker workers[WORKERS];
	double start = seconds();

	for (unsigned int i = 0; i < WORKERS; i++) {
		workers[i] =
			(struct worker){ .step = step,
					 .node = node,
					 .first = race ? 0 : share * i,
					 .count = race ? channels : share };
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (unsigned int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		wrong += workers[i].wrong;
	}
	printf("# info: %s %u channels: %.1f s, %.2f us each\n", what, channels,
	       seconds() - start, (seconds() - start) * 1e6 / channels);
	return wrong;
}

static int scale(void)
{
	const char *given = getenv("TEST_SCALE");

	if (given && atoi(given) > 0)
		return atoi(given);
	return kernel_is_for_debugging() ? 32 : 1;
}

FIXTURE(full)
{
	int node;
	int fd;
};

FIXTURE_SETUP(full)
{
	channels = MSG_SLOT_MAX_CHANNELS / scale() & ~1u;
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(full)
{
	close(self->fd);
	close(self->node);
}

/*
 * What the whole machine has in use tells only of all channels: of few of them it tells
 * more of what else the machine did meanwhile than of them. What is charged is theirs.
 */
static void expect_growth_below(struct __test_metadata *_metadata, long in_use,
				long charged, long most)
{
	printf("# info: channels: %ld bytes each, %ld charged (kernel's slabs now %lld MB)\n",
	       in_use, charged, memory_line("Slab") >> 20);
	if (kernel_is_for_debugging()) {
		printf("# info: not judged: this kernel is for debugging\n");
		return;
	}
	EXPECT_GT(most, charged);
	if (channels == MSG_SLOT_MAX_CHANNELS)
		EXPECT_GT(most, in_use);
}

/* Channels are left as they were by what a full slot refuses. */
static void expect_no_more(struct __test_metadata *_metadata, int fd)
{
	char message[SIZE];

	for (unsigned int i = 0; i < 1000; i++) {
		message_fill(message, SIZE, i);
		EXPECT_EQ(-ENOSPC,
			  slot_send(fd, nth_id(MSG_SLOT_MAX_CHANNELS + i),
				    message, SIZE));
		EXPECT_EQ(-EWOULDBLOCK, slot_read(fd, message, SIZE));
	}
	EXPECT_EQ(-EFAULT, slot_write(fd, NULL, SIZE));
	EXPECT_EQ(-EMSGSIZE, slot_write(fd, message, 0));
}

/* One test, for it takes a slot of its own and long to fill it. */
TEST_F_TIMEOUT(full, holds_every_channel_and_no_more, TIMEOUT)
{
	struct group group;
	long long before, charged;

	if (channels < MSG_SLOT_MAX_CHANNELS)
		printf("# info: only %u of %d channels (TEST_SCALE=1 for all), limit not reached\n",
		       channels, MSG_SLOT_MAX_CHANNELS);
	if (!group_make(&group))
		SKIP(return, "no memory cgroups here");
	ASSERT_TRUE(group_join(&group));
	before = group_charged(&group);
	EXPECT_EQ(0u, for_all(self->node, "look for absent", false, miss));
	EXPECT_TRUE(group_shrinks_to(&group, before + MEGABYTE));

	/*
	 * All workers make every channel: who lags behind finds it made, and so
	 * catches up. Were one made twice, there would not be room for all.
	 */
	before = memory_in_use();
	charged = group_charged(&group);
	ASSERT_EQ(0u, for_all(self->node, "make", true, put));
	expect_growth_below(_metadata, (memory_in_use() - before) / channels,
			    (group_charged(&group) - charged) / channels,
			    MOST_BYTES_PER_CHANNEL);
	EXPECT_EQ(0u, for_all(self->node, "read", false, get));
	base = slot_map(self->fd);
	EXPECT_EQ(0u, for_all(self->node, "see, mapped,", false, see));

	if (channels == MSG_SLOT_MAX_CHANNELS)
		expect_no_more(_metadata, self->fd);
	generation++;
	EXPECT_EQ(0u, for_all(self->node, "overwrite", false, put));
	EXPECT_EQ(0u, for_all(self->node, "read", false, get));
	EXPECT_EQ(0u, for_all(self->node, "see, mapped,", false, see));
	slot_unmap(self->fd, base);
	group_remove(&group);
}

TEST_HARNESS_MAIN
