// SPDX-License-Identifier: GPL-2.0
/* msgslot_put_frame() and its likes. */
#include "frame.h"
#include "library.h"

#define SIZE 300000u

TEST_F(library, puts_and_gets_a_frame)
{
	int memfd = memfd_of(SIZE, 1);
	struct msg_slot_record record;
	uint64_t version = 0;
	int fd;

	EXPECT_EQ(-EINVAL, msgslot_put_frame(self->fd, 7, memfd, 0, NULL));
	ASSERT_EQ(0, msgslot_frame_seal(memfd));
	ASSERT_EQ(0, msgslot_put_frame(self->fd, 7, memfd, 0, &version));
	EXPECT_EQ(1u, version);
	close(memfd);
	fd = msgslot_get_frame(self->other, 7, &record);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1u, record.version);
	EXPECT_EQ(SIZE, record.size);
	EXPECT_EQ(7u, record.channel);
	EXPECT_TRUE(frame_is(fd, SIZE, 1));
	EXPECT_LE(0, msgslot_get_frame(self->other, 7, NULL));
}

TEST_F(library, puts_a_frame_if_it_is_the_version)
{
	int memfd = frame_of(SIZE, 1);
	uint64_t version = 3;

	EXPECT_EQ(-ESTALE,
		  msgslot_put_frame_if(self->fd, 7, memfd, 0, &version));
	EXPECT_EQ(0u, version);
	EXPECT_EQ(0, msgslot_put_frame_if(self->fd, 7, memfd, 0, &version));
	EXPECT_EQ(1u, version);
	version = 0;
	EXPECT_EQ(-ESTALE,
		  msgslot_put_frame_if(self->fd, 7, memfd, 0, &version));
	EXPECT_EQ(1u, version);
	EXPECT_TRUE(slot_has_frame(self->fd, 7, SIZE, 1));
}

TEST_F(library, puts_a_frame_for_a_time)
{
	int memfd = frame_of(SIZE, 1);

	ASSERT_EQ(0,
		  msgslot_put_frame(self->fd, 7, memfd, 3600 * SECOND, NULL));
	EXPECT_GE(3600 * SECOND, slot_record(self->fd, 7).ttl);
	ASSERT_EQ(0, msgslot_put_frame(self->fd, 7, memfd, 1, NULL));
	EXPECT_EQ(-EWOULDBLOCK, msgslot_get_frame(self->fd, 7, NULL));
}

TEST_F(library, gets_no_frame)
{
	struct msg_slot_record record = {};

	EXPECT_EQ(-EWOULDBLOCK, msgslot_get_frame(self->fd, 7, &record));
	EXPECT_TRUE(record_is_empty(record, 7));
	ASSERT_EQ(0, put_text(self->fd, 7, "text"));
	EXPECT_EQ(-ENODATA, msgslot_get_frame(self->fd, 7, &record));
	EXPECT_EQ(4u, record.size);
	EXPECT_EQ(-ENODATA, msgslot_get_frame(self->fd, 7, NULL));
	EXPECT_EQ(-EBADF, msgslot_get_frame(-1, 7, NULL));
}

TEST_F(library, puts_what_is_no_frame)
{
	int ends[2];

	ASSERT_EQ(0, pipe(ends));
	EXPECT_EQ(-EINVAL, msgslot_frame_seal(ends[1]));
	EXPECT_EQ(-EBADF, msgslot_frame_seal(-1));
	EXPECT_EQ(-EPERM, msgslot_frame_seal(memfd_create("x", MFD_CLOEXEC)));
	EXPECT_EQ(-EINVAL, msgslot_put_frame(self->fd, 7, ends[0], 0, NULL));
	EXPECT_EQ(-EBADF, msgslot_put_frame(self->fd, 7, -1, 0, NULL));
	EXPECT_EQ(-EMSGSIZE,
		  msgslot_put_frame(self->fd, 7, frame_of_nothing(0), 0, NULL));
}

