// SPDX-License-Identifier: GPL-2.0
/* io_uring and what records bring: claims, restrictions, clears, watches. */
#include "record.h"
#include "ring.h"
#include "watch.h"

static char got[MSG_SLOT_MAX_MESSAGE];

static int write_command(struct io_uring *ring, int fd, unsigned int id)
{
	return do_command(ring, fd, MSG_SLOT_URING_WRITE, "uring", 5, id);
}

static int read_command(struct io_uring *ring, int fd, unsigned int id)
{
	return do_command(ring, fd, MSG_SLOT_URING_READ, got, sizeof(got), id);
}

TEST_F(ring, claimed_channel_is_busy)
{
	ASSERT_EQ(0, slot_put(self->fd, 1, "old", 3));
	ASSERT_EQ(0, slot_claim(self->fd, 1, MSG_SLOT_END_KEEP));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-EBUSY, write_command(&self->ring, self->writer, 1));
		EXPECT_EQ(-EBUSY,
			  do_write(&self->ring, self->writer, "no", 2, 1));
	}
	EXPECT_GET(self->writer, 1, "old");
	EXPECT_EQ(5, write_command(&self->ring, self->fd, 1));
	EXPECT_GET(self->writer, 1, "uring");
	EXPECT_EQ(3, do_write(&self->ring, self->fd, "new", 3, 1));
	EXPECT_GET(self->writer, 1, "new");
	ASSERT_EQ(0, slot_release(self->fd, 1));
	EXPECT_EQ(5, write_command(&self->ring, self->writer, 1));
}

TEST_F(ring, restricted_file_stays_so)
{
	ASSERT_EQ(0, slot_put(self->writer, 7, "seven", 5));
	ASSERT_EQ(0, slot_put(self->writer, 8, "eight", 5));
	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_EQ(-EPERM, write_command(&self->ring, self->fd, 8));
	EXPECT_EQ(-EPERM, read_command(&self->ring, self->fd, 8));
	EXPECT_EQ(-EPERM, do_write(&self->ring, self->fd, "no", 2, 8));
	EXPECT_EQ(-EPERM, do_read(&self->ring, self->fd, got, 8, 8));
	EXPECT_EQ(5, read_command(&self->ring, self->fd, 7));
	EXPECT_EQ(5, write_command(&self->ring, self->fd, 7));
	ASSERT_EQ(0, slot_restrict(self->fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_EQ(-EPERM, write_command(&self->ring, self->fd, 7));
	EXPECT_EQ(-EPERM, do_write(&self->ring, self->fd, "no", 2, 7));
	EXPECT_EQ(5, read_command(&self->ring, self->fd, 7));
	EXPECT_GET(self->writer, 7, "uring");
	EXPECT_GET(self->writer, 8, "eight");
}

TEST_F(ring, cleared_channel_is_empty)
{
	for (int i = 0; i < 20; i++) {
		EXPECT_EQ(5, write_command(&self->ring, self->fd, 1));
		EXPECT_EQ(5, read_command(&self->ring, self->fd, 1));
		ASSERT_EQ(0, slot_clear(self->writer, 1));
		EXPECT_EQ(-EWOULDBLOCK, read_command(&self->ring, self->fd, 1));
	}
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
}

TEST_F(ring, expired_message_is_gone)
{
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "brief", 5, 1));
	EXPECT_EQ(-EWOULDBLOCK, read_command(&self->ring, self->fd, 1));
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "brief", 5, 1));
	EXPECT_EQ(5, write_command(&self->ring, self->fd, 1));
	usleep(50000);
	EXPECT_EQ(5, read_command(&self->ring, self->fd, 1));
	EXPECT_EQ(FOREVER, slot_record(self->fd, 1).ttl);
}

TEST_F(ring, writes_give_records)
{
	struct msg_slot_record record;
	unsigned long long version = 0;

	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(5, i % 2 ? write_command(&self->ring, self->fd, 1) :
				     do_write(&self->ring, self->fd, "uring", 5,
					      1));
		record = slot_record(self->writer, 1);
		EXPECT_LT(version, record.version);
		EXPECT_EQ(5u, record.size);
		EXPECT_EQ((__u32)getpid(), record.pid);
		EXPECT_GT(60 * SECOND, record.age);
		version = record.version;
	}
}

TEST_F(ring, poll_waits_for_a_watch)
{
	int watch = slot_watch(self->fd, NULL, 0);
	struct io_uring_sqe *sqe;

	for (int i = 0; i < 20; i++) {
		sqe = next_entry(&self->ring, 1);
		io_uring_prep_poll_add(sqe, watch, POLLIN);
		EXPECT_TRUE(waits(&self->ring));
		ASSERT_EQ(0, slot_put(self->writer, 1, "x", 1));
		EXPECT_EQ(POLLIN, wait_for(&self->ring, SOON_MS).res & POLLIN);
		EXPECT_EQ(64, slot_read(watch, got, sizeof(got)));
	}
	close(watch);
}

TEST_F(ring, read_waits_for_a_watch)
{
	static _Alignas(8) char buf[4096];
	int watch = slot_watch(self->fd, NULL, 0);

	for (unsigned int i = 1; i <= 20; i++) {
		add_read(&self->ring, watch, buf, sizeof(buf), 0, i);
		EXPECT_TRUE(waits(&self->ring));
		ASSERT_EQ(0, slot_put(self->writer, i, "x", 1));
		EXPECT_EQ(64, wait_for(&self->ring, SOON_MS).res);
		EXPECT_TRUE(event_tells((void *)buf, i, "x", 1));
	}
	close(watch);
}

TEST_HARNESS_MAIN
