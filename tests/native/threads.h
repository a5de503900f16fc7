/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program asks of threads.c: writing the address of a struct crowd, as a
 * hexadecimal number, to the module's parameter "threads" has kernel threads act on
 * one channel, and some that are changed with it by commits, at full speed and all at
 * once, and returns when all are done.
 */
#ifndef TESTS_THREADS_H
#define TESTS_THREADS_H

#include "act.h"

#define CROWD_MOST 8u
#define TOGETHER_MOST 8u

/* The longest message: the slot's limit has to be as high. */
#define VALUE_MOST 512u

/* One of the threads. */
struct crowd_member {
	/* An open file of the slot, which it has to itself. */
	int fd;
	int reserved;
	/* Where to write what it did: struct act, as many as the crowd has acts. */
	unsigned long long acts;
	/* VALUE_MOST bytes, for messages on their way. */
	unsigned long long buffer;
};

struct crowd {
	unsigned int count;
	/* How many acts each does. */
	unsigned int acts;
	unsigned int channel;
	/* Which kinds of acts: bit by enum kind. */
	unsigned int kinds;
	/* All that it did is not told, but only the last act. */
	unsigned int forgets;
	/* Which all but the first do, and no others; 0: the same. */
	unsigned int others;
	/* Each is held up now and then, for as long as a few acts take. */
	unsigned int held_up;
	/* How many channels a commit and a snapshot have, TOGETHER_MOST at most. */
	unsigned int together;
	/* Which kinds of acts are done to all of them at once, likewise. */
	unsigned int all_kinds;
	/*
	 * The first of them is changed alone as well; else all have the same message, and
	 * commits change the first one first.
	 */
	unsigned int also_alone;
	/* In every value, so that none is another history's. */
	unsigned long long history;
	/* The same moments by both clocks, before and after all acts. */
	unsigned long long ticks[2];
	unsigned long long boottime[2];
	struct crowd_member members[CROWD_MOST];
};

/*
 * The processor's own clock: a system call that told the time would take a hundred
 * times as long as what is done here. All processors have the same.
 */
static inline unsigned long long ticks_before(void)
{
	unsigned int low, high;

	/* Nothing that comes later begins before the clock was read. */
	asm volatile("rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (unsigned long long)high << 32 | low;
}

static inline unsigned long long ticks_after(void)
{
	unsigned int low, high;

	/* What was done is done, and what was stored can be seen. */
	asm volatile("mfence; lfence; rdtsc"
		     : "=a"(low), "=d"(high)
		     :
		     : "memory");
	return (unsigned long long)high << 32 | low;
}

static inline unsigned long long scramble(unsigned long long x)
{
	x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 29)) * 0xd6e8feb86659fd93ull;
	return x ^ (x >> 32);
}

/* The channels that are changed together; the first is the crowd's. */
static inline unsigned int together_id(unsigned int channel, unsigned int i)
{
	return channel + (i << 24);
}

/* One in sixteen is a long one. */
static inline unsigned int value_size(unsigned long long value)
{
	unsigned int eights = scramble(value) % 64;

	return eights < 60 ? 8 * (1 + eights % 16) : VALUE_MOST;
}

/* From a nanosecond to a millisecond, by magnitude: most are replaced before. */
static inline unsigned long long value_ttl(unsigned long long value)
{
	unsigned long long x = scramble(value) >> 8;

	return 1 + (x >> 8) % (1ull << x % 20);
}

#endif
