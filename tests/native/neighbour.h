/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program asks of commits.c: writing the address of a struct neighbour, as a
 * hexadecimal number, to the module's parameter "neighbour" has a kernel thread commit
 * without an end on one processor, while the caller acts on another.
 */
#ifndef TESTS_NEIGHBOUR_H
#define TESTS_NEIGHBOUR_H

#define NEIGHBOUR_BYTES 64u
/* Of this channel and those that follow; the neighbour's begin at the other. */
#define NEIGHBOUR_VICTIM 0x1000u
#define NEIGHBOUR_OTHER 0x2000u
/* Acts in a try, and tries of each kind. */
#define NEIGHBOUR_ROUNDS 100u
#define NEIGHBOUR_TRIES 300u

enum victim {
	/* Publishing to a channel that is there. */
	VICTIM_PUBLISHES,
	/* Making a channel, and clearing it. */
	VICTIM_MAKES,
	/* A snapshot of as many channels as one may have, none of them the neighbour's. */
	VICTIM_TAKES,
	/* The same of those that the neighbour commits. */
	VICTIM_TAKES_COMMITTED,
	VICTIMS,
};

/* Which slot the neighbour commits to. */
enum beside {
	BESIDE_OTHER_SLOT,
	BESIDE_SAME_SLOT,
	BESIDES,
};

struct neighbour {
	/* Open files of the victim's slot, of the same for the neighbour, and of another. */
	int victim, same, other;
	int reserved;
	/* How many commits there were meanwhile. */
	unsigned long long commits[BESIDES];
	/* How long NEIGHBOUR_ROUNDS took in the middle of all tries, in ticks, */
	unsigned long long typical[VICTIMS][BESIDES];
	/* and in the slowest but 1 %. */
	unsigned long long slow[VICTIMS][BESIDES];
};

#endif
