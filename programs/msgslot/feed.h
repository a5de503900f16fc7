/* SPDX-License-Identifier: GPL-2.0 */
/* What a watch tells, event by event. */
#ifndef MSGSLOT_FEED_H
#define MSGSLOT_FEED_H

#include "slot.h"

struct feed {
	int fd;
	unsigned char *buffer;
	size_t room;
	size_t filled;
	size_t taken;
};

/* Of @count channels, or of the whole slot if it is 0. */
int feed_open(struct feed *feed, const struct slot *slot,
	      const uint32_t *channels, size_t count);

/**
 * feed_next() - the next event, if there is one now
 * @event: its bytes are the feed's, up to the next call
 *
 * Return: 1, 0 if there is none, or -errno.
 */
int feed_next(struct feed *feed, struct message *event);

void feed_close(struct feed *feed);

#endif /* MSGSLOT_FEED_H */
