// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_LANE: the owner of a channel writes without a call. */
#include "owner.h"
#include "child.h"
#include "kernel_bits.h"
#include "polling.h"
#include "waiting.h"
#include "watch.h"

#define CLEAR MSG_SLOT_END_CLEAR
#define KEEP MSG_SLOT_END_KEEP
#define WRITTEN MSG_SLOT_WRITTEN
#define RW (PROT_READ | PROT_WRITE)
#define ID 7

FIXTURE(lane)
{
	int node;
	/* The owner's open file, and another's. */
	int fd;
	int other;
	const char *base;
	struct lane lane;
};

FIXTURE_SETUP(lane)
{
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->other = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
	self->base = slot_map(self->other);
	lane_open(&self->lane, self->fd, ID, KEEP);
}

FIXTURE_TEARDOWN(lane)
{
	slot_unmap(self->other, self->base);
	close(self->fd);
	close(self->other);
	close(self->node);
	lane_unmap(&self->lane);
}

static void put_text(struct lane *lane, const char *text)
{
	lane_put(lane, text, strlen(text));
}

/* Every reader finds it, the one who has mapped the lane too. */
static bool lane_has(int fd, const char *base, unsigned int id,
		     const char *text)
{
	const struct msg_slot_cell *cell = slot_cell(fd, base, id);
	struct lane_place place = lane_place_of(cell, id);
	const struct msg_slot_cell *lane;
	struct mapped mapped;
	long n;

	if (!place.offset)
		return false;
	lane = lane_map(fd, place.offset, PROT_READ);
	if (lane == MAP_FAILED)
		return false;
	n = lane_try(cell, id, &place, lane, &mapped);
	munmap((void *)lane, PAGE);
	return n == (long)strlen(text) && !memcmp(text, mapped.message, n) &&
	       mapped.version == slot_version(fd, id) &&
	       channel_has(fd, id, text);
}

#define EXPECT_LANE(id, text) \
	EXPECT_TRUE(lane_has(self->other, self->base, id, text))

TEST_F(lane, is_read_by_every_reader)
{
	char text[20];

	EXPECT_NONE(self->other, ID);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "%d", i * 77777);
		put_text(&self->lane, text);
		EXPECT_LANE(ID, text);
	}
}

/* Who does not know lanes is told to ask. */
TEST_F(lane, sends_those_who_know_no_lanes_to_the_call)
{
	struct mapped mapped;

	put_text(&self->lane, "new");
	EXPECT_EQ(-EREMOTE, mapped_look(slot_cell(self->other, self->base, ID),
					ID, &mapped));
}

TEST_F(lane, rings_once_where_nobody_waits)
{
	for (int i = 0; i < 1000; i++)
		put_text(&self->lane, "same");
	EXPECT_EQ(1u, self->lane.rings);
	EXPECT_GET(self->other, ID, "same");
	put_text(&self->lane, "other");
	EXPECT_EQ(1u, self->lane.rings);
	EXPECT_LANE(ID, "other");
}

TEST_F(lane, counts_versions)
{
	unsigned long long first, last = 0;

	put_text(&self->lane, "x");
	first = slot_version(self->other, ID);
	for (unsigned int i = 0; i < 3u * MSG_SLOT_LANE_PUTS; i++) {
		put_text(&self->lane, "y");
		if (i % 1000)
			continue;
		EXPECT_LT(last, slot_version(self->other, ID));
		last = slot_version(self->other, ID);
	}
	EXPECT_LE(first + 3ull * MSG_SLOT_LANE_PUTS,
		  slot_version(self->other, ID));
	EXPECT_LANE(ID, "y");
}

TEST_F(lane, has_a_record)
{
	unsigned long long before = clock_now(CLOCK_REALTIME);
	struct msg_slot_record record;

	put_text(&self->lane, "x");
	record = slot_record(self->other, ID);
	EXPECT_EVENT(MSG_SLOT_WRITTEN, record);
	EXPECT_EQ(1u, record.size);
	EXPECT_EQ(getpid(), (pid_t)record.pid);
	EXPECT_EQ(FOREVER, record.ttl);
	/* When it was first seen. */
	EXPECT_LE(before - MILLISECOND, record.written);
	EXPECT_GE(clock_now(CLOCK_REALTIME) + MILLISECOND, record.written);
}

