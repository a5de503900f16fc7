// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "complaint.h"
#include "duration.h"
#include "number.h"
#include "route.h"

#define BIT(kind) (1u << (kind))

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/*
 * What was sent as %XX is a byte of the name; a zero byte can be in none. Return: the
 * decoded text, for free(), or NULL.
 */
static char *decode(const char *text, size_t size)
{
	char *decoded = must_realloc(NULL, size + 1, 1);
	char *to = decoded;
	int high, low;
	size_t i;

	for (i = 0; i < size; i++) {
		*to = text[i];
		if (text[i] == '%') {
			high = size - i > 2 ? hex_digit(text[i + 1]) : -1;
			low = high < 0 ? -1 : hex_digit(text[i + 2]);
			*to = (char)(16 * high + low);
			if (low < 0 || !*to) {
				free(decoded);
				return NULL;
			}
			i += 2;
		}
		to++;
	}
	*to = '\0';
	return decoded;
}

static const char *take_number(const char *value, uint64_t max,
			       uint64_t *number)
{
	return number_parse(value, max, number) ?
		       NULL :
		       "a parameter is no number, or too large";
}

static const char *take_newer_than(const char *value, struct route *route)
{
	route->waits = true;
	return argument_take_version(value, &route->newer_than);
}

static const char *take_timeout(const char *value, struct route *route)
{
	if (duration_parse(value, &route->timeout) != DURATION_IS_ONE)
		return "the timeout is no duration (such as 250ms, 30s)";
	return route->timeout > ROUTE_LONGEST_WAIT ?
		       "the timeout is above 60s" :
		       NULL;
}

static const char *take_ttl(const char *value, struct route *route)
{
	return argument_take_time_to_live(value, &route->ttl);
}

static const char *take_text(const char *value, char **text)
{
	free(*text);
	*text = must_realloc(NULL, strlen(value) + 1, 1);
	stpcpy(*text, value);
	return NULL;
}

static const char *take_search(const char *value, struct route *route)
{
	return take_text(value, &route->search);
}

static const char *take_prefix(const char *value, struct route *route)
{
	return take_text(value, &route->prefix);
}

static const char *take_from(const char *value, struct route *route)
{
	return take_number(value, UINT32_MAX, &route->from);
}

static const char *take_count(const char *value, struct route *route)
{
	return take_number(value, ROUTE_MOST_ROWS, &route->count);
}

static const char *take_after(const char *value, struct route *route)
{
	return take_number(value, UINT64_MAX, &route->after);
}

static const char *take_generation(const char *value, struct route *route)
{
	return take_number(value, UINT64_MAX, &route->generation);
}

static const char *take_pin(const char *value, struct route *route)
{
	return take_number(value, UINT32_MAX, &route->pin);
}

/* What may follow the question mark, and of which addresses. */
static const struct parameter {
	const char *name;
	unsigned int kinds;
	const char *(*take)(const char *value, struct route *route);
} parameters[] = {
	{ "newer_than", BIT(ROUTE_CHANNEL), take_newer_than },
	{ "timeout", BIT(ROUTE_CHANNEL) | BIT(ROUTE_TABLE), take_timeout },
	{ "ttl", BIT(ROUTE_CHANNEL), take_ttl },
	{ "search", BIT(ROUTE_TABLE), take_search },
	{ "prefix", BIT(ROUTE_TABLE), take_prefix },
	{ "from", BIT(ROUTE_TABLE), take_from },
	{ "count", BIT(ROUTE_TABLE), take_count },
	{ "after", BIT(ROUTE_TABLE), take_after },
	{ "generation", BIT(ROUTE_TABLE), take_generation },
	{ "pin", BIT(ROUTE_TABLE), take_pin },
	{ NULL, 0, NULL },
};

static const struct parameter *find_parameter(const char *name, size_t length)
{
	const struct parameter *parameter = parameters;

	while (parameter->name && (strlen(parameter->name) != length ||
				   memcmp(parameter->name, name, length)))
		parameter++;
	return parameter->name ? parameter : NULL;
}

