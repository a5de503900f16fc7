/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a processor is held at a time: a thread that goes before all others wants
 * to run each millisecond, and finds how late it comes to.
 */
#ifndef TESTS_HELD_PROCESSOR_H
#define TESTS_HELD_PROCESSOR_H

#include "hostile.h"

#include <pthread.h>
#include <sched.h>

struct held_processor {
	pthread_t thread;
	atomic_bool ends;
	unsigned long long longest;
};

static inline void *held_processor_look(void *arg)
{
	struct held_processor *held = arg;
	struct timespec wait = { .tv_nsec = MILLISECOND };

	while (!atomic_load(&held->ends)) {
		unsigned long long begin = clock_now(CLOCK_MONOTONIC), took;

		nanosleep(&wait, NULL);
		took = clock_now(CLOCK_MONOTONIC) - begin - MILLISECOND;
		if (took > held->longest)
			held->longest = took;
	}
	return NULL;
}

static inline void held_processor_begin(struct held_processor *held)
{
	struct sched_param first = { .sched_priority = 50 };

	memset(held, 0, sizeof(*held));
	if (pthread_create(&held->thread, NULL, held_processor_look, held) ||
	    pthread_setschedparam(held->thread, SCHED_FIFO, &first))
		abort();
}

/* Returns the longest time, in nanoseconds. */
static inline unsigned long long held_processor_end(struct held_processor *held)
{
	atomic_store(&held->ends, true);
	pthread_join(held->thread, NULL);
	return held->longest;
}

/* The longest that an attack without an end holds it, of some time. */
static inline unsigned long long held_by(int node, gid_t group, attack_act *act,
					 unsigned int number)
{
	struct held_processor held;
	struct attacker *attacker = attack(node, group, act, number);
	unsigned long long longest;

	held_processor_begin(&held);
	usleep(300000);
	longest = held_processor_end(&held);
	attack_end(attacker);
	return longest;
}

#define EXPECT_HELD_BRIEFLY(longest)                        \
	EXPECT_COST("the processor held, of 1 ms", longest, \
		    (double)MILLISECOND, (double)HELD_MOST / MILLISECOND)

#endif
