// SPDX-License-Identifier: GPL-2.0
/*
 * A mapped reader beside a kernel thread (threads.c) that writes at full speed: what
 * it finds is whole, and never older than what it found before. TEST_SECONDS: for so
 * long.
 */
#include "mapping.h"
#include "memory.h"
#include "native.h"

#define ID 3
#define EACH 200000u

struct tally {
	atomic_uint over;
	unsigned long long looks, again, others, news;
	const char *wrong;
};

static struct tally *tally;

/* One writer's values count upwards, as its versions do. */
static const char *judge(const struct mapped *mapped, long n,
			 struct mapped *last, unsigned long long *value)
{
	unsigned long long now = value_in(mapped->message, n);
	bool same;

	if (now == ~0ull)
		return "a message was torn";
	if (now < *value || mapped->version < last->version)
		return "a message was older than the one before";
	same = now == *value;
	if (mapped->version == last->version ? !same : same)
		return "a version is not that of its message";
	tally->news += !same;
	*value = now;
	*last = *mapped;
	return NULL;
}

static void read_all(int node)
{
	int fd = slot_open(node, O_RDONLY);
	const char *base = slot_map(fd);
	const struct msg_slot_cell *cell = slot_cell(fd, base, ID);
	struct mapped last = {}, mapped;
	unsigned long long value = 0;

	while (!atomic_load(&tally->over) && !tally->wrong) {
		long n = mapped_try(cell, ID, &mapped);

		if (n > 0) {
			tally->looks++;
			tally->wrong = judge(&mapped, n, &last, &value);
		} else {
			tally->again += n == -EAGAIN;
			tally->others += n != -EAGAIN;
		}
	}
	_exit(0);
}

/* Below all that come later. */
static void write_first(int fd)
{
	unsigned long long words[VALUE_MOST / 8];

	for (unsigned int i = 0; i < VALUE_MOST / 8; i++)
		words[i] = value_of(0, 0, 0);
	slot_write(fd, words, value_size(words[0]));
}

TEST(mapped_reads_are_whole_and_in_order)
{
	int node = slot_fresh();
	unsigned long long writes = 0;
	struct crowd crowd;
	double begin, took;
	pid_t reader;

	if (!crowd_there())
		SKIP(return, "needs tests/native/run");
	tally = memory_shared(sizeof(*tally));
	crowd_open(&crowd, node, 1, EACH);
	crowd.members[0].acts = (uintptr_t)memory_shared(sizeof(struct act));
	crowd.channel = ID;
	crowd.forgets = 1;
	crowd.kinds = 1u << WRITE | 1u << PUT;
	slot_select(crowd.members[0].fd, ID);
	write_first(crowd.members[0].fd);
	begin = seconds();
	reader = fork();
	if (!reader)
		read_all(node);
	do {
		crowd.history++;
		crowd_run(&crowd);
		writes += EACH - 1;
		took = seconds() - begin;
	} while (!tally->wrong && took < native_seconds());
	atomic_store(&tally->over, 1);
	waitpid(reader, NULL, 0);
	EXPECT_EQ(NULL, tally->wrong)
	{
		fprintf(stderr, "# %s\n", tally->wrong);
	}
	EXPECT_LT(1000ull, tally->news);
	printf("# info: %llu mapped reads in %.1f s: %.0f a second\n",
	       tally->looks, took, tally->looks / took);
	printf("# info: %llu news, %llu overtaken, %llu for the kernel; beside %llu writes\n",
	       tally->news, tally->again, tally->others, writes);
}

TEST_HARNESS_MAIN
