// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel threads (threads.c) do everything there is to do to one channel, and to several of
 * which it is one, while processes read it mapped, at the speed of the processors; all of
 * them write down what they did, and the history must be one of a channel
 * (tests/lib/history.h).
 * TEST_SECONDS: for so long, one history after another; make soak.
 */
#define MAPPED_NOW() native_now()

static inline unsigned long long native_now(void);

#include "mapping.h"
#include "history.h"
#include "memory.h"
#include "native.h"
#include "watch.h"

#include <stdatomic.h>

#define ACTORS 2u
#define READERS 1u
#define LOGS (ACTORS + READERS)
#define EACH 60000u

/*
 * The two clocks are compared as often as a history begins, so they are one as
 * exactly as the comparing is: well below this, in nanoseconds.
 */
#define SLACK 1000

#define LASTING (~(1u << PUT_FOR | 1u << RENEW))
#define SIMPLE (1u << WRITE | 1u << READ | 1u << GET | 1u << PUT | 1u << PUT_IF)
#define CLAIMS (1u << WRITE | 1u << READ | 1u << CLAIM | 1u << RELEASE)
#define WRITES (1u << WRITE | 1u << PUT)
#define COMMITS \
	(1u << PUT | 1u << PUT_IF | 1u << CLEAR | 1u << CLEAR_IF | 1u << GET)

/*
 * What the histories take turns with. An expiry costs a timer and the work that comes
 * of it, hundreds of times what other acts do; a renewal makes one of any message.
 */
static const struct scene {
	const char *name;
	unsigned int kinds;
	/* All actors but the first, if not the same. */
	unsigned int others;
	/* The whole slot is watched, so that a cleared channel stays in its cell. */
	bool watched;
	/* The actors are held up, which costs a fifth of the acts. */
	bool held_up;
	/* What commits and snapshots of some channels do; others only read the first. */
	unsigned int all_kinds;
	/* But here they change it, too. */
	bool also_alone;
} scenes[] = {
	{ .name = "writes and reads", .kinds = SIMPLE },
	{ .name = "all but expiry", .kinds = LASTING },
	{ .name = "claims against writes",
	  .kinds = CLAIMS,
	  .others = WRITES,
	  .held_up = true },
	{ .name = "commits",
	  .kinds = 1u << READ,
	  .held_up = true,
	  .all_kinds = COMMITS },
	{ .name = "commits against puts, on conditions",
	  .others = 1u << PUT_IF | 1u << GET,
	  .held_up = true,
	  .all_kinds = 1u << PUT_IF | 1u << GET,
	  .also_alone = true },
	{ .name = "commits beside writes, watched",
	  .kinds = SIMPLE,
	  .watched = true,
	  .held_up = true,
	  .all_kinds = COMMITS,
	  .also_alone = true },
	{ .name = "writes and reads, watched",
	  .kinds = SIMPLE,
	  .watched = true },
	{ .name = "all but expiry, watched", .kinds = LASTING, .watched = true },
	{ .name = "claims", .kinds = CLAIMS, .held_up = true },
	{ .name = "all", .kinds = ~0u },
	{ .name = "claims against writes",
	  .kinds = CLAIMS,
	  .others = WRITES,
	  .held_up = true },
	{ .name = "all, watched", .kinds = ~0u, .watched = true },
	{ .name = "commits for a time, watched",
	  .kinds = 1u << READ,
	  .watched = true,
	  .all_kinds = COMMITS | 1u << PUT_FOR },
	{ .name = "commits beside all",
	  .kinds = ~0u,
	  .held_up = true,
	  .all_kinds = COMMITS | 1u << PUT_FOR,
	  .also_alone = true },
};

/* Short ones first, so that each scene comes soon; long ones cost less for an act. */
static unsigned int acts_in(unsigned long long history)
{
	unsigned int acts = EACH;

	for (unsigned int turn = (history - 1) / ARRAY_SIZE(scenes); turn < 5;
	     turn++)
		acts /= 2;
	return acts;
}

/* In memory that processes share, where every page has been touched. */
struct shared {
	struct clocks clocks;
	/* The last history that has begun, and the last that is over. */
	atomic_uint begun;
	atomic_uint over;
	/* How many readers know that it is over. */
	atomic_uint idle;
	unsigned int counts[READERS];
	struct act acts[LOGS][EACH];
	struct act expiries[LOGS][EACH];
	struct act *by_start[2 * LOGS * EACH];
	struct act *by_end[2 * LOGS * EACH];
	unsigned long long numbers[2 * LOGS * EACH];
};

static struct shared *shared;
static struct log logs[LOGS];

static inline unsigned long long native_now(void)
{
	return clocks_time(&shared->clocks, ticks_before());
}

/* When it is over can't be told so closely. */
static bool is_doubtful(const struct mapped *mapped, const struct act *act)
{
	return mapped->expires &&
	       mapped->expires + SLACK >=
		       clocks_time(&shared->clocks, act->start) &&
	       mapped->expires <=
		       clocks_time(&shared->clocks, act->end) + SLACK;
}

/* One look, where it tells something: not if overtaken, or if a call would. */
static bool look_once(const struct msg_slot_cell *cell, unsigned int id,
		      struct act *act)
{
	struct mapped mapped;
	long n;

	*act = (struct act){ .kind = MAPPED, .start = ticks_before() };
	n = mapped_try(cell, id, &mapped);
	act->end = ticks_after();
	if (n < 0 || is_doubtful(&mapped, act))
		return false;
	act->done = n && !mapped.over;
	if (!act->done)
		return true;
	act->version = mapped.version;
	act->value = value_in(mapped.message, n);
	return true;
}

