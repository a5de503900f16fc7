// SPDX-License-Identifier: GPL-2.0
/*
 * A reader that is overtaken: its cell is one of the test's own, which changes
 * whenever the reader, in the middle of copying, looks at the clock for a message
 * that will be over some time.
 */
#include "interposed.h"

static struct msg_slot_cell cell;

/* How often it will still change, and to what. */
static unsigned int changes;
static unsigned long long next_expires;

static void publish(const char *text, unsigned long long expires)
{
	unsigned int idle = ~cell.latch & 1;
	size_t n = strlen(text);

	memset(cell.bytes[idle], 0, sizeof(cell.bytes[idle]));
	memcpy(cell.bytes[idle], text, n);
	memcpy(cell.bytes[idle] + MSG_SLOT_CELL_EXPIRY, &expires,
	       sizeof(expires));
	cell.size[idle] = n | MSG_SLOT_CELL_EXPIRES;
	cell.latch++;
}

static void overtake(void)
{
	if (!changes)
		return;
	changes--;
	publish(changes % 2 ? "odd" : "even", next_expires);
}

static struct msgslot_reader reader_of_cell(struct msgslot_view *view)
{
	struct msgslot_reader reader = reader_of(view, 7);

	memset(&cell, 0, sizeof(cell));
	cell.id = 7;
	next_expires = clock_now(CLOCK_BOOTTIME) + 1000 * SECOND;
	publish("first", next_expires);
	reader.cell = &cell;
	on_clock = overtake;
	return reader;
}

TEST_F(view, goes_round_again)
{
	struct msgslot_reader reader = reader_of_cell(self->view);
	struct msgslot_info info;
	char buf[16];

	changes = 6;
	EXPECT_EQ(4, msgslot_reader_get(&reader, buf, 16, &info));
	EXPECT_EQ(0, memcmp(buf, "even", 4));
	EXPECT_EQ(7u, info.version);
	EXPECT_EQ(next_expires, info.expires);
	EXPECT_EQ(0u, calls_since());
}

TEST_F(view, asks_after_eight_times)
{
	struct msgslot_reader reader = reader_of_cell(self->view);
	char buf[16];

	put_text(self->fd, 7, "asked");
	calls_since();
	changes = 1000;
	EXPECT_EQ(5, msgslot_reader_get(&reader, buf, 16, NULL));
	EXPECT_EQ(0, memcmp(buf, "asked", 5));
	EXPECT_EQ(1u, calls_since());
	EXPECT_LE(1000u - 8, changes);
}

/* A message that is over only after another has replaced it was never missing. */
TEST_F(view, what_was_replaced_in_time_is_not_over)
{
	struct msgslot_reader reader = reader_of_cell(self->view);
	char buf[16];

	publish("over", 1);
	changes = 1;
	EXPECT_EQ(4, msgslot_reader_get(&reader, buf, 16, NULL));
	EXPECT_EQ(0, memcmp(buf, "even", 4));
	publish("over", 1);
	EXPECT_EQ(-EWOULDBLOCK, msgslot_reader_get(&reader, buf, 16, NULL));
	EXPECT_EQ(calls_where_over(), calls_since());
}

TEST_F(view, both_halves_of_the_version_count)
{
	struct msgslot_reader reader = reader_of_cell(self->view);
	struct msgslot_info info;
	char buf[16];

	cell.high = 5;
	EXPECT_EQ(5, msgslot_reader_get(&reader, buf, 16, &info));
	EXPECT_EQ(5ull << 32 | 1, info.version);
}

static void wrap_around(void)
{
	cell.high++;
	on_clock = NULL;
}

TEST_F(view, a_latch_that_came_round_is_another)
{
	struct msgslot_reader reader = reader_of_cell(self->view);
	struct msgslot_info info;
	char buf[16];

	on_clock = wrap_around;
	EXPECT_EQ(5, msgslot_reader_get(&reader, buf, 16, &info));
	EXPECT_EQ(1ull << 32 | 1, info.version);
}

TEST_F(view, another_channel_s_cell_is_not_read)
{
	struct msgslot_reader reader = reader_of_cell(self->view);
	char buf[16];

	cell.id = 8;
	EXPECT_EQ(-EWOULDBLOCK, msgslot_reader_get(&reader, buf, 16, NULL));
	EXPECT_EQ(1u, calls_since());
	put_text(self->fd, 7, "real");
	EXPECT_EQ(4, msgslot_reader_get(&reader, buf, 16, NULL));
	EXPECT_TRUE(reader.cell != &cell);
}

TEST_HARNESS_MAIN
