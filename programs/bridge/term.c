// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../msgslot/timestamp.h"
#include "term.h"

#define US 1000
/* In us. A clock that nobody has set begins in 1970. */
#define YEAR (365UL * 86400 * 1000000)
#define CLOCK_SET (50 * YEAR)

void term_write(const struct term *term, char text[static TERM_TEXT])
{
	snprintf(text, TERM_TEXT, "msgslot1-owner %s %lu %lu %lu %d %d %lu",
		 term->machine, term->instance, term->number, term->beat,
		 term->complete, term->ended, term->lease);
}

bool term_read(struct term *term, const unsigned char *value, size_t size)
{
	char text[TERM_TEXT], again[TERM_TEXT];
	int complete, ended;

	if (!value || size >= sizeof(text))
		return false;
	memcpy(text, value, size);
	text[size] = '\0';
	*term = (struct term){ 0 };
	if (sscanf(text,
		   "msgslot1-owner %64[A-Za-z0-9_-] %lu %lu %lu %d %d %lu",
		   term->machine, &term->instance, &term->number, &term->beat,
		   &complete, &ended, &term->lease) != 7)
		return false;
	term->complete = complete == 1;
	term->ended = ended == 1;
	if (term->lease > TERM_LONGEST_LEASE)
		return false;
	term_write(term, again);
	return strlen(again) == size && !memcmp(again, value, size);
}

/* This machine's clock only makes it likely that a store that was lost is no matter. */
uint64_t term_next(uint64_t last)
{
	uint64_t now = timestamp_now(CLOCK_REALTIME) / US;

	return now > last ? now : last + 1;
}

bool term_is_likely(uint64_t number)
{
	uint64_t now = timestamp_now(CLOCK_REALTIME) / US;

	return now < CLOCK_SET || number < now + YEAR;
}
