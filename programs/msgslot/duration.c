// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "duration.h"

#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull
#define NS_PER_M (60 * NS_PER_S)
#define NS_PER_H (60 * NS_PER_M)
#define NS_PER_D (24 * NS_PER_H)

static const struct unit {
	const char *name;
	uint64_t length;
} units[] = {
	{ "", NS_PER_S },    { "ns", 1 },	{ "us", NS_PER_US },
	{ "ms", NS_PER_MS }, { "s", NS_PER_S }, { "m", NS_PER_M },
	{ "min", NS_PER_M }, { "h", NS_PER_H }, { "d", NS_PER_D },
	{ NULL, 0 },
};

/* Return: the unit's length, or 0 if there is none of that name. */
static uint64_t unit_length(const char *name, size_t size)
{
	const struct unit *unit = units;

	while (unit->name &&
	       (strlen(unit->name) != size || memcmp(unit->name, name, size)))
		unit++;
	return unit->length;
}

/* Return: how many digits @text begins with. */
static size_t count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

static bool add_whole(const char *digits, size_t count, uint64_t length,
		      uint64_t *duration)
{
	uint64_t whole = 0;
	size_t i;

	for (i = 0; i < count; i++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, digits[i] - '0', &whole))
			return false;
	return !__builtin_mul_overflow(whole, length, &whole) &&
	       !__builtin_add_overflow(*duration, whole, duration) &&
	       *duration <= DURATION_MAX;
}

/* What is less than a nanosecond is left out. */
static bool add_fraction(const char *digits, size_t count, uint64_t length,
			 uint64_t *duration)
{
	uint64_t sum = 0;

	/*
	 * From the last digit on: what is left out of a tenth of a whole number
	 * would not make the next one.
	 */
	while (count--)
		sum = (length * (digits[count] - '0') + sum) / 10;
	*duration += sum;
	return *duration <= DURATION_MAX;
}

/* Digits, of which there may be none before a point, but not after one. */
static bool split(const char *text, size_t *whole, const char **fraction,
		  size_t *digits)
{
	*whole = count_digits(text);
	*fraction = text + *whole;
	*digits = 0;
	if (**fraction != '.')
		return *whole;
	*digits = count_digits(++*fraction);
	return *digits;
}

/*
 * Adds what @text begins with, and leaves in @text what follows. Its unit is shorter than
 * @last, that of what came before; one without is alone.
 */
static enum duration_verdict add_part(const char **text, uint64_t *last,
				      uint64_t *duration)
{
	const char *fraction, *name;
	size_t whole, digits, size;
	uint64_t length;

	if (!split(*text, &whole, &fraction, &digits))
		return DURATION_IS_NONE;
	name = fraction + digits;
	size = strcspn(name, "0123456789.");
	length = unit_length(name, size);
	if (!length || length >= *last || (!size && *last != UINT64_MAX))
		return DURATION_IS_NONE;
	if (!add_whole(*text, whole, length, duration) ||
	    !add_fraction(fraction, digits, length, duration))
		return DURATION_TOO_LONG;
	*text = name + size;
	*last = length;
	return DURATION_IS_ONE;
}

enum duration_verdict duration_parse(const char *text, uint64_t *duration)
{
	enum duration_verdict verdict;
	uint64_t last = UINT64_MAX;

	*duration = 0;
	do {
		verdict = add_part(&text, &last, duration);
	} while (verdict == DURATION_IS_ONE && *text);
	return verdict;
}

void duration_write(uint64_t duration, char text[static DURATION_TEXT])
{
	if (duration < NS_PER_MS)
		snprintf(text, DURATION_TEXT, "%lluus", duration / NS_PER_US);
	else if (duration < NS_PER_S)
		snprintf(text, DURATION_TEXT, "%llums", duration / NS_PER_MS);
	else if (duration < NS_PER_M)
		snprintf(text, DURATION_TEXT, "%llu.%llus", duration / NS_PER_S,
			 duration / (NS_PER_S / 10) % 10);
	else if (duration < NS_PER_H)
		snprintf(text, DURATION_TEXT, "%llum%02llus",
			 duration / NS_PER_M, duration / NS_PER_S % 60);
	else if (duration < NS_PER_D)
		snprintf(text, DURATION_TEXT, "%lluh%02llum",
			 duration / NS_PER_H, duration / NS_PER_M % 60);
	else
		snprintf(text, DURATION_TEXT, "%llud%02lluh",
			 duration / NS_PER_D, duration / NS_PER_H % 24);
}
