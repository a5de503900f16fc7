// SPDX-License-Identifier: GPL-2.0
/*
 * Some threads do everything there is to do to one channel, and write down what
 * they did, when it began and when it had ended. The history must be one that a
 * channel can have that does one thing at a time.
 */
#include "record.h"
#include "scale.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 4u
#define EACH scaled(15000)
#define ID 5

enum kind { WRITE, PUT, PUT_IF, CLEAR, CLEAR_IF, GET, READ, KINDS };

/* Values are their writer's number and its count; 0 is no message. */
struct act {
	enum kind kind;
	bool done;
	unsigned long long start, end;
	/* What was written, or found. */
	unsigned long long value;
	/* What a condition was about. */
	unsigned long long given;
	/* That the message had, found or gave it; 0: none, or not known. */
	unsigned long long version;
};

struct actor {
	pthread_t thread;
	unsigned int index;
	int fd;
	struct act *acts;
};

static struct actor actors[THREADS];
static atomic_ullong now;

/* All acts, by their starts and by their ends. */
static struct act **by_start, **by_end;
static unsigned int count;

static void write_value(struct actor *actor, struct act *act)
{
	act->done = slot_pwrite(actor->fd, &act->value, sizeof(act->value),
				ID) == sizeof(act->value);
}

static void put_value(struct actor *actor, struct act *act)
{
	struct msg_slot_put put = put_of(ID, &act->value, sizeof(act->value));

	act->done = !slot_ioctl(actor->fd, MSG_SLOT_PUT, &put);
	act->version = put.version;
}

static void put_value_if(struct actor *actor, struct act *act)
{
	act->version = act->given;
	act->done = !slot_put_if(actor->fd, ID, &act->value, sizeof(act->value),
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

static void read_value(struct actor *actor, struct act *act)
{
	act->value = 0;
	act->done = slot_pread(actor->fd, &act->value, sizeof(act->value), ID) >
		    0;
}

static void (*const acting[KINDS])(struct actor *actor, struct act *act) = {
	write_value, put_value, put_value_if, clear_it,
	clear_it_if, get_value, read_value,
};

/* Conditions are about what this thread knew last. */
static void *act_all(void *arg)
{
	struct actor *actor = arg;
	unsigned long long known = 0;

	for (unsigned int i = 0; i < EACH; i++) {
		struct act *act = &actor->acts[i];

		act->kind = mix(i * THREADS + actor->index) % KINDS;
		act->value = ((actor->index + 1ull) << 32) + i;
		act->given = known;
		act->start = atomic_fetch_add(&now, 1);
		acting[act->kind](actor, act);
		act->end = atomic_fetch_add(&now, 1);
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
	return act->kind <= PUT_IF && act->done;
}

static bool clears(const struct act *act)
{
	return (act->kind == CLEAR || act->kind == CLEAR_IF) && act->done &&
	       act->version;
}

/* It found the channel without a message. */
static bool found_nothing(const struct act *act)
{
	switch (act->kind) {
	case CLEAR:
	case GET:
	case READ:
		return !act->done;
	case PUT_IF:
		return act->done ? !act->given : !act->version;
	case CLEAR_IF:
		return !act->version;
	default:
		return false;
	}
}

/* The channel had this version during the act, as far as the act knows. */
static unsigned long long saw(const struct act *act)
{
	return act->kind == WRITE || act->kind == READ ? 0 : act->version;
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
	by_start = calloc(THREADS * EACH, sizeof(*by_start));
	by_end = calloc(THREADS * EACH, sizeof(*by_end));
	for (unsigned int t = 0; t < THREADS; t++) {
		for (unsigned int i = 0; i < EACH; i++)
			by_start[count++] = &actors[t].acts[i];
	}
	memcpy(by_end, by_start, count * sizeof(*by_end));
	qsort(by_start, count, sizeof(*by_start), compare_starts);
	qsort(by_end, count, sizeof(*by_end), compare_ends);
}

/* The act that wrote this value, or none. */
static struct act *writer_of(unsigned long long value)
{
	unsigned int thread = (value >> 32) - 1, i = value;
	struct act *act;

	if (thread >= THREADS || i >= EACH)
		return NULL;
	act = &actors[thread].acts[i];
	return writes(act) ? act : NULL;
}

/* A value goes with a version; who wrote it may learn it from who got it. */
static const char *check_values(void)
{
	for (unsigned int i = 0; i < count; i++) {
		struct act *act = by_start[i], *writer;

		if ((act->kind != GET && act->kind != READ) || !act->done)
			continue;
		writer = writer_of(act->value);
		if (!writer || writer->start > act->end)
			return "a value that had not been written";
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

/* What was the case when everything before the next act had ended. */
struct past {
	unsigned long long seen;
	unsigned long long cleared;
};

static const char *check_against(const struct act *act, const struct past *past)
{
	unsigned long long version = act->kind == READ && act->done ?
					     writer_of(act->value)->version :
					     saw(act);

	if (version && version < past->seen)
		return "older than what had been seen";
	if (version && version <= past->cleared)
		return "cleared before";
	if (version && writes(act) && version == past->seen)
		return "a write gave no new version";
	return NULL;
}

static const char *check_order(void)
{
	struct past past = {};
	const char *wrong = NULL;
	unsigned int ended = 0;

	for (unsigned int i = 0; i < count && !wrong; i++) {
		for (; by_end[ended]->end < by_start[i]->start; ended++) {
			const struct act *act = by_end[ended];

			if (saw(act) > past.seen)
				past.seen = saw(act);
			if (writes(act) && act->version > past.seen)
				past.seen = act->version;
			if (clears(act) && act->version > past.cleared)
				past.cleared = act->version;
		}
		wrong = check_against(by_start[i], &past);
	}
	return wrong;
}

/*
 * Who finds nothing finds it because somebody took away, at the latest now, what
 * had been written last.
 */
static const char *check_absence(void)
{
	unsigned long long written = 0, cleared = 0;
	unsigned int ended = 0, started = 0;
	unsigned long long latest = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct act *act = by_start[i];

		for (; by_end[ended]->end < act->start; ended++) {
			if (writes(by_end[ended]) &&
			    by_end[ended]->version > written)
				written = by_end[ended]->version;
		}
		latest = act->end > latest ? act->end : latest;
		for (; started < count && by_start[started]->start < latest;
		     started++) {
			if (clears(by_start[started]) &&
			    by_start[started]->version > cleared)
				cleared = by_start[started]->version;
		}
		if (found_nothing(act) && cleared < written)
			return "a message was lost";
	}
	return NULL;
}

/* Nothing is wrong. */
static bool holds(const char *wrong)
{
	if (wrong)
		fprintf(stderr, "# history: %s\n", wrong);
	return !wrong;
}

TEST_F(slot, history_is_one_of_one_thing_at_a_time)
{
	for (unsigned int i = 0; i < THREADS; i++) {
		actors[i].index = i;
		actors[i].fd = slot_open(self->node, O_RDWR);
		actors[i].acts = calloc(EACH, sizeof(struct act));
	}
	for (unsigned int i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&actors[i].thread, NULL, act_all,
					    &actors[i]));
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(actors[i].thread, NULL);
	collect();
	EXPECT_TRUE(holds(check_values()));
	EXPECT_TRUE(holds(check_versions()));
	EXPECT_TRUE(holds(check_order()));
	EXPECT_TRUE(holds(check_absence()));
}

TEST_HARNESS_MAIN
