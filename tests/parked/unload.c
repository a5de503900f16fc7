// SPDX-License-Identifier: GPL-2.0
/*
 * The module goes while a message is being taken away that is over: the channel
 * had another one with a time to live meanwhile, which nothing looks after any
 * more. A timer that is started all the same comes when the module's memory is
 * somebody else's. For a module with park.patch.
 */
#include "module.h"
#include "park.h"

/* The longer one is not over when the work goes on. */
#define BRIEF MILLISECOND
#define LONGER (4 * SECOND)
#define ASLEEP_MS 2000

/* The step of the work that takes expired messages away. */
#define TAKEN 6

static unsigned int taken = TAKEN;

/* Returns a descriptor, once the work has taken a message that is over; or -1. */
static int open_with_work_parked(int node)
{
	int fd = slot_open(node, O_RDWR);

	set_parameter(PARAMETERS "longest", ASLEEP_MS);
	set_park(TAKEN);
	if (fd < 0 || slot_put_for(fd, PARKING, "brief", 5, BRIEF) ||
	    !soon(is_parked_at, &taken))
		return -1;
	return fd;
}

TEST_F(module, gone_while_a_message_expires)
{
	int node = slot_fresh();
	int fd;

	ASSERT_EQ(0, module_load(""));
	fd = open_with_work_parked(node);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, slot_put_for(fd, PARKING, "longer", 6, LONGER));
	close(fd);
	close(node);
	if (!is_parked_at(&taken))
		SKIP(return, "the machine stood still");
	/* Waits for the work. */
	ASSERT_EQ(0, module_unload());
	/* A timer would come, and find nothing of ours. */
	usleep(LONGER / 1000);
}

/* Many that are over wait in the queue behind the one that is taken away. */
TEST_F(module, gone_with_much_that_is_over)
{
	int node = slot_fresh();
	int fd;

	ASSERT_EQ(0, module_load(""));
	fd = open_with_work_parked(node);
	ASSERT_LE(0, fd);
	for (unsigned int id = 2; id < 1000; id++)
		ASSERT_EQ(0, slot_put_for(fd, id, "x", 1,
					  id % 2 ? BRIEF : LONGER));
	close(fd);
	close(node);
	ASSERT_EQ(0, module_unload());
	usleep(LONGER / 1000);
}

TEST_HARNESS_MAIN
