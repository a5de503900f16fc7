/* SPDX-License-Identifier: GPL-2.0 */
/* HTTP, by libmicrohttpd: one thread, in which nothing waits for a client or a slot. */
#ifndef MSGSLOT_SERVE_SERVER_H
#define MSGSLOT_SERVE_SERVER_H

#include <stdbool.h>

/**
 * struct server - how requests are answered
 * @socket: where they come
 * @is_local: it is no network's, and no web page's requests come there
 * @may_write: PUT and DELETE are done
 */
struct server {
	int socket;
	bool is_local;
	bool may_write;
};

/* Until SIGINT or SIGTERM. */
void server_run(const struct server *server);

#endif /* MSGSLOT_SERVE_SERVER_H */
