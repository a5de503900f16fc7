// SPDX-License-Identifier: GPL-2.0
/*
 * zeromq SIZE...: what it costs in ZeroMQ to publish a value to a subscriber
 * with ZMQ_CONFLATE, which keeps the last one, over ipc://.
 *
 * A read is that of a value that has arrived. A write is all the rest from
 * sending a value to having received it: both libraries' threads work for it.
 */
#include <zmq.h>

#include "daemon.h"

#define ENDPOINT "ipc:///tmp/message_slot_bench.zeromq"

static void *publisher, *subscriber;

/* Each side has a context, and so threads, of its own, as processes have. */
static void *new_socket(int type)
{
	void *socket = zmq_socket(zmq_ctx_new(), type);

	if (!socket)
		errx(EXIT_FAILURE, "zmq_socket: %s", zmq_strerror(zmq_errno()));
	return socket;
}

static void open_sockets(void)
{
	const int one = 1;

	publisher = new_socket(ZMQ_PUB);
	must(zmq_bind(publisher, ENDPOINT), ENDPOINT);
	subscriber = new_socket(ZMQ_SUB);
	must(zmq_setsockopt(subscriber, ZMQ_CONFLATE, &one, sizeof(one)),
	     "ZMQ_CONFLATE");
	must(zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, "", 0), "ZMQ_SUBSCRIBE");
	must(zmq_connect(subscriber, ENDPOINT), ENDPOINT);
}

static long publish(void)
{
	return zmq_send(publisher, sent.bytes, size, 0);
}

static long receive(void)
{
	return zmq_recv(subscriber, got.bytes, size, 0);
}

static long hand_over(void)
{
	return publish() | receive();
}

static long publish_and_let_arrive(void)
{
	long result = publish();

	usleep(2000);
	return result;
}

/* What is published before the subscriber is known is lost. */
static long try_subscription(void)
{
	publish();
	return zmq_recv(subscriber, got.bytes, size, ZMQ_DONTWAIT);
}

static void measure_zeromq(void)
{
	double pair, read;

	pair = count_between(nothing, hand_over, nothing);
	read = count_between(publish_and_let_arrive, receive, nothing);
	print_figure("zeromq", "write", pair - read);
	print_figure("zeromq", "read", read);
	print_figure("zeromq", "pair", pair);
}

int main(int argc, char *argv[])
{
	int i;

	open_sockets();
	for (i = 1; i < argc; i++) {
		make_message(strtoul(argv[i], NULL, 10));
		wait_until(try_subscription, "zeromq");
		publish_and_let_arrive();
		receive();
		measure_zeromq();
	}
	/* Threads and sockets end with the process. */
	return EXIT_SUCCESS;
}
