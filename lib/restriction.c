// SPDX-License-Identifier: LGPL-2.1-or-later
#include "call.h"

int msgslot_restrict(int fd, uint32_t channel, uint32_t flags)
{
	struct msg_slot_restrict restriction = {
		.channel = channel,
		.flags = flags,
	};

	return call(fd, MSG_SLOT_RESTRICT, &restriction);
}
