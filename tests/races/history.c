// SPDX-License-Identifier: GPL-2.0
/*
 * Some threads do everything there is to do to one channel, and write down what
 * they did, when it began and when it had ended. The history must be one that a
 * channel can have that does one thing at a time. TEST_SECONDS: for so long, one
 * history after another; make soak.
 */
#include "mapping.h"
#include "linear.h"
#include "scale.h"

#include <pthread.h>

#define THREADS 4u
#define EACH scaled(15000)
#define ID 5

/* Of the times to live, so that some messages are replaced before. */
#define TTL_MOST 1000000u

struct actor {
	pthread_t thread;
	unsigned int index;
	int fd;
	const char *base;
	/* Of the channel, or of what was one. */
	const struct msg_slot_cell *cell;
	/* Messages that were got without a call. */
	unsigned int mapped;
	struct act *acts;
	/* What its messages for a time only come to. */
	struct act *expiries;
	unsigned int expiring;
};

static struct actor actors[THREADS];

/* All acts, by their starts and by their ends. */
static struct act **by_start, **by_end;
static unsigned int count;

/* Which history it is: in every value, so that none is one of another slot's. */
static unsigned long long histories;

static unsigned long long value_of(unsigned int thread, unsigned int i)
{
	return histories << 40 | (thread + 1ull) << 32 | i;
}

static void write_value(struct actor *actor, struct act *act)
{
	act->done = slot_pwrite(actor->fd, &act->value, sizeof(act->value),
				ID) == sizeof(act->value);
}

static void put_value(struct actor *actor, struct act *act)
{
	act->done = !slot_put_told(actor->fd, ID, &act->value,
				   sizeof(act->value), 0, &act->version);
}

static void put_value_if(struct actor *actor, struct act *act)
{
	act->version = act->given;
	act->done = !slot_put_if(actor->fd, ID, &act->value, sizeof(act->value),
				 &act->version);
}

static unsigned long long ttl_of(const struct act *act)
{
	return 1 + mix(act->value) % TTL_MOST;
}

static void put_value_for(struct actor *actor, struct act *act)
{
	act->done = !slot_put_told(actor->fd, ID, &act->value,
				   sizeof(act->value), ttl_of(act),
				   &act->version);
}

static void clear_it(struct actor *actor, struct act *act)
{
	act->version = slot_take_away(actor->fd, ID);
	act->done = act->version;
}

static void clear_it_if(struct actor *actor, struct act *act)
{
	act->version = act->given;
	act->done = !slot_clear_if(actor->fd, ID, &act->version);
}

static void get_value(struct actor *actor, struct act *act)
{
	struct got got;

	act->done = !slot_get(actor->fd, ID, &got);
	act->version = got.record.version;
	act->value = 0;
	if (act->done)
		memcpy(&act->value, got.message, sizeof(act->value));
}

/* The channel may be in another cell by now, or in none: then a call tells. */
static void get_mapped(struct actor *actor, struct act *act)
{
	struct mapped mapped;
	long n = -ENOENT;

	for (unsigned int i = 0; i < 2 && n == -ENOENT; i++) {
		if (i || !actor->cell)
			actor->cell = slot_cell(actor->fd, actor->base, ID);
		if (actor->cell)
			n = mapped_get(actor->cell, ID, 0, &mapped);
	}
	if (n < 0 && n != -EWOULDBLOCK) {
		get_value(actor, act);
		return;
	}
	actor->mapped++;
	act->done = n > 0;
	act->version = act->done ? mapped.version : 0;
	act->value = 0;
	/* Of another size it is nobody's. */
	if (n == sizeof(act->value))
		memcpy(&act->value, mapped.message, sizeof(act->value));
}

static void read_value(struct actor *actor, struct act *act)
{
	act->value = 0;
	act->done = slot_pread(actor->fd, &act->value, sizeof(act->value), ID) >
		    0;
}

