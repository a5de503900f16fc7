// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "argument.h"
#include "complaint.h"
#include "duration.h"
#include "number.h"

void argument_channel(const char *text)
{
	uint64_t id;

	if (text[strspn(text, "0123456789")])
		return;
	if (!number_parse(text, UINT32_MAX, &id) || !id)
		die(STATUS_USAGE, "'%s' is no channel (1 to 4294967295)", text);
}

/* Return: the words, good until the next call. */
__attribute__((format(printf, 1, 2))) static const char *say(const char *format,
							     ...)
{
	static char words[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	return words;
}

const char *argument_take_version(const char *text, uint64_t *version)
{
	if (number_parse(text, UINT64_MAX, version))
		return NULL;
	return say("'%s' is no version (0 or above)", text);
}

static const char *take_duration(const char *text, uint64_t *duration)
{
	static const char none[] =
		"'%s' is no duration (such as 250ms, 1.5s, 2m, 1h30m, 1d)";

	switch (duration_parse(text, duration)) {
	case DURATION_IS_ONE:
		return NULL;
	case DURATION_TOO_LONG:
		return say("'%s' is too long (292 years at most)", text);
	default:
		return say(none, text);
	}
}

const char *argument_take_time_to_live(const char *text, uint64_t *ttl)
{
	const char *wrong = take_duration(text, ttl);

	if (wrong || *ttl)
		return wrong;
	return "a time to live must be above 0 (without one it is for ever)";
}

static void die_if(const char *wrong)
{
	if (wrong)
		die(STATUS_USAGE, "%s", wrong);
}

uint64_t argument_version(const char *text)
{
	uint64_t version;

	die_if(argument_take_version(text, &version));
	return version;
}

uint64_t argument_count(const char *text)
{
	uint64_t count;

	if (!number_parse(text, UINT64_MAX, &count) || !count)
		die(STATUS_USAGE, "'%s' is no number of events (1 or above)",
		    text);
	return count;
}

uint64_t argument_duration(const char *text)
{
	uint64_t duration;

	die_if(take_duration(text, &duration));
	return duration;
}

uint64_t argument_time_to_live(const char *text)
{
	uint64_t ttl;

	die_if(argument_take_time_to_live(text, &ttl));
	return ttl;
}