TEST_F(lane, has_the_time_that_its_owner_says)
{
	unsigned long long then = clock_now(CLOCK_BOOTTIME);

	usleep(100000);
	lane_fill(&self->lane, "x", 1, then, 0);
	lane_step(&self->lane);
	EXPECT_LE(100 * MILLISECOND, slot_record(self->other, ID).age);
	EXPECT_GE(60 * SECOND, slot_record(self->other, ID).age);
	/* Neither before the last one, nor in the future. */
	lane_fill(&self->lane, "y", 1, 1, 0);
	lane_step(&self->lane);
	EXPECT_LE(100 * MILLISECOND, slot_record(self->other, ID).age);
	EXPECT_GE(60 * SECOND, slot_record(self->other, ID).age);
	lane_fill(&self->lane, "z", 1, then + 1000 * SECOND, 0);
	lane_step(&self->lane);
	EXPECT_GE(60 * SECOND, slot_record(self->other, ID).age);
}

TEST_F(lane, takes_up_to_128_bytes)
{
	char message[MSG_SLOT_MAX_MESSAGE + 1] = {};

	for (int n = 1; n <= MSG_SLOT_MAX_MESSAGE; n++) {
		memset(message, 'a' + n % 26, n);
		put_text(&self->lane, message);
		EXPECT_LANE(ID, message);
	}
}

TEST_F(lane, can_say_that_there_is_no_message)
{
	put_text(&self->lane, "x");
	EXPECT_LANE(ID, "x");
	lane_put(&self->lane, "", 0);
	EXPECT_NONE(self->other, ID);
	put_text(&self->lane, "y");
	EXPECT_LANE(ID, "y");
}

/* Whatever became of the message before. */
TEST_F(lane, says_that_it_was_cleared)
{
	lane_put_for(&self->lane, "x", 1, MILLISECOND);
	usleep(20000);
	EXPECT_EVENT(MSG_SLOT_EXPIRED, slot_record(self->other, ID));
	lane_put(&self->lane, "", 0);
	EXPECT_EVENT(MSG_SLOT_CLEARED, slot_record(self->other, ID));
}

/* Of what was there before, nothing changes until the first message. */
TEST_F(lane, begins_with_its_first_message)
{
	struct lane lane;
	unsigned long long version;

	ASSERT_EQ(0, slot_put(self->other, 8, "old", 3));
	version = slot_version(self->other, 8);
	lane_open(&lane, self->fd, 8, KEEP);
	EXPECT_EQ(version, slot_version(self->other, 8));
	EXPECT_CELL(slot_cell(self->other, self->base, 8), 8, "old");
	put_text(&lane, "new");
	EXPECT_LT(version, slot_version(self->other, 8));
	EXPECT_LANE(8, "new");
	lane_unmap(&lane);
}

TEST_F(lane, takes_the_place_of_a_long_message)
{
	unsigned long long bytes;
	char *large = calloc(1, 5000);
	struct lane lane;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	ASSERT_EQ(0, slot_put(self->fd, 8, large, 5000));
	lane_open(&lane, self->fd, 8, KEEP);
	bytes = slot_usage(self->other).bytes;
	put_text(&lane, "short");
	EXPECT_EQ(bytes - 5000, slot_usage(self->other).bytes);
	EXPECT_LANE(8, "short");
	free(large);
	lane_unmap(&lane);
}

