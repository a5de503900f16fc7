// SPDX-License-Identifier: LGPL-2.1-or-later
#include "call.h"

int msgslot_limits(int fd, struct msg_slot_limits *limits)
{
	return call(fd, MSG_SLOT_GET_LIMITS, limits);
}

int msgslot_set_limits(int fd, const struct msg_slot_limits *limits)
{
	return call(fd, MSG_SLOT_SET_LIMITS, (void *)limits);
}

int msgslot_usage(int fd, struct msg_slot_usage *usage)
{
	return call(fd, MSG_SLOT_GET_USAGE, usage);
}

int msgslot_counters(int fd, struct msg_slot_counters *counters)
{
	*counters = (struct msg_slot_counters){ 0 };
	return call(fd, MSG_SLOT_GET_COUNTERS, counters);
}