/* Reads in one history. A channel that was removed is in another cell next. */
static void read_mapped(int fd, const char *base, unsigned int id,
			struct act *acts, unsigned int *count)
{
	const struct msg_slot_cell *cell = NULL;

	*count = 0;
	while (atomic_load(&shared->over) != id && *count < EACH) {
		if (!cell || cell_id(cell) != id)
			cell = slot_cell(fd, base, id);
		if (cell && look_once(cell, id, &acts[*count]))
			(*count)++;
	}
}

static void reader(int node, unsigned int index)
{
	int fd = slot_open(node, O_RDONLY);
	const char *base = slot_map(fd);
	unsigned int id = 0;

	for (;;) {
		word_await_other(&shared->begun, id);
		id = atomic_load(&shared->begun);
		read_mapped(fd, base, id, shared->acts[ACTORS + index],
			    &shared->counts[index]);
		word_await(&shared->over, id);
		atomic_fetch_add(&shared->idle, 1);
		word_wake(&shared->idle);
	}
}

static void collect_logs(struct history *history, unsigned int acts)
{
	double rate = clocks_rate(&shared->clocks);

	for (unsigned int i = 0; i < LOGS; i++) {
		struct log *log = &logs[i];

		log->acts = shared->acts[i];
		log->expiries = shared->expiries[i];
		log->expiring = 0;
		log->count = i < ACTORS ? acts : shared->counts[i - ACTORS];
		for (unsigned int j = 0; i < ACTORS && j < acts; j++) {
			struct act *act = &log->acts[j];

			if (act->done &&
			    (act->kind == PUT_FOR || act->kind == RENEW))
				log_expiry(log, act,
					   value_ttl(act->value) * rate,
					   SLACK * rate);
		}
	}
	*history = (struct history){
		.number = history->number,
		.logs = logs,
		.actors = LOGS,
		.by_start = shared->by_start,
		.by_end = shared->by_end,
		.numbers = shared->numbers,
	};
}

/* Returns the readers' acts. */
static unsigned int act_history(struct crowd *crowd, unsigned int id,
				const struct scene *scene)
{
	unsigned int mapped = 0;

	crowd->channel = id;
	crowd->history = id;
	crowd->acts = acts_in(id);
	crowd->kinds = scene->kinds;
	crowd->others = scene->others;
	crowd->held_up = scene->held_up;
	crowd->all_kinds = scene->all_kinds;
	crowd->also_alone = scene->also_alone;
	crowd->together = 2 + id % (TOGETHER_MOST - 1);
	for (unsigned int i = 0; i < ACTORS; i++)
		slot_select(crowd->members[i].fd, id);
	atomic_store(&shared->idle, 0);
	atomic_store(&shared->begun, id);
	word_wake(&shared->begun);
	crowd_run(crowd);
	atomic_store(&shared->over, id);
	word_wake(&shared->over);
	word_await(&shared->idle, READERS);
	clocks_compare(&shared->clocks, crowd);
	for (unsigned int i = 0; i < READERS; i++)
		mapped += shared->counts[i];
	return mapped;
}

static void clear_all(int fd, const struct crowd *crowd)
{
	for (unsigned int i = 0; i < crowd->together; i++)
		slot_clear(fd, together_id(crowd->channel, i));
}

FIXTURE(native)
{
	int node;
	struct crowd crowd;
	pid_t readers[READERS];
};

FIXTURE_SETUP(native)
{
	if (!crowd_there())
		SKIP(return, "needs tests/native/run");
	shared = memory_shared(sizeof(*shared));
	self->node = slot_fresh();
	crowd_open(&self->crowd, self->node, ACTORS, EACH);
	for (unsigned int i = 0; i < ACTORS; i++)
		self->crowd.members[i].acts = (uintptr_t)shared->acts[i];
	clocks_begin(&shared->clocks, &self->crowd);
	for (unsigned int i = 0; i < READERS; i++) {
		self->readers[i] = fork();
		if (!self->readers[i])
			reader(self->node, i);
	}
}

FIXTURE_TEARDOWN(native)
{
	for (unsigned int i = 0; i < READERS; i++) {
		kill(self->readers[i], SIGKILL);
		waitpid(self->readers[i], NULL, 0);
	}
}

TEST_F_TIMEOUT(native, history_is_one_of_one_thing_at_a_time, 100000)
{
	double begin = seconds(), acting = 0;
	struct history history = {};
	unsigned long long acts = 0, mapped = 0;
	bool sound = true;

	while (sound && seconds() < begin + native_seconds()) {
		const struct scene *scene =
			&scenes[history.number % ARRAY_SIZE(scenes)];
		double before = seconds();
		int watch = -1;

		history.number++;
		if (scene->watched)
			watch = slot_watch(self->crowd.members[0].fd, NULL, 0);
		mapped += act_history(&self->crowd, history.number, scene);
		acting += seconds() - before;
		collect_logs(&history, self->crowd.acts);
		sound = history_is_sound(&history);
		acts += history.count;
		if (watch >= 0)
			close(watch);
		clear_all(self->crowd.members[0].fd, &self->crowd);
		if (!sound)
			fprintf(stderr, "# history: %s, after %.1f s\n",
				scene->name, seconds() - begin);
	}
	EXPECT_TRUE(sound);
	EXPECT_LT(0ull, mapped);
	printf("# info: %llu histories, %llu acts, %llu of them mapped reads: %.0f acts a second\n",
	       history.number, acts, mapped, acts / (seconds() - begin));
	printf("# info: %.0f a second while they act\n", acts / acting);
}

TEST_HARNESS_MAIN
