// SPDX-License-Identifier: GPL-2.0
/*
 * Mapped readers under four writers at full speed. What they find is whole, is
 * never older than a write that had ended before they looked, and never older
 * than what they found before.
 *
 * Each race is over after so many reads, 10^7 in all (a tenth of that in a 32-bit
 * program), or seconds on a slow machine; the numbers are told. TEST_TIMES=10 makes
 * ten times more of both.
 */
#include "mapping.h"
#include "race.h"
#include "scale.h"

#define ID 3
#define WRITERS 4u
#define READERS 2u
#define SECONDS 6

/* In memory that processes share. */
struct tally {
	/* Of each writer, the count of the last note whose write has ended. */
	atomic_ullong counts[RACERS_MOST];
	/* The highest version that a writer was told. */
	atomic_ullong version;
	/* Looks that found another version, were begun again, or took a call. */
	atomic_ullong news;
	atomic_ullong again;
	atomic_ullong calls;
	/* Whether there may be no message. */
	bool cleared;
};

static struct tally *tally;

static struct tally *tally_new(void)
{
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		abort();
	return tally;
}

/* What had ended before a look. */
struct past {
	unsigned long long counts[RACERS_MOST];
	unsigned long long version;
};

static void past_take(struct past *past, unsigned long long last)
{
	for (unsigned int i = 0; i < RACERS_MOST; i++)
		past->counts[i] = atomic_load(&tally->counts[i]);
	past->version = atomic_load(&tally->version);
	if (past->version < last)
		past->version = last;
}

static long put_for(struct racer *racer, const void *buf, unsigned int n,
		    unsigned long long ttl)
{
	struct msg_slot_put put = put_of(ID, buf, n);
	long ret;

	put.ttl = ttl;
	ret = slot_ioctl(racer->fd, MSG_SLOT_PUT, &put);
	if (!ret)
		atomic_max(&tally->version, put.version);
	return ret ?: (long)n;
}

/* By write() and by record in turn, which are different paths in the driver. */
static long put_note(struct racer *racer, const void *buf, unsigned int n)
{
	if (racer->rounds & 1)
		return slot_pwrite(racer->fd, buf, n, ID);
	return put_for(racer, buf, n, 0);
}

/* One in four lives for ever. */
static long put_note_for_a_time(struct racer *racer, const void *buf,
				unsigned int n)
{
	unsigned long long count = atomic_load(&tally->counts[racer->id]) + 1;

	return put_for(racer, buf, n, count % 4 ? 1 + mix(count) % 50000 : 0);
}

static void write_note(struct racer *racer, struct note *note,
		       long (*put)(struct racer *by, const void *buf,
				   unsigned int n))
{
	char message[MSG_SLOT_MAX_MESSAGE];
	long n;

	note->count++;
	n = note_make(message, *note);
	racer_expect(racer, put(racer, message, n) == n, "a write failed");
	atomic_store(&tally->counts[racer->id], note->count);
}

static void write_notes(struct racer *racer)
{
	struct note note = { .writer = racer->id };

	while (racing(racer))
		write_note(racer, &note, put_note);
}

static void write_notes_for_a_time(struct racer *racer)
{
	struct note note = { .writer = racer->id };

	while (racing(racer))
		write_note(racer, &note, put_note_for_a_time);
}

/* In a claimed channel, whose cell stays. */
static void write_notes_and_clear(struct racer *racer)
{
	struct note note = { .writer = racer->id };

	while (racing(racer)) {
		if (note.count % 3 == racer->id % 3 &&
		    slot_clear(racer->fd, ID))
			racer->wrong = "clearing failed";
		write_note(racer, &note, put_note);
	}
}

/* From 1 byte on, all of them the same, which says how many. */
static unsigned int uniform_make(char *message, unsigned char value)
{
	unsigned int n = 1 + value % MSG_SLOT_MAX_MESSAGE;

	memset(message, value, n);
	return n;
}

static bool uniform_is_whole(const char *message, long n)
{
	char wanted[MSG_SLOT_MAX_MESSAGE];

	return n == (long)uniform_make(wanted, message[0]) &&
	       !memcmp(message, wanted, n);
}

static void write_uniform(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		long n = uniform_make(message,
				      mix(racer->rounds * 8 + racer->id));

		racer_expect(racer, put_note(racer, message, n) == n,
			     "a write failed");
	}
}

/* By call, for a message that is not in the cell, or when overtaken for long. */
static long get_by_call(struct racer *racer, struct mapped *mapped)
{
	atomic_fetch_add(&tally->calls, 1);
	return mapped_get_by_call(racer->fd, ID, mapped);
}

static long look(struct racer *racer, const struct msg_slot_cell *cell,
		 struct mapped *mapped)
{
	long ret = mapped_look(cell, ID, mapped);

	if (ret > 0 && mapped->expires &&
	    mapped->expires <= clock_now(CLOCK_BOOTTIME))
		return 0;
	if (mapped->tries > 1)
		atomic_fetch_add(&tally->again, 1);
	return ret == -EAGAIN || ret == -EREMOTE ? get_by_call(racer, mapped) :
						   ret;
}

static const char *judge_note(const struct mapped *mapped, long n,
			      const struct past *past)
{
	struct note note;

	if (!note_parse(mapped->message, n, &note))
		return "a note was torn";
	if (note.writer >= RACERS_MOST ||
	    note.count < past->counts[note.writer])
		return "a note was older than a write that had ended";
	return NULL;
}

