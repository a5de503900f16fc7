// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <nettle/memops.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "access.h"
#include "complaint.h"

/* Fewer could be guessed. */
#define SHORTEST_TOKEN 16

#define LONGEST_HOST 255

static char *token;
static const char **hosts;
static size_t host_count;

void access_read_token(const char *name)
{
	FILE *file = fopen(name, "re");
	size_t room = 0;
	ssize_t size;

	if (!file)
		die(STATUS_ERROR, "%s: %s", name, strerror(errno));
	free(token);
	token = NULL;
	size = getline(&token, &room, file);
	fclose(file);
	if (size > 0 && token[size - 1] == '\n')
		token[--size] = '\0';
	if (size < SHORTEST_TOKEN || strlen(token) != (size_t)size)
		die(STATUS_ERROR,
		    "%s: its first line is no token of %d characters or more",
		    name, SHORTEST_TOKEN);
}

bool access_needs_token(void)
{
	return token;
}

void access_add_host(const char *name)
{
	hosts = must_realloc(hosts, host_count + 1, sizeof(*hosts));
	hosts[host_count++] = name;
}

static bool is_port(const char *text)
{
	return !*text || (*text == ':' && text[1] &&
			  !text[1 + strspn(text + 1, "0123456789")]);
}

static bool is_known_name(const char *name)
{
	struct in_addr address;
	size_t i;

	if (!strcasecmp(name, "localhost") ||
	    inet_pton(AF_INET, name, &address) == 1)
		return true;
	for (i = 0; i < host_count; i++)
		if (!strcasecmp(name, hosts[i]))
			return true;
	return false;
}

bool access_host_is_known(const char *host)
{
	bool in_brackets = *host == '[';
	size_t length = strcspn(host, in_brackets ? "]" : ":");
	struct in6_addr address;
	char name[LONGEST_HOST + 1];

	if (length > LONGEST_HOST)
		return false;
	memcpy(name, host, length);
	name[length] = '\0';
	if (!in_brackets)
		return is_port(host + length) && is_known_name(name);
	return host[length] && is_port(host + length + 1) &&
	       inet_pton(AF_INET6, name + 1, &address) == 1;
}

bool access_origin_is_own(const char *origin, const char *host)
{
	static const char scheme[] = "http";
	const char *rest;

	if (strncasecmp(origin, scheme, strlen(scheme)))
		return false;
	rest = origin + strlen(scheme);
	rest += *rest == 's' || *rest == 'S';
	return !strncmp(rest, "://", 3) && !strcasecmp(rest + 3, host);
}

bool access_token_is_right(const char *header)
{
	static const char scheme[] = "Bearer ";

	if (!token)
		return true;
	if (!header || strncasecmp(header, scheme, strlen(scheme)))
		return false;
	header += strlen(scheme);
	return strlen(header) == strlen(token) &&
	       memeql_sec(header, token, strlen(token));
}
