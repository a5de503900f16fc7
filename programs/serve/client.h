/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections. A client has a time for a whole request, from its connection, or from its
 * last response, on: one that sends a byte now and then does not keep a place for ever.
 */
#ifndef MSGSLOT_SERVE_CLIENT_H
#define MSGSLOT_SERVE_CLIENT_H

#include <microhttpd.h>
#include <stdint.h>

/* For MHD_OPTION_NOTIFY_CONNECTION. */
void client_notify(void *data, struct MHD_Connection *connection, void **client,
		   enum MHD_ConnectionNotificationCode code);

/* Its request is complete. */
void client_asked(struct MHD_Connection *connection);

/* It has its response. */
void client_answered(struct MHD_Connection *connection);

/* Hangs up on those whose time is over. Return: when to call it again. */
uint64_t client_hurry(uint64_t now);

#endif /* MSGSLOT_SERVE_CLIENT_H */
