// SPDX-License-Identifier: GPL-2.0
/* Channel ids: the whole range, dense or sparse, and none takes another's. */
#include "fixture.h"
#include "memory.h"

#define SIZE 16

static void write_ids(struct __test_metadata *_metadata, int fd,
		      const unsigned int *ids, size_t count)
{
	char message[SIZE];

	for (size_t i = 0; i < count; i++) {
		message_fill(message, SIZE, ids[i]);
		ASSERT_EQ(SIZE, slot_send(fd, ids[i], message, SIZE));
	}
}

static void expect_ids(struct __test_metadata *_metadata, int fd,
		       const unsigned int *ids, size_t count)
{
	char got[MSG_SLOT_MAX_MESSAGE];

	for (size_t i = 0; i < count; i++) {
		ASSERT_EQ(SIZE, slot_receive(fd, ids[i], got, sizeof(got)));
		ASSERT_TRUE(message_is(got, SIZE, ids[i]))
		{
			TH_LOG("channel %u holds another's message", ids[i]);
		}
	}
}

static void expect_round_trip(struct __test_metadata *_metadata, int fd,
			      const unsigned int *ids, size_t count)
{
	write_ids(_metadata, fd, ids, count);
	expect_ids(_metadata, fd, ids, count);
}

TEST_F(slot, ends_of_the_range)
{
	unsigned int ids[] = { 1,	   2,	       0x7fffffff, 0x80000000,
			       0x80000001, 0xfffffffe, 0xffffffff };

	expect_round_trip(_metadata, self->fd, ids, ARRAY_SIZE(ids));
}

TEST_F(slot, powers_of_two_and_their_neighbours)
{
	unsigned int ids[3 * 30];
	size_t count = 0;

	for (int bit = 2; bit < 32; bit++) {
		ids[count++] = (1u << bit) - 1;
		ids[count++] = 1u << bit;
		ids[count++] = (1u << bit) + 1;
	}
	expect_round_trip(_metadata, self->fd, ids, count);
}

/*
 * Equal in their low half or in their high half, one after another: what weak
 * hashes, and caches of the last one, confuse.
 */
TEST_F(slot, equal_halves)
{
	static unsigned int ids[2 * 2000];
	size_t count = 0;

	for (unsigned int i = 1; i <= 2000; i++)
		ids[count++] = i << 16;
	for (unsigned int i = 1; i <= 2000; i++)
		ids[count++] = i;
	expect_round_trip(_metadata, self->fd, ids, count);
}

TEST_F(slot, random_ids)
{
	static unsigned int ids[10000];
	char got[MSG_SLOT_MAX_MESSAGE];

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		ids[i] = mix(i + 1) | 1;
	expect_round_trip(_metadata, self->fd, ids, ARRAY_SIZE(ids));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		EXPECT_EQ(-EWOULDBLOCK, slot_receive(self->fd, ids[i] - 1 ?: 2,
						     got, sizeof(got)));
}

TEST_F(slot, dense_ids)
{
	static unsigned int ids[100000];
	size_t count = kernel_is_for_debugging() ? 10000 : ARRAY_SIZE(ids);

	for (size_t i = 0; i < count; i++)
		ids[i] = i + 1;
	expect_round_trip(_metadata, self->fd, ids, count);
	EXPECT_EMPTY(self->fd, count + 1);
}

TEST_F(slot, neighbours_do_not_mix)
{
	ASSERT_EQ(5, slot_send(self->fd, 1000, "hello", 5));
	EXPECT_EMPTY(self->fd, 999);
	EXPECT_EMPTY(self->fd, 1001);
	EXPECT_EMPTY(self->fd, 1000 + (1 << 8));
	EXPECT_EMPTY(self->fd, 1000 + (1 << 16));
	EXPECT_EMPTY(self->fd, 1000 + (1 << 20));
	EXPECT_EMPTY(self->fd, 1000 + (1u << 31));
}

TEST_F(slot, overwriting_one_leaves_the_others)
{
	unsigned int ids[] = { 4, 5, 6, 0xffffffff };

	write_ids(_metadata, self->fd, ids, ARRAY_SIZE(ids));
	for (int i = 0; i < 1000; i++)
		EXPECT_EQ(2, slot_send(self->fd, 7, "xy", 2));
	expect_ids(_metadata, self->fd, ids, ARRAY_SIZE(ids));
}

TEST_HARNESS_MAIN
