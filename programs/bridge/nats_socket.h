/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket of a connection of libnats's, in the main loop in place of threads of its own.
 * What is put in one turn goes by one call. What comes after that waits for anything that the
 * server answers, or a millisecond, so that where much is put it goes together, and so does
 * what is answered; where little is, nothing waits.
 */
#ifndef BRIDGE_NATS_SOCKET_H
#define BRIDGE_NATS_SOCKET_H

#include <nats/nats.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct engine_queue;

/**
 * struct nats_socket - what there is to wait for
 * @queue: wakes the main loop
 * @main: the thread that it is
 * @connection: whose socket it is, or was last: a natsConnection *
 * @fd: the socket, or -1; libnats's threads change it, and @has_output
 * @has_output: something is to be sent
 * @polled: the descriptor that was polled last
 * @sent_at: when it was sent to last, or 0 once something was read
 */
struct nats_socket {
	struct engine_queue *queue;
	pthread_t main;
	atomic_uintptr_t connection;
	atomic_int fd;
	atomic_bool has_output;
	int polled;
	uint64_t sent_at;
};

/* By the main loop's thread, before there is a connection. */
void nats_socket_init(struct nats_socket *socket, struct engine_queue *queue);

/* Connections that are made with the options have this socket, one at a time. */
natsStatus nats_socket_set(natsOptions *options, struct nats_socket *socket);

/* While it is not, calls of libnats's may wait for a server to take the connection. */
bool nats_socket_is_open(struct nats_socket *socket);

/* Return: for how many ms to wait at the most, or -1. */
int nats_socket_poll(struct nats_socket *socket, struct pollfd *polled);

/* Reads if @events say so, once, and sends what the socket takes if it is time. */
void nats_socket_run(struct nats_socket *socket, short events);

/* Waits for some of it, in ms, and does it: for who waits for a thread that needs answers. */
void nats_socket_turn(struct nats_socket *socket, int patience);

#endif /* BRIDGE_NATS_SOCKET_H */