TEST_F(lane, is_read_in_order_with_its_owners_calls)
{
	char large[1000];

	memset(large, 'l', sizeof(large));
	ASSERT_EQ(0, slot_set_max_message(self->fd, sizeof(large)));
	for (int i = 0; i < 20; i++) {
		unsigned long long version;

		put_text(&self->lane, "lane");
		EXPECT_LANE(ID, "lane");
		version = slot_version(self->other, ID);
		ASSERT_EQ(0, slot_put(self->fd, ID, large, sizeof(large)));
		EXPECT_LT(version, slot_version(self->other, ID));
		EXPECT_EQ(1000, slot_pread(self->other, large, 1000, ID));
		put_text(&self->lane, "again");
		EXPECT_LANE(ID, "again");
		ASSERT_EQ(4, slot_pwrite(self->fd, "call", 4, ID));
		EXPECT_CELL(slot_cell(self->other, self->base, ID), ID, "call");
		/* A ring without a message says nothing. */
		EXPECT_EQ(0, slot_ring(self->fd, ID));
		EXPECT_GET(self->other, ID, "call");
	}
	put_text(&self->lane, "last");
	EXPECT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_NONE(self->other, ID);
	put_text(&self->lane, "new");
	EXPECT_LANE(ID, "new");
}

TEST_F(lane, meets_conditions_by_its_version)
{
	unsigned long long version;

	put_text(&self->lane, "one");
	put_text(&self->lane, "two");
	version = slot_version(self->other, ID);
	put_text(&self->lane, "three");
	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, ID, "no", 2, &version));
	EXPECT_EQ(slot_version(self->other, ID), version);
	EXPECT_LANE(ID, "three");
	EXPECT_EQ(0, slot_put_if(self->fd, ID, "yes", 3, &version));
	EXPECT_GET(self->other, ID, "yes");
}

TEST_F(lane, keeps_others_out)
{
	put_text(&self->lane, "mine");
	EXPECT_EQ(-EBUSY, slot_put(self->other, ID, "no", 2));
	EXPECT_EQ(-EBUSY, slot_clear(self->other, ID));
	EXPECT_EQ(-EBUSY, slot_renew(self->other, ID, SECOND));
	EXPECT_EQ(-EINVAL, slot_ring(self->other, ID));
	EXPECT_EQ(1u, self->lane.rings);
	EXPECT_LANE(ID, "mine");
}

TEST_F(lane, ends_with_the_claim)
{
	unsigned long long version;

	put_text(&self->lane, "one");
	put_text(&self->lane, "last");
	version = slot_version(self->other, ID);
	ASSERT_EQ(0, slot_release(self->fd, ID));
	EXPECT_CELL(slot_cell(self->other, self->base, ID), ID, "last");
	EXPECT_LT(version, slot_version(self->other, ID));
	EXPECT_EQ(-EINVAL, slot_ring(self->fd, ID));
	ASSERT_EQ(3, slot_pwrite(self->other, "new", 3, ID));
	EXPECT_CELL(slot_cell(self->other, self->base, ID), ID, "new");
}

TEST_F(lane, ends_as_the_claim_says)
{
	struct lane lane;

	lane_open(&lane, self->fd, 8, CLEAR);
	put_text(&lane, "gone");
	ASSERT_EQ(0, slot_release(self->fd, 8));
	EXPECT_NONE(self->other, 8);
	lane_unmap(&lane);

	ASSERT_EQ(0, slot_claim_will(self->fd, 9, "will", 4));
	ASSERT_EQ(0, lane_take(&lane, self->fd, 9));
	put_text(&lane, "life");
	ASSERT_EQ(0, slot_release(self->fd, 9));
	EXPECT_GET(self->other, 9, "will");
	lane_unmap(&lane);
}

/* Whoever was killed before the ring has written all the same. */
TEST_F(lane, is_taken_over_without_a_ring)
{
	lane_fill(&self->lane, "quiet", 5, 0, 0);
	__atomic_store_n(&self->lane.cell->latch, self->lane.cell->latch + 1,
			 __ATOMIC_RELEASE);
	EXPECT_NONE(self->other, ID);
	ASSERT_EQ(0, slot_release(self->fd, ID));
	EXPECT_GET(self->other, ID, "quiet");
}

TEST_F(lane, half_a_message_is_none)
{
	put_text(&self->lane, "whole");
	lane_fill(&self->lane, "half", 4, 0, 0);
	EXPECT_LANE(ID, "whole");
	ASSERT_EQ(0, slot_release(self->fd, ID));
	EXPECT_GET(self->other, ID, "whole");
}

