// SPDX-License-Identifier: GPL-2.0
/*
 * Channels come and go, and their places and pages with them, under readers who
 * hold on to what they mapped; processes that map, fork and end; and writers that
 * are killed.
 */
#define RACE_SECONDS 2

#include "mapping.h"
#include "race.h"
#include "scale.h"

#include <sys/prctl.h>

/* Of several pages, so that pages come and go too. */
#define IDS 60u
#define WRITERS 3u

/* In shared memory: what has ended of each channel. */
struct tally {
	/* Messages with a lower count are gone: replaced or cleared. */
	atomic_ullong counts[IDS + 1];
	atomic_ullong found;
	atomic_ullong gone;
};

static struct tally *tally;

FIXTURE(places)
{
	int node;
	int fd;
	struct race *race;
};

FIXTURE_SETUP(places)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->race = race_new(self->node, true);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, tally);
}

FIXTURE_TEARDOWN(places)
{
	close(self->fd);
	close(self->node);
}

/* Each has channels of its own, which it writes and clears as chance has it. */
static void write_and_clear(struct racer *racer)
{
	unsigned long long counts[IDS + 1] = {};
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		unsigned long long chance = mix(racer->rounds + 1);
		unsigned int id =
			1 + racer->id + chance % (IDS / WRITERS) * WRITERS;
		struct note note = { counts[id], id };
		bool good;
		long n;

		if (chance >> 32 & 1) {
			n = note_make(message, note);
			good = slot_pwrite(racer->fd, message, n, id) == n;
			atomic_store(&tally->counts[id], counts[id]++);
		} else {
			good = !slot_clear(racer->fd, id);
			atomic_store(&tally->counts[id], counts[id]);
		}
		racer_expect(racer, good, "a write failed");
	}
}

/* What a reader keeps of a channel. */
struct known {
	const struct msg_slot_cell *cell;
	unsigned long long version;
};

static const char *look_at(int fd, unsigned int id, struct known *known)
{
	unsigned long long count = atomic_load(&tally->counts[id]);
	struct mapped mapped;
	struct note note;
	long n = mapped_look(known->cell, id, &mapped);

	if (n == -ENOENT) {
		known->cell = NULL;
		atomic_fetch_add(&tally->gone, 1);
		return NULL;
	}
	/* A channel that is just being made has a cell, with a latch of 0. */
	if (n == -EREMOTE)
		n = mapped_get_by_call(fd, id, &mapped);
	if (n == -EWOULDBLOCK)
		return NULL;
	if (n < 0)
		return "overtaken for ever";
	if (mapped.version < known->version)
		return "a version went back";
	known->version = mapped.version;
	if (!n)
		return NULL;
	atomic_fetch_add(&tally->found, 1);
	if (!note_parse(mapped.message, n, &note))
		return "a note was torn";
	if (note.writer != id)
		return "another channel's note";
	return note.count < count ? "a note that was gone" : NULL;
}

/* Cells are looked for only when the channel has gone from the one known. */
static void read_known(struct racer *racer)
{
	const char *base = slot_map(racer->fd), *wrong;
	struct known known[IDS + 1] = {};

	while (racing(racer)) {
		unsigned int id = 1 + mix(racer->rounds * 7 + racer->id) % IDS;

		if (!known[id].cell)
			known[id].cell = slot_cell(racer->fd, base, id);
		wrong = known[id].cell ? look_at(racer->fd, id, &known[id]) :
					 NULL;
		racer_expect(racer, !wrong, wrong);
	}
	slot_unmap(racer->fd, base);
}

TEST_F(places, taken_over_under_readers)
{
	race_add_many(self->race, WRITERS, write_and_clear);
	race_add_many(self->race, 2, read_known);
	race_run(self->race, _metadata);
	printf("# info: %llu notes found, %llu cells that were another's\n",
	       tally->found, tally->gone);
	EXPECT_LT(0u, tally->found);
	EXPECT_LT(0u, tally->gone);
}

/* All channels of a while, and then none, so that pages go when they can. */
static void come_and_go(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		for (unsigned int id = 1; id <= IDS; id++) {
			struct note note = { racer->rounds, id };
			long n = note_make(message, note);

			racer_expect(racer,
				     slot_pwrite(racer->fd, message, n, id) ==
					     n,
				     "a write failed");
		}
		for (unsigned int id = 1; id <= IDS; id++)
			racer_expect(racer, !slot_clear(racer->fd, id),
				     "clearing failed");
	}
}

static const char *look_for_note(const struct msg_slot_cell *cell,
				 unsigned int id)
{
	struct mapped mapped;
	struct note note;
	long n = mapped_look(cell, id, &mapped);

	if (n > 0 &&
	    (!note_parse(mapped.message, n, &note) || note.writer != id))
		return "a note was torn";
	return NULL;
}

