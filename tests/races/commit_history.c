// SPDX-License-Identifier: GPL-2.0
/*
 * As history.c, of some channels that are only changed together, by commits, and read by
 * snapshots: they must be as one, whose message is that of each. Who reads only the one
 * that a commit changes first may do so by a call.
 */
#include "commit.h"
#include "histories.h"
#include "scale.h"

#include <pthread.h>

#define THREADS 4u
#define EACH scaled(8000)
#define CHANNELS 3u

/* Of the times to live, so that some messages are replaced before. */
#define TTL_MOST 1000000u

struct actor {
	pthread_t thread;
	unsigned int index;
	int fd;
	struct log *log;
	/* What each channel was known to have last. */
	unsigned long long versions[CHANNELS];
};

static struct actor actors[THREADS];
static struct log logs[THREADS];
static struct history history = { .logs = logs, .actors = THREADS };

static unsigned long long ttl_of(const struct act *act)
{
	return 1 + mix(act->value) % TTL_MOST;
}

/* Also told: the version of the first. */
static void commit(struct actor *actor, struct act *act, unsigned int flags,
		   unsigned long long ttl)
{
	struct msg_slot_put puts[CHANNELS];
	long ret;

	for (unsigned int i = 0; i < CHANNELS; i++) {
		puts[i] = flags & MSG_SLOT_CLEARS ? clear_of(1 + i) :
						    put_of(1 + i, &act->value,
							   sizeof(act->value));
		puts[i].flags = flags;
		puts[i].ttl = ttl;
		puts[i].version = actor->versions[i];
	}
	ret = slot_commit(actor->fd, puts, CHANNELS);
	if (ret && ret != -ESTALE)
		abort();
	act->done = !ret;
	act->version = puts[0].version;
	for (unsigned int i = 0; i < CHANNELS; i++)
		actor->versions[i] =
			flags & MSG_SLOT_CLEARS && !ret ? 0 : puts[i].version;
}

static void put_all(struct actor *actor, struct act *act)
{
	commit(actor, act, 0, 0);
}

static void put_all_if(struct actor *actor, struct act *act)
{
	act->given = actor->versions[0];
	commit(actor, act, MSG_SLOT_IF_VERSION, 0);
}

static void put_all_for(struct actor *actor, struct act *act)
{
	commit(actor, act, 0, ttl_of(act));
}

static void clear_all(struct actor *actor, struct act *act)
{
	commit(actor, act, MSG_SLOT_CLEARS, 0);
	act->done = act->version;
}

static void clear_all_if(struct actor *actor, struct act *act)
{
	act->given = actor->versions[0];
	commit(actor, act, MSG_SLOT_CLEARS | MSG_SLOT_IF_VERSION, 0);
}

/* What is not one message is none that was ever written. */
static void get_all(struct actor *actor, struct act *act)
{
	unsigned long long values[CHANNELS] = {};
	struct msg_slot_get gets[CHANNELS];

	for (unsigned int i = 0; i < CHANNELS; i++)
		gets[i] = get_into(1 + i, &values[i], sizeof(values[i]));
	if (slot_snapshot(actor->fd, gets, CHANNELS))
		abort();
	act->done = false;
	act->value = values[0];
	act->version = gets[0].record.version;
	for (unsigned int i = 0; i < CHANNELS; i++) {
		act->done |= gets[i].record.event == MSG_SLOT_WRITTEN;
		actor->versions[i] = gets[i].record.version;
		if (values[i] != values[0])
			act->value = ~0ull;
	}
}

static void read_first(struct actor *actor, struct act *act)
{
	act->value = 0;
	act->done = slot_pread(actor->fd, &act->value, sizeof(act->value), 1) >
		    0;
}

static const struct {
	enum kind kind;
	void (*act)(struct actor *actor, struct act *act);
} acting[] = {
	{ PUT, put_all },	    { PUT_IF, put_all_if },
	{ PUT_FOR, put_all_for },   { CLEAR, clear_all },
	{ CLEAR_IF, clear_all_if }, { GET, get_all },
	{ GET, get_all },	    { READ, read_first },
};

static void *act_all(void *arg)
{
	struct actor *actor = arg;

	for (unsigned int i = 0; i < EACH; i++) {
		unsigned int what =
			mix(i * THREADS + actor->index) % ARRAY_SIZE(acting);
		struct act *act = &actor->log->acts[i];

		act->kind = acting[what].kind;
		act->value = value_of(history.number, actor->index, i);
		act->start = clock_now(CLOCK_BOOTTIME);
		acting[what].act(actor, act);
		act->end = clock_now(CLOCK_BOOTTIME);
		if (act->kind == PUT_FOR)
			log_expiry(actor->log, act, ttl_of(act), 0);
	}
	return NULL;
}

static bool one_history(int node)
{
	bool sound;

	history_make(&history, THREADS * EACH);
	for (unsigned int i = 0; i < THREADS; i++) {
		actors[i] = (struct actor){ .index = i,
					    .fd = slot_open(node, O_RDWR),
					    .log = &logs[i] };
		log_make(&logs[i], EACH);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		if (pthread_create(&actors[i].thread, NULL, act_all,
				   &actors[i]))
			abort();
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(actors[i].thread, NULL);
	sound = history_is_sound(&history);
	for (unsigned int i = 0; i < THREADS; i++) {
		close(actors[i].fd);
		log_free(&logs[i]);
	}
	history_free(&history);
	return sound;
}

TEST_F_TIMEOUT(slot, commits_are_one_thing_at_a_time, 100000)
{
	EXPECT_TRUE(histories_are_sound(&history, one_history, NULL));
	printf("# info: %llu histories of %u acts\n", history.number,
	       THREADS * EACH);
}

TEST_HARNESS_MAIN