TEST_F(lane, comes_again_with_another_claim)
{
	struct lane lane;

	for (int i = 0; i < 50; i++) {
		unsigned long long version = slot_version(self->other, 8);

		lane_open(&lane, self->fd, 8, KEEP);
		put_text(&lane, i & 1 ? "odd" : "even");
		EXPECT_LT(version, slot_version(self->other, 8));
		EXPECT_LANE(8, i & 1 ? "odd" : "even");
		ASSERT_EQ(0, slot_release(self->fd, 8));
		EXPECT_CELL(slot_cell(self->other, self->base, 8), 8,
			    i & 1 ? "odd" : "even");
		lane_unmap(&lane);
	}
}

TEST_F(lane, counts_in_max_bytes)
{
	unsigned long long before = slot_usage(self->other).bytes;
	unsigned long long offset;
	struct msg_slot_limits limits;

	ASSERT_EQ(0, slot_claim(self->fd, 8, KEEP));
	limits = slot_limits(self->fd);
	limits.max_bytes = slot_usage(self->fd).bytes + PAGE;
	ASSERT_EQ(0, slot_set_limits(self->fd, limits));
	EXPECT_EQ(-ENOSPC, slot_lane(self->fd, 8, &offset));
	limits.max_bytes += PAGE;
	ASSERT_EQ(0, slot_set_limits(self->fd, limits));
	EXPECT_EQ(0, slot_lane(self->fd, 8, &offset));
	EXPECT_LE(before + PAGE, slot_usage(self->other).bytes);
	ASSERT_EQ(0, slot_release(self->fd, 8));
	EXPECT_EQ(before, slot_usage(self->other).bytes);
}

TEST_F(lane, refuses_what_is_wrong)
{
	struct msg_slot_lane lane = { .channel = ID, .reserved = 1 };
	unsigned long long offset;
	int fd = slot_open(self->node, O_WRONLY);

	EXPECT_EQ(-EEXIST, slot_lane(self->fd, ID, &offset));
	EXPECT_EQ(-EINVAL, slot_lane(self->other, ID, &offset));
	EXPECT_EQ(-EINVAL, slot_lane(self->fd, 8, &offset));
	EXPECT_EQ(-EINVAL, slot_lane(self->fd, 0, &offset));
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_LANE, &lane));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_LANE, NULL));
	EXPECT_EQ(-EINVAL, slot_ring(self->fd, 8));
	EXPECT_EQ(-EINVAL, slot_ring(self->fd, 0));
	ASSERT_EQ(0, slot_claim(fd, 8, KEEP));
	EXPECT_EQ(-EBADF, slot_lane(fd, 8, &offset));
	close(fd);
	fd = slot_open(self->node, O_RDONLY);
	EXPECT_EQ(-EBADF, slot_lane(fd, ID, &offset));
	close(fd);
	ASSERT_EQ(0, slot_claim(self->fd, 8, KEEP));
	ASSERT_EQ(0, slot_set_max_message(self->fd, 127));
	EXPECT_EQ(-EMSGSIZE, slot_lane(self->fd, 8, &offset));
	ASSERT_EQ(0, slot_set_max_message(self->fd, 128));
	EXPECT_EQ(0, slot_lane(self->fd, 8, &offset));
	put_text(&self->lane, "still");
	EXPECT_LANE(ID, "still");
}

TEST_F(lane, is_the_selected_channels)
{
	unsigned long long offset;

	ASSERT_EQ(0, slot_claim(self->fd, 8, KEEP));
	ASSERT_EQ(0, slot_select(self->fd, 8));
	EXPECT_EQ(0, slot_lane(self->fd, 0, &offset));
	EXPECT_EQ(0, slot_ring(self->fd, 0));
}

static bool map_fails(int fd, unsigned long long offset, size_t size,
		      int protection, int flags, int err)
{
	void *at = mmap(NULL, size, protection, flags, fd, offset);

	if (at != MAP_FAILED)
		munmap(at, size);
	return at == MAP_FAILED && errno == err;
}

