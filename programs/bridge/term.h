/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Terms: who owns the keys of a prefix. The owner has written its name to the key =owner
 * over the last revision, so that no two can have, and goes on doing so, each time with
 * another beat: for it is alive. Whoever has seen no new beat for the lease may take over,
 * again over the last revision. Each owner has a higher term than those before, and each
 * value has its owner's, so that no value of an earlier one counts after it.
 */
#ifndef BRIDGE_TERM_H
#define BRIDGE_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "envelope.h"

/**
 * struct term - an owner
 * @machine: its name
 * @instance: a number of the process's own
 * @number: of the term: higher than those before
 * @beat: another one each time
 * @complete: the store has all that the owner has
 * @ended: the owner has ended, and nobody need wait for its lease
 * @lease: for how long it counts as alive, in ns
 */
struct term {
	char machine[ENVELOPE_ORIGIN + 1];
	uint64_t instance;
	uint64_t number;
	uint64_t beat;
	bool complete;
	bool ended;
	uint64_t lease;
};

/* None is alive for more, in ns: an hour. */
#define TERM_LONGEST_LEASE 3600000000000UL

/* Room for one as a text. */
#define TERM_TEXT 256

void term_write(const struct term *term, char text[static TERM_TEXT]);

/* Return: whether it is one. */
bool term_read(struct term *term, const unsigned char *value, size_t size);

/* A number for a new term: above another, and above all that this machine has had. */
uint64_t term_next(uint64_t last);

/*
 * Return: whether another machine can have such a number: it is the time, in us, and no clock
 * is a year ahead of one that has been set. Above a number that is made up there may be no
 * other.
 */
bool term_is_likely(uint64_t number);

#endif /* BRIDGE_TERM_H */
