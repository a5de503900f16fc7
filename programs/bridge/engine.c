// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "engine.h"

static const struct engine_type *const types[] = {
#ifdef BRIDGE_nats
	&nats_engine,
#endif
#ifdef BRIDGE_mqtt
	&mqtt_engine,
#endif
	NULL,
};

const struct engine_type *engine_type_find(const char *name)
{
	const struct engine_type *const *type = types;

	while (*type && strcmp((*type)->name, name))
		type++;
	return *type;
}
