// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "../msgslot/complaint.h"
#include "mqtt_address.h"

/* What stands before @rest, if @text begins so. */
static bool begins(const char *text, const char *with, const char **rest)
{
	size_t length = strlen(with);

	if (strncmp(text, with, length))
		return false;
	*rest = text + length;
	return true;
}

static bool parse_port(const char *text, int *port)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 5 || text[digits])
		return false;
	*port = atoi(text);
	return *port >= 1 && *port <= 65535;
}

/* An IPv6 address has brackets around it, and colons in it. */
static bool find_host(const char **text, size_t *length)
{
	if (**text == '[') {
		(*text)++;
		*length = strcspn(*text, "]");
		return *length && (*text)[*length];
	}
	*length = strcspn(*text, ":/@[]");
	return *length;
}

bool mqtt_address_parse(const char *text, struct mqtt_address *address)
{
	const char *rest;
	size_t length;

	if (begins(text, "mqtts://", &text))
		*address = (struct mqtt_address){ .port = 8883, .tls = true };
	else if (begins(text, "mqtt://", &text))
		*address = (struct mqtt_address){ .port = 1883 };
	else
		return false;
	if (!find_host(&text, &length))
		return false;
	rest = text + length + (text[length] == ']');
	if (*rest == ':') {
		if (!parse_port(rest + 1, &address->port))
			return false;
	} else if (strcmp(rest, "") && strcmp(rest, "/")) {
		return false;
	}
	address->host = must_realloc(NULL, length + 1, 1);
	memcpy(address->host, text, length);
	address->host[length] = '\0';
	return true;
}