TEST_F(lane, is_mapped_by_its_owner_only)
{
	unsigned long long own = self->lane.offset;
	const struct msg_slot_cell *cell;
	unsigned long long place;

	put_text(&self->lane, "x");
	cell = slot_cell(self->other, self->base, ID);
	place = lane_place_of(cell, ID).offset;
	EXPECT_TRUE(map_fails(self->other, own, PAGE, RW, MAP_SHARED, EINVAL));
	EXPECT_TRUE(map_fails(self->other, own, PAGE, PROT_READ, MAP_SHARED,
			      EINVAL));
	EXPECT_TRUE(map_fails(self->fd, own, PAGE, RW | PROT_EXEC, MAP_SHARED,
			      EPERM));
	EXPECT_TRUE(map_fails(self->fd, own, PAGE, RW, MAP_PRIVATE, EINVAL));
	EXPECT_TRUE(map_fails(self->fd, own, 2 * PAGE, RW, MAP_SHARED, EINVAL));
	own += PAGE;
	EXPECT_TRUE(map_fails(self->fd, own, PAGE, RW, MAP_SHARED, EINVAL));
	EXPECT_TRUE(map_fails(self->other, place, PAGE, RW, MAP_SHARED, EPERM));
	EXPECT_TRUE(map_fails(self->fd, place, PAGE, RW, MAP_SHARED, EPERM));
	EXPECT_TRUE(map_fails(self->other, place, PAGE, PROT_READ, MAP_PRIVATE,
			      EINVAL));
	EXPECT_TRUE(map_fails(self->other, place + PAGE, PAGE, PROT_READ,
			      MAP_SHARED, EINVAL));
	EXPECT_TRUE(map_fails(self->other, place, 2 * PAGE, PROT_READ,
			      MAP_SHARED, EINVAL));
}

