/* SPDX-License-Identifier: GPL-2.0 */
/* Who may ask: from which name of this machine, from which page, and with what token. */
#ifndef MSGSLOT_SERVE_ACCESS_H
#define MSGSLOT_SERVE_ACCESS_H

#include <stdbool.h>

/* From now on requests need the token that is the first line of the file; or it dies. */
void access_read_token(const char *file);

bool access_needs_token(void);

/* From now on the server is known by this name, too. */
void access_add_host(const char *name);

/*
 * Whether a Host header names this server: by an address, as localhost, or by a name that
 * was added. Any other name may be one that a stranger's page has, and lets point here.
 */
bool access_host_is_known(const char *host);

/* Whether an Origin header is that of a page of this server, which has that Host. */
bool access_origin_is_own(const char *origin, const char *host);

/* Whether an Authorization header has the token; @header may be NULL. */
bool access_token_is_right(const char *header);

#endif /* MSGSLOT_SERVE_ACCESS_H */
