// SPDX-License-Identifier: GPL-2.0
#include <time.h>

#include "../msgslot/timestamp.h"
#include "engine_queue.h"
#include "nats_socket.h"

/* For so long what is to be sent waits for what was sent before, in ns. */
#define TOGETHER 1000000ULL

void nats_socket_init(struct nats_socket *socket, struct engine_queue *queue)
{
	*socket = (struct nats_socket){
		.queue = queue,
		.main = pthread_self(),
		.fd = -1,
		.polled = -1,
	};
}

static void wake(struct nats_socket *socket)
{
	if (!pthread_equal(socket->main, pthread_self()))
		engine_queue_wake(socket->queue);
}

static natsStatus attached(void **data, void *loop, natsConnection *connection,
			   natsSock fd)
{
	struct nats_socket *socket = loop;

	*data = socket;
	atomic_store(&socket->connection, (uintptr_t)connection);
	atomic_store(&socket->has_output, false);
	atomic_store(&socket->fd, fd);
	wake(socket);
	return NATS_OK;
}

/* libnats from 3.9.2 on leaves it to its caller to close the socket. */
static natsStatus reading_changed(void *data, bool add)
{
	struct nats_socket *socket = data;
	natsSock fd;

	if (add)
		return NATS_OK;
	fd = atomic_exchange(&socket->fd, -1);
#if NATS_VERSION_NUMBER >= 0x030902
	natsConnection_ProcessCloseEvent(&fd);
#else
	(void)fd;
#endif
	wake(socket);
	return NATS_OK;
}

static natsStatus writing_changed(void *data, bool add)
{
	struct nats_socket *socket = data;

	atomic_store(&socket->has_output, add);
	if (add)
		wake(socket);
	return NATS_OK;
}

/* Reading has ended before. */
static natsStatus detached(void *data)
{
	(void)data;
	return NATS_OK;
}

natsStatus nats_socket_set(natsOptions *options, struct nats_socket *socket)
{
	return natsOptions_SetEventLoop(options, socket, attached,
					reading_changed, writing_changed,
					detached);
}

static natsConnection *connection_of(struct nats_socket *socket)
{
	return (natsConnection *)atomic_load(&socket->connection);
}

bool nats_socket_is_open(struct nats_socket *socket)
{
	return atomic_load(&socket->fd) >= 0;
}

static bool is_time(const struct nats_socket *socket)
{
	return !socket->sent_at ||
	       timestamp_now(CLOCK_MONOTONIC) - socket->sent_at >= TOGETHER;
}

int nats_socket_poll(struct nats_socket *socket, struct pollfd *polled)
{
	bool output = atomic_load(&socket->has_output), time = is_time(socket);

	socket->polled = atomic_load(&socket->fd);
	*polled = (struct pollfd){
		.fd = socket->polled,
		.events = output && time ? POLLIN | POLLOUT : POLLIN,
	};
	return output && !time ? 1 : -1;
}

void nats_socket_run(struct nats_socket *socket, short events)
{
	int closed = socket->polled;

	/* libnats closed it itself, where it could not begin again what there was. */
	if (events & POLLNVAL)
		atomic_compare_exchange_strong(&socket->fd, &closed, -1);
	if (nats_socket_is_open(socket) && (events & ~POLLOUT)) {
		natsConnection_ProcessReadEvent(connection_of(socket));
		socket->sent_at = 0;
	}
	if (!nats_socket_is_open(socket) || !atomic_load(&socket->has_output) ||
	    !is_time(socket))
		return;
	natsConnection_ProcessWriteEvent(connection_of(socket));
	socket->sent_at = timestamp_now(CLOCK_MONOTONIC);
}

void nats_socket_turn(struct nats_socket *socket, int patience)
{
	struct pollfd polled;
	int most = nats_socket_poll(socket, &polled);

	if (poll(&polled, 1, most < 0 ? patience : most) >= 0)
		nats_socket_run(socket, polled.revents);
}
