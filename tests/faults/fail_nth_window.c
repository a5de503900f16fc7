// SPDX-License-Identifier: GPL-2.0
/* Windows, with every thing in them that may fail made to fail. */
#include "fail_nth.h"

#include "window.h"

/* Of the world that there is just now; its cells are mapped as long as the program runs. */
static struct window window;
static const char *base;

static void map_cells(struct world *world)
{
	base = slot_map(world->look);
	window = (struct window){};
}

static long map_window(struct world *world)
{
	return window_map(&window, world->fd, base, LONG_ONE,
			  window_bytes(LONG));
}

static void with_window(struct world *world)
{
	map_cells(world);
	if (map_window(world))
		abort();
}

static bool is_in_window(struct world *world, unsigned int seed)
{
	struct mapped mapped;

	return window_look(&window, LONG_ONE, world->buf, &mapped) == LONG &&
	       !memcmp(world->buf, large(LONG, seed), LONG);
}

/* Where the message could not be moved, the next one is there. */
static bool window_works(struct world *world)
{
	return slot_has_large(world->look, LONG_ONE, LONG, 1) &&
	       slot_put_large(world->look, LONG_ONE, LONG, 3) == LONG &&
	       is_in_window(world, 3);
}

static long put(struct world *world)
{
	return slot_put_for(world->fd, LONG_ONE, large(LONG, 2), LONG,
			    3600 * SECOND);
}

static bool is_put(struct world *world)
{
	return is_in_window(world, 2) &&
	       slot_has_large(world->look, LONG_ONE, LONG, 2);
}

OPERATION_AFTER(map_cells, map_window, map_window, window_works);
OPERATION_AFTER(with_window, put_to_window, put, is_put);

TEST_HARNESS_MAIN
