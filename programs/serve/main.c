// SPDX-License-Identifier: GPL-2.0
/* msgslot-serve: slots by HTTP. "msgslot serve" runs it. */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "address.h"
#include "complaint.h"
#include "cors.h"
#include "metrics.h"
#include "msgslot.h"
#include "served.h"
#include "server.h"
#include "tls.h"

#define USUAL_ADDRESS "127.0.0.1:7235"

static const struct option options[] = {
	{ "listen", required_argument, NULL, 'l' },
	{ "write", no_argument, NULL, 'w' },
	{ "token-file", required_argument, NULL, 't' },
	{ "certificate", required_argument, NULL, 'c' },
	{ "key", required_argument, NULL, 'k' },
	{ "client-ca", required_argument, NULL, 'a' },
	{ "host", required_argument, NULL, 'H' },
	{ "cors", required_argument, NULL, 'o' },
	{ "metric", required_argument, NULL, 'm' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static _Noreturn void print_help(void)
{
	puts("usage: msgslot serve [--listen ADDRESS:PORT | --listen unix:PATH] [--write]\n"
	     "                     [--token-file FILE] [--certificate FILE --key FILE]\n"
	     "                     [--client-ca FILE] [--host NAME] [--cors ORIGIN]\n"
	     "                     [--metric CHANNEL[=NAME]] SLOT...\n"
	     "\n"
	     "Serves slots by HTTP until it is interrupted: a live page for browsers at /, an\n"
	     "interface for programs at /v1/ (described at /v1/openapi.json), and metrics for\n"
	     "Prometheus at /metrics.\n"
	     "\n"
	     "      --listen WHERE      the default is " USUAL_ADDRESS
	     "; port 0 is any that is\n"
	     "                          free. An address that others can reach needs a token,\n"
	     "                          or certificates of clients\n"
	     "      --write             let clients put and clear messages, too\n"
	     "      --token-file FILE   who asks must have the token in its first line\n"
	     "      --certificate FILE  use TLS with the certificate in this file,\n"
	     "      --key FILE          and its key in this one, which others must not have\n"
	     "      --client-ca FILE    who asks must have a certificate by those in this file\n"
	     "      --host NAME         answer requests for this name, too, not just for\n"
	     "                          localhost and addresses; as often as you like\n"
	     "      --cors ORIGIN       let pages of this origin ask, too (https://example.org);\n"
	     "                          as often as you like\n"
	     "      --metric CHANNEL[=NAME]\n"
	     "                          metrics of this channel, too, in each slot that has it;\n"
	     "                          NAME is that of its value's; as often as you like\n"
	     "  -h, --help              print this");
	finish_output();
	exit(EXIT_SUCCESS);
}

static _Noreturn void print_version(void)
{
	printf("msgslot-serve %s\n", msgslot_version());
	finish_output();
	exit(EXIT_SUCCESS);
}

static _Noreturn void refuse(char **argv, int option)
{
	if (option == ':')
		die(STATUS_USAGE, "option '%s' requires an argument",
		    argv[optind - 1]);
	die(STATUS_USAGE, "'%s' is no option (see msgslot serve --help)",
	    argv[optind - 1]);
}

static void parse_options(int argc, char **argv, const char **where,
			  struct server *server, struct tls_files *tls)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1)
		switch (option) {
		case 'l':
			*where = optarg;
			break;
		case 'w':
			server->may_write = true;
			break;
		case 't':
			access_read_token(optarg);
			break;
		case 'c':
			tls->certificate = optarg;
			break;
		case 'k':
			tls->key = optarg;
			break;
		case 'a':
			tls->client_ca = optarg;
			break;
		case 'o':
			cors_add_origin(optarg);
			break;
		case 'H':
			access_add_host(optarg);
			break;
		case 'm':
			metrics_add_channel(optarg);
			break;
		case 'h':
			print_help();
		case 'V':
			print_version();
		default:
			refuse(argv, option);
		}
}

static void listen_at(const char *where, struct address *address,
		      struct server *server)
{
	const char *wrong = address_parse(where, address);
	char url[ADDRESS_URL];

	if (wrong)
		die(STATUS_USAGE, "--listen %s: %s", where, wrong);
	if (!address_is_here(address) && !access_needs_token() &&
	    !tls_needs_client())
		die(STATUS_USAGE,
		    "--listen %s: others can reach that, so it needs --token-file or --client-ca",
		    where);
	address->encrypted = tls_is_used();
	server->socket = address_listen(address);
	server->is_local = address_is_local(address);
	address_write(address, server->socket, url);
	printf("msgslot serve: %s\n", url);
	flush_output();
}

int main(int argc, char *argv[])
{
	const char *where = USUAL_ADDRESS;
	struct server server = { 0 };
	struct tls_files tls = { 0 };
	struct address address;

	setlocale(LC_CTYPE, "");
	complain_as("msgslot serve");
	signal(SIGPIPE, SIG_IGN);
	parse_options(argc, argv, &where, &server, &tls);
	tls_load(&tls);
	if (optind == argc)
		die(STATUS_USAGE, "SLOT is missing (see msgslot serve --help)");
	for (; optind < argc; optind++)
		served_add(argv[optind], server.may_write ? O_RDWR : O_RDONLY);
	listen_at(where, &address, &server);
	server_run(&server);
	address_remove(&address);
	return EXIT_SUCCESS;
}
