// SPDX-License-Identifier: LGPL-2.1-or-later
#include "call.h"

int msgslot_snapshot(int fd, struct msg_slot_get *gets, size_t count)
{
	struct msg_slot_snapshot snapshot = {
		.gets = (uintptr_t)gets,
		.count = clamp_size(count),
	};

	return call(fd, MSG_SLOT_SNAPSHOT, &snapshot);
}
