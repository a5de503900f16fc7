// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>

#include "client.h"
#include "complaint.h"
#include "timestamp.h"
#include "tls.h"

#define NS_PER_S 1000000000ull

/* For a whole request. */
#define PATIENCE (60 * NS_PER_S)

/**
 * struct client - a connection
 * @entry: in @clients
 * @fd: its socket
 * @since: when it could begin its request, by CLOCK_MONOTONIC
 * @asked: that is complete
 */
struct client {
	LIST_ENTRY(client) entry;
	int fd;
	uint64_t since;
	bool asked;
};

static LIST_HEAD(, client) clients = LIST_HEAD_INITIALIZER(clients);

static struct client *begin(struct MHD_Connection *connection)
{
	struct client *client = must_realloc(NULL, 1, sizeof(*client));
	const union MHD_ConnectionInfo *info;

	info = MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_CONNECTION_FD);
	*client = (struct client){
		.fd = info->connect_fd,
		.since = timestamp_now(CLOCK_MONOTONIC),
	};
	LIST_INSERT_HEAD(&clients, client, entry);
	tls_begin(connection);
	return client;
}

static void end(struct client *client)
{
	LIST_REMOVE(client, entry);
	free(client);
}

void client_notify(void *data, struct MHD_Connection *connection, void **client,
		   enum MHD_ConnectionNotificationCode code)
{
	(void)data;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*client = begin(connection);
	else
		end(*client);
}

static struct client *client_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

void client_asked(struct MHD_Connection *connection)
{
	client_of(connection)->asked = true;
}

void client_answered(struct MHD_Connection *connection)
{
	struct client *client = client_of(connection);

	client->asked = false;
	client->since = timestamp_now(CLOCK_MONOTONIC);
}

uint64_t client_hurry(uint64_t now)
{
	uint64_t next = UINT64_MAX;
	struct client *client;

	LIST_FOREACH(client, &clients, entry)
	{
		if (client->asked)
			continue;
		if (now - client->since >= PATIENCE)
			shutdown(client->fd, SHUT_RDWR);
		else if (client->since + PATIENCE < next)
			next = client->since + PATIENCE;
	}
	return next;
}
