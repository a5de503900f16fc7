// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_SNAPSHOT: several channels as they were at one moment. */
#include "record.h"
#include "page.h"
#include "waiting.h"

#define MOST MSG_SLOT_MAX_SNAPSHOT

static struct msg_slot_get gets[MOST + 1];
static char bufs[MOST + 1][MSG_SLOT_MAX_MESSAGE];

static void prepare(unsigned int first, unsigned int count)
{
	memset(bufs, 0xa5, sizeof(bufs));
	for (unsigned int i = 0; i < count; i++)
		gets[i] = get_into(first + i, bufs[i], sizeof(bufs[i]));
}

TEST_F(slot, of_every_number_of_channels)
{
	for (unsigned int id = 1; id <= MOST; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	for (unsigned int count = 1; count <= MOST; count++) {
		prepare(1, count);
		EXPECT_EQ(0, slot_snapshot(self->fd, gets, count));
		for (unsigned int i = 0; i < count; i++) {
			unsigned int id = i + 1;

			EXPECT_EQ(id, gets[i].record.channel);
			EXPECT_EVENT(MSG_SLOT_WRITTEN, gets[i].record);
			EXPECT_EQ(4u, gets[i].record.size);
			EXPECT_EQ(0, memcmp(bufs[i], &id, 4));
			EXPECT_EQ('\xa5', bufs[i][4]);
		}
	}
}

TEST_F(slot, has_the_records_that_get_has)
{
	for (unsigned int id = 1; id <= 10; id++) {
		char message[MSG_SLOT_MAX_MESSAGE];

		message_fill(message, id * 12, id);
		ASSERT_EQ(0, slot_put_for(self->fd, id, message, id * 12,
					  id % 2 ? 0 : 3600 * SECOND));
	}
	prepare(1, 10);
	EXPECT_EQ(0, slot_snapshot(self->fd, gets, 10));
	for (unsigned int id = 1; id <= 10; id++) {
		struct msg_slot_record *told = &gets[id - 1].record;
		struct msg_slot_record record = slot_record(self->fd, id);

		EXPECT_LE(told->age, record.age);
		EXPECT_GE(told->ttl, record.ttl);
		record.age = told->age;
		record.ttl = told->ttl;
		EXPECT_EQ(0, memcmp(told, &record, sizeof(record)));
		EXPECT_TRUE(message_is(bufs[id - 1], id * 12, id));
	}
}

TEST_F(slot, in_the_order_that_was_asked_for)
{
	const __u32 ids[] = { ~0u, 3, 70000, 1, 2, 128, 1u << 31 };

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		ASSERT_EQ(4, slot_pwrite(self->fd, &ids[i], 4, ids[i]));
		gets[i] = get_into(ids[i], bufs[i], sizeof(bufs[i]));
	}
	EXPECT_EQ(0, slot_snapshot(self->fd, gets, ARRAY_SIZE(ids)));
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_EQ(ids[i], gets[i].record.channel);
		EXPECT_EQ(0, memcmp(bufs[i], &ids[i], 4));
	}
}

TEST_F(slot, absent_channels_have_no_message)
{
	for (unsigned int id = 2; id <= MOST; id += 2)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	ASSERT_EQ(0, slot_clear(self->fd, 10));
	prepare(1, MOST);
	EXPECT_EQ(0, slot_snapshot(self->fd, gets, MOST));
	for (unsigned int i = 0; i < MOST; i++) {
		unsigned int id = i + 1;

		if (id % 2 || id == 10) {
			EXPECT_TRUE(record_is_empty(gets[i].record, id));
			EXPECT_EQ('\xa5', bufs[i][0]);
		} else {
			EXPECT_EQ(0, memcmp(bufs[i], &id, 4));
		}
	}
	EXPECT_EQ(MOST / 2 - 1u, slot_usage(self->fd).channels);
}

TEST_F(slot, of_a_virgin)
{
	prepare(1, MOST);
	EXPECT_EQ(0, slot_snapshot(self->fd, gets, MOST));
	for (unsigned int i = 0; i < MOST; i++)
		EXPECT_TRUE(record_is_empty(gets[i].record, i + 1));
	EXPECT_EQ(0u, slot_usage(self->fd).channels);
}

