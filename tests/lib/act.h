/* SPDX-License-Identifier: GPL-2.0 */
/* An act of a history: what somebody did to a channel, and what came of it. */
#ifndef TESTS_ACT_H
#define TESTS_ACT_H

#ifdef __KERNEL__
#include <linux/types.h>
/* Of the kernel's block layer. */
#undef READ
#undef WRITE
#else
#include <stdbool.h>
#endif

/*
 * The first are told in the order in which races/history.c chooses among them.
 * EXPIRE is the kernel's own act, some time after a message for a time only.
 */
enum kind {
	WRITE,
	PUT,
	PUT_IF,
	PUT_FOR,
	CLEAR,
	CLEAR_IF,
	GET,
	MAPPED,
	READ,
	KINDS,
	EXPIRE = KINDS,
	CLAIM,
	RELEASE,
	RENEW,
};

/* What becomes of a channel at the end of a claim: as enum msg_slot_end. */
enum ending {
	CLEARS,
	KEEPS,
	WILLS,
};

/*
 * No value comes twice; 0 is no message. Times are of one clock, whichever that is;
 * the act came into force at some moment from its start to its end.
 */
struct act {
	enum kind kind;
	bool done;
	unsigned long long start, end;
	/* What was written, found, or expires; of a claim, the will. */
	unsigned long long value;
	/* What a condition was about; of a claim, which act ended it, from 1. */
	unsigned long long given;
	/* That the message had, found or gave it; 0: none, or not known. */
	unsigned long long version;
	/* When what PUT_FOR wrote, or RENEW renewed, is over at the latest. */
	unsigned long long over;
	/* Of RELEASE: an enum ending. */
	unsigned char ending;
	/* Not done, for another had claimed the channel. */
	bool refused;
	/*
	 * In a lane: whose version is higher once the channel leaves that, and is not known
	 * to who did it.
	 */
	bool in_lane;
	/* Who did it, from 1; 0: nobody who claims. */
	unsigned short actor;
};

/* What one of many actors writes by its act @i, in one history of many. */
static inline unsigned long long value_of(unsigned long long history,
					  unsigned int actor, unsigned int i)
{
	return history << 40 | (actor + 1ull) << 32 | i;
}

#endif
