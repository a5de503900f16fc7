/* SPDX-License-Identifier: GPL-2.0 */
/* Means of handing a message from one process to another. */
#ifndef BENCH_MEANS_H
#define BENCH_MEANS_H

#include <stddef.h>
#include <string.h>

#include "count.h"

#define MAX_SIZE 1048576

/* The message that is written, and the one that was read. */
static struct {
	long type; /* System V queues want it there. */
	char bytes[MAX_SIZE];
} sent = { .type = 1 }, got;

static size_t size;

/* How many messages are written before they are read. */
enum batch {
	ONE = 1,
	FEW = 8, /* what every queue takes, if messages are small */
	MANY = 512, /* for what differs from one write to the next */
};

/**
 * struct means - one means of handing over messages of @size bytes
 * @name: what a person calls it
 * @size: the only size it has, or 0 for any
 * @batch: how many messages are written before they are read
 * @set_up: makes it ready; returns NULL, or why it can't be had here
 * @write: hands a message over, or NULL for no such thing
 * @read: gets a message, or NULL for no such thing
 * @tear_down: undoes @set_up
 */
struct means {
	const char *name;
	size_t size;
	enum batch batch;
	const char *(*set_up)(void);
	operation write;
	operation read;
	void (*tear_down)(void);
};

/* Its first 8 bytes are a 1, because eventfd adds numbers up. */
static inline void make_message(size_t of_size)
{
	size = of_size;
	memset(sent.bytes, 'x', sizeof(sent.bytes));
	memset(sent.bytes, 0, 8);
	sent.bytes[0] = 1;
}

/* Nothing is measured that does not hand messages over. */
static inline void check_means(const struct means *m)
{
	if (!m->write || !m->read)
		return;
	memset(got.bytes, 0, size);
	must(m->write(), m->name);
	must(m->read(), m->name);
	if (memcmp(got.bytes, sent.bytes, size))
		errx(EXIT_FAILURE, "%s: another message came out", m->name);
}

#endif /* BENCH_MEANS_H */