static const char *take_pair(const char *pair, size_t size, struct route *route)
{
	const char *equals = memchr(pair, '=', size);
	size_t length = equals ? (size_t)(equals - pair) : size;
	const struct parameter *parameter = find_parameter(pair, length);
	const char *wrong;
	char *value;

	if (!parameter || !(parameter->kinds & BIT(route->kind)))
		return "a parameter is none of those that are known here";
	if (!equals)
		return "a parameter has no value";
	value = decode(equals + 1, size - length - 1);
	if (!value)
		return "a parameter has a % that begins no byte above 0";
	wrong = parameter->take(value, route);
	free(value);
	return wrong;
}

static const char *take_query(const char *query, struct route *route)
{
	const char *wrong = NULL;
	size_t size;

	while (*query && !wrong) {
		size = strcspn(query, "&");
		if (size)
			wrong = take_pair(query, size, route);
		query += size + (query[size] == '&');
	}
	return wrong;
}

static const struct fixed {
	const char *path;
	enum route_kind kind;
} fixed_paths[] = {
	{ "/", ROUTE_PAGE },
	{ "/page.css", ROUTE_STYLE },
	{ "/page.js", ROUTE_SCRIPT },
	{ "/metrics", ROUTE_METRICS },
	{ "/v1/openapi.json", ROUTE_OPENAPI },
	{ "/v1/slots", ROUTE_SLOTS },
	{ NULL, ROUTE_NONE },
};

static enum route_kind find_fixed(const char *path, size_t size)
{
	const struct fixed *fixed = fixed_paths;

	while (fixed->path &&
	       (strlen(fixed->path) != size || memcmp(fixed->path, path, size)))
		fixed++;
	return fixed->kind;
}

static bool is(const char *text, size_t size, const char *word)
{
	return strlen(word) == size && !memcmp(text, word, size);
}

/* What follows the slot's name. */
static enum route_kind find_below(const char *rest, size_t size)
{
	if (!size)
		return ROUTE_SLOT;
	if (is(rest, size, "/channels"))
		return ROUTE_CHANNELS;
	if (is(rest, size, "/watch"))
		return ROUTE_WATCH;
	if (is(rest, size, "/table"))
		return ROUTE_TABLE;
	return ROUTE_NONE;
}

static const char *take_path(const char *path, size_t size, struct route *route)
{
	static const char slots[] = "/v1/slots/";
	static const char channels[] = "/channels/";
	static const char wrong[] =
		"the path has a % that begins no byte above 0";
	const char *slash, *end = path + size;

	route->kind = find_fixed(path, size);
	if (route->kind || size <= strlen(slots) ||
	    memcmp(path, slots, strlen(slots)))
		return NULL;
	path += strlen(slots);
	slash = memchr(path, '/', end - path);
	if (!slash)
		slash = end;
	route->slot = decode(path, slash - path);
	if (!route->slot)
		return wrong;
	if (end - slash <= (ptrdiff_t)strlen(channels) ||
	    memcmp(slash, channels, strlen(channels))) {
		route->kind = find_below(slash, end - slash);
		return NULL;
	}
	route->kind = ROUTE_CHANNEL;
	slash += strlen(channels);
	route->channel = decode(slash, end - slash);
	return route->channel ? NULL : wrong;
}

const char *route_parse(const char *uri, struct route *route)
{
	size_t size = strcspn(uri, "?");
	const char *wrong;

	*route = (struct route){ .count = 100 };
	wrong = take_path(uri, size, route);
	if (!wrong && uri[size] && route->kind != ROUTE_NONE)
		wrong = take_query(uri + size + 1, route);
	return wrong;
}

void route_free(struct route *route)
{
	free(route->slot);
	free(route->channel);
	free(route->search);
	free(route->prefix);
	*route = (struct route){ 0 };
}
