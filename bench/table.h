/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table that the programs here print, a line for each figure:
 * kernel release, message size, means, operation, figure.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdio.h>
#include <sys/utsname.h>

#include "means.h"

static inline void print_figure(const char *name, const char *op, double value)
{
	struct utsname kernel;

	uname(&kernel);
	printf("%s\t%zu\t%s\t%s\t%.6g\n", kernel.release, size, name, op,
	       value);
	fflush(stdout);
}

static inline void skip(const char *name, const char *why)
{
	fprintf(stderr, "bench: %s, %zu bytes, skipped: %s\n", name, size, why);
}

static inline void print_cost(const struct means *m, const struct cost *cost)
{
	if (m->write)
		print_figure(m->name, "write", cost->write);
	if (m->read)
		print_figure(m->name, "read", cost->read);
	if (m->write && m->read)
		print_figure(m->name, "pair", cost->pair);
}

/* Large messages fill a queue: those go one by one. */
static inline enum batch batch_of(const struct means *m)
{
	return m->batch == FEW && size > 128 ? ONE : m->batch;
}

static inline void measure(const struct means *m)
{
	const char *why;
	struct cost cost;

	if (m->size && m->size != size)
		return;
	why = m->set_up();
	if (why) {
		skip(m->name, why);
		return;
	}
	check_means(m);
	cost = count(m->write, m->read, batch_of(m));
	m->tear_down();
	print_cost(m, &cost);
}

#endif /* BENCH_TABLE_H */