TEST_F(lane, ends_where_its_file_is_narrowed)
{
	struct lane lane;

	put_text(&self->lane, "one");
	lane_open(&lane, self->fd, 8, KEEP);
	put_text(&lane, "two");
	ASSERT_EQ(0, slot_restrict(self->fd, ID, 0));
	/* The claim stays. */
	EXPECT_CELL(slot_cell(self->other, self->base, 8), 8, "two");
	EXPECT_EQ(-EBUSY, slot_put(self->other, 8, "no", 2));
	put_text(&self->lane, "three");
	EXPECT_LANE(ID, "three");
	ASSERT_EQ(0, slot_restrict(self->fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_CELL(slot_cell(self->other, self->base, ID), ID, "three");
	lane_unmap(&lane);
}

TEST_F(lane, of_a_narrowed_file)
{
	int fd = slot_open(self->node, O_RDWR);
	unsigned long long offset;
	struct lane lane;

	ASSERT_EQ(0, slot_restrict(fd, 8, 0));
	lane_open(&lane, fd, 8, CLEAR);
	put_text(&lane, "narrow");
	EXPECT_LANE(8, "narrow");
	EXPECT_EQ(-EPERM, slot_lane(fd, ID, &offset));
	close(fd);
	lane_unmap(&lane);
	EXPECT_NONE(self->other, 8);
}

TEST_F(lane, message_expires)
{
	struct got got;
	unsigned long long version;

	lane_put_for(&self->lane, "short", 5, 3600 * SECOND);
	EXPECT_LANE(ID, "short");
	EXPECT_GE(3600 * SECOND, slot_record(self->other, ID).ttl);
	EXPECT_LE(3000 * SECOND, slot_record(self->other, ID).ttl);
	lane_put_for(&self->lane, "shorter", 7, 100 * MILLISECOND);
	version = slot_version(self->other, ID) ?: 1;
	EXPECT_EQ(0, slot_wait(self->other, ID, version, 60 * SECOND,
			       MSG_SLOT_ANY_CHANGE, &got));
	EXPECT_EVENT(MSG_SLOT_EXPIRED, got.record);
	EXPECT_NONE(self->other, ID);
	put_text(&self->lane, "new");
	EXPECT_LANE(ID, "new");
}

/* Each is read once. */
TEST_F(lane, is_waited_for)
{
	char buf[10];

	ASSERT_EQ(0, slot_select(self->other, ID));
	ASSERT_EQ(0, slot_ioctl(self->other, MSG_SLOT_BLOCKING, (void *)1));
	ASSERT_EQ(0, fcntl(self->other, F_SETFL, O_NONBLOCK));
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(-EWOULDBLOCK,
			  slot_read(self->other, buf, sizeof(buf)));
		put_text(&self->lane, "x");
		EXPECT_EQ(1, slot_read(self->other, buf, sizeof(buf)));
	}
}

/* Nobody needs to look. */
TEST_F(lane, message_that_nobody_saw_expires)
{
	put_text(&self->lane, "first");
	lane_put_for(&self->lane, "x", 1, MILLISECOND);
	usleep(10000);
	EXPECT_NONE(self->other, ID);
	ASSERT_EQ(0, slot_release(self->fd, ID));
	EXPECT_NONE(self->other, ID);
}

TEST_F(lane, message_is_renewed)
{
	lane_put_for(&self->lane, "x", 1, 3600 * SECOND);
	EXPECT_EQ(0, slot_renew(self->fd, ID, FOREVER));
	EXPECT_EQ(FOREVER, slot_record(self->other, ID).ttl);
	EXPECT_GET(self->other, ID, "x");
	put_text(&self->lane, "y");
	EXPECT_EQ(0, slot_renew(self->fd, ID, 3600 * SECOND));
	EXPECT_GE(3600 * SECOND, slot_record(self->other, ID).ttl);
	put_text(&self->lane, "z");
	EXPECT_LANE(ID, "z");
	EXPECT_EQ(FOREVER, slot_record(self->other, ID).ttl);
}

TEST_F(lane, tells_a_watch)
{
	struct watcher *watcher = watch_all(self->other);

	for (int i = 0; i < 10; i++) {
		put_text(&self->lane, i & 1 ? "odd" : "even");
		EXPECT_TOLD(watcher, ID, i & 1 ? "odd" : "even");
		EXPECT_QUIET(watcher);
	}
	lane_put(&self->lane, "", 0);
	EXPECT_TOLD_OF(watcher, ID, MSG_SLOT_CLEARED);
	put_text(&self->lane, "last");
	EXPECT_TOLD(watcher, ID, "last");
	ASSERT_EQ(0, slot_release(self->fd, ID));
	EXPECT_TOLD(watcher, ID, "last");
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

TEST_F(lane, tells_a_watch_that_has_not_looked_once)
{
	struct watcher *watcher = watch_all(self->other);
	unsigned int rings;

	put_text(&self->lane, "x");
	rings = self->lane.rings;
	for (int i = 0; i < 1000; i++)
		put_text(&self->lane, "y");
	EXPECT_EQ(rings, self->lane.rings);
	for (int i = 1; i < 10; i++) {
		EXPECT_TOLD(watcher, ID, "y");
		for (int j = 0; j < 100; j++)
			put_text(&self->lane, "y");
		EXPECT_EQ(rings + i, self->lane.rings);
	}
	watcher_free(watcher);
}

TEST_F(lane, tells_a_watch_of_a_set_that_has_not_looked_once)
{
	__u32 id = ID;
	struct watcher *watcher = watcher_of(slot_watch(self->other, &id, 1));
	unsigned int rings;

	put_text(&self->lane, "x");
	for (int i = 0; i < 10; i++) {
		EXPECT_TRUE(event_is(watch_next(watcher), ID, WRITTEN));
		rings = self->lane.rings;
		for (int j = 0; j < 100; j++)
			put_text(&self->lane, "y");
		EXPECT_EQ(rings + 1, self->lane.rings);
	}
	EXPECT_TOLD(watcher, ID, "y");
	watcher_free(watcher);
}

TEST_F(lane, tells_a_watch_of_a_set)
{
	__u32 ids[2] = { ID, 8 };
	struct watcher *watcher = watcher_of(slot_watch(self->other, ids, 2));

	put_text(&self->lane, "a");
	EXPECT_TOLD(watcher, ID, "a");
	put_text(&self->lane, "b");
	put_text(&self->lane, "c");
	EXPECT_TOLD(watcher, ID, "c");
	EXPECT_QUIET(watcher);
	watcher_free(watcher);
}

/* What is in the lane when it begins, or only what comes. */
TEST_F(lane, is_found_by_a_watch_that_begins)
{
	struct watcher *watcher, *changes;
	int fd;

	put_text(&self->lane, "there");
	watcher = watch_all(self->other);
	fd = slot_watch_with(self->other, NULL, 0, MSG_SLOT_WATCH_CHANGES);
	changes = watcher_of(fd);
	EXPECT_TOLD(watcher, ID, "there");
	EXPECT_QUIET(watcher);
	EXPECT_QUIET(changes);
	put_text(&self->lane, "then");
	EXPECT_TOLD(watcher, ID, "then");
	EXPECT_TOLD(changes, ID, "then");
	watcher_free(watcher);
	watcher_free(changes);
}

TEST_F(lane, tells_a_watch_that_it_has_expired)
{
	struct watcher *watcher = watch_all(self->other);
	struct event *event;

	lane_put_for(&self->lane, "x", 1, 50 * MILLISECOND);
	event = watch_await(watcher);
	/* It may have been told before it was over. */
	if (event_is(event, ID, WRITTEN))
		event = watch_await(watcher);
	EXPECT_TRUE(event_is(event, ID, MSG_SLOT_EXPIRED));
	watcher_free(watcher);
}

TEST_F(lane, is_polled)
{
	char buf[10];

	ASSERT_EQ(0, slot_select(self->other, ID));
	EXPECT_FALSE(has_news(self->other));
	for (int i = 0; i < 10; i++) {
		put_text(&self->lane, "x");
		EXPECT_TRUE(has_news(self->other));
		EXPECT_EQ(1, slot_read(self->other, buf, sizeof(buf)));
		EXPECT_FALSE(has_news(self->other));
	}
	slot_release(self->fd, ID);
}

TEST_F(lane, wakes_who_waits)
{
	struct sleeper reading = { .call = sleep_in_read, .fd = self->other };

	ASSERT_EQ(0, slot_select(self->other, ID));
	ASSERT_EQ(0, slot_ioctl(self->other, MSG_SLOT_BLOCKING, (void *)1));
	for (int i = 0; i < 5; i++) {
		atomic_store(&reading.tid, 0);
		atomic_store(&reading.done, false);
		sleeper_start(&reading);
		put_text(&self->lane, "wake");
		EXPECT_EQ(4, sleeper_join(&reading));
	}
}

TEST_F(lane, is_in_a_snapshot)
{
	struct got one, two;
	struct msg_slot_get gets[2] = { get_into(ID, one.message, 128),
					get_into(8, two.message, 128) };
	struct lane lane;

	lane_open(&lane, self->fd, 8, KEEP);
	put_text(&self->lane, "one");
	put_text(&lane, "two");
	ASSERT_EQ(0, slot_snapshot(self->other, gets, 2));
	EXPECT_EQ(3u, gets[0].record.size);
	EXPECT_EQ(0, memcmp("one", one.message, 3));
	EXPECT_EQ(3u, gets[1].record.size);
	EXPECT_EQ(0, memcmp("two", two.message, 3));
	EXPECT_EQ(slot_version(self->other, 8), gets[1].record.version);
	lane_unmap(&lane);
}

TEST_F(lane, stays_when_it_is_unmapped)
{
	put_text(&self->lane, "one");
	lane_unmap(&self->lane);
	EXPECT_GET(self->other, ID, "one");
	self->lane.cell = lane_map(self->fd, self->lane.offset, RW);
	ASSERT_NE(MAP_FAILED, self->lane.cell);
	put_text(&self->lane, "two");
	EXPECT_LANE(ID, "two");
}

TEST_F(slot, has_none_in_a_kernel_of_32_bits)
{
	unsigned long long offset, bytes;

	if (kernel_has_64_bits())
		SKIP(return, "a kernel of 64 bits");
	ASSERT_EQ(0, slot_claim(self->fd, ID, KEEP));
	ASSERT_EQ(3, slot_pwrite(self->fd, "one", 3, ID));
	bytes = slot_usage(self->fd).bytes;
	EXPECT_EQ(-ENODEV, slot_lane(self->fd, ID, &offset));
	EXPECT_EQ(bytes, slot_usage(self->fd).bytes);
	EXPECT_MESSAGE(self->fd, ID, "one", 3);
}

TEST_HARNESS_MAIN
