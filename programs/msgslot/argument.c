// SPDX-License-Identifier: GPL-2.0
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

uint64_t argument_version(const char *text)
{
	uint64_t version;

	if (!number_parse(text, UINT64_MAX, &version))
		die(STATUS_USAGE, "'%s' is no version (0 or above)", text);
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

	switch (duration_parse(text, &duration)) {
	case DURATION_IS_ONE:
		return duration;
	case DURATION_TOO_LONG:
		die(STATUS_USAGE, "'%s' is too long (292 years at most)", text);
	default:
		die(STATUS_USAGE,
		    "'%s' is no duration (such as 250ms, 1.5s, 2m, 1h30m, 1d)",
		    text);
	}
}

uint64_t argument_time_to_live(const char *text)
{
	uint64_t duration = argument_duration(text);

	if (!duration)
		die(STATUS_USAGE,
		    "a time to live must be above 0 (without one it is for ever)");
	return duration;
}
