/* SPDX-License-Identifier: GPL-2.0 */
/* Retained messages of an MQTT broker, with libmosquitto. */
#ifndef BENCH_CLIENT_MQTT_H
#define BENCH_CLIENT_MQTT_H

#include <err.h>
#include <mosquitto.h>
#include <stdbool.h>
#include <stdio.h>

#include "client.h"

#define TOPIC "bench/client/"
/* So many may be on their way. */
#define MQTT_WINDOW 65535

static struct mosquitto *mqtt;
static bool mqtt_up;
static unsigned int mqtt_unsettled;
static void (*mqtt_take)(void);

static inline void mqtt_connected(struct mosquitto *client, void *data,
				  int reason)
{
	(void)client;
	(void)data;
	if (reason)
		errx(EXIT_FAILURE, "mqtt: %s", mosquitto_reason_string(reason));
	mqtt_up = true;
}

static inline void mqtt_published(struct mosquitto *client, void *data, int id)
{
	(void)client;
	(void)data;
	(void)id;
	mqtt_unsettled--;
}

static inline void mqtt_message(struct mosquitto *client, void *data,
				const struct mosquitto_message *message)
{
	(void)client;
	(void)data;
	if ((size_t)message->payloadlen != size)
		errx(EXIT_FAILURE, "mqtt: another message came out");
	memcpy(got.bytes, message->payload, size);
	mqtt_take();
}

static inline void must_mqtt(int status, const char *what)
{
	if (status != MOSQ_ERR_SUCCESS)
		errx(EXIT_FAILURE, "%s: %s", what, mosquitto_strerror(status));
}

static inline void mqtt_look(void)
{
	must_mqtt(mosquitto_loop(mqtt, 1000, 1), "mqtt");
}

static inline void mqtt_connect(const char *url)
{
	char host[64];
	int port;

	mosquitto_lib_init();
	mqtt = mosquitto_new(NULL, true, NULL);
	if (!mqtt || sscanf(url, "mqtt://%63[^:]:%d", host, &port) != 2)
		errx(EXIT_FAILURE, "mqtt: %s", url);
	mosquitto_int_option(mqtt, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(mqtt, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(mqtt, MOSQ_OPT_RECEIVE_MAXIMUM, MQTT_WINDOW);
	mosquitto_int_option(mqtt, MOSQ_OPT_SEND_MAXIMUM, MQTT_WINDOW);
	mosquitto_connect_callback_set(mqtt, mqtt_connected);
	mosquitto_publish_callback_set(mqtt, mqtt_published);
	mosquitto_message_callback_set(mqtt, mqtt_message);
	must_mqtt(mosquitto_connect(mqtt, host, port, 600), url);
	while (!mqtt_up)
		mqtt_look();
}

static inline void mqtt_post(unsigned int key)
{
	char topic[64];

	snprintf(topic, sizeof(topic), TOPIC "%u", key);
	must_mqtt(mosquitto_publish(mqtt, NULL, topic, (int)size, sent.bytes, 1,
				    true),
		  "post");
	mqtt_unsettled++;
}

static inline void mqtt_settle(void)
{
	while (mqtt_unsettled)
		mqtt_look();
}

static inline void mqtt_put(unsigned int key)
{
	mqtt_post(key);
	mqtt_settle();
}

static inline void mqtt_listen(void (*take)(void))
{
	mqtt_take = take;
	must_mqtt(mosquitto_subscribe(mqtt, NULL, TOPIC "#", 1), "subscribe");
	for (;;)
		mqtt_look();
}

static const struct client mqtt_client = {
	.name = "mqtt",
	.connect = mqtt_connect,
	.put = mqtt_put,
	.post = mqtt_post,
	.settle = mqtt_settle,
	.listen = mqtt_listen,
};

#endif /* BENCH_CLIENT_MQTT_H */
