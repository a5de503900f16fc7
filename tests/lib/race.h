/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Racers: threads or processes that do something to one slot for a while, all
 * at once. Each has its own open file unless it is given another's, keeps the
 * count of its rounds, and stops at the first thing that is wrong.
 */
#ifndef TESTS_RACE_H
#define TESTS_RACE_H

#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define RACERS_MOST 8
#ifndef RACE_SECONDS
#define RACE_SECONDS 1
#endif

struct racer {
	struct race *race;
	void (*run)(struct racer *racer);
	unsigned int id;
	int fd;
	bool shares_fd;
	/* Only it writes these two; race_end() looks at them meanwhile. */
	unsigned long long rounds;
	const char *wrong;
	pthread_t thread;
	pid_t process;
};

/* In memory that processes share. */
struct race {
	int node;
	bool processes;
	unsigned int count;
	atomic_bool over;
	/* The last note whose write had returned, or whose read had. */
	atomic_ullong written;
	atomic_ullong seen;
	struct racer racers[RACERS_MOST];
};

static inline struct race *race_new(int node, bool processes)
{
	struct race *race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (race == MAP_FAILED)
		abort();
	race->node = node;
	race->processes = processes;
	return race;
}

static inline struct racer *race_add(struct race *race,
				     void (*run)(struct racer *racer))
{
	struct racer *racer = &race->racers[race->count];

	racer->race = race;
	racer->run = run;
	racer->id = race->count++;
	return racer;
}

static inline void race_add_many(struct race *race, unsigned int count,
				 void (*run)(struct racer *racer))
{
	while (count--)
		race_add(race, run);
}

static inline bool racing(struct racer *racer)
{
	return !racer->wrong && !atomic_load(&racer->race->over);
}

/* The end of a round, in which this was as it should be. */
static inline void racer_expect(struct racer *racer, bool good,
				const char *what)
{
	__atomic_store_n(&racer->rounds, racer->rounds + 1, __ATOMIC_RELAXED);
	if (!good && !racer->wrong)
		__atomic_store_n(&racer->wrong, what, __ATOMIC_RELAXED);
}

static inline void *racer_run(void *arg)
{
	struct racer *racer = arg;

	if (!racer->shares_fd)
		racer->fd = slot_open(racer->race->node, O_RDWR);
	racer->run(racer);
	if (!racer->shares_fd)
		close(racer->fd);
	return NULL;
}

static inline void racer_start(struct racer *racer)
{
	pid_t child;

	if (!racer->race->processes) {
		if (pthread_create(&racer->thread, NULL, racer_run, racer))
			abort();
		return;
	}
	child = fork();
	if (child < 0)
		abort();
	if (!child) {
		racer_run(racer);
		_exit(0);
	}
	/* Not before: it is the child's memory as well. */
	racer->process = child;
}

static inline void racer_join(struct racer *racer)
{
	int status = 0;

	if (!racer->race->processes)
		pthread_join(racer->thread, NULL);
	else if (waitpid(racer->process, &status, 0) != racer->process)
		status = -1;
	if (status && !racer->wrong)
		racer->wrong = "its process died";
}

/* Also that none of them came to nothing, else the race was none. */
static inline void race_expect_fair(struct race *race,
				    struct __test_metadata *_metadata)
{
	for (unsigned int i = 0; i < race->count; i++) {
		struct racer *racer = &race->racers[i];

		EXPECT_LT(10u, racer->rounds);
		if (racer->wrong)
			TH_LOG("racer %u, round %llu: %s", i, racer->rounds,
			       racer->wrong);
		EXPECT_EQ(NULL, racer->wrong);
	}
}

static inline void race_start(struct race *race)
{
	for (unsigned int i = 0; i < race->count; i++)
		racer_start(&race->racers[i]);
}

static inline bool race_is_fair(struct race *race)
{
	for (unsigned int i = 0; i < race->count; i++) {
		struct racer *racer = &race->racers[i];

		if (!__atomic_load_n(&racer->wrong, __ATOMIC_RELAXED) &&
		    __atomic_load_n(&racer->rounds, __ATOMIC_RELAXED) <= 10)
			return false;
	}
	return true;
}

/*
 * A kernel for debugging, or a busy machine, may take longer than the race for the
 * first rounds.
 */
static inline void race_end(struct race *race,
			    struct __test_metadata *_metadata)
{
	for (unsigned int i = 0; i < 2000 && !race_is_fair(race); i++)
		usleep(100000);
	atomic_store(&race->over, true);
	for (unsigned int i = 0; i < race->count; i++)
		racer_join(&race->racers[i]);
	race_expect_fair(race, _metadata);
}

static inline void race_run(struct race *race,
			    struct __test_metadata *_metadata)
{
	race_start(race);
	sleep(RACE_SECONDS);
	race_end(race, _metadata);
}

static inline unsigned long long atomic_max(atomic_ullong *most,
					    unsigned long long value)
{
	unsigned long long old = atomic_load(most);

	while (old < value && !atomic_compare_exchange_weak(most, &old, value))
		;
	return old;
}

#endif
