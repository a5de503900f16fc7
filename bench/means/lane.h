/* SPDX-License-Identifier: GPL-2.0 */
/* A message slot that its owner writes by a lane, and others read mapped: libmsgslot. */
#ifndef BENCH_MEANS_LANE_H
#define BENCH_MEANS_LANE_H

#include "mapped.h"

static struct msgslot_writer *writer;
/* Nobody reads it. */
static int unread_watch = -1;

static inline long lane_write(void)
{
	return msgslot_writer_put(writer, sent.bytes, size);
}

/* The reader, and the pages, are what they are from then on. */
static inline const char *lane_set_up(void)
{
	if (size > MSG_SLOT_MAX_MESSAGE)
		return "only messages up to 128 bytes go into a lane";
	make_slot(1);
	must(msgslot_writer_open(slot_fd, nth_id(1), &writer),
	     "msgslot_writer_open");
	if (!msgslot_writer_has_lane(writer))
		errx(EXIT_FAILURE, "the writer has no lane");
	must(lane_write(), "a lane's first message");
	open_view();
	visit(&reader, nth_id(1));
	return NULL;
}

static inline const char *watched_lane_set_up(void)
{
	const char *why = lane_set_up();
	struct msg_slot_watch all = {};

	if (why)
		return why;
	unread_watch =
		must(ioctl(slot_fd, MSG_SLOT_WATCH, &all), "MSG_SLOT_WATCH");
	must(lane_write(), "a message that a watch is told of");
	return NULL;
}

static inline void lane_tear_down(void)
{
	msgslot_writer_close(writer);
	if (unread_watch >= 0)
		close(unread_watch);
	unread_watch = -1;
	mapped_tear_down();
}

static const struct means lanes[] = {
	{ "slot-lane", 0, FEW, lane_set_up, lane_write, mapped_read,
	  lane_tear_down },
	{ "slot-lane-watched", 0, FEW, watched_lane_set_up, lane_write,
	  mapped_read, lane_tear_down },
	{},
};

#endif /* BENCH_MEANS_LANE_H */
