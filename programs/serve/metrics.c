// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "complaint.h"
#include "metrics.h"
#include "reply.h"
#include "timestamp.h"

#define PREFIX "message_slot_"
#define NS_PER_S 1e9

/* All messages of a slot are looked at for their ages, but not more often than this. */
#define SCANNING 5000000000ull

/* A number as text: what is longer is none. */
#define LONGEST_NUMBER 64

/**
 * struct reading - what a slot has at a moment
 * @served: the slot
 * @limits, @usage: as it tells them
 * @counts: the module is new enough to count
 * @counters: what it counts
 * @oldest: the age of its oldest message in seconds, or NaN if it has none
 */
struct reading {
	struct served *served;
	struct msg_slot_limits limits;
	struct msg_slot_usage usage;
	bool counts;
	struct msg_slot_counters counters;
	double oldest;
};

/**
 * struct named - a channel of which there are metrics
 * @channel: its name or number
 * @metric: the name of its value's, or NULL for the usual one
 */
struct named {
	const char *channel;
	const char *metric;
};

static struct named *named;
static size_t named_count;

static bool is_metric_name(const char *name)
{
	size_t i;

	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (i = 0; name[i]; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' &&
		    name[i] != ':')
			return false;
	return strncmp(name, PREFIX, strlen(PREFIX));
}

static bool is_taken(const char *metric)
{
	size_t i;

	for (i = 0; i < named_count; i++)
		if (named[i].metric && !strcmp(named[i].metric, metric))
			return true;
	return false;
}

void metrics_add_channel(char *text)
{
	char *equals = strrchr(text, '=');

	if (equals)
		*equals = '\0';
	if (!*text)
		die(STATUS_USAGE, "--metric names no channel");
	if (equals && !is_metric_name(equals + 1))
		die(STATUS_USAGE,
		    "'%s' can't be the name of a metric (letters, digits and _, not message_slot_...)",
		    equals + 1);
	if (equals && is_taken(equals + 1))
		die(STATUS_USAGE, "two channels would have the metric '%s'",
		    equals + 1);
	named = must_realloc(named, named_count + 1, sizeof(*named));
	named[named_count++] =
		(struct named){ text, equals ? equals + 1 : NULL };
}

/* A label's value: anything may be in a name. */
static void write_label(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			putc(*text, out);
	}
	putc('"', out);
}

static void write_family(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# TYPE %s gauge\n# HELP %s %s\n", name, name, help);
}

static void write_sample(FILE *out, const char *name, const char *slot,
			 const char *channel, double value)
{
	fprintf(out, "%s{slot=", name);
	write_label(out, slot);
	if (channel) {
		fputs(",channel=", out);
		write_label(out, channel);
	}
	if (isinf(value))
		fprintf(out, "} %sInf\n", value < 0 ? "-" : "+");
	else if (isnan(value))
		fputs("} NaN\n", out);
	else
		fprintf(out, "} %.17g\n", value);
}

static double channels_of(const struct reading *reading)
{
	return reading->usage.channels;
}

static double bytes_of(const struct reading *reading)
{
	return reading->usage.bytes;
}

static double max_message_of(const struct reading *reading)
{
	return reading->limits.max_message;
}

static double max_channels_of(const struct reading *reading)
{
	return reading->limits.max_channels;
}

static double max_bytes_of(const struct reading *reading)
{
	return reading->limits.max_bytes == MSG_SLOT_NO_LIMIT ?
		       INFINITY :
		       reading->limits.max_bytes;
}

static double oldest_of(const struct reading *reading)
{
	return reading->oldest;
}

/* What only grows, and how many claims there are; of modules that count. */
static const struct counter {
	const char *name;
	const char *help;
	bool grows;
	size_t offset;
} counters[] = {
#define COUNTER(field) offsetof(struct msg_slot_counters, field)
	{ PREFIX "writes", "Messages that were written by calls, and wills.",
	  true, COUNTER(writes) },
	{ PREFIX "clears", "Messages that were taken away.", true,
	  COUNTER(clears) },
	{ PREFIX "expiries", "Messages whose time to live was over.", true,
	  COUNTER(expiries) },
	{ PREFIX "claims", "Claims that have begun.", true, COUNTER(claims) },
	{ PREFIX "claims_held", "Claims that have not ended.", false,
	  COUNTER(held) },
	{ PREFIX "wills", "Wills that became a message.", true,
	  COUNTER(wills) },
	{ PREFIX "watch_restarts", "How often watches began anew.", true,
	  COUNTER(restarts) },
	{ NULL, NULL, false, 0 },
#undef COUNTER
};

