// SPDX-License-Identifier: LGPL-2.1-or-later
#include "call.h"
#include "passed.h"

static struct msg_slot_put as_put(const struct msgslot_change *change)
{
	return (struct msg_slot_put){
		.channel = change->channel,
		.flags = change->flags,
		.buffer = change->flags & MSG_SLOT_FRAME ?
				  (uint32_t)change->memfd :
				  (uintptr_t)change->message,
		.size = clamp_size(change->size),
		.ttl = change->ttl,
		.version = change->version,
	};
}

/* Return: one of the channels; 0 if one of them is that which is selected. */
static uint32_t any_channel(const struct msg_slot_put *puts, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!puts[i].channel)
			return 0;
	return count ? puts[0].channel : 0;
}

int msgslot_commit(int fd, struct msgslot_change *changes, size_t count,
		   size_t *failed)
{
	struct msg_slot_put puts[MSG_SLOT_MAX_COMMIT];
	struct msg_slot_commit commit = {
		.puts = (uintptr_t)puts,
		.count = clamp_size(count),
		.failed = clamp_size(count),
	};
	/* Of too many the module looks at none. */
	size_t known = count <= MSG_SLOT_MAX_COMMIT ? count : 0;
	size_t i;
	int ret;

	for (i = 0; i < known; i++)
		puts[i] = as_put(&changes[i]);
	ret = call_or_passed(fd, MSG_SLOT_COMMIT, any_channel(puts, known),
			     &commit);
	if (!ret || ret == -ESTALE)
		for (i = 0; i < known; i++)
			changes[i].version = puts[i].version;
	if (failed)
		*failed = commit.failed < known ? commit.failed : count;
	return ret;
}
