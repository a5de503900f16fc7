// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "acts.h"
#include "pace.h"

static const char *const names[PACE_ACT] = {
	[PACE_REST] = "libFuzzer",
	[PACE_RECORD] = "telling the host",
	[PACE_BEGIN] = "opening",
	[PACE_TEXT] = "bytes of messages",
	[PACE_SLEEP] = "waiting for a signal",
	[PACE_EXPIRY] = "waiting for expiry",
	[PACE_FORK] = "forks",
	[PACE_TOGETHER] = "several threads",
	[PACE_END] = "the end of an input",
	[PACE_COVERAGE] = "reading KCOV",
};

static __thread bool looking;
static enum pace_part present;
static uint64_t since;
static uint64_t spent[PACE_PARTS];
static uint64_t times[PACE_PARTS];

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static enum pace_part turn_to(enum pace_part part)
{
	enum pace_part before = present;
	uint64_t time = now();

	spent[present] += time - since;
	since = time;
	present = part;
	return before;
}

/** pace_start() - from now on, look at this thread */
void pace_start(void)
{
	since = now();
	looking = true;
}

/**
 * pace_enter() - a part begins
 * @part: which
 *
 * Return: within which, for pace_leave().
 */
enum pace_part pace_enter(enum pace_part part)
{
	if (!looking)
		return part;
	times[part]++;
	return turn_to(part);
}

/**
 * pace_leave() - a part ends
 * @before: what pace_enter() returned
 */
void pace_leave(enum pace_part before)
{
	if (looking)
		turn_to(before);
}

/**
 * pace_note() - add where the time went
 * @path: where to: lines of milliseconds, how often, and on what
 */
void pace_note(const char *path)
{
	FILE *file = fopen(path, "ae");

	if (!file)
		return;
	pace_leave(present);
	for (unsigned int i = 0; i < PACE_ACT + act_kinds_count; i++)
		fprintf(file, "%8llu ms %8llu times %s\n",
			(unsigned long long)spent[i] / 1000000,
			(unsigned long long)times[i],
			i < PACE_ACT ? names[i] : act_kinds[i - PACE_ACT].name);
	fclose(file);
}