static const struct family {
	const char *name;
	const char *help;
	double (*value)(const struct reading *reading);
} families[] = {
	{ PREFIX "channels", "Channels that the slot has.", channels_of },
	{ PREFIX "used_bytes", "Memory that its channels take.", bytes_of },
	{ PREFIX "max_message_bytes", "The largest message that it takes.",
	  max_message_of },
	{ PREFIX "max_channels", "The number of channels that it takes.",
	  max_channels_of },
	{ PREFIX "max_bytes", "The memory that its channels may take.",
	  max_bytes_of },
	{ PREFIX "oldest_message_age_seconds", "The age of its oldest message.",
	  oldest_of },
	{ NULL, NULL, NULL },
};

/* Return: in seconds, or NaN without a message. */
static double scan(struct msgslot_watch *watch)
{
	struct msgslot_event event;
	double oldest = NAN;

	while (msgslot_watch_next(watch, 0, &event) == 1) {
		if (event.record.event == MSG_SLOT_PRESENT)
			break;
		if (event.record.event == MSG_SLOT_WRITTEN &&
		    !(event.record.age / NS_PER_S <= oldest))
			oldest = event.record.age / NS_PER_S;
	}
	return oldest;
}

static double find_oldest(const struct slot *slot)
{
	struct msgslot_watch *watch;
	double oldest;

	if (msgslot_watch_open_with(slot->fd, NULL, 0, MSG_SLOT_WATCH_PRESENT,
				    &watch))
		return NAN;
	oldest = scan(watch);
	msgslot_watch_close(watch);
	return oldest;
}

/* Who asks all the time is told what was found last, but for the time since. */
static double oldest_in(struct served *served)
{
	uint64_t now = timestamp_now(CLOCK_BOOTTIME);

	if (!served->scanned || now - served->scanned > SCANNING) {
		served->oldest = find_oldest(&served->slot);
		served->scanned = now;
	}
	return served->oldest + (now - served->scanned) / NS_PER_S;
}

static bool read_slot(struct served *served, struct reading *reading)
{
	*reading = (struct reading){ .served = served };
	if (served_refresh(served) ||
	    msgslot_usage(served->slot.fd, &reading->usage) ||
	    msgslot_limits(served->slot.fd, &reading->limits))
		return false;
	reading->counts =
		!msgslot_counters(served->slot.fd, &reading->counters);
	reading->oldest = oldest_in(served);
	return true;
}

static void write_family_of_slots(FILE *out, const struct family *family,
				  const struct reading *readings, size_t count)
{
	size_t i;

	write_family(out, family->name, family->help);
	for (i = 0; i < count; i++)
		if (!isnan(family->value(&readings[i])))
			write_sample(out, family->name,
				     readings[i].served->name, NULL,
				     family->value(&readings[i]));
}

static double count_in(const struct reading *reading,
		       const struct counter *counter)
{
	return *(const __u64 *)((const char *)&reading->counters +
				counter->offset);
}

/* OpenMetrics has the name of a counter's family without what its samples have behind it. */
static void write_counter(FILE *out, bool open, const struct counter *counter,
			  const struct reading *readings, size_t count)
{
	const char *type = counter->grows ? "counter" : "gauge";
	const char *end = counter->grows ? "_total" : "";
	char name[64];
	size_t i;

	snprintf(name, sizeof(name), "%s%s", counter->name, open ? "" : end);
	fprintf(out, "# TYPE %s %s\n# HELP %s %s\n", name, type, name,
		counter->help);
	snprintf(name, sizeof(name), "%s%s", counter->name, end);
	for (i = 0; i < count; i++)
		if (readings[i].counts)
			write_sample(out, name, readings[i].served->name, NULL,
				     count_in(&readings[i], counter));
}

