// SPDX-License-Identifier: GPL-2.0
/*
 * mqtt BROKER SIZE...: what a retained message costs in MQTT, with Mosquitto
 * over a UNIX socket. A write is publishing it until the broker has said that
 * it has it (QoS 1); a read is subscribing until the message has come, which is
 * how one gets a retained message. BROKER is the broker's program.
 */
#include <mosquitto.h>
#include <stdbool.h>
#include <stdio.h>

#include "daemon.h"

#define TOPIC "bench/value"
#define SOCKET "/tmp/message_slot_bench.mqtt"
#define CONFIG SOCKET ".conf"

static struct mosquitto *client;
/* What has come from the broker. */
static bool published, received, unsubscribed;

static void on_publish(struct mosquitto *m, void *data, int id)
{
	(void)m;
	(void)data;
	(void)id;
	published = true;
}

static void on_message(struct mosquitto *m, void *data,
		       const struct mosquitto_message *message)
{
	(void)m;
	(void)data;
	if ((size_t)message->payloadlen != size ||
	    memcmp(message->payload, sent.bytes, size))
		errx(EXIT_FAILURE, "mqtt: another message came out");
	received = true;
}

static void on_unsubscribe(struct mosquitto *m, void *data, int id)
{
	(void)m;
	(void)data;
	(void)id;
	unsubscribed = true;
}

static long wait_for(const bool *event)
{
	while (!*event)
		if (mosquitto_loop(client, -1, 1))
			return -1;
	return 0;
}

static long publish(void)
{
	published = false;
	if (mosquitto_publish(client, NULL, TOPIC, size, sent.bytes, 1, true))
		return -1;
	return wait_for(&published);
}

static long subscribe(void)
{
	received = false;
	if (mosquitto_subscribe(client, NULL, TOPIC, 0))
		return -1;
	return wait_for(&received);
}

static long unsubscribe(void)
{
	unsubscribed = false;
	if (mosquitto_unsubscribe(client, NULL, TOPIC))
		return -1;
	return wait_for(&unsubscribed);
}

static void write_config(void)
{
	FILE *config = fopen(CONFIG, "w");

	if (!config)
		fail(CONFIG);
	fputs("listener 0 " SOCKET "\nallow_anonymous true\n", config);
	fputs("persistence false\nlog_dest none\nuser root\n", config);
	fclose(config);
}

static long try_connect(void)
{
	return mosquitto_connect(client, SOCKET, 0, 600) == MOSQ_ERR_SUCCESS;
}

static void open_client(void)
{
	mosquitto_lib_init();
	client = mosquitto_new(NULL, true, NULL);
	if (!client)
		fail("mosquitto_new");
	mosquitto_publish_callback_set(client, on_publish);
	mosquitto_message_callback_set(client, on_message);
	mosquitto_unsubscribe_callback_set(client, on_unsubscribe);
	wait_until(try_connect, "mosquitto");
}

static void measure_mqtt(void)
{
	double write = count_between(nothing, publish, nothing);
	double read = count_between(nothing, subscribe, unsubscribe);

	print_figure("mqtt", "write", write);
	print_figure("mqtt", "read", read);
	print_figure("mqtt", "pair", write + read);
}

int main(int argc, char *argv[])
{
	char *const broker[] = { "mosquitto", "-c", CONFIG, NULL };
	pid_t daemon;
	int i;

	if (argc < 2)
		errx(EXIT_FAILURE, "usage: mqtt BROKER SIZE...");
	write_config();
	daemon = start_daemon(argv[1], broker);
	open_client();
	for (i = 2; i < argc; i++) {
		make_message(strtoul(argv[i], NULL, 10));
		measure_mqtt();
	}
	mosquitto_destroy(client);
	stop_daemon(daemon);
	return EXIT_SUCCESS;
}
