// SPDX-License-Identifier: GPL-2.0
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "actor.h"
#include "pace.h"
#include "run.h"

/* Called once in each thread that is to act, if there is somebody to know. */
void (*on_thread)(unsigned int number);

static struct stage stage;
static struct actor actors[INPUT_THREADS];
static const struct input *running;
static pthread_barrier_t begin[INPUT_THREADS + 1];
static pthread_barrier_t end[INPUT_THREADS + 1];

/* Of an input for several threads: what is this one's. */
static void act_part(struct actor *actor)
{
	for (unsigned int i = 0; i < running->count; i++) {
		const struct act *act = &running->acts[i];

		if ((act->file >> 6) % running->threads == actor->number)
			actor_do(actor, act);
	}
}

/* They take turns with the first thread: see run_together(). */
static void *be_actor(void *arg)
{
	struct actor *actor = arg;

	if (on_thread)
		on_thread(actor->number);
	while (1) {
		pthread_barrier_wait(&begin[INPUT_THREADS]);
		if (actor->number < running->threads) {
			pthread_barrier_wait(&begin[running->threads]);
			act_part(actor);
		}
		pthread_barrier_wait(&end[INPUT_THREADS]);
	}
	return NULL;
}

static void set_up(void)
{
	pthread_t thread;

	stage_set_up(&stage);
	for (unsigned int i = 1; i <= INPUT_THREADS; i++) {
		pthread_barrier_init(&begin[i], NULL, i);
		pthread_barrier_init(&end[i], NULL, i);
	}
	for (unsigned int i = 0; i < INPUT_THREADS; i++)
		actor_set_up(&actors[i], &stage, i);
	if (on_thread)
		on_thread(0);
	for (unsigned int i = 1; i < INPUT_THREADS; i++) {
		if (pthread_create(&thread, NULL, be_actor, &actors[i]))
			abort();
	}
}

static void run_alone(const struct input *input)
{
	for (unsigned int i = 0; i < input->count; i++) {
		const struct act *act = &input->acts[i];
		enum pace_part before = pace_enter(PACE_ACT + act->kind);

		actor_do(&actors[0], act);
		pace_leave(before);
	}
}

/* The others wait for the next input; then all that act begin at once. */
static void run_together(const struct input *input)
{
	for (unsigned int i = 0; i < INPUT_THREADS; i++)
		memset(actors[i].seen, 0, sizeof(actors[i].seen));
	running = input;
	pthread_barrier_wait(&begin[INPUT_THREADS]);
	pthread_barrier_wait(&begin[input->threads]);
	act_part(&actors[0]);
	pthread_barrier_wait(&end[INPUT_THREADS]);
}

/**
 * run_input() - do what an input says, on empty slots, and check it
 * @input: the input
 */
void run_input(const struct input *input)
{
	static bool ready;
	enum pace_part before;

	if (!ready)
		set_up();
	ready = true;
	before = pace_enter(PACE_BEGIN);
	stage_begin(&stage, input);
	pace_leave(before);
	if (input->threads > 1) {
		before = pace_enter(PACE_TOGETHER);
		run_together(input);
		pace_leave(before);
	} else {
		run_alone(input);
	}
	before = pace_enter(PACE_END);
	stage_end(&stage, actors);
	pace_leave(before);
}
