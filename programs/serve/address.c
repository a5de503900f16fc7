// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "complaint.h"
#include "number.h"

#define BACKLOG 512

static const char local[] = "unix:";

static const char *parse_local(const char *path, struct address *address)
{
	struct sockaddr_un *to = &address->socket.local;

	if (!*path || strlen(path) >= sizeof(to->sun_path))
		return "the path of a socket has 1 to 107 bytes";
	to->sun_family = AF_UNIX;
	stpcpy(to->sun_path, path);
	address->size = sizeof(*to);
	return NULL;
}

static bool take_host(const char *host, uint16_t port, struct address *address)
{
	struct sockaddr_in *four =
		(struct sockaddr_in *)&address->socket.storage;
	struct sockaddr_in6 *six =
		(struct sockaddr_in6 *)&address->socket.storage;

	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		address->size = sizeof(*four);
		return true;
	}
	if (inet_pton(AF_INET6, host, &six->sin6_addr) != 1)
		return false;
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	address->size = sizeof(*six);
	return true;
}

const char *address_parse(const char *text, struct address *address)
{
	const char *colon = strrchr(text, ':');
	bool in_brackets = *text == '[';
	char host[64];
	uint64_t port;

	memset(address, 0, sizeof(*address));
	if (!strncmp(text, local, strlen(local)))
		return parse_local(text + strlen(local), address);
	if (!colon || !number_parse(colon + 1, UINT16_MAX, &port))
		return "it is neither ADDRESS:PORT nor unix:PATH";
	if (in_brackets && (colon == text + 1 || colon[-1] != ']'))
		return "after [ there is no ]";
	snprintf(host, sizeof(host), "%.*s",
		 (int)(colon - text) - 2 * in_brackets, text + in_brackets);
	if (!in_brackets && strchr(host, ':'))
		return "an address with colons is to be in brackets: [::1]:7235";
	if (!take_host(strcmp(host, "localhost") ? host : "127.0.0.1", port,
		       address))
		return "its address is none: names are not looked up";
	return NULL;
}

bool address_is_local(const struct address *address)
{
	return address->socket.any.sa_family == AF_UNIX;
}

bool address_is_here(const struct address *address)
{
	const struct sockaddr_in *four =
		(const struct sockaddr_in *)&address->socket.storage;
	const struct sockaddr_in6 *six =
		(const struct sockaddr_in6 *)&address->socket.storage;

	if (address->socket.any.sa_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (address->socket.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	return true;
}

/* A socket that a server which was killed has left. */
static void remove_dead(const struct address *address)
{
	const char *path = address->socket.local.sun_path;
	struct stat file;
	int fd;

	if (lstat(path, &file) || !S_ISSOCK(file.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, &address->socket.any, address->size) &&
	    errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

int address_listen(struct address *address)
{
	int family = address->socket.any.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	char url[ADDRESS_URL];

	if (family == AF_UNIX)
		remove_dead(address);
	if (fd >= 0 && family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd >= 0 && family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (fd < 0 || bind(fd, &address->socket.any, address->size) ||
	    listen(fd, BACKLOG)) {
		address_write(address, -1, url);
		die(STATUS_ERROR, "%s: %s", url, strerror(errno));
	}
	return fd;
}

static uint16_t port_of(int fd, uint16_t asked)
{
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_storage storage;
	} bound = { .storage = { 0 } };
	socklen_t size = sizeof(bound);

	/* It is at the same place in both. */
	if (asked || getsockname(fd, &bound.any, &size))
		return asked;
	return ntohs(bound.four.sin_port);
}

void address_write(const struct address *address, int fd,
		   char url[static ADDRESS_URL])
{
	const struct sockaddr_in *four =
		(const struct sockaddr_in *)&address->socket.storage;
	const struct sockaddr_in6 *six =
		(const struct sockaddr_in6 *)&address->socket.storage;
	const char *scheme = address->encrypted ? "https" : "http";
	char host[INET6_ADDRSTRLEN];
	uint16_t port = port_of(fd, ntohs(four->sin_port));

	if (address_is_local(address)) {
		snprintf(url, ADDRESS_URL, "%s%s", local,
			 address->socket.local.sun_path);
		return;
	}
	if (address->socket.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
	snprintf(url, ADDRESS_URL,
		 strchr(host, ':') ? "%s://[%s]:%u/" : "%s://%s:%u/", scheme,
		 host, port);
}

void address_remove(const struct address *address)
{
	if (address_is_local(address))
		unlink(address->socket.local.sun_path);
}
