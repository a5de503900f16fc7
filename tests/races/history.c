// SPDX-License-Identifier: GPL-2.0
/*
 * Some threads do everything there is to do to one channel, and write down what
 * they did, when it began and when it had ended. The history must be one that a
 * channel can have that does one thing at a time. TEST_SECONDS: for so long, one
 * history after another; make soak.
 */
#include "mapping.h"
#include "histories.h"
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
	struct log *log;
};

static struct actor actors[THREADS];
static struct log logs[THREADS];
static struct history history = { .logs = logs, .actors = THREADS };
/* Of all histories: how many messages were got without a call. */
static unsigned long long mapped_reads;

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

/* Conditions are about what this thread knew last. */
static void *act_all(void *arg)
{
	struct actor *actor = arg;
	unsigned long long known = 0;

	for (unsigned int i = 0; i < EACH; i++) {
		struct act *act = &actor->log->acts[i];

		act->kind = mix(i * THREADS + actor->index) % KINDS;
		act->value = value_of(history.number, actor->index, i);
		act->given = known;
		act->start = clock_now(CLOCK_BOOTTIME);
		acting[act->kind](actor, act);
		act->end = clock_now(CLOCK_BOOTTIME);
		/* The kernel takes its time to live from some moment in between. */
		if (act->kind == PUT_FOR)
			log_expiry(actor->log, act, ttl_of(act), 0);
		if (act->kind != WRITE && act->kind != READ)
			known = act->kind == CLEAR || (act->kind == CLEAR_IF &&
						       act->done) ?
					0 :
					act->version;
	}
	return NULL;
}

static void begin(int node)
{
	history_make(&history, THREADS * EACH);
	for (unsigned int i = 0; i < THREADS; i++) {
		actors[i].index = i;
		actors[i].fd = slot_open(node, O_RDWR);
		actors[i].base = slot_map(actors[i].fd);
		actors[i].cell = NULL;
		actors[i].mapped = 0;
		actors[i].log = &logs[i];
		log_make(&logs[i], EACH);
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
		log_free(&logs[i]);
	}
	history_free(&history);
}

static bool one_history(int node)
{
	bool sound;

	begin(node);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(actors[i].thread, NULL);
	for (unsigned int i = 0; i < THREADS; i++)
		mapped_reads += actors[i].mapped;
	sound = history_is_sound(&history);
	end();
	return sound;
}

TEST_F_TIMEOUT(slot, history_is_one_of_one_thing_at_a_time, 100000)
{
	EXPECT_TRUE(histories_are_sound(&history, one_history, NULL));
	EXPECT_LT(history.number * THREADS, mapped_reads);
	printf("# info: %llu histories of %u acts, %llu of them mapped reads\n",
	       history.number, THREADS * EACH, mapped_reads);
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

/* What only the histories of tests/native have. */
TEST(checker_knows_what_a_claim_keeps_out)
{
	struct act kept_out[] = {
		{ CLAIM, true, 1, 4, .actor = 1 },
		{ PUT, false, 2, 3, .value = 1, .refused = true, .actor = 2 },
		{ PUT, true, 5, 6, .value = 2, .version = 1, .actor = 1 },
		{ RELEASE, true, 7, 8, .value = 3, .ending = WILLS,
		  .actor = 1 },
		{ GET, true, 9, 10, .value = 3, .version = 2 },
	};
	struct act let_in[] = {
		{ CLAIM, true, 1, 2, .actor = 1 },
		{ PUT, true, 3, 4, .value = 1, .version = 1, .actor = 2 },
		{ RELEASE, true, 5, 6, .ending = KEEPS, .actor = 1 },
	};
	struct act kept_out_later[] = {
		{ CLAIM, true, 1, 2, .actor = 1 },
		{ RELEASE, true, 3, 4, .ending = KEEPS, .actor = 1 },
		{ PUT, false, 5, 6, .value = 1, .refused = true, .actor = 2 },
	};
	struct act ended_twice[] = {
		{ PUT, true, 1, 2, .value = 1, .version = 1, .actor = 2 },
		{ CLAIM, true, 3, 4, .actor = 1 },
		{ RELEASE, true, 5, 9, .ending = CLEARS, .actor = 1 },
		{ PUT, true, 6, 8, .value = 2, .version = 2, .actor = 2 },
		{ GET, true, 7, 10, .value = 2, .version = 2 },
		{ GET, false, 11, 12, .value = 0 },
	};

	EXPECT_TRUE(is_possible(kept_out, 5));
	EXPECT_FALSE(is_possible(let_in, 3));
	EXPECT_FALSE(is_possible(kept_out_later, 3));
	EXPECT_FALSE(is_possible(ended_twice, 6));
}

/* It is over by the time that was given last, and by no other. */
TEST(checker_knows_when_what_was_renewed_is_over)
{
	struct act renewed[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1, .over = 6 },
		{ RENEW, true, 3, 4, .value = 2, .version = 1, .over = 10 },
		{ EXPIRE, true, 5, 6, .value = 1 },
		{ GET, true, 7, 8, .value = 1, .version = 1 },
		{ EXPIRE, true, 9, 10, .value = 2 },
		{ GET, false, 11, 12, .value = 0 },
	};
	struct act in_vain[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1, .over = 6 },
		{ RENEW, true, 3, 4, .value = 2, .version = 1, .over = 10 },
		{ EXPIRE, true, 5, 6, .value = 1 },
		{ GET, false, 7, 8, .value = 0 },
		{ EXPIRE, true, 9, 10, .value = 2 },
	};
	struct act for_ever[] = {
		{ PUT, true, 1, 2, .value = 1, .version = 1 },
		{ RENEW, true, 3, 4, .value = 2, .version = 1, .over = 6 },
		{ EXPIRE, true, 5, 6, .value = 2 },
		{ GET, true, 7, 8, .value = 1, .version = 1 },
	};
	struct act revived[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1, .over = 5 },
		{ RENEW, true, 3, 9, .value = 2, .version = 1, .over = 20 },
		{ EXPIRE, true, 4, 5, .value = 1 },
		{ GET, false, 6, 7, .value = 0 },
		{ GET, true, 10, 11, .value = 1, .version = 1 },
	};
	struct act revived_too_late[] = {
		{ PUT_FOR, true, 1, 2, .value = 1, .version = 1, .over = 5 },
		{ EXPIRE, true, 4, 5, .value = 1 },
		{ RENEW, true, 6, 7, .value = 2, .version = 1, .over = 20 },
	};

	EXPECT_TRUE(is_possible(renewed, 6));
	EXPECT_FALSE(is_possible(in_vain, 5));
	EXPECT_FALSE(is_possible(for_ever, 4));
	EXPECT_TRUE(is_possible(revived, 5));
	EXPECT_FALSE(is_possible(revived_too_late, 3));
}

TEST_HARNESS_MAIN
