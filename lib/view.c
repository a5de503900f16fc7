// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "call.h"
#include "view_lane.h"
#include "view_window.h"
#include "view.h"

/* The rest of a view that has its descriptor. */
static int map(struct msgslot_view *view)
{
	struct msg_slot_mapping mapping;
	void *base;
	int err = call(view->fd, MSG_SLOT_GET_MAPPING, &mapping);

	if (err)
		return err;
	if (mapping.layout != MSG_SLOT_LAYOUT)
		return -EPROTONOSUPPORT;
	if (mapping.size > SIZE_MAX)
		return -ENOMEM;
	base = mmap(NULL, mapping.size, PROT_READ, MAP_SHARED, view->fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	view->base = base;
	view->size = mapping.size;
	view->clock = mapping.clock;
	return 0;
}

int msgslot_view_open(int fd, struct msgslot_view **view)
{
	struct msgslot_view *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	err = new->fd < 0 ? -errno : map(new);
	if (err)
		msgslot_view_close(new);
	else
		*view = new;
	return err;
}

void msgslot_view_close(struct msgslot_view *view)
{
	if (!view)
		return;
	lane_free_all(view);
	window_free_all(view);
	if (view->base)
		munmap((void *)view->base, view->size);
	if (view->fd >= 0)
		close(view->fd);
	free(view);
}

const struct msg_slot_cell *view_locate(const struct msgslot_view *view,
					uint32_t channel)
{
	struct msg_slot_locate where = { .channel = channel };

	if (call(view->fd, MSG_SLOT_LOCATE, &where) ||
	    where.offset > view->size - sizeof(struct msg_slot_cell))
		return NULL;
	return (const void *)(view->base + where.offset);
}
