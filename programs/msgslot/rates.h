/* SPDX-License-Identifier: GPL-2.0 */
/* How fast things happen in a slot, by what it has counted. */
#ifndef MSGSLOT_RATES_H
#define MSGSLOT_RATES_H

#include "slot.h"

/**
 * struct rates - what happens in a slot in a second
 * @known: the slot tells what it has counted
 * @writes: messages that were written by calls, between the last two measurements
 * @clears: messages that were taken away, likewise
 * @expiries: messages whose time was over, likewise
 * @counted: what the slot had counted last
 */
struct rates {
	bool known;
	double writes;
	double clears;
	double expiries;
	struct msg_slot_counters counted;
};

/* What was counted in the @seconds since the last time are the rates now. */
void rates_measure(struct rates *rates, const struct slot *slot,
		   double seconds);

#endif /* MSGSLOT_RATES_H */
