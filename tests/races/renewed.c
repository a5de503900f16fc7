// SPDX-License-Identifier: GPL-2.0
/*
 * A message that is renewed (MSG_SLOT_RENEW) while others read it: for as long as that
 * succeeds every reader finds it, whichever way it reads, and when its last time is over
 * none does. All write down when they did what; afterwards that is compared.
 */
#include "mapping.h"
#include "memory.h"
#include "race.h"

#define ID 7

/* Of the times to live: often over before the next renewal, and often not. */
#define TTL_MOST ((kernel_is_for_debugging() ? 20 : 2) * MILLISECOND)

/* A slow machine is given the time for so many lives and renewals. */
#define ENOUGH 10u

#define LIVES_MOST 20000u
#define READS_MOST 400000u

/* A message: put, renewed, and over; by the clock before and after each call. */
struct life {
	unsigned long long put_begins, put_ended;
	/* It is over in between. */
	unsigned long long over_after, over_before;
};

struct look {
	unsigned long long begins, ended;
	bool found;
};

static struct life *lives;
static atomic_uint life_count;
static atomic_uint renewals;

struct reader {
	struct look *looks;
	unsigned int count;
};

static struct reader readers[RACERS_MOST];

FIXTURE(renewed)
{
	int node;
};

FIXTURE_VARIANT(renewed)
{
	unsigned int size;
};

static unsigned int message_size;

/* clang-format off */
FIXTURE_VARIANT_ADD(renewed, in_its_cell) {
	.size = 5,
};

FIXTURE_VARIANT_ADD(renewed, with_its_time_elsewhere) {
	.size = 125,
};

FIXTURE_VARIANT_ADD(renewed, in_a_block) {
	.size = 2000,
};

/* clang-format on */

FIXTURE_SETUP(renewed)
{
	int fd;

	self->node = slot_fresh();
	fd = slot_open(self->node, O_RDWR);
	ASSERT_EQ(0, slot_set_max_message(fd, 2000));
	close(fd);
	message_size = variant->size;
	lives = calloc(LIVES_MOST, sizeof(*lives));
	for (unsigned int i = 0; i < RACERS_MOST; i++)
		readers[i].looks = calloc(READS_MOST, sizeof(struct look));
}

FIXTURE_TEARDOWN(renewed)
{
	close(self->node);
}

static unsigned long long now(void)
{
	return clock_now(CLOCK_BOOTTIME);
}

static unsigned long long next_ttl(unsigned int i)
{
	return 1000 + mix(i) % TTL_MOST;
}

/* How its time ends by a call that was made from @begins on. */
static void set_over(struct life *life, unsigned long long begins,
		     unsigned long long ttl)
{
	life->over_after = begins + ttl;
	life->over_before = now() + ttl;
}

static long put(struct racer *racer, struct life *life, unsigned int i)
{
	unsigned long long ttl = next_ttl(i);
	long ret;

	life->put_begins = now();
	ret = slot_put_for(racer->fd, ID, large(message_size, ID), message_size,
			   ttl);
	set_over(life, life->put_begins, ttl);
	life->put_ended = now();
	return ret;
}

/*
 * A renewal that ends when the time before it was over may have come a moment too late
 * for readers, who find nothing until then: as if the message were put anew. The new
 * time holds for those who come before the call ends, too, if it is shorter.
 *
 * Return: whether it could still be renewed.
 */
static bool renew(struct racer *racer, unsigned int i)
{
	unsigned long long ttl = next_ttl(i), begins = now();
	long ret = slot_renew(racer->fd, ID, ttl);
	struct life *life = &lives[life_count];

	if (ret) {
		racer_expect(racer,
			     ret == -EWOULDBLOCK && now() >= life->over_after,
			     "what was not over could not be renewed");
		return false;
	}
	racer_expect(racer, begins < life->over_before,
		     "what was over was renewed");
	if (now() >= life->over_after) {
		if (begins + ttl < life->over_after)
			life->over_after = begins + ttl;
		life = &lives[++life_count];
		life->put_begins = begins;
	}
	set_over(life, begins, ttl);
	if (life->put_begins == begins)
		life->put_ended = now();
	atomic_fetch_add(&renewals, 1);
	return true;
}

