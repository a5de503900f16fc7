// SPDX-License-Identifier: GPL-2.0
/*
 * parallel: how much more two processors do than one, and how much a reader
 * slows a writer down. All scenes take turns, many times over, so that what else
 * the machine does meanwhile hits all of them.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "means/mapped.h"
#include "table.h"

#define SAMPLES 41
#define SAMPLE_US 50000
#define WORKERS 5

/**
 * struct worker - a process that does one thing over and over
 * @work: what it does; NULL ends a list
 * @channel: on which channel
 * @cpu: on which processor
 * @pause_us: how long it sleeps each time; such a one is not counted
 * @aside: this one is not counted either
 */
struct worker {
	operation work;
	unsigned int channel;
	int cpu;
	unsigned int pause_us;
	bool aside;
};

/* What runs at the same time. */
struct scene {
	const char *name;
	struct worker workers[WORKERS];
};

struct shared {
	atomic_int ready;
	atomic_bool go;
	atomic_bool stop;
	atomic_ulong done[WORKERS];
};

static struct shared *shared;

static long work_write(void)
{
	return write(slot_fd, sent.bytes, size);
}

static long work_read(void)
{
	return read(slot_fd, got.bytes, size);
}

static long work_mapped(void)
{
	return mapped_read();
}

static long work_call(void)
{
	return getppid();
}

/* Once in a millisecond a new message comes. */
#define PACE_US 1000
#define PACED_WRITER work_write, 1, 0, PACE_US, false
/* At full speed, and what takes as much of the other processor. */
#define WRITER work_write, 1, 0, 0, true
#define CALLER work_call, 2, 1, 0, true
#define MAPPED_READER(cpu) work_mapped, 1, cpu, 0, false

enum {
	CALL_1,
	CALL_2,
	WRITE_1,
	WRITE_2,
	READ_1,
	READ_2,
	MAPPED_1,
	MAPPED_2,
	MAPPED_4,
	MAPPED_FULL_1,
	MAPPED_FULL_2,
	WITH_MAPPED,
	WITH_READER,
	WITH_STRANGER,
	SCENES,
};

static const struct scene scenes[SCENES] = {
	[CALL_1] = { "getppid-1", { { work_call, 1, 0, 0, false } } },
	[CALL_2] = { "getppid-2",
		     { { work_call, 1, 0, 0, false },
		       { work_call, 2, 1, 0, false } } },
	[WRITE_1] = { "writers-1", { { work_write, 1, 0, 0, false } } },
	[WRITE_2] = { "writers-2",
		      { { work_write, 1, 0, 0, false },
			{ work_write, 2, 1, 0, false } } },
	[READ_1] = { "readers-1",
		     { { PACED_WRITER }, { work_read, 1, 0, 0, false } } },
	[READ_2] = { "readers-2",
		     { { PACED_WRITER },
		       { work_read, 1, 0, 0, false },
		       { work_read, 1, 1, 0, false } } },
	[MAPPED_1] = { "mapped-1", { { PACED_WRITER }, { MAPPED_READER(0) } } },
	[MAPPED_2] = { "mapped-2",
		       { { PACED_WRITER },
			 { MAPPED_READER(0) },
			 { MAPPED_READER(1) } } },
	[MAPPED_4] = { "mapped-4",
		       { { PACED_WRITER },
			 { MAPPED_READER(0) },
			 { MAPPED_READER(1) },
			 { MAPPED_READER(0) },
			 { MAPPED_READER(1) } } },
	[MAPPED_FULL_1] = { "mapped-full-1",
			    { { WRITER }, { MAPPED_READER(0) } } },
	[MAPPED_FULL_2] = { "mapped-full-2",
			    { { WRITER },
			      { MAPPED_READER(0) },
			      { CALLER },
			      { MAPPED_READER(1) } } },
	[WITH_MAPPED] = { "writer-with-mapped",
			  { { work_write, 1, 0, 0, false },
			    { MAPPED_READER(1) } } },
	[WITH_READER] = { "writer-with-reader",
			  { { work_write, 1, 0, 0, false },
			    { work_read, 1, 1, 0, false } } },
	[WITH_STRANGER] = { "writer-with-stranger",
			    { { work_write, 1, 0, 0, false },
			      { work_read, 2, 1, 0, false } } },
};

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	must(sched_setaffinity(0, sizeof(set), &set), "a second processor");
}

