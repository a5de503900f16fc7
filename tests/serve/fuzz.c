// SPDX-License-Identifier: GPL-2.0
/*
 * What libFuzzer calls: whatever a client may send that msgslot-serve takes apart. An input
 * is four of them, a line each: an address, a Host, an Origin, and a condition.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "access.h"
#include "address.h"
#include "condition.h"
#include "route.h"

#define PARTS 4

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void try_route(const char *uri)
{
	struct route route;
	const char *wrong = route_parse(uri, &route);

	/* Only what is about a slot has one, and what is about a channel both. */
	if (!wrong && route.kind >= ROUTE_SLOT)
		must(route.slot);
	if (!wrong)
		must(!route.channel == (route.kind != ROUTE_CHANNEL));
	must(wrong || route.timeout <= ROUTE_LONGEST_WAIT);
	must(wrong || route.count <= ROUTE_MOST_ROWS);
	route_free(&route);
}

/* No name but localhost, and no address with anything behind it. */
static void try_host(const char *host, const char *origin)
{
	static const char allowed[] = "0123456789abcdefABCDEF.:[]";

	if (access_host_is_known(host) && strncasecmp(host, "localhost", 9))
		must(!host[strspn(host, allowed)]);
	if (access_origin_is_own(origin, host))
		must(strlen(origin) >= strlen("http://") + strlen(host));
}

static void try_condition(const char *text)
{
	struct condition condition;
	uint64_t version;

	if (condition_parse(text, NULL, &condition) || !condition.has_version)
		return;
	version = condition.version;
	must(condition_lists(text, version));
	must(!condition_lists(text, version + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char *parts[PARTS] = { 0 };
	char *text = malloc(n + 1);
	struct address address;
	char *rest = text;
	int i;

	memcpy(text, bytes, n);
	text[n] = '\0';
	for (i = 0; i < PARTS; i++)
		parts[i] = rest ? strsep(&rest, "\n") : "";
	try_route(parts[0]);
	try_host(parts[1], parts[2]);
	access_token_is_right(parts[2]);
	try_condition(parts[3]);
	address_parse(parts[1], &address);
	free(text);
	return 0;
}
