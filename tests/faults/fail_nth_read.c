// SPDX-License-Identifier: GPL-2.0
/* What only looks, with every thing in it that may fail made to fail. */
#include "fail_nth.h"

#include <sys/epoll.h>

static long read_selected(struct world *world)
{
	return slot_read(world->fd, world->buf, STATE_LARGEST);
}

static bool read_short(struct world *world)
{
	return !strcmp(world->buf, "short") && !has_news(world->fd);
}

static long read_scattered(struct world *world)
{
	const struct iovec parts[] = { { world->buf, 2 },
				       { world->buf + 2, 3 } };

	return slot_result(readv(world->fd, parts, 2));
}

static long read_long(struct world *world)
{
	return slot_pread(world->fd, world->buf, STATE_LARGEST, LONG_ONE);
}

static bool read_it_long(struct world *world)
{
	return !memcmp(world->buf, large(LONG, 1), LONG);
}

static long get_selected(struct world *world)
{
	struct msg_slot_get get = get_into(0, world->buf, STATE_LARGEST);

	return slot_ioctl(world->fd, MSG_SLOT_GET, &get);
}

static long wait_for_selected(struct world *world)
{
	struct msg_slot_wait wait = {
		.timeout = FOREVER,
		.get = get_into(0, world->buf, STATE_LARGEST),
	};

	return slot_ioctl(world->fd, MSG_SLOT_WAIT, &wait);
}

static long wait_in_vain(struct world *world)
{
	struct msg_slot_wait wait = {
		.timeout = MILLISECOND,
		.get = get_into(ABSENT, world->buf, STATE_LARGEST),
	};
	long ret = slot_ioctl(world->fd, MSG_SLOT_WAIT, &wait);

	return ret == -ETIMEDOUT ? 0 : ret ?: -EINVAL;
}

static long take_snapshot(struct world *world)
{
	struct msg_slot_get gets[] = {
		get_into(LONG_ONE, world->buf, LONG),
		get_into(SHORT_ONE, world->buf + LONG, 100),
		get_into(ABSENT, NULL, 0),
	};
	long ret = slot_snapshot(world->fd, gets, 3);

	world->told = gets[0].record.event + gets[1].record.event +
		      gets[2].record.event;
	return ret;
}

static bool snapshot_has_two(struct world *world)
{
	return world->told == 2 * MSG_SLOT_WRITTEN && read_it_long(world) &&
	       !strcmp(world->buf + LONG, "short");
}

static long watch_slot(struct world *world)
{
	return world->opened = slot_watch(world->fd, NULL, 0);
}

static long watch_set(struct world *world)
{
	const __u32 ids[] = { SHORT_ONE, LONG_ONE, ABSENT, MORTAL };

	return world->opened = slot_watch(world->fd, ids, 4);
}

static unsigned int tell_all(struct watcher *watch)
{
	struct event *event;
	unsigned int told = 0;

	while ((event = watch_next(watch))) {
		if (event->record.event == MSG_SLOT_WRITTEN)
			told |= 1 << event->record.channel;
	}
	return told;
}

static bool watch_tells(struct world *world)
{
	struct watcher *watch = watcher_of(world->opened);
	unsigned int told = tell_all(watch);

	world->opened = -1;
	watcher_free(watch);
	return told == (1 << SHORT_ONE | 1 << LONG_ONE | 1 << MORTAL);
}

/* What comes before the failure has been told; what comes after is not lost. */
static long read_watch(struct world *world)
{
	struct watcher *watch = world->watch;
	long n = slot_read(watch->fd, watch->buf, watch->room);

	if (n < 0)
		return n;
	watch->at = 0;
	watch->size = n;
	world->told |= tell_all(watch);
	return n;
}

static bool all_is_told(struct world *world)
{
	return world->told == (1 << SHORT_ONE | 1 << LONG_ONE | 1 << MORTAL);
}

static long select_another(struct world *world)
{
	return slot_select(world->fd, LONG_ONE);
}

static bool another_is_selected(struct world *world)
{
	return has_news(world->fd) &&
	       slot_read(world->fd, world->buf, STATE_LARGEST) == LONG;
}

static long poll_file(struct world *world)
{
	struct pollfd ready = { .fd = world->fd, .events = POLLIN };

	return slot_result(poll(&ready, 1, 0));
}

static bool nothing_more(struct world *world)
{
	return has_news(world->fd);
}

static long add_to_epoll(struct world *world)
{
	struct epoll_event event = { .events = EPOLLIN };

	long ret = epoll_ctl(world->epoll, EPOLL_CTL_ADD, world->fd, &event);

	return slot_result(ret);
}

static bool epoll_tells(struct world *world)
{
	struct epoll_event event;

	return epoll_wait(world->epoll, &event, 1, SOON_MS) == 1;
}

static long get_limits(struct world *world)
{
	struct msg_slot_limits limits;

	return slot_ioctl(world->fd, MSG_SLOT_GET_LIMITS, &limits);
}

static long get_usage(struct world *world)
{
	struct msg_slot_usage usage;

	return slot_ioctl(world->fd, MSG_SLOT_GET_USAGE, &usage);
}

static long describe_mapping(struct world *world)
{
	struct msg_slot_mapping mapping;

	return slot_ioctl(world->fd, MSG_SLOT_GET_MAPPING, &mapping);
}

static long locate(struct world *world)
{
	struct msg_slot_locate where = { .channel = LONG_ONE };
	long ret = slot_ioctl(world->fd, MSG_SLOT_LOCATE, &where);

	world->told = where.offset;
	return ret;
}

static bool is_located(struct world *world)
{
	return world->told && nothing_more(world);
}

/* The first page, which has the cells of the first channels. */
static long map(struct world *world)
{
	void *page =
		mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED, world->fd, 0);

	world->page = page == MAP_FAILED ? NULL : page;
	return world->page ? 0 : -errno;
}

static bool page_has_message(struct world *world)
{
	struct msg_slot_locate where = { .channel = SHORT_ONE };
	const struct msg_slot_cell *cell;

	if (slot_ioctl(world->fd, MSG_SLOT_LOCATE, &where))
		return false;
	cell = (void *)(world->page + where.offset);
	return !memcmp(cell->bytes[cell->latch & 1], "short", 5) &&
	       cell->id == SHORT_ONE;
}

OPERATION(read, read_selected, read_short);
OPERATION(readv, read_scattered, read_short);
OPERATION(read_long, read_long, read_it_long);
OPERATION(get, get_selected, read_short);
OPERATION(wait, wait_for_selected, read_short);
OPERATION(wait_in_vain, wait_in_vain, nothing_more);
OPERATION(snapshot, take_snapshot, snapshot_has_two);
OPERATION(watch, watch_slot, watch_tells);
OPERATION(watch_set, watch_set, watch_tells);
OPERATION(read_watch, read_watch, all_is_told);
OPERATION(select, select_another, another_is_selected);
OPERATION(poll, poll_file, nothing_more);
OPERATION(epoll, add_to_epoll, epoll_tells);
OPERATION(get_limits, get_limits, nothing_more);
OPERATION(get_usage, get_usage, nothing_more);
OPERATION(describe_mapping, describe_mapping, nothing_more);
OPERATION(locate, locate, is_located);
OPERATION(mmap, map, page_has_message);

TEST_HARNESS_MAIN
