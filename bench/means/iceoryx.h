/* SPDX-License-Identifier: GPL-2.0 */
/* iceoryx by its C binding: a publisher and a subscriber, history and queue of one. */
#ifndef BENCH_MEANS_ICEORYX_H
#define BENCH_MEANS_ICEORYX_H

#include <iceoryx_binding_c/log.h>
#include <iceoryx_binding_c/publisher.h>
#include <iceoryx_binding_c/runtime.h>
#include <iceoryx_binding_c/subscriber.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon.h"
#include "means.h"

static iox_pub_storage_t publisher_storage;
static iox_sub_storage_t subscriber_storage;
static iox_pub_t publisher;
static iox_sub_t subscriber;

static const struct sockaddr_un roudi = { .sun_family = AF_UNIX,
					  .sun_path = "/tmp/roudi" };

static inline long roudi_listens(void)
{
	int fd = must(socket(AF_UNIX, SOCK_DGRAM, 0), "socket");
	int err = connect(fd, (const struct sockaddr *)&roudi, sizeof(roudi));

	close(fd);
	return !err;
}

/* Its library gives up on a socket that a daemon before has left behind. */
static inline pid_t start_roudi(char *path)
{
	char *const argv[] = { path, "-m", "off", "-l", "off", NULL };
	pid_t daemon;

	unlink(roudi.sun_path);
	daemon = start_daemon(path, argv);
	wait_until(roudi_listens, "iceoryx's daemon");
	return daemon;
}

/* As @name, to who subscribes to @to, and from who publishes as @from. */
static inline void open_ends(const char *name, const char *to, const char *from)
{
	iox_pub_options_t pub;
	iox_sub_options_t sub;

	iox_set_loglevel(Iceoryx_LogLevel_Off);
	iox_runtime_init(name);
	iox_pub_options_init(&pub);
	pub.historyCapacity = 1;
	publisher =
		iox_pub_init(&publisher_storage, "bench", "message", to, &pub);
	iox_sub_options_init(&sub);
	sub.historyRequest = 1;
	sub.queueCapacity = 1;
	subscriber = iox_sub_init(&subscriber_storage, "bench", "message", from,
				  &sub);
}

static inline long is_subscribed(void)
{
	return iox_sub_get_subscription_state(subscriber) ==
	       SubscribeState_SUBSCRIBED;
}

static inline long publish(void)
{
	void *chunk;

	if (iox_pub_loan_chunk(publisher, &chunk, size) !=
	    AllocationResult_SUCCESS)
		return -1;
	memcpy(chunk, sent.bytes, size);
	iox_pub_publish_chunk(publisher, chunk);
	return 0;
}

/* Return: -1 if none has come. */
static inline long take_chunk(void)
{
	const void *chunk;

	if (iox_sub_take_chunk(subscriber, &chunk) !=
	    ChunkReceiveResult_SUCCESS)
		return -1;
	memcpy(got.bytes, chunk, size);
	iox_sub_release_chunk(subscriber, chunk);
	return 0;
}

#endif /* BENCH_MEANS_ICEORYX_H */