TEST_F(slot, message_without_room_is_left_out)
{
	for (unsigned int id = 1; id <= 3; id++)
		ASSERT_EQ(8, slot_pwrite(self->fd, "8 bytes.", 8, id));
	prepare(1, 3);
	gets[0].room = 0;
	gets[0].buffer = 0;
	gets[1].room = 7;
	EXPECT_EQ(0, slot_snapshot(self->fd, gets, 3));
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EVENT(MSG_SLOT_WRITTEN, gets[i].record);
		EXPECT_EQ(8u, gets[i].record.size);
		EXPECT_EQ(slot_version(self->fd, i + 1),
			  gets[i].record.version);
	}
	EXPECT_EQ('\xa5', bufs[1][0]);
	EXPECT_EQ(0, memcmp(bufs[2], "8 bytes.", 8));
}

TEST_F(slot, channel_0_is_the_selected_one)
{
	ASSERT_EQ(4, slot_pwrite(self->fd, "nine", 4, 9));
	gets[0] = get_into(0, bufs[0], sizeof(bufs[0]));
	EXPECT_EQ(-EINVAL, slot_snapshot(self->fd, gets, 1));
	ASSERT_EQ(0, slot_select(self->fd, 9));
	EXPECT_EQ(0, slot_snapshot(self->fd, gets, 1));
	EXPECT_EQ(9u, gets[0].record.channel);
	EXPECT_EQ(0, memcmp(bufs[0], "nine", 4));
}

TEST_F(slot, no_channel_twice)
{
	ASSERT_EQ(0, slot_select(self->fd, 5));
	for (unsigned int i = 1; i < MOST; i++) {
		prepare(100, MOST);
		gets[i].channel = gets[(i - 1) / 2].channel;
		EXPECT_EQ(-EINVAL, slot_snapshot(self->fd, gets, MOST));
	}
	prepare(5, 2);
	gets[1].channel = 0;
	EXPECT_EQ(-EINVAL, slot_snapshot(self->fd, gets, 2));
	gets[1].channel = 5;
	EXPECT_EQ(-EINVAL, slot_snapshot(self->fd, gets, 2));
}

TEST_F(slot, count_is_1_to_64)
{
	const unsigned int bad[] = { 0, MOST + 1, 1000, 1u << 31, ~0u };

	prepare(1, MOST + 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, slot_snapshot(self->fd, gets, bad[i]));
	EXPECT_EQ(0, slot_snapshot(self->fd, gets, MOST));
}

TEST_F(slot, reserved_field_is_0)
{
	struct msg_slot_snapshot snapshot = {
		.gets = (unsigned long)gets,
		.count = 1,
	};

	prepare(1, 1);
	for (unsigned int bit = 0; bit < 32; bit++) {
		snapshot.reserved = 1u << bit;
		EXPECT_EQ(-EINVAL,
			  slot_ioctl(self->fd, MSG_SLOT_SNAPSHOT, &snapshot));
	}
}

TEST_F(slot, bad_addresses)
{
	struct msg_slot_get *border = (void *)page_end();

	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 2));
	EXPECT_EQ(-EFAULT, slot_snapshot(self->fd, (void *)8, 1));
	border[-1] = get_into(1, bufs[0], sizeof(bufs[0]));
	EXPECT_EQ(0, slot_snapshot(self->fd, border - 1, 1));
	EXPECT_EQ(-EFAULT, slot_snapshot(self->fd, border - 1, 2));
	prepare(1, 2);
	gets[1].buffer = 8;
	EXPECT_EQ(-EFAULT, slot_snapshot(self->fd, gets, 2));
}

TEST_F(slot, needs_a_file_open_for_reading)
{
	int writer = slot_open(self->node, O_WRONLY);

	prepare(1, 1);
	EXPECT_EQ(-EBADF, slot_snapshot(writer, gets, 1));
	close(writer);
}

TEST_F(slot, long_messages)
{
	static char to[3][70000];

	ASSERT_EQ(0, slot_set_max_message(self->fd, 70000));
	ASSERT_EQ(70000, slot_put_large(self->fd, 1, 70000, 1));
	ASSERT_EQ(129, slot_put_large(self->fd, 2, 129, 2));
	ASSERT_EQ(5000, slot_put_large(self->fd, 3, 5000, 3));
	for (unsigned int i = 0; i < 3; i++)
		gets[i] = get_into(1 + i, to[i], sizeof(to[i]));
	gets[2].room = 4999;
	EXPECT_EQ(0, slot_snapshot(self->fd, gets, 3));
	EXPECT_EQ(70000u, gets[0].record.size);
	EXPECT_EQ(0, memcmp(to[0], large(70000, 1), 70000));
	EXPECT_EQ(129u, gets[1].record.size);
	EXPECT_EQ(0, memcmp(to[1], large(129, 2), 129));
	EXPECT_EQ(5000u, gets[2].record.size);
	EXPECT_EQ('\0', to[2][0]);
}

TEST_HARNESS_MAIN