TEST_F(library, seals_what_is_mapped)
{
	int memfd = memfd_of(SIZE, 1);
	void *map =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-EBUSY, msgslot_frame_seal(memfd));
	munmap(map, SIZE);
	EXPECT_EQ(0, msgslot_frame_seal(memfd));
	EXPECT_EQ(0, msgslot_put_frame(self->fd, 7, memfd, 0, NULL));
}

/* Who knows no frames. */
TEST_F(library, reads_a_frame_as_any_message)
{
	struct msg_slot_record record;
	static char buf[SIZE];

	ASSERT_EQ(0,
		  msgslot_put_frame(self->fd, 7, frame_of(SIZE, 1), 0, NULL));
	EXPECT_EQ(-ENOSPC, msgslot_get(self->fd, 7, buf, 100, &record));
	EXPECT_EQ(SIZE, record.size);
	EXPECT_EQ((long)SIZE, msgslot_get(self->fd, 7, buf, SIZE, NULL));
	EXPECT_TRUE(is_filled(buf, SIZE, 1));
	memset(buf, 0, SIZE);
	EXPECT_EQ((long)SIZE, msgslot_get(self->fd, 7, buf, SIZE, &record));
	EXPECT_TRUE(is_filled(buf, SIZE, 1));
	memset(buf, 0, SIZE);
	EXPECT_EQ((long)SIZE, msgslot_wait(self->fd, 7, 0, MSG_SLOT_FOREVER,
					   buf, SIZE, &record));
	EXPECT_TRUE(is_filled(buf, SIZE, 1));
}

TEST_F(library, reads_a_frame_mapped)
{
	struct msgslot_reader reader;
	struct msgslot_view *view;
	static char buf[SIZE];

	ASSERT_EQ(0, msgslot_view_open(self->fd, &view));
	msgslot_reader_init(&reader, view, 7);
	ASSERT_EQ(0, put_text(self->fd, 7, "text"));
	EXPECT_EQ(4, msgslot_reader_get(&reader, buf, SIZE, NULL));
	ASSERT_EQ(0,
		  msgslot_put_frame(self->fd, 7, frame_of(SIZE, 1), 0, NULL));
	EXPECT_EQ((long)SIZE, msgslot_reader_get(&reader, buf, SIZE, NULL));
	EXPECT_TRUE(is_filled(buf, SIZE, 1));
	EXPECT_EQ(-ENOSPC, msgslot_reader_get(&reader, buf, 100, NULL));
	msgslot_view_close(view);
}

TEST_F(library, watches_frames)
{
	struct msgslot_event event;
	struct msgslot_watch *watch;
	uint32_t id = 7;

	ASSERT_EQ(0,
		  msgslot_put_frame(self->fd, 7, frame_of(SIZE, 1), 0, NULL));
	ASSERT_EQ(0, msgslot_watch_open(self->fd, &id, 1, &watch));
	ASSERT_EQ(1, msgslot_watch_next(watch, 0, &event));
	EXPECT_EVENT(MSG_SLOT_WRITTEN, event.record);
	EXPECT_EQ(0u, event.record.size);
	EXPECT_EQ(1u, event.record.version);
	EXPECT_TRUE(slot_has_frame(self->fd, event.record.channel, SIZE, 1));
	msgslot_watch_close(watch);
}

TEST_F(library, puts_a_frame_by_the_claim_that_was_passed_on)
{
	ASSERT_EQ(0, msgslot_claim(self->other, 7, MSG_SLOT_END_KEEP, NULL, 0));
	EXPECT_EQ(-EBUSY,
		  msgslot_put_frame(self->fd, 7, frame_of(9, 1), 0, NULL));
	pass_on(self->other);
	EXPECT_EQ(0, msgslot_put_frame(self->fd, 7, frame_of(9, 1), 0, NULL));
	EXPECT_TRUE(slot_has_frame(self->fd, 7, 9, 1));
}

TEST_HARNESS_MAIN
