/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program asks of rounds.c: writing the address of a struct pace, as a hexadecimal
 * number, to the module's parameter "pace" has what is listed here done many times, in
 * the kernel, on one processor that has nothing else to do.
 */
#ifndef TESTS_PACE_H
#define TESTS_PACE_H

/* Of a message, here and everywhere where paces are compared. */
#define PACE_BYTES 64u

#define PACE_ROUNDS 1000u

enum pace_of {
	/* A seqlock of the kernel's, with a message as what it guards. */
	PACE_SEQLOCK_WRITE,
	PACE_SEQLOCK_READ,
	/* slot_change(), from finding the channel to telling nobody. */
	PACE_PUBLISH,
	/* The fast path of write(), with a message from a user's memory. */
	PACE_WRITE,
	/* slot_get(), channel_get() and the bytes. */
	PACE_COPY_OUT,
	PACES,
};

struct pace {
	/* An open file of the slot, and the channel that it has selected. */
	int fd;
	unsigned int channel;
	/* PACE_BYTES of a user's memory. */
	unsigned long long buffer;
	/* How long PACE_ROUNDS took at least, in ticks of the processor's clock. */
	unsigned long long ticks[PACES];
};

#endif
