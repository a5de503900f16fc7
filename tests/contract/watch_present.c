// SPDX-License-Identifier: GPL-2.0
/*
 * Watches that leave out the present state (MSG_SLOT_WATCH_CHANGES), and that say when
 * it is complete (MSG_SLOT_WATCH_PRESENT): of the whole slot, and of a set.
 */
#include "watch.h"

#define CHANGES MSG_SLOT_WATCH_CHANGES
#define PRESENT MSG_SLOT_WATCH_PRESENT

#define CHANNELS 300u

/* More than the kernel keeps of those that are cleared. */
#define TOO_MANY 5000u

FIXTURE(watch)
{
	int node;
	int fd;
};

FIXTURE_VARIANT(watch)
{
	bool of_set;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(watch, all) {
	.of_set = false,
};

FIXTURE_VARIANT_ADD(watch, set) {
	.of_set = true,
};

/* clang-format on */

FIXTURE_SETUP(watch)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(watch)
{
	close(self->fd);
	close(self->node);
}

/* Of channels 1 to CHANNELS, at least. */
static struct watcher *begin(int fd, bool of_set, unsigned int flags)
{
	__u32 ids[CHANNELS];

	for (unsigned int i = 0; i < CHANNELS; i++)
		ids[i] = i + 1;
	return watcher_of(slot_watch_with(fd, of_set ? ids : NULL,
					  of_set ? CHANNELS : 0, flags));
}

static bool is_complete(struct watcher *watcher)
{
	return event_is(watch_next(watcher), 0, MSG_SLOT_PRESENT);
}

/* Return: how many messages are told before the present state is complete. */
static unsigned int count_state(struct watcher *watcher)
{
	struct event *event;
	unsigned int count = 0;

	while ((event = watch_next(watcher)) &&
	       event->record.event == MSG_SLOT_WRITTEN)
		count++;
	return event_is(event, 0, MSG_SLOT_PRESENT) ? count : ~0u;
}

static void write_all(struct __test_metadata *_metadata, int fd)
{
	for (unsigned int id = 1; id <= CHANNELS; id++)
		ASSERT_EQ(3, slot_pwrite(fd, "old", 3, id));
}

TEST_F(watch, of_changes_leaves_out_what_is_there)
{
	struct watcher *watcher;

	write_all(_metadata, self->fd);
	watcher = begin(self->fd, variant->of_set, CHANGES);
	EXPECT_QUIET(watcher);
	EXPECT_EQ(0, poll_events(watcher->fd, POLLIN, 0));
	ASSERT_EQ(3, slot_pwrite(self->fd, "new", 3, 7));
	EXPECT_TOLD(watcher, 7, "new");
	ASSERT_EQ(0, slot_clear(self->fd, 8));
	EXPECT_TOLD_OF(watcher, 8, MSG_SLOT_CLEARED);
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

TEST_F(watch, says_that_nothing_is_there)
{
	struct watcher *watcher = begin(self->fd, variant->of_set, PRESENT);

	EXPECT_EQ(POLLIN, poll_events(watcher->fd, POLLIN, 0));
	EXPECT_TRUE(is_complete(watcher));
	EXPECT_QUIET(watcher);
	ASSERT_EQ(3, slot_pwrite(self->fd, "new", 3, 7));
	EXPECT_TOLD(watcher, 7, "new");
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

TEST_F(watch, says_when_the_state_is_complete)
{
	struct watcher *watcher;

	write_all(_metadata, self->fd);
	watcher = begin(self->fd, variant->of_set, PRESENT);
	EXPECT_EQ(CHANNELS, count_state(watcher));
	EXPECT_QUIET(watcher);
	ASSERT_EQ(3, slot_pwrite(self->fd, "new", 3, 7));
	EXPECT_TOLD(watcher, 7, "new");
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

TEST_F(watch, says_so_whatever_is_read_at_once)
{
	const size_t rooms[] = { 64, 100, 64 * 7 + 3 };

	write_all(_metadata, self->fd);
	for (unsigned int i = 0; i < ARRAY_SIZE(rooms); i++) {
		struct watcher *watcher =
			begin(self->fd, variant->of_set, PRESENT);

		watcher->room = rooms[i];
		EXPECT_EQ(CHANNELS, count_state(watcher));
		EXPECT_QUIET(watcher);
		watcher_free(watcher);
	}
}

/* What changes while the state is told comes with it or after it, and is not lost. */
TEST_F(watch, says_so_beside_changes)
{
	struct watcher *watcher;
	unsigned int told;

	write_all(_metadata, self->fd);
	watcher = begin(self->fd, variant->of_set, PRESENT);
	watcher->room = 64;
	EXPECT_TOLD(watcher, 1, "old");
	ASSERT_EQ(3, slot_pwrite(self->fd, "new", 3, 1));
	ASSERT_EQ(3, slot_pwrite(self->fd, "new", 3, CHANNELS));
	told = count_state(watcher);
	EXPECT_EQ(CHANNELS - 1, told);
	EXPECT_TOLD(watcher, 1, "new");
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

TEST_F(watch, says_so_though_all_is_cleared_meanwhile)
{
	struct watcher *watcher;
	struct event *event;
	unsigned int cleared = 0;

	write_all(_metadata, self->fd);
	watcher = begin(self->fd, variant->of_set, PRESENT);
	for (unsigned int id = 1; id <= CHANNELS; id++)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	while ((event = watch_next(watcher)) &&
	       event->record.event == MSG_SLOT_CLEARED)
		cleared++;
	EXPECT_EQ(CHANNELS, cleared);
	EXPECT_TRUE(event_is(event, 0, MSG_SLOT_PRESENT));
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

TEST_F(watch, without_a_state_says_so_first)
{
	struct watcher *watcher;

	write_all(_metadata, self->fd);
	watcher = begin(self->fd, variant->of_set, CHANGES | PRESENT);
	ASSERT_EQ(3, slot_pwrite(self->fd, "new", 3, 7));
	EXPECT_TRUE(is_complete(watcher));
	EXPECT_TOLD(watcher, 7, "new");
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

TEST_F(watch, does_not_lose_it_for_want_of_room)
{
	struct watcher *watcher = begin(self->fd, variant->of_set, PRESENT);

	EXPECT_EQ(-ENOSPC, slot_read(watcher->fd, watcher->buf,
				     sizeof(struct msg_slot_record) - 1));
	EXPECT_EQ(-EFAULT, slot_read(watcher->fd, NULL, 4096));
	EXPECT_TRUE(is_complete(watcher));
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

/* What was missed is among the state, which is told, and complete, once more. */
TEST_F(slot, begins_anew_with_the_state)
{
	const unsigned int flags[] = { CHANGES, PRESENT, CHANGES | PRESENT };

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		struct watcher *watcher;

		ASSERT_EQ(4, slot_pwrite(self->fd, "stay", 4, 1));
		watcher = begin(self->fd, false, flags[i]);
		for (unsigned int id = 2; id < 2 + TOO_MANY; id++) {
			ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, id));
			ASSERT_EQ(0, slot_clear(self->fd, id));
		}
		while (!event_is(watch_await(watcher), 0, MSG_SLOT_RESTART))
			;
		EXPECT_TOLD(watcher, 1, "stay");
		if (flags[i] & PRESENT)
			EXPECT_TRUE(is_complete(watcher));
		EXPECT_QUIET(watcher);
		watcher_free(watcher);
	}
}

TEST_HARNESS_MAIN
