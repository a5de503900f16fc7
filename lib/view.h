/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MSGSLOT_VIEW_H
#define MSGSLOT_VIEW_H

#include <stdbool.h>

#include "msgslot.h"

#define VIEW_BUCKETS 256

struct lane;
struct window;

/**
 * struct msgslot_view - a slot that is mapped
 * @base: where
 * @size: how many bytes
 * @clock: what to add to a time in a cell to have it on our CLOCK_BOOTTIME
 * @fd: for what the mapping does not show
 * @mapping: a thread changes @lanes or @windows, or what is mapped of one
 * @lanes: those that it has read, by channel
 * @windows: likewise; of each channel the last one first
 */
struct msgslot_view {
	const char *base;
	size_t size;
	int64_t clock;
	int fd;
	bool mapping;
	struct lane *lanes[VIEW_BUCKETS];
	struct window *windows[VIEW_BUCKETS];
};

/* Return: the channel's cell, or NULL if there is none or it can't be had. */
const struct msg_slot_cell *view_locate(const struct msgslot_view *view,
					uint32_t channel);

#endif /* MSGSLOT_VIEW_H */
