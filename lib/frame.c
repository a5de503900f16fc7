// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>

#include "call.h"
#include "passed.h"

/* All that the module asks for. */
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int msgslot_frame_seal(int memfd)
{
	return fcntl(memfd, F_ADD_SEALS, SEALS) ? -errno : 0;
}

static int put_frame(int fd, struct msg_slot_put *put, int memfd,
		     uint64_t *version)
{
	int ret;

	put->flags |= MSG_SLOT_FRAME;
	put->buffer = (uint32_t)memfd;
	ret = call_or_passed(fd, MSG_SLOT_PUT, put->channel, put);
	if (version && (!ret || ret == -ESTALE))
		*version = put->version;
	return ret;
}

int msgslot_put_frame(int fd, uint32_t channel, int memfd, uint64_t ttl,
		      uint64_t *version)
{
	struct msg_slot_put as = { .channel = channel, .ttl = ttl };

	return put_frame(fd, &as, memfd, version);
}

int msgslot_put_frame_if(int fd, uint32_t channel, int memfd, uint64_t ttl,
			 uint64_t *version)
{
	struct msg_slot_put as = {
		.channel = channel,
		.flags = MSG_SLOT_IF_VERSION,
		.ttl = ttl,
		.version = *version,
	};

	return put_frame(fd, &as, memfd, version);
}

static bool has_record(int ret)
{
	return ret >= 0 || ret == -EWOULDBLOCK || ret == -ENODATA ||
	       ret == -EMFILE || ret == -ENFILE;
}

int msgslot_get_frame(int fd, uint32_t channel, struct msg_slot_record *record)
{
	struct msg_slot_frame frame = { .channel = channel };
	int ret = call(fd, MSG_SLOT_GET_FRAME, &frame);

	if (record && has_record(ret))
		*record = frame.record;
	return ret;
}