static const char *judge_uniform(const struct mapped *mapped, long n,
				 const struct past *past)
{
	return uniform_is_whole(mapped->message, n) ? NULL :
						      "a message was torn";
}

/* A channel that expired may be gone for a moment: then it is looked for. */
static const struct msg_slot_cell *locate(struct racer *racer, const char *base)
{
	const struct msg_slot_cell *cell = NULL;

	while (!cell && racing(racer))
		cell = slot_cell(racer->fd, base, ID);
	return cell;
}

static void read_mapped(struct racer *racer,
			const char *(*judge)(const struct mapped *mapped,
					     long n, const struct past *past))
{
	const char *base = slot_map(racer->fd), *wrong;
	const struct msg_slot_cell *cell = locate(racer, base);
	struct mapped mapped = {};
	unsigned long long last = 0, news = 0;
	struct past past;
	long n;

	while (cell && racing(racer)) {
		past_take(&past, last);
		n = look(racer, cell, &mapped);
		wrong = NULL;
		if (n == -ENOENT || n == -EWOULDBLOCK || !n)
			wrong = tally->cleared ? NULL : "a message was missing";
		else
			wrong = n < 0 ? "strange" : judge(&mapped, n, &past);
		if (n >= 0 && !wrong && mapped.version < past.version)
			wrong = "a version went back";
		if (n >= 0 && mapped.version != last) {
			last = mapped.version;
			news++;
		}
		if (n == -ENOENT)
			cell = locate(racer, base);
		racer_expect(racer, !wrong, wrong);
	}
	atomic_fetch_add(&tally->news, news);
	slot_unmap(racer->fd, base);
}

static void read_notes(struct racer *racer)
{
	read_mapped(racer, judge_note);
}

static void read_uniform(struct racer *racer)
{
	read_mapped(racer, judge_uniform);
}

static unsigned long long rounds_of(const struct race *race, unsigned int first,
				    unsigned int end)
{
	unsigned long long rounds = 0;

	for (unsigned int i = first; i < end; i++)
		rounds += __atomic_load_n(&race->racers[i].rounds,
					  __ATOMIC_RELAXED);
	return rounds;
}

static unsigned long long reads_of(const struct race *race)
{
	return rounds_of(race, WRITERS, race->count);
}

static double times(void)
{
	return getenv("TEST_TIMES") ? atof(getenv("TEST_TIMES")) : 1;
}

FIXTURE(mapped)
{
	int fd;
	struct race *race;
};

FIXTURE_VARIANT(mapped)
{
	bool processes;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(mapped, threads) {
	.processes = false,
};

FIXTURE_VARIANT_ADD(mapped, processes) {
	.processes = true,
};

/* clang-format on */

FIXTURE_SETUP(mapped)
{
	int node = slot_fresh();

	self->fd = slot_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->race = race_new(node, variant->processes);
	tally_new();
}

FIXTURE_TEARDOWN(mapped)
{
	close(self->fd);
}

static void run(struct __test_metadata *_metadata, struct race *race,
		void (*write)(struct racer *racer),
		void (*read)(struct racer *racer), unsigned int reads)
{
	double start = seconds();

	race_add_many(race, WRITERS, write);
	race_add_many(race, READERS, read);
	reads = scaled(sizeof(long) == 4 ? reads / 10 : reads);
	race_start(race);
	do {
		usleep(500000);
	} while (reads_of(race) < reads &&
		 seconds() < start + SECONDS * times());
	race_end(race, _metadata);
	printf("# info: %s of %s: %llu mapped reads under %llu writes, %.1f s\n",
	       _metadata->name, race->processes ? "processes" : "threads",
	       reads_of(race), rounds_of(race, 0, WRITERS), seconds() - start);
	printf("# info: of these %llu news, %llu begun again, %llu calls\n",
	       tally->news, tally->again, tally->calls);
	EXPECT_LT(0u, tally->news);
}

TEST_F(mapped, notes)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	long n = note_make(message, (struct note){ .writer = 7 });

	ASSERT_EQ(n, slot_pwrite(self->fd, message, n, ID));
	run(_metadata, self->race, write_notes, read_notes, 3000000);
}

TEST_F(mapped, messages_of_every_size)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	long n = uniform_make(message, 1);

	ASSERT_EQ(n, slot_pwrite(self->fd, message, n, ID));
	run(_metadata, self->race, write_uniform, read_uniform, 1000000);
}

static void share_fd(struct race *race, int fd)
{
	for (unsigned int i = 0; i < WRITERS; i++) {
		race->racers[i].shares_fd = true;
		race->racers[i].fd = fd;
	}
}

/* The claim is the open file's, which the writers share. */
TEST_F(mapped, notes_that_are_cleared)
{
	ASSERT_EQ(0, slot_claim(self->fd, ID, MSG_SLOT_END_CLEAR));
	tally->cleared = true;
	share_fd(self->race, self->fd);
	run(_metadata, self->race, write_notes_and_clear, read_notes, 500000);
}

TEST_F(mapped, notes_that_expire)
{
	tally->cleared = true;
	run(_metadata, self->race, write_notes_for_a_time, read_notes, 500000);
}

TEST_HARNESS_MAIN
