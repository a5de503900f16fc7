/* SPDX-License-Identifier: GPL-2.0 */
/* Message slots, in the ways of using them. */
#ifndef BENCH_MEANS_SLOT_H
#define BENCH_MEANS_SLOT_H

#include <errno.h>

#include "channels.h"

/* Return: NULL, or why the slot does not take messages of this size. */
static inline const char *allow_messages(void)
{
	struct msg_slot_limits limits;

	if (size <= MSG_SLOT_MAX_MESSAGE)
		return NULL;
	if (ioctl(slot_fd, MSG_SLOT_GET_LIMITS, &limits) < 0)
		return "the driver has no larger messages";
	limits.max_message = size;
	must(ioctl(slot_fd, MSG_SLOT_SET_LIMITS, &limits),
	     "MSG_SLOT_SET_LIMITS");
	return NULL;
}

static inline const char *make_slot(unsigned int channels)
{
	const char *why;

	slot_fd = open_new_slot();
	why = allow_messages();
	if (why) {
		close(slot_fd);
		return why;
	}
	make_channels(1, 1 + channels);
	select_channel(slot_fd, nth_id(1));
	take_turns(channels);
	return NULL;
}

static inline const char *slot_set_up(void)
{
	return make_slot(1);
}

static inline const char *slot_set_up_10(void)
{
	return make_slot(10);
}

static inline const char *slot_set_up_131072(void)
{
	if (size > MSG_SLOT_MAX_MESSAGE)
		return "so many of this size take more memory than there is";
	return make_slot(131072);
}

static inline const char *try_positional(const char *why)
{
	if (why || pwrite(slot_fd, sent.bytes, size, turns[0]) >= 0)
		return why;
	if (errno != ESPIPE)
		fail("pwrite");
	close(slot_fd);
	return "the driver has no positional I/O";
}

static inline const char *positional_set_up_10(void)
{
	return try_positional(slot_set_up_10());
}

static inline const char *positional_set_up_131072(void)
{
	return try_positional(slot_set_up_131072());
}

static inline long slot_write(void)
{
	return write(slot_fd, sent.bytes, size);
}

static inline long slot_read(void)
{
	return read(slot_fd, got.bytes, size);
}

static inline long select_write(void)
{
	return ioctl(slot_fd, MSG_SLOT_CHANNEL, next_turn()) ?: slot_write();
}

static inline long select_read(void)
{
	return ioctl(slot_fd, MSG_SLOT_CHANNEL, next_turn()) ?: slot_read();
}

static inline long positional_write(void)
{
	return pwrite(slot_fd, sent.bytes, size, next_turn());
}

static inline long positional_read(void)
{
	return pread(slot_fd, got.bytes, size, next_turn());
}

static inline void slot_tear_down(void)
{
	close(slot_fd);
}

static const struct means slots[] = {
	{ "slot", 0, FEW, slot_set_up, slot_write, slot_read, slot_tear_down },
	{ "slot-select-10", 0, MANY, slot_set_up_10, select_write, select_read,
	  slot_tear_down },
	{ "slot-select-131072", 0, MANY, slot_set_up_131072, select_write,
	  select_read, slot_tear_down },
	{ "slot-positional-10", 0, MANY, positional_set_up_10, positional_write,
	  positional_read, slot_tear_down },
	{ "slot-positional-131072", 0, MANY, positional_set_up_131072,
	  positional_write, positional_read, slot_tear_down },
	{},
};

#endif /* BENCH_MEANS_SLOT_H */