static void labour(const struct worker *worker, atomic_ulong *done)
{
	unsigned long n = 0;

	pin(worker->cpu);
	slot_fd = open_slot(0);
	select_channel(slot_fd, worker->channel);
	open_view();
	visit(&reader, worker->channel);
	atomic_fetch_add(&shared->ready, 1);
	while (!atomic_load(&shared->go))
		sched_yield();
	for (; !atomic_load_explicit(&shared->stop, memory_order_relaxed);
	     n++) {
		must(worker->work(), "the work of a process");
		if (worker->pause_us)
			usleep(worker->pause_us);
	}
	atomic_store(done, worker->pause_us || worker->aside ? 0 : n);
	_exit(EXIT_SUCCESS);
}

static void start_worker(const struct worker *worker, atomic_ulong *done)
{
	if (!must(fork(), "fork"))
		labour(worker, done);
}

/* Return: how many seconds they worked. */
static double let_work(int workers)
{
	uint64_t start, end;

	while (atomic_load(&shared->ready) < workers)
		usleep(1000);
	start = now();
	atomic_store(&shared->go, true);
	usleep(SAMPLE_US);
	atomic_store(&shared->stop, true);
	end = now();
	while (wait(NULL) > 0)
		;
	return (end - start) / 1e9;
}

/**
 * struct sample - operations in a second
 * @first: those of the first worker
 * @sum: those of all
 */
struct sample {
	double first;
	double sum;
};

static struct sample play(const struct scene *scene)
{
	struct sample sample = { 0, 0 };
	double seconds;
	int i, n = 0;

	memset(shared, 0, sizeof(*shared));
	for (; n < WORKERS && scene->workers[n].work; n++)
		start_worker(&scene->workers[n], &shared->done[n]);
	seconds = let_work(n);
	for (i = 0; i < n; i++)
		sample.sum += shared->done[i] / seconds;
	sample.first = shared->done[0] / seconds;
	return sample;
}

static struct sample samples[SCENES][SAMPLES];

static double sum_of(struct sample sample)
{
	return sample.sum;
}

static double first_of(struct sample sample)
{
	return sample.first;
}

/* Of two scenes in the same turn, so that they met the same noise. */
static double typical(int a, int b, double (*rate)(struct sample))
{
	double ratios[SAMPLES];
	int i;

	for (i = 0; i < SAMPLES; i++)
		ratios[i] = rate(samples[a][i]) / rate(samples[b][i]);
	return median(ratios, SAMPLES);
}

/* What else the machine does can only slow a scene down. */
static double best(int scene, double (*rate)(struct sample))
{
	double most = 0;
	int i;

	for (i = 0; i < SAMPLES; i++)
		if (rate(samples[scene][i]) > most)
			most = rate(samples[scene][i]);
	return most;
}

static void print_ratio(const char *name, int a, int b,
			double (*rate)(struct sample))
{
	print_figure(name, "typical", typical(a, b, rate));
	print_figure(name, "best", best(a, rate) / best(b, rate));
}

int main(void)
{
	int i, s;

	make_message(128);
	slot_fd = open_slot(0);
	for (i = 1; i <= 2; i++) {
		select_channel(slot_fd, i);
		must(write(slot_fd, sent.bytes, size), "a new channel");
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		fail("mmap");

	for (i = 0; i < SAMPLES; i++)
		for (s = 0; s < SCENES; s++)
			samples[s][i] = play(&scenes[s]);
	print_ratio("getppid-scaling", CALL_2, CALL_1, sum_of);
	print_ratio("writers-scaling", WRITE_2, WRITE_1, sum_of);
	print_ratio("readers-scaling", READ_2, READ_1, sum_of);
	print_ratio("mapped-scaling", MAPPED_2, MAPPED_1, sum_of);
	print_ratio("mapped-scaling-4", MAPPED_4, MAPPED_1, sum_of);
	print_ratio("mapped-full-speed", MAPPED_FULL_2, MAPPED_FULL_1, sum_of);
	print_ratio("writer-beside-mapped", WITH_MAPPED, WRITE_1, first_of);
	print_ratio("writer-beside-reader", WITH_READER, WRITE_1, first_of);
	print_ratio("writer-beside-stranger", WITH_STRANGER, WRITE_1, first_of);
	return EXIT_SUCCESS;
}
