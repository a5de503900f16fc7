/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counting: what an operation costs, in nanoseconds of the monotonic clock.
 * Under an instruction-counting clock (tests/vm/run -i) those are instructions.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include "clock.h"
#include "fail.h"
#include "median.h"

/* Returns below 0 when it fails. */
typedef long (*operation)(void);

/**
 * struct cost - in nanoseconds
 * @write: of a write
 * @read: of a read
 * @pair: of a write and a read, one after the other
 */
struct cost {
	double write;
	double read;
	double pair;
};

/* Enough that the median has nothing of warming up and of timer interrupts. */
#define ROUNDS 301

/* Not inlined, so that calling it costs what calling an operation costs. */
__attribute__((noinline)) static long nothing(void)
{
	__asm__ volatile("");
	return 0;
}

/* Always two calls, so that one empty loop serves to subtract from all. */
__attribute__((noinline)) static double window(const operation pair[2],
					       int batch)
{
	uint64_t start = now();
	int i;

	for (i = 0; i < batch; i++)
		if ((pair[0]() | pair[1]()) < 0)
			fail("an operation that is being counted");
	return now() - start;
}

/**
 * count() - what writing and reading cost
 * @write: NULL for none
 * @read: NULL for none
 * @batch: so many writes are made before as many reads, and counted together
 *
 * Return: the medians over ROUNDS batches, without the loop's own cost.
 */
static inline struct cost count(operation write, operation read, int batch)
{
	const operation loop[] = { nothing, nothing };
	const operation writing[] = { write ?: nothing, nothing };
	const operation reading[] = { read ?: nothing, nothing };
	const operation both[] = { writing[0], reading[0] };
	double l[ROUNDS], w[ROUNDS], r[ROUNDS], p[ROUNDS];
	double own;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		l[i] = window(loop, batch);
		w[i] = window(writing, batch);
		r[i] = window(reading, batch);
		p[i] = window(both, batch);
	}
	own = median(l, ROUNDS);
	return (struct cost){
		.write = (median(w, ROUNDS) - own) / batch,
		.read = (median(r, ROUNDS) - own) / batch,
		.pair = (median(p, ROUNDS) - own) / batch,
	};
}

#endif /* BENCH_COUNT_H */
