// SPDX-License-Identifier: GPL-2.0
/*
 * Readers and writers of large messages of many sizes: never torn, never older
 * than one already seen, though writers are killed; and no memory stays behind.
 */
#include "race.h"

#include "limit.h"
#include "group.h"
#include "kernel_bits.h"
#include "memory.h"
#include "scale.h"

#include <sys/prctl.h>

#define ID 9
#define MOST 40000
#define DEATHS (10 + scaled(290))

/*
 * A large note: a note, then bytes that follow from it. Where they follow is
 * checked a word at a time, for making them all is slow.
 */
static size_t large_size(struct note note)
{
	unsigned long long seed = mix(note.count * 64 + note.writer);

	switch (seed % 4) {
	case 0:
		return NOTE_BYTES + seed / 4 % 120;
	case 1:
		return 120 + seed / 4 % 20;
	case 2:
		return 4000 + seed / 4 % 200;
	default:
		return NOTE_BYTES + seed / 4 % (MOST - NOTE_BYTES + 1);
	}
}

static unsigned char filler(struct note note)
{
	return mix(note.count * 64 + note.writer) >> 40;
}

static size_t large_make(char *buf, struct note note)
{
	size_t n = large_size(note);

	memset(buf, filler(note), n);
	memcpy(buf, &note, NOTE_BYTES);
	return n;
}

static bool large_parse(const char *buf, long n, struct note *note)
{
	static const size_t body = NOTE_BYTES;

	if (n < (long)body)
		return false;
	memcpy(note, buf, body);
	if (large_size(*note) != (size_t)n)
		return false;
	return n == (long)body ||
	       (buf[body] == (char)filler(*note) &&
		!memcmp(buf + body, buf + body + 1, n - body - 1));
}

FIXTURE(large)
{
	struct race *race;
	int node;
	int fd;
};

FIXTURE_VARIANT(large)
{
	bool processes;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(large, threads) {
	.processes = false,
};

FIXTURE_VARIANT_ADD(large, processes) {
	.processes = true,
};

/* clang-format on */

static void put_first(struct __test_metadata *_metadata, int fd)
{
	static char first[MOST];
	long n = large_make(first, (struct note){ 0 });

	ASSERT_EQ(0, slot_set_max_message(fd, LARGEST));
	ASSERT_EQ(n, slot_send(fd, ID, first, n));
}

FIXTURE_SETUP(large)
{
	self->node = slot_fresh();
	self->race = race_new(self->node, variant->processes);
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	put_first(_metadata, self->fd);
}

FIXTURE_TEARDOWN(large)
{
	close(self->fd);
	close(self->node);
}

static void write_large(struct racer *racer)
{
	struct note note = { .writer = racer->id };
	char *message = malloc(MOST);

	while (racing(racer)) {
		long n;

		note.count++;
		n = large_make(message, note);
		racer_expect(racer, slot_pwrite(racer->fd, message, n, ID) == n,
			     "a write failed or was short");
	}
	free(message);
}

static void read_large(struct racer *racer)
{
	unsigned long long last[RACERS_MOST] = {};
	char *message = malloc(MOST);
	struct note note;

	while (racing(racer)) {
		long n = slot_pread(racer->fd, message, MOST, ID);

		if (!large_parse(message, n, &note) ||
		    note.writer >= RACERS_MOST) {
			racer_expect(racer, false, "a message was torn");
			break;
		}
		racer_expect(racer, note.count >= last[note.writer],
			     "an older message came after a newer one");
		last[note.writer] = note.count;
	}
	free(message);
}

/* A buffer that is too small for some of them, by little. */
static void read_into_too_little(struct racer *racer)
{
	char *message = malloc(MOST);
	struct note note;

	while (racing(racer)) {
		long n;

		message[4096] = 'x';
		n = slot_pread(racer->fd, message, 4096, ID);
		racer_expect(racer,
			     message[4096] == 'x' &&
				     (n == -ENOSPC ||
				      large_parse(message, n, &note)),
			     "a short read was torn");
	}
	free(message);
}

/* Writes that fail when most of the message is there. */
static void write_nothing(struct racer *racer)
{
	while (racing(racer)) {
		racer_expect(racer,
			     slot_pwrite(racer->fd, NULL, MOST, ID) == -EFAULT,
			     "a write from nowhere did not fail");
		racer_expect(racer,
			     slot_pwrite(racer->fd, "", LARGEST + 1, ID) ==
				     -EMSGSIZE,
			     "too long a write did not fail");
	}
}

static void expect_whole(struct __test_metadata *_metadata, int fd)
{
	static char got[MOST];
	struct note note;
	long n = slot_pread(fd, got, sizeof(got), ID);

	EXPECT_TRUE(large_parse(got, n, &note));
}

/* Channels count the message they have, and nothing that was replaced. */
static void expect_exact_usage(struct __test_metadata *_metadata, int fd)
{
	unsigned long long one, large_too;

	ASSERT_EQ(1, slot_pwrite(fd, "x", 1, ID));
	one = slot_usage(fd).bytes;
	ASSERT_EQ(1000, slot_put_large(fd, ID, 1000, 1));
	large_too = slot_usage(fd).bytes;
	EXPECT_EQ(1u, slot_usage(fd).channels);
	EXPECT_EQ(one + 1000, large_too);
	EXPECT_GT(1000u, one);
}

TEST_F(large, one_writer_three_readers)
{
	race_add(self->race, write_large);
	race_add_many(self->race, 3, read_large);
	race_run(self->race, _metadata);
	expect_whole(_metadata, self->fd);
	expect_exact_usage(_metadata, self->fd);
}

TEST_F(large, several_writers_several_readers)
{
	race_add_many(self->race, 3, write_large);
	race_add_many(self->race, 2, read_large);
	race_add(self->race, read_into_too_little);
	race_add(self->race, write_nothing);
	race_run(self->race, _metadata);
	expect_whole(_metadata, self->fd);
	expect_exact_usage(_metadata, self->fd);
}

/* Writers who meet at a budget that only some of their messages fit in. */
static void write_if_it_fits(struct racer *racer)
{
	struct note note = { .writer = racer->id };
	char *message = malloc(MOST);

	while (racing(racer)) {
		long n, ret;

		note.count++;
		n = large_make(message, note);
		ret = slot_pwrite(racer->fd, message, n, ID + racer->id);
		racer_expect(racer, ret == n || ret == -ENOSPC,
			     "a write failed otherwise");
		if (slot_usage(racer->fd).bytes >
		    slot_limits(racer->fd).max_bytes)
			racer_expect(racer, false, "above the limit");
	}
	free(message);
}

TEST_F(large, budget_holds)
{
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, ID));
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, 2 * MOST));
	race_add_many(self->race, 4, write_if_it_fits);
	race_run(self->race, _metadata);
	for (unsigned int i = 0; i < 4; i++)
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, ID + i));
	EXPECT_EQ(4u, slot_usage(self->fd).channels);
	EXPECT_GT(4 * 1000u, slot_usage(self->fd).bytes);
}

