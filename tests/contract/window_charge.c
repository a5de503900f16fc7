// SPDX-License-Identifier: GPL-2.0
/* Whose memory a window is: that of who mapped it, not of who writes, until it goes. */
#include "window.h"

#include "child.h"
#include "group.h"
#include "kernel_bits.h"
#include "limit.h"

#define ID 7
#define SIZE (512 * 1024)

FIXTURE(window_charge)
{
	struct group readers;
	struct group writers;
	int node;
	int fd;
	const char *base;
};

FIXTURE_SETUP(window_charge)
{
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	if (!group_make_nth(&self->readers, 0))
		SKIP(return, "no memory cgroups here");
	ASSERT_TRUE(group_make_nth(&self->writers, 1));
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	self->base = slot_map(self->fd);
	large(SIZE, 1);
}

FIXTURE_TEARDOWN(window_charge)
{
	slot_unmap(self->fd, self->base);
	close(self->fd);
	close(self->node);
	group_remove(&self->readers);
	group_remove(&self->writers);
}

static long put(int fd, unsigned int seed)
{
	return slot_put(fd, ID, large(SIZE, seed), SIZE);
}

TEST_F(window_charge, readers_pay)
{
	long long readers, writers, window = window_bytes(SIZE);
	struct window mapped = {};

	ASSERT_EQ(0, slot_put(self->fd, ID, "x", 1));
	ASSERT_TRUE(group_join(&self->writers));
	writers = group_charged(&self->writers);
	ASSERT_TRUE(group_join(&self->readers));
	readers = group_charged(&self->readers);
	ASSERT_EQ(0, window_map(&mapped, self->fd, self->base, ID, window));
	/* But for what was charged in advance. */
	EXPECT_LE(window - group_stock(),
		  group_charged(&self->readers) - readers);
	ASSERT_TRUE(group_join(&self->writers));
	for (unsigned int i = 0; i < 10; i++)
		ASSERT_EQ(0, put(self->fd, i));
	EXPECT_GT(SIZE / 2 + group_stock(),
		  group_charged(&self->writers) - writers);
	/* The message stays where it is, and goes with the next one. */
	window_unmap(&mapped);
	EXPECT_LE(window - group_stock(),
		  group_charged(&self->readers) - readers);
	ASSERT_EQ(0, slot_put(self->fd, ID, "x", 1));
	EXPECT_TRUE(group_shrinks_to(&self->readers, readers + group_stock()));
}

/* Who can't pay has none, and everything is as before. */
TEST_F(window_charge, no_memory_no_window)
{
	struct window mapped = {};

	ASSERT_EQ(0, put(self->fd, 1));
	ASSERT_TRUE(group_put(&self->readers, "memory.max", "1M"));
	group_put(&self->readers, "memory.swap.max", "0");
	ASSERT_TRUE(group_join(&self->readers));
	EXPECT_EQ(-ENOMEM, window_map(&mapped, self->fd, self->base, ID,
				      window_bytes(LARGEST)));
	EXPECT_EQ(0, group_events(&self->readers, "oom_kill"));
	EXPECT_TRUE(slot_has_large(self->fd, ID, SIZE, 1));
}

TEST_HARNESS_MAIN
