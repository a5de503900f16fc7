// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include "number.h"

/* Return: what follows the digits, or NULL without any or if they are too many. */
static const char *parse_digits(const char *text, uint64_t *number)
{
	const char *digit = text;

	for (*number = 0; *digit >= '0' && *digit <= '9'; digit++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, *digit - '0', number))
			return NULL;
	return digit == text ? NULL : digit;
}

bool number_parse(const char *text, uint64_t max, uint64_t *number)
{
	const char *rest = parse_digits(text, number);

	return rest && !*rest && *number <= max;
}

static unsigned int suffix_shift(char suffix)
{
	switch (suffix) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

bool number_parse_size(const char *text, uint64_t max, uint64_t *number)
{
	const char *rest = parse_digits(text, number);
	unsigned int shift;

	if (!rest)
		return false;
	shift = suffix_shift(*rest);
	if (shift)
		rest++;
	if (*rest || *number > max >> shift)
		return false;
	*number <<= shift;
	return true;
}