static void write_until_killed(int fd, unsigned int writer, bool *writing)
{
	static char message[MOST];
	struct note note = { .writer = writer % RACERS_MOST };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		note.count++;
		slot_pwrite(fd, message, large_make(message, note), ID);
		*writing = true;
	}
}

TEST_F(slot, killed_writers_leave_whole_messages)
{
	volatile bool *writing = mmap(NULL, sizeof(*writing),
				      PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	put_first(_metadata, self->fd);
	for (unsigned int i = 0; i < DEATHS; i++) {
		pid_t child = fork();

		*writing = false;
		if (!child)
			write_until_killed(self->fd, i, (bool *)writing);
		while (!*writing)
			sched_yield();
		usleep(mix(i) % 1000);
		expect_whole(_metadata, self->fd);
		kill(child, SIGKILL);
		expect_whole(_metadata, self->fd);
		waitpid(child, NULL, 0);
		expect_whole(_metadata, self->fd);
	}
	expect_exact_usage(_metadata, self->fd);
}

/* All that these take is charged to them, and to nobody else. */
FIXTURE(charged)
{
	int node;
	int fd;
	struct group group;
};

FIXTURE_SETUP(charged)
{
	if (!group_make(&self->group))
		SKIP(return, "no memory cgroups here");
	ASSERT_TRUE(group_join(&self->group));
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	put_first(_metadata, self->fd);
}

FIXTURE_TEARDOWN(charged)
{
	close(self->fd);
	close(self->node);
	group_remove(&self->group);
}

/* 2000 messages of 64 KiB each pass through; 125 MB if none were freed. */
TEST_F(charged, replaced_messages_are_freed)
{
	long long before;

	ASSERT_EQ(65536, slot_put_large(self->fd, ID, 65536, 0));
	before = group_charged(&self->group);
	for (unsigned int i = 0; i < 2000; i++)
		ASSERT_EQ(65536, slot_put_large(self->fd, ID, 65536, i % 2));
	EXPECT_TRUE(group_shrinks_to(&self->group, before + 2 * MEGABYTE));
	expect_exact_usage(_metadata, self->fd);
}

/* 64 messages of 1 MiB, then short ones in their place. */
TEST_F(charged, short_messages_give_the_memory_back)
{
	long long before = group_charged(&self->group);

	if (!kernel_has_64_bits())
		SKIP(return, TOO_LARGE_IN_32_BITS);
	for (unsigned int i = 0; i < 64; i++)
		ASSERT_EQ(LARGEST,
			  slot_put_large(self->fd, 100 + i, LARGEST, 1));
	EXPECT_LT(before + 63 * MEGABYTE, group_charged(&self->group));
	EXPECT_GT(before + 70 * MEGABYTE, group_charged(&self->group));
	for (unsigned int i = 0; i < 64; i++)
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 100 + i));
	EXPECT_TRUE(group_shrinks_to(&self->group, before + 2 * MEGABYTE));
}

/* 375 MB if each kept what it had begun with. */
TEST_F(charged, no_memory_is_left_by_failing_calls)
{
	static char got[65536];
	long long before;

	ASSERT_EQ(65536, slot_put_large(self->fd, ID, 65536, 0));
	before = group_charged(&self->group);
	for (unsigned int i = 0; i < 2000; i++) {
		slot_pwrite(self->fd, NULL, 65536, ID);
		slot_pread(self->fd, NULL, 65536, ID);
		slot_pread(self->fd, got, 65535, ID);
	}
	EXPECT_TRUE(group_shrinks_to(&self->group, before + 2 * MEGABYTE));
}

TEST_HARNESS_MAIN
