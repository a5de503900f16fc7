// SPDX-License-Identifier: GPL-2.0
/*
 * MSG_SLOT_WATCH: a descriptor that tells what is there, then what changes: the
 * latest of each channel, once.
 */
#include "watch.h"
#include "child.h"
#include "scale.h"

#define A_WHILE (100 * MILLISECOND)

FIXTURE(watch)
{
	int node;
	int fd;
	/* Of the whole slot. */
	struct watcher *watch;
};

FIXTURE_SETUP(watch)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->watch = watch_all(self->fd);
}

FIXTURE_TEARDOWN(watch)
{
	watcher_free(self->watch);
	close(self->fd);
	close(self->node);
}

TEST_F(watch, of_a_virgin_is_quiet)
{
	EXPECT_QUIET(self->watch);
}

TEST_F(watch, tells_what_is_written)
{
	for (unsigned int id = 1; id <= 100; id++) {
		char message[MSG_SLOT_MAX_MESSAGE];
		struct event *event;

		message_fill(message, id, id);
		ASSERT_EQ(id, slot_pwrite(self->fd, message, id, id));
		EXPECT_TRUE(has_news(self->watch->fd));
		event = watch_next(self->watch);
		EXPECT_TRUE(event_tells(event, id, message, id));
		EXPECT_EQ(slot_version(self->fd, id), event->record.version);
		EXPECT_EQ((__u32)getpid(), event->record.pid);
		EXPECT_EQ(0u, event->record.uid);
		EXPECT_EQ(FOREVER, event->record.ttl);
		EXPECT_GT(60 * SECOND, event->record.age);
		EXPECT_QUIET(self->watch);
	}
}

TEST_F(watch, tells_the_latest_only)
{
	for (unsigned int i = 0; i < 1000; i++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &i, 4, 7));
	ASSERT_EQ(4, slot_pwrite(self->fd, "last", 4, 7));
	EXPECT_TOLD(self->watch, 7, "last");
	EXPECT_QUIET(self->watch);
	ASSERT_EQ(4, slot_pwrite(self->fd, "last", 4, 7));
	EXPECT_TOLD(self->watch, 7, "last");
	EXPECT_QUIET(self->watch);
}

TEST_F(watch, begins_with_what_is_there)
{
	bool told[301] = {};
	struct watcher *watch;

	for (unsigned int id = 1; id <= 300; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	for (unsigned int id = 3; id <= 300; id += 3)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	watch = watch_all(self->fd);
	for (unsigned int i = 0; i < 200; i++) {
		struct event *event = watch_next(watch);
		unsigned int id = event ? event->record.channel : 0;

		ASSERT_TRUE(id % 3 && id <= 300 && !told[id]);
		EXPECT_TRUE(event_tells(event, id, &id, 4));
		told[id] = true;
	}
	EXPECT_QUIET(watch);
	watcher_free(watch);
}

TEST_F(watch, tells_of_a_clear)
{
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
		EXPECT_TOLD(self->watch, 7, "x");
		ASSERT_EQ(0, slot_clear(self->fd, 7));
		EXPECT_TOLD_OF(self->watch, 7, MSG_SLOT_CLEARED);
		EXPECT_QUIET(self->watch);
		ASSERT_EQ(0, slot_clear(self->fd, 7));
		EXPECT_QUIET(self->watch);
	}
}

TEST_F(watch, tells_of_the_latest_of_write_and_clear)
{
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
	EXPECT_TOLD(self->watch, 7, "x");
	ASSERT_EQ(0, slot_clear(self->fd, 7));
	ASSERT_EQ(1, slot_pwrite(self->fd, "y", 1, 7));
	EXPECT_TOLD(self->watch, 7, "y");
	EXPECT_QUIET(self->watch);
	ASSERT_EQ(1, slot_pwrite(self->fd, "z", 1, 7));
	ASSERT_EQ(0, slot_clear(self->fd, 7));
	EXPECT_TOLD_OF(self->watch, 7, MSG_SLOT_CLEARED);
	EXPECT_QUIET(self->watch);
}

/* It may be told again when the kernel has taken the message away. */
TEST_F(watch, tells_of_an_expiry)
{
	for (int i = 0; i < 3; i++) {
		unsigned long long end;
		struct event *event;

		do {
			end = end_of(A_WHILE);
			ASSERT_EQ(0,
				  slot_put_for(self->fd, 7, "x", 1, A_WHILE));
			event = watch_next(self->watch);
		} while (!event_tells(event, 7, "x", 1) && is_past(end));
		ASSERT_TRUE(event_tells(event, 7, "x", 1));
		EXPECT_GE(A_WHILE, event->record.ttl);
		event = watch_await(self->watch);
		do {
			EXPECT_TRUE(event_is(event, 7, MSG_SLOT_EXPIRED));
		} while ((event = watch_next(self->watch)));
		EXPECT_NONE(self->fd, 7);
		EXPECT_QUIET(self->watch);
	}
}

