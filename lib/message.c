// SPDX-License-Identifier: LGPL-2.1-or-later
#include <unistd.h>

#include "call.h"
#include "passed.h"

/* What no message has as its size, and no errno is. */
#define AT_A_PLACE 0

static int put(int fd, struct msg_slot_put *put, size_t size, uint64_t *version)
{
	int ret;

	put->size = clamp_size(size);
	ret = call_or_passed(fd, MSG_SLOT_PUT, put->channel, put);
	if (version && (!ret || ret == -ESTALE))
		*version = put->version;
	return ret;
}

int msgslot_put(int fd, uint32_t channel, const void *message, size_t size,
		uint64_t ttl, uint64_t *version)
{
	struct msg_slot_put as = {
		.channel = channel,
		.buffer = (uintptr_t)message,
		.ttl = ttl,
	};

	return put(fd, &as, size, version);
}

int msgslot_put_if(int fd, uint32_t channel, const void *message, size_t size,
		   uint64_t ttl, uint64_t *version)
{
	struct msg_slot_put as = {
		.channel = channel,
		.flags = MSG_SLOT_IF_VERSION,
		.buffer = (uintptr_t)message,
		.ttl = ttl,
		.version = *version,
	};

	return put(fd, &as, size, version);
}

/*
 * At offset 0 it could wait; see MSG_SLOT_BLOCKING. Where the descriptor is of a
 * channel's file the offset is a place in the message, which may only be so large, and
 * what was read is no message.
 */
static ssize_t read_at(int fd, uint32_t channel, void *buf, size_t room)
{
	ssize_t ret = pread(fd, buf, room, channel);

	if (ret < 0)
		return -errno;
	if (!ret || (channel <= MSG_SLOT_LARGEST_MESSAGE &&
		     lseek(fd, 0, SEEK_CUR) >= 0))
		return AT_A_PLACE;
	return ret;
}

ssize_t msgslot_get(int fd, uint32_t channel, void *buf, size_t room,
		    struct msg_slot_record *record)
{
	struct msg_slot_get get = msgslot_into(channel, buf, room);
	ssize_t size = AT_A_PLACE;
	int ret;

	if (!record && channel)
		size = read_at(fd, channel, buf, room);
	if (size != AT_A_PLACE)
		return size;
	ret = call(fd, MSG_SLOT_GET, &get);
	if (record && (!ret || ret == -EWOULDBLOCK || ret == -ENOSPC))
		*record = get.record;
	return ret ? ret : (ssize_t)get.record.size;
}

static int clear(int fd, struct msg_slot_clear *clear, uint64_t *version)
{
	int ret = call_or_passed(fd, MSG_SLOT_CLEAR, clear->channel, clear);

	if (version && (!ret || ret == -ESTALE))
		*version = clear->version;
	return ret;
}

static int renew(int fd, struct msg_slot_renew *renew, uint64_t *version)
{
	int ret = call_or_passed(fd, MSG_SLOT_RENEW, renew->channel, renew);

	if (version && (!ret || ret == -ESTALE || ret == -EWOULDBLOCK))
		*version = renew->version;
	return ret;
}

int msgslot_renew(int fd, uint32_t channel, uint64_t ttl, uint64_t *version)
{
	struct msg_slot_renew as = { .channel = channel, .ttl = ttl };

	return renew(fd, &as, version);
}

int msgslot_renew_if(int fd, uint32_t channel, uint64_t ttl, uint64_t *version)
{
	struct msg_slot_renew as = {
		.channel = channel,
		.flags = MSG_SLOT_IF_VERSION,
		.ttl = ttl,
		.version = *version,
	};

	return renew(fd, &as, version);
}

int msgslot_clear(int fd, uint32_t channel, uint64_t *version)
{
	struct msg_slot_clear as = { .channel = channel };

	return clear(fd, &as, version);
}

int msgslot_clear_if(int fd, uint32_t channel, uint64_t *version)
{
	struct msg_slot_clear as = {
		.channel = channel,
		.flags = MSG_SLOT_IF_VERSION,
		.version = *version,
	};

	return clear(fd, &as, version);
}