static void (*const acting[KINDS])(struct actor *actor, struct act *act) = {
	write_value, put_value, put_value_if, put_value_for, clear_it,
	clear_it_if, get_value, get_mapped,   read_value,
};

/* The kernel takes its time to live from some moment in between. */
static void note_expiry(struct actor *actor, struct act *act)
{
	unsigned long long ttl = ttl_of(act);

	act->over = act->end + ttl;
	actor->expiries[actor->expiring++] = (struct act){
		.kind = EXPIRE,
		.start = act->start + ttl,
		.end = act->over,
		.value = act->value,
	};
}

/* Conditions are about what this thread knew last. */
static void *act_all(void *arg)
{
	struct actor *actor = arg;
	unsigned long long known = 0;

	for (unsigned int i = 0; i < EACH; i++) {
		struct act *act = &actor->acts[i];

		act->kind = mix(i * THREADS + actor->index) % KINDS;
		act->value = value_of(actor->index, i);
		act->given = known;
		act->start = clock_now(CLOCK_BOOTTIME);
		acting[act->kind](actor, act);
		act->end = clock_now(CLOCK_BOOTTIME);
		if (act->kind == PUT_FOR)
			note_expiry(actor, act);
		if (act->kind != WRITE && act->kind != READ)
			known = act->kind == CLEAR || (act->kind == CLEAR_IF &&
						       act->done) ?
					0 :
					act->version;
	}
	return NULL;
}

static bool writes(const struct act *act)
{
	return act->kind <= PUT_FOR && act->done;
}

static bool reads(const struct act *act)
{
	return act->kind == GET || act->kind == MAPPED || act->kind == READ;
}

static bool clears(const struct act *act)
{
	return (act->kind == CLEAR || act->kind == CLEAR_IF) && act->done &&
	       act->version;
}

