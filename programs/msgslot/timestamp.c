// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <time.h>

#include "timestamp.h"

#define NS_PER_S 1000000000ull

void timestamp_utc(uint64_t time, char text[static TIMESTAMP_TEXT])
{
	time_t seconds = time / NS_PER_S;
	struct tm tm;
	size_t length;

	gmtime_r(&seconds, &tm);
	length = strftime(text, TIMESTAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, TIMESTAMP_TEXT - length, ".%09lluZ",
		 time % NS_PER_S);
}

void timestamp_local(uint64_t time, char text[static TIMESTAMP_TEXT])
{
	time_t seconds = time / NS_PER_S;
	struct tm tm;
	size_t length;

	localtime_r(&seconds, &tm);
	length = strftime(text, TIMESTAMP_TEXT, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(text + length, TIMESTAMP_TEXT - length, ".%03llu",
		 time % NS_PER_S / 1000000);
}

uint64_t timestamp_now(int clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}