/* What was located while it is mapped is there to be touched. */
static void map_and_unmap(struct racer *racer)
{
	while (racing(racer)) {
		const char *base = slot_map(racer->fd), *wrong = NULL;

		for (unsigned int i = 0; i < 20 && !wrong; i++) {
			unsigned int id = 1 + mix(racer->rounds + i) % IDS;
			const struct msg_slot_cell *cell =
				slot_cell(racer->fd, base, id);

			wrong = cell ? look_for_note(cell, id) : NULL;
		}
		slot_unmap(racer->fd, base);
		racer_expect(racer, !wrong, wrong);
	}
}

/* Keeps the cell's page alone. Returns an exit status. */
static int look_on(char *base, size_t size, const struct msg_slot_cell *cell,
		   unsigned int id)
{
	size_t page = ((char *)cell - base) & -PAGE;

	if ((page && munmap(base, page)) ||
	    munmap(base + page + PAGE, size - page - PAGE))
		return 1;
	for (unsigned int i = 0; i < 20; i++) {
		if (look_for_note(cell, id))
			return 2;
		sched_yield();
	}
	return 0;
}

/* The child has the page though its parent has left, and its channels. */
static void map_and_fork(struct racer *racer)
{
	size_t size = slot_mapping(racer->fd).size;

	while (racing(racer)) {
		unsigned int id = 1 + mix(racer->rounds) % IDS;
		char *base = (char *)slot_map(racer->fd);
		const struct msg_slot_cell *cell =
			slot_cell(racer->fd, base, id);
		pid_t child = cell ? fork() : 0;
		int status = 0;

		if (cell && !child)
			_exit(look_on(base, size, cell, id));
		munmap(base, size);
		if (cell)
			waitpid(child, &status, 0);
		racer_expect(racer, child >= 0 && !status,
			     "a child was not content");
	}
}

TEST_F(places, mapped_and_unmapped_meanwhile)
{
	race_add(self->race, come_and_go);
	race_add_many(self->race, 2, map_and_unmap);
	race_add_many(self->race, 2, map_and_fork);
	race_run(self->race, _metadata);
	for (unsigned int id = 1; id <= IDS; id++)
		slot_clear(self->fd, id);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
}

static atomic_ullong *counted;

static void write_for_ever(int node, unsigned int writer)
{
	struct note note = { .writer = writer };
	char message[MSG_SLOT_MAX_MESSAGE];
	int fd = slot_open(node, O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		note.count++;
		slot_pwrite(fd, message, note_make(message, note), 1);
		atomic_store(counted, note.count);
	}
}

/* Two of them, killed one after the other, and replaced. */
static pid_t start_writer(int node, unsigned int writer)
{
	pid_t child = fork();

	if (!child)
		write_for_ever(node, writer);
	return child;
}

static unsigned int read_for(const struct msg_slot_cell *cell, double seconds_)
{
	unsigned long long last = 0;
	double end = seconds() + seconds_;
	unsigned int wrong = 0;
	struct mapped mapped;
	struct note note;
	long n;

	do {
		n = mapped_look(cell, 1, &mapped);
		atomic_fetch_add(&tally->found, 1);
		wrong += n <= 0 || !note_parse(mapped.message, n, &note) ||
			 mapped.version < last;
		last = mapped.version;
	} while (seconds() < end);
	return wrong;
}

TEST_F(places, writers_are_killed)
{
	const char *base = slot_map(self->fd);
	const struct msg_slot_cell *cell;
	char message[MSG_SLOT_MAX_MESSAGE];
	unsigned int wrong = 0;
	pid_t writers[2] = {};
	struct mapped mapped;
	struct note note;
	long n = note_make(message, (struct note){ .writer = 1 });

	counted = &tally->counts[0];
	ASSERT_EQ(n, slot_pwrite(self->fd, message, n, 1));
	cell = slot_cell(self->fd, base, 1);
	for (unsigned int i = 0; i < scaled(300); i++) {
		pid_t *writer = &writers[i % 2];

		if (*writer) {
			kill(*writer, SIGKILL);
			waitpid(*writer, NULL, 0);
		}
		*writer = start_writer(self->node, i);
		ASSERT_LT(0, *writer);
		wrong += read_for(cell, mix(i) % 4000 / 1e6);
	}
	for (unsigned int i = 0; i < 2; i++) {
		kill(writers[i], SIGKILL);
		waitpid(writers[i], NULL, 0);
	}
	EXPECT_EQ(0u, wrong);
	EXPECT_LT(0u, *counted);
	n = mapped_look(cell, 1, &mapped);
	EXPECT_TRUE(note_parse(mapped.message, n, &note));
	EXPECT_TRUE(cell_is_clean(cell));
	EXPECT_EQ(n, slot_pread(self->fd, message, sizeof(message), 1));
	EXPECT_EQ(0, memcmp(message, mapped.message, n));
	printf("# info: %llu mapped reads\n", tally->found);
	slot_unmap(self->fd, base);
}

TEST_HARNESS_MAIN
