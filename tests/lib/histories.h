/* SPDX-License-Identifier: GPL-2.0 */
/* Histories one after the other, each of a slot of its own. */
#ifndef TESTS_HISTORIES_H
#define TESTS_HISTORIES_H

#include "history.h"
#include "memory.h"
#include "slot.h"

/*
 * One, or as many as begin within TEST_SECONDS, or until @enough says so if that takes
 * more; it may be NULL. @one returns whether its history is sound: the first that is not
 * is the last. Returns whether all are.
 */
static inline bool histories_are_sound(struct history *history,
				       bool (*one)(int node),
				       bool (*enough)(void))
{
	const char *duration = getenv("TEST_SECONDS");
	double until = seconds() + (duration ? atof(duration) : 0);
	bool sound;

	do {
		int node = slot_fresh();

		history->number++;
		sound = one(node);
		close(node);
	} while (sound && (seconds() < until || (enough && !enough())));
	return sound;
}

#endif