TEST_F(watch, tells_no_message_whose_time_is_over)
{
	struct event *event;

	for (int i = 0; i < 50; i++) {
		ASSERT_EQ(0, slot_put_for(self->fd, 7, "x", 1, 1));
		EXPECT_TRUE(event_is(watch_await(self->watch), 7,
				     MSG_SLOT_EXPIRED));
	}
	usleep(500000);
	while ((event = watch_next(self->watch)))
		EXPECT_TRUE(event_is(event, 7, MSG_SLOT_EXPIRED));
	EXPECT_QUIET(self->watch);
}

TEST_F(watch, tells_of_a_will)
{
	int holder = slot_open(self->node, O_RDWR);

	ASSERT_EQ(0, slot_claim_will(holder, 7, "gone", 4));
	EXPECT_QUIET(self->watch);
	ASSERT_EQ(0, slot_put(holder, 7, "alive", 5));
	EXPECT_TOLD(self->watch, 7, "alive");
	close(holder);
	EXPECT_TRUE(event_tells(watch_await(self->watch), 7, "gone", 4));
	EXPECT_QUIET(self->watch);
}

TEST_F(watch, tells_of_a_claim_that_clears)
{
	ASSERT_EQ(0, slot_claim(self->fd, 7, MSG_SLOT_END_CLEAR));
	ASSERT_EQ(0, slot_put(self->fd, 7, "alive", 5));
	EXPECT_TOLD(self->watch, 7, "alive");
	ASSERT_EQ(0, slot_release(self->fd, 7));
	EXPECT_TOLD_OF(self->watch, 7, MSG_SLOT_CLEARED);
	ASSERT_EQ(0, slot_put(self->fd, 7, "kept", 4));
	ASSERT_EQ(0, slot_claim(self->fd, 7, MSG_SLOT_END_KEEP));
	EXPECT_TOLD(self->watch, 7, "kept");
	ASSERT_EQ(0, slot_release(self->fd, 7));
	EXPECT_QUIET(self->watch);
}

TEST_F(watch, refused_writes_are_no_events)
{
	unsigned long long version = 77;
	int other = slot_open(self->node, O_RDWR);

	ASSERT_EQ(0, slot_put(self->fd, 7, "x", 1));
	ASSERT_EQ(0, slot_claim(self->fd, 7, MSG_SLOT_END_KEEP));
	EXPECT_TOLD(self->watch, 7, "x");
	EXPECT_EQ(-EBUSY, slot_put(other, 7, "y", 1));
	EXPECT_EQ(-EBUSY, slot_clear(other, 7));
	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, 7, "y", 1, &version));
	EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, NULL, 1, 7));
	EXPECT_QUIET(self->watch);
	close(other);
}

TEST_F(watch, of_a_set_tells_of_the_set_only)
{
	const __u32 set[] = { 5, ~0u, 1000, 64 };
	struct watcher *watch;

	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 5));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 6));
	watch = watcher_of(slot_watch(self->fd, set, ARRAY_SIZE(set)));
	EXPECT_TOLD(watch, 5, "x");
	EXPECT_QUIET(watch);
	for (unsigned int id = 6; id < 300; id++) {
		if (id != 64)
			ASSERT_EQ(1, slot_pwrite(self->fd, "y", 1, id));
	}
	EXPECT_QUIET(watch);
	for (unsigned int i = 0; i < ARRAY_SIZE(set); i++) {
		ASSERT_EQ(4, slot_pwrite(self->fd, "some", 4, set[i]));
		EXPECT_TOLD(watch, set[i], "some");
		ASSERT_EQ(0, slot_clear(self->fd, set[i]));
		EXPECT_TOLD_OF(watch, set[i], MSG_SLOT_CLEARED);
	}
	EXPECT_QUIET(watch);
	watcher_free(watch);
}

TEST_F(watch, takes_a_copy_of_the_set)
{
	__u32 set[] = { 5, 6 };
	struct watcher *watch = watcher_of(slot_watch(self->fd, set, 2));

	set[0] = 7;
	ASSERT_EQ(1, slot_pwrite(self->fd, "7", 1, 7));
	ASSERT_EQ(1, slot_pwrite(self->fd, "5", 1, 5));
	EXPECT_TOLD(watch, 5, "5");
	EXPECT_QUIET(watch);
	watcher_free(watch);
}

