// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers that are not wholly the caller's: EFAULT, and nothing changes.
 */
#include "fixture.h"
#include "page.h"

#define N 100

static char old[N];

/* The borders a buffer may straddle, as seen by a driver that writes or reads. */
static char *bad_borders[4];

static void make_borders(void)
{
	message_fill(old, N, 1);
	bad_borders[0] = page_end();
	bad_borders[1] = page_border(PROT_NONE);
	bad_borders[2] = page_border(PROT_READ);
}

TEST_F(slot, write_straddling_a_border_changes_nothing)
{
	make_borders();
	ASSERT_EQ(N, slot_send(self->fd, 1, old, N));
	for (int i = 0; i < 2; i++) {
		for (int inside = 0; inside < N; inside++)
			EXPECT_EQ(-EFAULT,
				  slot_write(self->fd, bad_borders[i] - inside,
					     N));
	}
	EXPECT_MESSAGE(self->fd, 1, old, N);
}

TEST_F(slot, write_straddling_a_border_makes_no_channel)
{
	make_borders();
	for (unsigned int id = 1; id < N; id++) {
		EXPECT_EQ(-EFAULT,
			  slot_send(self->fd, id, bad_borders[0] - id, N));
		EXPECT_EMPTY(self->fd, id);
	}
}

TEST_F(slot, write_ending_at_a_border)
{
	make_borders();
	for (int i = 0; i < 3; i++) {
		message_fill(bad_borders[i] - N, N, i);
		EXPECT_EQ(N, slot_send(self->fd, 1, bad_borders[i] - N, N));
		EXPECT_MESSAGE(self->fd, 1, bad_borders[i] - N, N);
	}
}

TEST_F(slot, write_from_a_read_only_page)
{
	char *page = page_border(PROT_READ);

	EXPECT_EQ(N, slot_send(self->fd, 1, page, N));
	EXPECT_MESSAGE(self->fd, 1, page, N);
}

TEST_F(slot, read_straddling_a_border_keeps_the_message)
{
	make_borders();
	ASSERT_EQ(N, slot_send(self->fd, 1, old, N));
	for (int i = 0; i < 3; i++) {
		for (int inside = 0; inside < N; inside++)
			EXPECT_EQ(-EFAULT,
				  slot_read(self->fd, bad_borders[i] - inside,
					    128));
	}
	EXPECT_MESSAGE(self->fd, 1, old, N);
}

/* A failed read gives up the rest of the buffer, not what lies outside it. */
TEST_F(slot, read_straddling_a_border_spares_what_is_before)
{
	char *border = page_end();

	message_fill(border - 64, 64, 9);
	ASSERT_EQ(N, slot_send(self->fd, 1, old, N));
	EXPECT_EQ(-EFAULT, slot_read(self->fd, border - 32, N));
	EXPECT_TRUE(message_is(border - 64, 32, 9));
}

TEST_F(slot, read_ending_at_a_border)
{
	make_borders();
	ASSERT_EQ(N, slot_send(self->fd, 1, old, N));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(N, slot_read(self->fd, bad_borders[i] - N, N));
		EXPECT_EQ(0, memcmp(old, bad_borders[i] - N, N));
	}
}

/* The size given may reach beyond the border: only the message is copied. */
TEST_F(slot, read_touches_no_more_than_the_message)
{
	make_borders();
	ASSERT_EQ(N, slot_send(self->fd, 1, old, N));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(N, slot_read(self->fd, bad_borders[i] - N, 4096));
		EXPECT_EQ(0, memcmp(old, bad_borders[i] - N, N));
	}
}

TEST_F(slot, kernel_addresses_are_refused)
{
	unsigned long addresses[] = { ~0ul, ~0ul - 4095, ~0ul << 31,
				      1ul << (sizeof(long) * 8 - 1) };

	ASSERT_EQ(N, slot_send(self->fd, 1, old, N));
	for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++) {
		EXPECT_EQ(-EFAULT,
			  slot_write(self->fd, (void *)addresses[i], N));
		EXPECT_EQ(-EFAULT,
			  slot_read(self->fd, (void *)addresses[i], N));
	}
	EXPECT_MESSAGE(self->fd, 1, old, N);
}

TEST_F(slot, huge_writes_are_too_long)
{
	static char message[1 << 20];
	size_t sizes[] = { 129,	       256,	  4096,
			   65536,      65537,	  sizeof(message),
			   0x7ffff000, 0x7fffffff };

	ASSERT_EQ(N, slot_send(self->fd, 1, old, N));
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, message, sizes[i]));
	EXPECT_MESSAGE(self->fd, 1, old, N);
}

/* Here the kernel itself may answer first, so any error will do. */
TEST_F(slot, impossible_sizes_are_refused)
{
	size_t sizes[] = { SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX - 127,
			   SIZE_MAX };
	char got[N];

	ASSERT_EQ(N, slot_send(self->fd, 1, old, N));
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_GT(0, slot_write(self->fd, old, sizes[i]));
		EXPECT_GE(N, slot_read(self->fd, got, sizes[i]));
	}
	EXPECT_MESSAGE(self->fd, 1, old, N);
}

TEST_HARNESS_MAIN