static int compare_starts(const void *a, const void *b)
{
	const struct act *x = *(struct act **)a, *y = *(struct act **)b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int compare_ends(const void *a, const void *b)
{
	const struct act *x = *(struct act **)a, *y = *(struct act **)b;

	return x->end < y->end ? -1 : x->end > y->end;
}

static void collect(void)
{
	by_start = calloc(2 * THREADS * EACH, sizeof(*by_start));
	by_end = calloc(2 * THREADS * EACH, sizeof(*by_end));
	for (unsigned int t = 0; t < THREADS; t++) {
		for (unsigned int i = 0; i < EACH; i++)
			by_start[count++] = &actors[t].acts[i];
		for (unsigned int i = 0; i < actors[t].expiring; i++)
			by_start[count++] = &actors[t].expiries[i];
	}
	memcpy(by_end, by_start, count * sizeof(*by_end));
	qsort(by_start, count, sizeof(*by_start), compare_starts);
	qsort(by_end, count, sizeof(*by_end), compare_ends);
}

static void describe(const struct act *act)
{
	fprintf(stderr,
		"# act of kind %d from %llu to %llu, done %d, value %llx, given %llu, version %llu\n",
		act->kind, act->start, act->end, act->done, act->value,
		act->given, act->version);
}

/* The act that wrote this value, or none. */
static struct act *writer_of(unsigned long long value)
{
	unsigned int thread = (value >> 32 & 0xff) - 1, i = value;
	struct act *act;

	if (thread >= THREADS || i >= EACH || value != value_of(thread, i))
		return NULL;
	act = &actors[thread].acts[i];
	return writes(act) ? act : NULL;
}

/* A value goes with a version; who wrote it may learn it from who got it. */
static const char *check_values(void)
{
	for (unsigned int i = 0; i < count; i++) {
		struct act *act = by_start[i], *writer;

		if (!reads(act) || !act->done)
			continue;
		writer = writer_of(act->value);
		if (!writer || writer->start > act->end) {
			describe(act);
			if (writer)
				describe(writer);
			return "a value that had not been written";
		}
		if (act->kind == READ)
			continue;
		if (!act->version)
			return "a message without a version";
		if (writer->version && writer->version != act->version)
			return "two versions of a message";
		writer->version = act->version;
	}
	return NULL;
}

static int compare_numbers(const void *a, const void *b)
{
	const unsigned long long x = *(unsigned long long *)a;
	const unsigned long long y = *(unsigned long long *)b;

	return x < y ? -1 : x > y;
}

/* Of those acts that the function has a number for: no number comes twice. */
static bool all_differ(unsigned long long (*number)(const struct act *act))
{
	unsigned long long *numbers = calloc(count, sizeof(*numbers));
	bool differ = true;
	unsigned int n = 0;

	for (unsigned int i = 0; i < count; i++) {
		numbers[n] = number(by_start[i]);
		n += numbers[n] != 0;
	}
	qsort(numbers, n, sizeof(*numbers), compare_numbers);
	for (unsigned int i = 1; i < n; i++)
		differ = differ && numbers[i] != numbers[i - 1];
	free(numbers);
	return differ;
}

static unsigned long long version_given(const struct act *act)
{
	return writes(act) ? act->version : 0;
}

/* That this act ended, and that it knew it did. */
static unsigned long long version_ended(const struct act *act)
{
	if (clears(act))
		return act->version;
	return act->kind == PUT_IF && act->done ? act->given : 0;
}

static const char *check_versions(void)
{
	if (!all_differ(version_given))
		return "a version came again";
	if (!all_differ(version_ended))
		return "a message was ended twice";
	for (unsigned int i = 0; i < count; i++) {
		struct act *act = by_start[i];

		if (act->kind == PUT_IF && act->done &&
		    act->version <= act->given)
			return "a version went back";
		if (act->kind == CLEAR_IF && act->done &&
		    act->version != act->given)
			return "another message was cleared";
	}
	return NULL;
}

static const char *check_order(void)
{
	const struct act *act = first_impossible(by_start, by_end, count);

	if (!act)
		return NULL;
	describe(act);
	return "no order of its acts is one that a channel can have";
}

/* Nothing is wrong. */
static bool holds(const char *wrong)
{
	if (wrong)
		fprintf(stderr, "# history: %s\n", wrong);
	return !wrong;
}

static void begin(int node)
{
	count = 0;
	for (unsigned int i = 0; i < THREADS; i++) {
		actors[i].index = i;
		actors[i].fd = slot_open(node, O_RDWR);
		actors[i].base = slot_map(actors[i].fd);
		actors[i].cell = NULL;
		actors[i].mapped = 0;
		actors[i].acts = calloc(EACH, sizeof(struct act));
		actors[i].expiries = calloc(EACH, sizeof(struct act));
		actors[i].expiring = 0;
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		if (pthread_create(&actors[i].thread, NULL, act_all,
				   &actors[i]))
			abort();
	}
}

static void end(void)
{
	for (unsigned int i = 0; i < THREADS; i++) {
		slot_unmap(actors[i].fd, actors[i].base);
		close(actors[i].fd);
		free(actors[i].acts);
		free(actors[i].expiries);
	}
	free(by_start);
	free(by_end);
}

/* Adds to @mapped how many messages were got without a call. */
static bool history_is_sound(int node, unsigned long long *mapped)
{
	bool sound;

	begin(node);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(actors[i].thread, NULL);
	for (unsigned int i = 0; i < THREADS; i++)
		*mapped += actors[i].mapped;
	collect();
	sound = holds(check_values()) && holds(check_versions()) &&
		holds(check_order());
	end();
	return sound;
}

TEST_F_TIMEOUT(slot, history_is_one_of_one_thing_at_a_time, 100000)
{
	const char *duration = getenv("TEST_SECONDS");
	double until = seconds() + (duration ? atof(duration) : 0);
	unsigned long long mapped = 0;
	bool sound;

	do {
		int node = slot_fresh();

		histories++;
		sound = history_is_sound(node, &mapped);
		close(node);
	} while (sound && seconds() < until);
	EXPECT_TRUE(sound);
	EXPECT_LT(histories * THREADS, mapped);
	printf("# info: %llu histories of %u acts, %llu of them mapped reads\n",
	       histories, THREADS * EACH, mapped);
}

/* Histories that are none of a channel's, or are. */
static bool is_possible(struct act *acts, unsigned int n)
{
	struct act *starts[8] = {}, *ends[8] = {};

	for (unsigned int i = 0; i < n; i++) {
		starts[i] = &acts[i];
		ends[i] = &acts[i];
	}
	qsort(starts, n, sizeof(*starts), compare_starts);
	qsort(ends, n, sizeof(*ends), compare_ends);
	return !first_impossible(starts, ends, n);
}

TEST(checker_knows_right_from_wrong)
{
	struct act overlapping[] = {
		{ PUT, true, 1, 4, .value = 1, .version = 1 },
		{ PUT, true, 2, 5, .value = 2, .version = 2 },
		{ GET, true, 3, 6, .value = 1, .version = 1 },
		{ GET, true, 7, 8, .value = 2, .version = 2 },
	};
	struct act stale[] = {
		{ PUT, true, 1, 2, .value = 1, .version = 1 },
		{ PUT, true, 3, 4, .value = 2, .version = 2 },
		{ GET, true, 5, 6, .value = 1, .version = 1 },
	};
	struct act lost[] = {
		{ PUT, true, 1, 2, .value = 1, .version = 1 },
		{ GET, false, 3, 4, .value = 0 },
	};
	struct act expired[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1 },
		{ EXPIRE, true, 4, 6, .value = 1 },
		{ GET, true, 3, 5, .value = 1, .version = 1 },
		{ GET, false, 7, 8, .value = 0 },
	};
	struct act outlived[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1 },
		{ EXPIRE, true, 4, 5, .value = 1 },
		{ GET, true, 6, 7, .value = 1, .version = 1 },
	};

	EXPECT_TRUE(is_possible(overlapping, 4));
	EXPECT_FALSE(is_possible(stale, 3));
	EXPECT_FALSE(is_possible(lost, 2));
	EXPECT_TRUE(is_possible(expired, 4));
	EXPECT_FALSE(is_possible(outlived, 3));
}