static void write_slots(FILE *out, bool open)
{
	const struct counter *counter;
	struct reading *readings =
		must_realloc(NULL, served_count() + 1, sizeof(*readings));
	const struct family *family;
	size_t i, count = 0;

	for (i = 0; i < served_count(); i++)
		count += read_slot(served_at(i), &readings[count]);
	for (family = families; family->name; family++)
		write_family_of_slots(out, family, readings, count);
	for (counter = counters; counter->name; counter++)
		write_counter(out, open, counter, readings, count);
	write_family(out, PREFIX "up", "Whether the slot is there.");
	for (i = 0; i < served_count(); i++)
		write_sample(out, PREFIX "up", served_at(i)->name, NULL,
			     served_at(i)->slot.fd >= 0);
	free(readings);
}

/* A number, and perhaps blanks around it. */
static double number_in(const unsigned char *bytes, size_t size)
{
	char text[LONGEST_NUMBER + 1];
	char *end;
	double number;

	if (size > LONGEST_NUMBER || memchr(bytes, '\0', size))
		return NAN;
	memcpy(text, bytes, size);
	text[size] = '\0';
	number = strtod(text, &end);
	return end != text && !end[strspn(end, " \t\r\n")] ? number : NAN;
}

static double value_in(const struct message *message)
{
	return number_in(message->bytes, message->record.size);
}

static double age_of(const struct message *message)
{
	return message->record.age / NS_PER_S;
}

static double version_of(const struct message *message)
{
	return message->record.version;
}

static void write_channel(FILE *out, const char *name, const struct named *of,
			  double (*value)(const struct message *message))
{
	unsigned char bytes[LONGEST_NUMBER];
	struct message message = { .bytes = bytes };
	const struct served *served;
	uint32_t channel;
	ssize_t ret;
	size_t i;

	for (i = 0; i < served_count(); i++) {
		served = served_at(i);
		if (served->slot.fd < 0 ||
		    slot_find(&served->slot, of->channel, &channel))
			continue;
		ret = msgslot_get(served->slot.fd, channel, bytes,
				  sizeof(bytes), &message.record);
		/* What is too long is no number, but has an age. */
		if ((ret < 0 && ret != -ENOSPC) || isnan(value(&message)))
			continue;
		write_sample(out, name, served->name, of->channel,
			     value(&message));
	}
}

/* Those with a name of their own are families of their own. */
static void write_values(FILE *out)
{
	static const char help[] = "The message as a number.";
	static const char usual[] = PREFIX "channel_value";
	size_t i;

	write_family(out, usual, help);
	for (i = 0; i < named_count; i++)
		if (!named[i].metric)
			write_channel(out, usual, &named[i], value_in);
	for (i = 0; i < named_count; i++)
		if (named[i].metric) {
			write_family(out, named[i].metric, help);
			write_channel(out, named[i].metric, &named[i],
				      value_in);
		}
}

static void write_all_named(FILE *out, const char *name, const char *help,
			    double (*value)(const struct message *message))
{
	size_t i;

	write_family(out, name, help);
	for (i = 0; i < named_count; i++)
		write_channel(out, name, &named[i], value);
}

static void write_all(FILE *out, bool open)
{
	write_slots(out, open);
	if (named_count) {
		write_values(out);
		write_all_named(out, PREFIX "channel_age_seconds",
				"The message's age.", age_of);
		write_all_named(out, PREFIX "channel_version",
				"The message's version.", version_of);
	}
	fputs("# EOF\n", out);
}

enum MHD_Result metrics_answer(struct request *request)
{
	static const char open_type[] =
		"application/openmetrics-text; version=1.0.0; charset=utf-8";
	static const char plain_type[] =
		"text/plain; version=0.0.4; charset=utf-8";
	const char *accept = request_header(request, MHD_HTTP_HEADER_ACCEPT);
	bool open = accept && strstr(accept, "application/openmetrics-text");
	struct MHD_Response *response;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out)
		write_all(out, open);
	if (!out || fclose(out))
		die(STATUS_ERROR, "%s", strerror(errno));
	response = MHD_create_response_from_buffer(size, text,
						   MHD_RESPMEM_MUST_FREE);
	if (response)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					open ? open_type : plain_type);
	return reply_send(request, MHD_HTTP_OK, response);
}
