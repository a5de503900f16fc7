/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses of MQTT's brokers: mqtt://HOST[:PORT], and mqtts:// for TLS. */
#ifndef BRIDGE_MQTT_ADDRESS_H
#define BRIDGE_MQTT_ADDRESS_H

#include <stdbool.h>

/**
 * struct mqtt_address - where a broker is
 * @host: its name or number, for free()
 * @port: 1883, or 8883 with TLS, if none is given
 * @tls: whether what is said is encrypted
 */
struct mqtt_address {
	char *host;
	int port;
	bool tls;
};

/* Return: whether it is one; if not, there is nothing to free. */
bool mqtt_address_parse(const char *text, struct mqtt_address *address);

#endif /* BRIDGE_MQTT_ADDRESS_H */
