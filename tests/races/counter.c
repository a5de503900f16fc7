// SPDX-License-Identifier: GPL-2.0
/*
 * Several processes count in one channel, each by writing one more than it read
 * if nobody wrote meanwhile: no count is lost.
 */
#include "record.h"
#include "child.h"
#include "scale.h"

#define COUNTERS 8u
#define EACH (scaled(100000) / COUNTERS)
#define ID 5

struct count {
	unsigned long long value;
	unsigned long long version;
};

static struct count count_now(int fd)
{
	struct count count = {};
	struct got got;

	if (!slot_get(fd, ID, &got)) {
		memcpy(&count.value, got.message, sizeof(count.value));
		count.version = got.record.version;
	}
	return count;
}

/* Returns 0, or what went wrong. A version never comes again, nor goes back. */
static int count_one(int fd)
{
	struct count count = count_now(fd);
	unsigned long long old;
	long ret;

	do {
		count.value++;
		old = count.version;
		ret = slot_put_if(fd, ID, &count.value, sizeof(count.value),
				  &count.version);
		if (!ret)
			return count.version > old ? 0 : 2;
		if (ret != -ESTALE || count.version <= old)
			return 3;
		count = count_now(fd);
	} while (count.version > old);
	return 4;
}

static int count_on(int node)
{
	int fd = slot_open(node, O_RDWR);
	int wrong = 0;

	for (unsigned int i = 0; !wrong && i < EACH; i++)
		wrong = count_one(fd);
	return wrong;
}

static void count_by_all(struct __test_metadata *_metadata, int node)
{
	pid_t children[COUNTERS];

	for (unsigned int i = 0; i < COUNTERS; i++) {
		children[i] = fork();
		if (!children[i])
			_exit(count_on(node));
	}
	for (unsigned int i = 0; i < COUNTERS; i++)
		EXPECT_EQ(0, child_end(children[i]));
}

TEST_F(slot, no_count_is_lost)
{
	double start = seconds();

	count_by_all(_metadata, self->node);
	EXPECT_EQ(COUNTERS * EACH, count_now(self->fd).value);
	printf("# info: %.1f us a count\n",
	       (seconds() - start) * 1e6 / (COUNTERS * EACH));
}

/* Whoever takes the message away counts it, and whoever puts it counts it. */
static int take_and_put(int node)
{
	int fd = slot_open(node, O_RDWR), taken = 0;
	unsigned long long version = 0;

	for (unsigned int i = 0; i < EACH / 4; i++) {
		struct got got;

		if (slot_get(fd, ID, &got)) {
			version = 0;
			taken += !slot_put_if(fd, ID, "x", 1, &version);
			continue;
		}
		version = got.record.version;
		taken -= !slot_clear_if(fd, ID, &version);
	}
	return taken;
}

/* More put than taken away is what is there at the end: one message, or none. */
TEST_F(slot, each_message_is_taken_once)
{
	pid_t children[COUNTERS];
	int there = 0;

	for (unsigned int i = 0; i < COUNTERS; i++) {
		children[i] = fork();
		if (!children[i]) {
			int more = take_and_put(self->node);

			_exit(slot_pwrite(self->fd, &more, sizeof(more),
					  100 + i) != sizeof(more));
		}
	}
	for (unsigned int i = 0; i < COUNTERS; i++) {
		int more = 0;

		EXPECT_EQ(0, child_end(children[i]));
		EXPECT_EQ(4,
			  slot_pread(self->fd, &more, sizeof(more), 100 + i));
		there += more;
	}
	EXPECT_EQ(slot_version(self->fd, ID) ? 1 : 0, there);
}

TEST_HARNESS_MAIN
