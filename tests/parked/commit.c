// SPDX-License-Identifier: GPL-2.0
/*
 * The processor of a commit is stopped when one channel has been changed, and another not
 * yet. Who reads single channels goes on, and so does a snapshot of others; who promises
 * something of both waits for the other. For a module with park.patch.
 */
#include "park.h"
#include "commit.h"
#include "scale.h"
#include "watch.h"

#define OLD "the message that was there before"
#define NEW "another one"
#define LATER 3
#define BEHIND_THE_LATCH 4

/* How long it stops at most, for those who wait on the other processor. */
#define WAIT_MS 500

FIXTURE(commit)
{
	int node;
	int fd;
	const char *base;
	struct writer writer;
};

static long commit_both(struct writer *writer)
{
	struct msg_slot_put puts[] = { put_text(PARKING, NEW),
				       put_text(LATER, NEW) };

	return slot_commit(writer->fd, puts, 2);
}

FIXTURE_SETUP(commit)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "takes two processors");
	ASSERT_TRUE(stay_on(0));
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->base = slot_map(self->fd);
	ASSERT_EQ(0, slot_put(self->fd, PARKING, OLD, strlen(OLD)));
	ASSERT_EQ(0, slot_put(self->fd, LATER, OLD, strlen(OLD)));
	for (unsigned int id = 10; id < 12; id++)
		ASSERT_EQ(0, slot_put(self->fd, id, "other", 5));
	self->writer = (struct writer){ .change = commit_both, .fd = self->fd };
}

FIXTURE_TEARDOWN(commit)
{
	set_park(0);
	set_parameter(PARAMETERS "longest", 0);
	slot_unmap(self->fd, self->base);
	close(self->fd);
	close(self->node);
}

static long take_both(int fd, unsigned int first, unsigned int second,
		      struct got *got)
{
	struct msg_slot_get gets[] = {
		get_into(first, got[0].message, sizeof(got[0].message)),
		get_into(second, got[1].message, sizeof(got[1].message)),
	};
	long ret = slot_snapshot(fd, gets, 2);

	got[0].record = gets[0].record;
	got[1].record = gets[1].record;
	return ret;
}

static bool has_text(const struct got *got, const char *text)
{
	return got->record.size == strlen(text) &&
	       !memcmp(got->message, text, got->record.size);
}

TEST_F(commit, holds_up_none_but_those_of_several)
{
	const struct msg_slot_cell *first, *second;
	struct mapped mapped;
	struct got got[2];

	first = slot_cell(self->fd, self->base, PARKING);
	second = slot_cell(self->fd, self->base, LATER);
	ASSERT_TRUE(writer_parks(&self->writer, BEHIND_THE_LATCH));
	for (unsigned int i = 0; i < scaled(10000); i++) {
		ASSERT_TRUE(channel_has(self->fd, PARKING, NEW));
		ASSERT_TRUE(channel_has(self->fd, LATER, OLD));
		ASSERT_EQ((long)strlen(NEW),
			  mapped_try(first, PARKING, &mapped));
		ASSERT_EQ((long)strlen(OLD),
			  mapped_try(second, LATER, &mapped));
		ASSERT_EQ(5, slot_pwrite(self->fd, "other", 5, 10));
		ASSERT_EQ(0, take_both(self->fd, 10, 11, got));
	}
	EXPECT_EQ((unsigned int)BEHIND_THE_LATCH, parked_at());
	EXPECT_EQ(0, writer_goes_on(&self->writer));
	ASSERT_EQ(0, take_both(self->fd, PARKING, LATER, got));
	EXPECT_TRUE(has_text(&got[0], NEW) && has_text(&got[1], NEW));
}

TEST_F(commit, snapshot_waits_for_all_of_it)
{
	struct got got[2];

	set_parameter(PARAMETERS "longest", WAIT_MS);
	ASSERT_TRUE(writer_parks(&self->writer, BEHIND_THE_LATCH));
	ASSERT_EQ(0, take_both(self->fd, PARKING, LATER, got));
	EXPECT_TRUE(has_text(&got[0], NEW));
	EXPECT_TRUE(has_text(&got[1], NEW));
	EXPECT_EQ(0, writer_goes_on(&self->writer));
}

TEST_F(commit, watch_waits_for_all_of_it)
{
	const __u32 ids[] = { PARKING, LATER };
	struct watcher *watcher = watcher_of(slot_watch(self->fd, ids, 2));

	/* It has the old ones to tell. */
	set_parameter(PARAMETERS "longest", WAIT_MS);
	ASSERT_TRUE(writer_parks(&self->writer, BEHIND_THE_LATCH));
	EXPECT_TOLD(watcher, PARKING, NEW);
	EXPECT_GET(self->fd, LATER, NEW);
	EXPECT_EQ(0, writer_goes_on(&self->writer));
	watcher_free(watcher);
}

TEST_HARNESS_MAIN
