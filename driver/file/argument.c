// SPDX-License-Identifier: GPL-2.0
/* The argument of a call: what there is to fetch and to make before anything is held. */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/uio.h>

#include "argument.h"
#include "memory.h"
#include "slot/slot.h"

/**
 * fetch_message() - the message that an argument has the address of
 * @of: the open file, whose slot it is for
 * @message: where to
 * @address: where the user has it
 * @size: its size
 *
 * Return: 0 and a message for message_put(); -EMSGSIZE, or as message_get().
 */
int fetch_message(const struct open_file *of, struct message *message,
		  u64 address, u32 size)
{
	struct iov_iter from;

	if (!size || size > READ_ONCE(of->slot->max_message))
		return -EMSGSIZE;
	iov_iter_ubuf(&from, ITER_SOURCE, u64_to_user_ptr(address), size);
	return message_get(message, &from, size, false);
}

/**
 * make_expiry() - when a message is over that does not live for ever
 * @now: the time, in nanoseconds of CLOCK_BOOTTIME
 * @ttl: how long it lives, a valid one
 * @expiry: what the channel may need for that; the caller's, who frees it
 * @expires: when it is over
 *
 * Return: 0 or -ENOMEM.
 */
int make_expiry(u64 now, u64 ttl, struct expiry **expiry, u64 *expires)
{
	*expiry = expiry_create(MEMORY_WAIT);
	if (!*expiry)
		return -ENOMEM;
	*expires = min_t(u64, now + ttl, KTIME_MAX);
	return 0;
}
