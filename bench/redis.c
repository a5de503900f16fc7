// SPDX-License-Identifier: GPL-2.0
/*
 * redis SERVER [SIZE...]: what SET and GET cost in Redis, over a UNIX socket and
 * without persistence. SERVER is the server's program.
 */
#include <hiredis/hiredis.h>

#include "daemon.h"

#define SOCKET "/tmp/message_slot_bench.redis"

static redisContext *redis;

static long try_connect(void)
{
	redis = redisConnectUnix(SOCKET);
	if (redis && !redis->err)
		return 1;
	redisFree(redis);
	return 0;
}

static long set(void)
{
	redisReply *reply =
		redisCommand(redis, "SET value %b", sent.bytes, size);
	long result = reply && reply->type == REDIS_REPLY_STATUS ? 0 : -1;

	freeReplyObject(reply);
	return result;
}

static long get(void)
{
	redisReply *reply = redisCommand(redis, "GET value");
	long result = -1;

	if (reply && reply->type == REDIS_REPLY_STRING && reply->len == size) {
		memcpy(got.bytes, reply->str, size);
		result = 0;
	}
	freeReplyObject(reply);
	return result;
}

static const char *set_up(void)
{
	return NULL;
}

static void tear_down(void)
{
}

static const struct means redis_means = {
	"redis", 0, ONE, set_up, set, get, tear_down,
};

int main(int argc, char *argv[])
{
	char *const server[] = { "redis-server", "--port", "0", "--unixsocket",
				 SOCKET,	 "--save", "",	NULL };
	pid_t daemon;
	int i;

	if (argc < 2)
		errx(EXIT_FAILURE, "usage: redis SERVER SIZE...");
	daemon = start_daemon(argv[1], server);
	wait_until(try_connect, "redis-server");
	for (i = 2; i < argc; i++) {
		make_message(strtoul(argv[i], NULL, 10));
		measure(&redis_means);
	}
	redisFree(redis);
	stop_daemon(daemon);
	return EXIT_SUCCESS;
}