static void live(struct racer *racer)
{
	unsigned int i = 0;

	while (racing(racer) && life_count < LIVES_MOST / 2) {
		racer_expect(racer, !put(racer, &lives[life_count], i++),
			     "a put failed");
		do {
			usleep(mix(i) % (TTL_MOST / 1000) / 2);
		} while (racing(racer) && life_count < LIVES_MOST - 2 &&
			 renew(racer, i++));
		/* None begins before the one before it is over for sure. */
		while (now() < lives[life_count].over_before)
			usleep(100);
		life_count++;
	}
}

static void note_look(struct racer *racer, unsigned long long begins,
		      bool found)
{
	struct reader *reader = &readers[racer->id];

	racer_expect(racer, true, "");
	if (reader->count < READS_MOST)
		reader->looks[reader->count++] =
			(struct look){ begins, now(), found };
}

static void by_get(struct racer *racer)
{
	while (racing(racer)) {
		unsigned long long begins = now();

		note_look(racer, begins, slot_version(racer->fd, ID));
	}
}

static void by_read(struct racer *racer)
{
	char buf[2000];

	while (racing(racer)) {
		unsigned long long begins = now();

		note_look(racer, begins,
			  slot_pread(racer->fd, buf, sizeof(buf), ID) > 0);
	}
}

/* And what takes a call by one. */
static void by_cell(struct racer *racer)
{
	const char *base = slot_map(racer->fd);
	const struct msg_slot_cell *cell = NULL;
	struct mapped mapped;

	while (racing(racer)) {
		unsigned long long begins = now();
		long n = -ENOENT;

		if (cell)
			n = mapped_get(cell, ID, 0, &mapped);
		if (n == -ENOENT)
			cell = slot_cell(racer->fd, base, ID);
		note_look(racer, begins,
			  n == -ENOENT || n == -EREMOTE || n == -EAGAIN ?
				  slot_version(racer->fd, ID) :
				  n > 0);
	}
	slot_unmap(racer->fd, base);
}

static const char *judge(const struct look *look)
{
	/* The last that was put before it began. */
	unsigned int from = 0, to = life_count;

	while (to - from > 1) {
		unsigned int middle = (from + to) / 2;

		if (lives[middle].put_ended < look->begins)
			from = middle;
		else
			to = middle;
	}
	if (lives[from].put_ended >= look->begins)
		return NULL;
	if (!look->found && look->ended < lives[from].over_after)
		return "a message was not found that had been renewed";
	if (look->found && look->begins >= lives[from].over_before &&
	    from + 1 < life_count && look->ended < lives[from + 1].put_begins)
		return "a message was found that was over";
	return NULL;
}

static void judge_all(struct race *race, struct __test_metadata *_metadata)
{
	unsigned long long found = 0, looks = 0;

	for (unsigned int r = 1; r < race->count; r++) {
		const struct reader *reader = &readers[r];

		for (unsigned int i = 0; i < reader->count; i++) {
			const char *wrong = judge(&reader->looks[i]);

			if (wrong)
				TH_LOG("reader %u, look %u: %s", r, i, wrong);
			ASSERT_EQ(NULL, wrong);
			found += reader->looks[i].found;
		}
		looks += reader->count;
	}
	printf("# info: %u messages renewed %u times, looked for %llu times, found %llu\n",
	       life_count, renewals, looks, found);
	EXPECT_LE(ENOUGH, life_count);
	EXPECT_LE(ENOUGH, renewals);
	EXPECT_LT(0u, found);
	EXPECT_GT(looks, found);
}

TEST_F(renewed, is_there_until_its_time_is_over)
{
	struct race *race = race_new(self->node, false);

	race_add(race, live);
	race_add(race, by_get);
	race_add(race, by_read);
	race_add(race, by_cell);
	race_start(race);
	sleep(RACE_SECONDS);
	for (unsigned int i = 0;
	     i < 300 && (renewals < ENOUGH || life_count < ENOUGH); i++)
		usleep(100000);
	race_end(race, _metadata);
	judge_all(race, _metadata);
}

TEST_HARNESS_MAIN
