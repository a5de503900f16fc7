/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writers that stop inside the write section, for a module with
 * tests/parked/park.patch. They have a processor of their own, the last of two, and
 * the channel's lock: whoever waits for that on the other one holds up the test.
 */
#ifndef TESTS_PARK_H
#define TESTS_PARK_H

#include "mapping.h"
#include "processor.h"

#include <pthread.h>
#include <stdatomic.h>

#define PARAMETERS "/sys/module/message_slot/parameters/"

/* The channel whose writers stop. */
#define PARKING 1

struct writer {
	pthread_t thread;
	/* Returns 0. */
	long (*change)(struct writer *writer);
	int fd;
	/* For conditions, and of what was changed. */
	unsigned long long version;
	long ret;
	atomic_bool done;
};

static inline void set_parameter(const char *path, unsigned long long value)
{
	FILE *file = fopen(path, "w");

	if (!file || fprintf(file, "%llu\n", value) < 0 || fclose(file))
		abort();
}

static inline void set_park(unsigned int step)
{
	set_parameter(PARAMETERS "park", step);
}

static inline unsigned int parked_at(void)
{
	FILE *file = fopen(PARAMETERS "parked", "r");
	unsigned int step;

	if (!file || fscanf(file, "%u", &step) != 1)
		abort();
	fclose(file);
	return step;
}

static inline bool is_parked_at(void *step)
{
	return parked_at() == *(unsigned int *)step;
}

static inline void *change_on_cpu_1(void *arg)
{
	struct writer *writer = arg;

	writer->ret = stay_on(1) ? writer->change(writer) : -ENODEV;
	atomic_store(&writer->done, true);
	return NULL;
}

/* For a caller on processor 0. Returns whether the writer is at the step. */
static inline bool writer_parks(struct writer *writer, unsigned int step)
{
	set_park(step);
	if (pthread_create(&writer->thread, NULL, change_on_cpu_1, writer))
		abort();
	return soon(is_parked_at, &step);
}

/* Returns what the change did. */
static inline long writer_goes_on(struct writer *writer)
{
	set_park(0);
	pthread_join(writer->thread, NULL);
	return writer->ret;
}

#endif