/* Watching makes no channel, however many are watched. */
TEST_F(watch, of_the_largest_set)
{
	const unsigned int count = scaled(MSG_SLOT_MAX_WATCHED);
	static __u32 set[MSG_SLOT_MAX_WATCHED + 1];
	struct watcher *watch;

	for (unsigned int i = 0; i <= MSG_SLOT_MAX_WATCHED; i++)
		set[i] = 0x10000 + 3 * i;
	EXPECT_EQ(-EINVAL, slot_watch(self->fd, set, MSG_SLOT_MAX_WATCHED + 1));
	EXPECT_EQ(-EINVAL, slot_watch(self->fd, set, ~0u));
	watch = watcher_of(slot_watch(self->fd, set, count));
	EXPECT_EQ(0u, slot_usage(self->fd).channels);
	EXPECT_QUIET(watch);
	for (unsigned int i = 0; i < count; i += 999) {
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, set[i] + 1));
		ASSERT_EQ(1, slot_pwrite(self->fd, "y", 1, set[i]));
		EXPECT_TOLD(watch, set[i], "y");
	}
	EXPECT_QUIET(watch);
	watcher_free(watch);
}

TEST_F(watch, several_are_independent)
{
	struct watcher *late;

	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
	EXPECT_TOLD(self->watch, 1, "x");
	late = watch_all(self->fd);
	ASSERT_EQ(1, slot_pwrite(self->fd, "y", 1, 2));
	EXPECT_TOLD(self->watch, 2, "y");
	EXPECT_QUIET(self->watch);
	EXPECT_TOLD(late, 1, "x");
	EXPECT_TOLD(late, 2, "y");
	EXPECT_QUIET(late);
	watcher_free(late);
	ASSERT_EQ(1, slot_pwrite(self->fd, "z", 1, 1));
	EXPECT_TOLD(self->watch, 1, "z");
}

TEST_F(watch, outlives_the_descriptor_it_was_made_from)
{
	int other = slot_open(self->node, O_RDWR);

	close(self->fd);
	ASSERT_EQ(1, slot_pwrite(other, "x", 1, 1));
	EXPECT_TOLD(self->watch, 1, "x");
	close(other);
	EXPECT_QUIET(self->watch);
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_TOLD_OF(self->watch, 1, MSG_SLOT_CLEARED);
}

TEST_F(watch, two_slots_are_apart)
{
	int node = slot_fresh();
	int other = slot_open(node, O_RDWR);

	ASSERT_EQ(1, slot_pwrite(other, "x", 1, 1));
	EXPECT_QUIET(self->watch);
	close(other);
	close(node);
}

static int read_the_event(int watch)
{
	struct msg_slot_record record[4];

	return slot_read(watch, record, sizeof(record)) != 64 ||
	       record->channel != 1;
}

/* One open file, so an event is for one of them. */
TEST_F(watch, is_shared_over_a_fork)
{
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
	EXPECT_EQ(0, in_child(read_the_event, self->watch->fd));
	EXPECT_QUIET(self->watch);
	ASSERT_EQ(1, slot_pwrite(self->fd, "y", 1, 2));
	EXPECT_TOLD(self->watch, 2, "y");
}

TEST_F(watch, closed_with_events_pending)
{
	const __u32 set[] = { 1, 2, 3 };

	for (int i = 0; i < 200; i++) {
		struct watcher *all = watch_all(self->fd);
		struct watcher *some = watcher_of(slot_watch(self->fd, set, 3));

		for (unsigned int id = 1; id <= 20; id++) {
			ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, id));
			if (i % 2)
				ASSERT_EQ(0, slot_clear(self->fd, id));
		}
		watcher_free(all);
		watcher_free(some);
	}
	EXPECT_NE(NULL, watch_next(self->watch));
}

TEST_F(watch, long_messages)
{
	const unsigned int sizes[] = { 129, 1000, 5000, 8000, 1 };

	ASSERT_EQ(0, slot_set_max_message(self->fd, 8000));
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int n = sizes[i];

		ASSERT_EQ(n, slot_put_large(self->fd, 1 + i % 2, n, i));
		EXPECT_TRUE(event_tells(watch_next(self->watch), 1 + i % 2,
					large(n, i), n));
		EXPECT_QUIET(self->watch);
	}
}

TEST_HARNESS_MAIN
