// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/stat.h>

#include "complaint.h"
#include "tls.h"

/* What is older than 1.2 has known holes. */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* As libmicrohttpd takes them: text that ends in a zero byte. */
static gnutls_datum_t certificate, key, client_ca;

static void load(const char *name, gnutls_datum_t *text)
{
	int ret;

	errno = 0;
	ret = gnutls_load_file(name, text);
	if (ret < 0)
		die(STATUS_ERROR, "%s: %s", name,
		    errno ? strerror(errno) : gnutls_strerror(ret));
}

/* As sshd and PostgreSQL have it. A group's is right: Debian has one, ssl-cert. */
static void must_be_secret(const char *name)
{
	struct stat file;

	if (stat(name, &file))
		die(STATUS_ERROR, "%s: %s", name, strerror(errno));
	if (file.st_mode & 0007)
		die(STATUS_ERROR,
		    "%s: a key that others have is none (chmod o= FILE)", name);
}

static void check(const struct tls_files *files)
{
	gnutls_x509_crt_fmt_t form = GNUTLS_X509_FMT_PEM;
	gnutls_certificate_credentials_t credentials;
	int ret = gnutls_certificate_allocate_credentials(&credentials);

	if (ret)
		die(STATUS_ERROR, "%s", gnutls_strerror(ret));
	ret = gnutls_certificate_set_x509_key_mem(credentials, &certificate,
						  &key, form);
	if (ret < 0)
		die(STATUS_ERROR, "%s with %s: %s", files->certificate,
		    files->key, gnutls_strerror(ret));
	if (files->client_ca)
		ret = gnutls_certificate_set_x509_trust_mem(credentials,
							    &client_ca, form);
	if (files->client_ca && ret <= 0)
		die(STATUS_ERROR, "%s: %s", files->client_ca,
		    ret ? gnutls_strerror(ret) : "no certificate is in it");
	gnutls_certificate_free_credentials(credentials);
}

void tls_load(const struct tls_files *files)
{
	if (!files->certificate != !files->key)
		die(STATUS_USAGE, "of --certificate and --key one is missing");
	if (files->client_ca && !files->key)
		die(STATUS_USAGE, "--client-ca needs --certificate and --key");
	if (!files->key)
		return;
	if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		die(STATUS_ERROR, "libmicrohttpd %s was built without TLS",
		    MHD_get_version());
	must_be_secret(files->key);
	load(files->certificate, &certificate);
	load(files->key, &key);
	if (files->client_ca)
		load(files->client_ca, &client_ca);
	check(files);
}

bool tls_is_used(void)
{
	return key.data;
}

bool tls_needs_client(void)
{
	return client_ca.data;
}

struct MHD_OptionItem *tls_options(void)
{
	static struct MHD_OptionItem items[5];
	struct MHD_OptionItem *item = items;

#define ITEM(option, value) \
	(*item++ = (struct MHD_OptionItem){ option, 0, value })
	if (tls_is_used()) {
		ITEM(MHD_OPTION_HTTPS_MEM_CERT, certificate.data);
		ITEM(MHD_OPTION_HTTPS_MEM_KEY, key.data);
		ITEM(MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES);
	}
	if (tls_needs_client())
		ITEM(MHD_OPTION_HTTPS_MEM_TRUST, client_ca.data);
	ITEM(MHD_OPTION_END, NULL);
#undef ITEM
	return items;
}

/* libmicrohttpd by itself asks for a certificate, but takes any, and none. */
void tls_begin(struct MHD_Connection *connection)
{
	static gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	gnutls_session_t session;

	if (!tls_needs_client())
		return;
	session = MHD_get_connection_info(connection,
					  MHD_CONNECTION_INFO_GNUTLS_SESSION)
			  ->tls_session;
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_cert2(session, &purpose, 1, 0);
}
