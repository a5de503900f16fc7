// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_COMMIT: several channels changed at one moment, or none of them. */
#include "commit.h"
#include "page.h"

#define MOST MOST_PUTS

static struct msg_slot_put parts[MOST + 1];
static unsigned int numbers[MOST + 1];

/* So many puts of numbers, into channels from @first on. */
static void prepare(unsigned int first, unsigned int count, unsigned int seed)
{
	for (unsigned int i = 0; i < count; i++) {
		numbers[i] = seed + i;
		parts[i] = put_of(first + i, &numbers[i], sizeof(numbers[i]));
	}
}

static bool channel_has_number(int fd, unsigned int id, unsigned int number)
{
	unsigned int got;

	return slot_pread(fd, &got, sizeof(got), id) == sizeof(got) &&
	       got == number;
}

TEST_F(slot, of_every_number_of_channels)
{
	unsigned int failed;

	for (unsigned int count = 1; count <= MOST; count++) {
		prepare(1, count, 1000 * count);
		EXPECT_EQ(0,
			  slot_commit_told(self->fd, parts, count, &failed));
		EXPECT_EQ(count, failed);
		for (unsigned int i = 0; i < count; i++) {
			EXPECT_TRUE(channel_has_number(self->fd, 1 + i,
						       1000 * count + i));
			EXPECT_EQ(slot_version(self->fd, 1 + i),
				  parts[i].version);
		}
	}
	EXPECT_EQ((unsigned int)MOST, slot_usage(self->fd).channels);
}

TEST_F(slot, putsand_clears)
{
	unsigned long long version;

	ASSERT_EQ(0, slot_put(self->fd, 1, "one", 3));
	ASSERT_EQ(0, slot_put(self->fd, 2, "two", 3));
	version = slot_version(self->fd, 2);
	parts[0] = put_text(3, "three");
	parts[1] = clear_of(2);
	parts[2] = clear_of(9);
	parts[3] = put_text(1, "1");
	EXPECT_EQ(0, slot_commit(self->fd, parts, 4));
	EXPECT_GET(self->fd, 1, "1");
	EXPECT_NONE(self->fd, 2);
	EXPECT_GET(self->fd, 3, "three");
	EXPECT_NONE(self->fd, 9);
	EXPECT_EQ(slot_version(self->fd, 3), parts[0].version);
	EXPECT_EQ(version, parts[1].version);
	EXPECT_EQ(0u, parts[2].version);
	EXPECT_EQ(slot_version(self->fd, 1), parts[3].version);
	EXPECT_EQ(2u, slot_usage(self->fd).channels);
}

TEST_F(slot, stale_condition_changes_nothing)
{
	unsigned long long version;
	unsigned int failed;

	ASSERT_EQ(0, slot_put(self->fd, 1, "one", 3));
	ASSERT_EQ(0, slot_put(self->fd, 2, "two", 3));
	version = slot_version(self->fd, 1);
	parts[0] = put_text(1, "no");
	parts[1] = clear_of(2);
	parts[2] = put_text(3, "no");
	parts[3] = put_if(put_text(4, "no"), 5);
	parts[4] = put_if(clear_of(5), 5);
	EXPECT_EQ(-ESTALE, slot_commit_told(self->fd, parts, 5, &failed));
	EXPECT_EQ(3u, failed);
	EXPECT_EQ(version, parts[0].version);
	EXPECT_EQ(slot_version(self->fd, 2), parts[1].version);
	for (unsigned int i = 2; i < 5; i++)
		EXPECT_EQ(0u, parts[i].version);
	EXPECT_GET(self->fd, 1, "one");
	EXPECT_EQ(version, slot_version(self->fd, 1));
	EXPECT_GET(self->fd, 2, "two");
	EXPECT_EQ(2u, slot_usage(self->fd).channels);
}

TEST_HARNESS_MAIN