/* A change that began before the end may have met the message; no other may. */
TEST(checker_knows_a_change_of_what_has_ended)
{
	struct act replaced_late[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1, .over = 5 },
		{ EXPIRE, true, 4, 5, .value = 1 },
		{ PUT_IF, true, 3, 9, .value = 2, .given = 1, .version = 2 },
		{ GET, false, 6, 7, .value = 0 },
		{ GET, true, 10, 11, .value = 2, .version = 2 },
	};
	struct act cleared_late[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1, .over = 5 },
		{ EXPIRE, true, 4, 5, .value = 1 },
		{ CLEAR, true, 3, 9, .version = 1 },
		{ GET, false, 6, 7, .value = 0 },
	};
	struct act cleared_too_late[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1, .over = 5 },
		{ EXPIRE, true, 4, 5, .value = 1 },
		{ CLEAR_IF, true, 6, 7, .given = 1, .version = 1 },
	};
	struct act replaced_too_late[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1, .over = 5 },
		{ EXPIRE, true, 4, 5, .value = 1 },
		{ PUT_IF, true, 6, 7, .value = 2, .given = 1, .version = 2 },
	};

	EXPECT_TRUE(is_possible(replaced_late, 5));
	EXPECT_FALSE(is_possible(replaced_too_late, 3));
	EXPECT_TRUE(is_possible(cleared_late, 4));
	EXPECT_FALSE(is_possible(cleared_too_late, 3));
}

TEST_HARNESS_MAIN
