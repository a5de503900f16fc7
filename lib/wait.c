// SPDX-License-Identifier: LGPL-2.1-or-later
#include "call.h"

static ssize_t await(int fd, struct msg_slot_wait *wait,
		     struct msg_slot_record *record)
{
	int ret = call(fd, MSG_SLOT_WAIT, wait);

	if (record && (!ret || ret == -EWOULDBLOCK || ret == -ENOSPC ||
		       ret == -ETIMEDOUT))
		*record = wait->get.record;
	return ret ? ret : (ssize_t)wait->get.record.size;
}

ssize_t msgslot_wait(int fd, uint32_t channel, uint64_t version,
		     uint64_t timeout, void *buf, size_t room,
		     struct msg_slot_record *record)
{
	struct msg_slot_wait wait = {
		.version = version,
		.timeout = timeout,
		.get = msgslot_into(channel, buf, room),
	};

	return await(fd, &wait, record);
}

ssize_t msgslot_wait_change(int fd, uint32_t channel, uint64_t version,
			    uint64_t timeout, void *buf, size_t room,
			    struct msg_slot_record *record)
{
	struct msg_slot_wait wait = {
		.version = version,
		.timeout = timeout,
		.flags = MSG_SLOT_ANY_CHANGE,
		.get = msgslot_into(channel, buf, room),
	};

	return await(fd, &wait, record);
}
