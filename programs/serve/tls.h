/* SPDX-License-Identifier: GPL-2.0 */
/* TLS: the server's certificate, and those that clients have to show. */
#ifndef MSGSLOT_SERVE_TLS_H
#define MSGSLOT_SERVE_TLS_H

#include <microhttpd.h>
#include <stdbool.h>

/**
 * struct tls_files - names of files in PEM's form; NULL: not given
 * @certificate: the server's certificate, and those of authorities between it and a root
 * @key: its key
 * @client_ca: the authorities whose clients may ask
 */
struct tls_files {
	const char *certificate;
	const char *key;
	const char *client_ca;
};

/* Reads the files, and looks whether they are right; or the program ends. */
void tls_load(const struct tls_files *files);

bool tls_is_used(void);

/* Whether clients have to show a certificate. */
bool tls_needs_client(void);

/* For MHD_OPTION_ARRAY; none if it is not used. */
struct MHD_OptionItem *tls_options(void);

/* For each connection, before it says anything. */
void tls_begin(struct MHD_Connection *connection);

#endif /* MSGSLOT_SERVE_TLS_H */
