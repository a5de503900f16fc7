// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"
#include "timestamp.h"

#define FIRST 1000000000ull
#define BETWEEN 200000000ull
#define NEVER UINT64_MAX

/* When to speak next. */
static uint64_t next = NEVER;
static bool spoke;

void progress_begin(void)
{
	if (isatty(STDERR_FILENO))
		next = timestamp_now(CLOCK_MONOTONIC) + FIRST;
}

void progress_tell(size_t done, size_t of)
{
	uint64_t now;

	if (next == NEVER)
		return;
	now = timestamp_now(CLOCK_MONOTONIC);
	if (now < next)
		return;
	next = now + BETWEEN;
	spoke = true;
	if (of)
		fprintf(stderr, "\r%zu of %zu messages", done, of);
	else
		fprintf(stderr, "\r%zu messages", done);
}

void progress_end(void)
{
	if (spoke)
		fputs("\r\033[K", stderr);
	spoke = false;
	next = NEVER;
}
