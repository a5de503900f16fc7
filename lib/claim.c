// SPDX-License-Identifier: LGPL-2.1-or-later
#include "call.h"

int msgslot_claim(int fd, uint32_t channel, enum msg_slot_end end,
		  const void *will, size_t size)
{
	struct msg_slot_claim claim = {
		.channel = channel,
		.end = end,
		.will = (uintptr_t)will,
		.will_size = clamp_size(size),
	};

	return call(fd, MSG_SLOT_CLAIM, &claim);
}

int msgslot_release(int fd, uint32_t channel)
{
	return call_with_number(fd, MSG_SLOT_RELEASE, channel);
}
