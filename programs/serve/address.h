/* SPDX-License-Identifier: GPL-2.0 */
/* Where the server listens: ADDRESS:PORT, [ADDRESS]:PORT, or unix:PATH. */
#ifndef MSGSLOT_SERVE_ADDRESS_H
#define MSGSLOT_SERVE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/**
 * struct address - where to listen
 * @socket: as bind() takes it
 * @size: how much of it there is
 * @encrypted: it is https
 */
struct address {
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_storage storage;
	} socket;
	socklen_t size;
	bool encrypted;
};

/* Return: NULL, or what is wrong with it. */
const char *address_parse(const char *text, struct address *address);

/* Whether it is for those on this machine only. */
bool address_is_here(const struct address *address);

bool address_is_local(const struct address *address);

/* Return: a socket, or the program ends. A local one that nobody listens at is replaced. */
int address_listen(struct address *address);

/* Room for it as a URL, and its end. */
#define ADDRESS_URL 160

void address_write(const struct address *address, int fd,
		   char url[static ADDRESS_URL]);

/* Removes what address_listen() made. */
void address_remove(const struct address *address);

#endif /* MSGSLOT_SERVE_ADDRESS_H */
