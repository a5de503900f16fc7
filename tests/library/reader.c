// SPDX-License-Identifier: GPL-2.0
/* msgslot_reader_get(): the same as msgslot_get(), and mostly without a call. */
#include "interposed.h"

#include <malloc.h>

TEST_F(view, channel_0_is_none)
{
	struct msgslot_reader reader;

	EXPECT_EQ(-EINVAL, msgslot_reader_init(&reader, self->view, 0));
}

TEST_F(view, reads_without_a_call)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	char buf[16];

	put_text(self->fd, 7, "one");
	calls_since();
	EXPECT_EQ(3, msgslot_reader_get(&reader, buf, sizeof(buf), NULL));
	EXPECT_EQ(2u, calls_since());
	put_text(self->fd, 7, "three");
	calls_since();
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(5,
			  msgslot_reader_get(&reader, buf, sizeof(buf), NULL));
	EXPECT_EQ(0u, calls_since());
	EXPECT_EQ(0, memcmp(buf, "three", 5));
}

TEST_F(view, takes_no_memory)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct msgslot_info info;
	struct mallinfo2 before;
	char buf[16];

	put_text(self->fd, 7, "one");
	before = mallinfo2();
	for (int i = 0; i < 10; i++)
		ASSERT_EQ(3, msgslot_reader_get(&reader, buf, 16, &info));
	EXPECT_EQ(before.uordblks, mallinfo2().uordblks);
}

/* Each size, and not a byte beside it. */
TEST_F(view, each_size)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	char message[MSG_SLOT_MAX_MESSAGE], buf[160], wanted[160];
	struct msgslot_info info;

	for (long n = 1; n <= MSG_SLOT_MAX_MESSAGE; n++) {
		message_fill(message, n, n);
		ASSERT_EQ(0, msgslot_put(self->fd, 7, message, n, 0, NULL));
		memset(wanted, 'x', sizeof(wanted));
		memcpy(wanted + 16, message, n);
		memset(buf, 'x', sizeof(buf));
		EXPECT_EQ(n, msgslot_reader_get(&reader, buf + 16, n, NULL));
		EXPECT_EQ(0, memcmp(wanted, buf, sizeof(buf)));
		memset(buf, 'x', sizeof(buf));
		EXPECT_EQ(n, msgslot_reader_get(&reader, buf + 16, 144, &info));
		EXPECT_EQ(0, memcmp(wanted, buf, sizeof(buf)));
		EXPECT_EQ(n, info.size);
		memset(buf, 'x', sizeof(buf));
		EXPECT_EQ(-ENOSPC,
			  msgslot_reader_get(&reader, buf + 16, n - 1, NULL));
		EXPECT_EQ('x', buf[16]);
	}
}

TEST_F(view, tells_what_the_kernel_knows)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	unsigned long long before = clock_now(CLOCK_BOOTTIME);
	struct msgslot_info info;
	unsigned long long after;
	uint64_t version;
	char buf[16];

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, msgslot_put(self->fd, 7, "hello", 5,
					 i == 2 ? 9 * SECOND : 0, &version));
		after = clock_now(CLOCK_BOOTTIME);
		memset(&info, 0xee, sizeof(info));
		EXPECT_EQ(5, msgslot_reader_get(&reader, buf, 16, &info));
		EXPECT_EQ(version, info.version);
		EXPECT_EQ(5u, info.size);
		EXPECT_EQ(0u, info.reserved);
		/* What is asked for by a call is inexact. */
		if (i) {
			EXPECT_LE(before, info.written);
			EXPECT_GE(after, info.written);
		}
		EXPECT_EQ(i == 2 ? info.written + 9 * SECOND : FOREVER,
			  info.expires);
		before = after;
	}
	memset(&info, 0xee, sizeof(info));
	EXPECT_EQ(-ENOSPC, msgslot_reader_get(&reader, buf, 4, &info));
	EXPECT_EQ(version, info.version);
	EXPECT_EQ(5u, info.size);
}

/* Nothing is known of it, with a cell or without. */
static bool finds_nothing(struct msgslot_reader *reader)
{
	const struct msgslot_info nothing = { .version = 0 };
	char buf[16] = "untouched";
	struct msgslot_info info;

	memset(&info, 0xee, sizeof(info));
	return msgslot_reader_get(reader, buf, sizeof(buf), NULL) ==
		       -EWOULDBLOCK &&
	       msgslot_reader_get(reader, buf, sizeof(buf), &info) ==
		       -EWOULDBLOCK &&
	       !strcmp(buf, "untouched") &&
	       !memcmp(&info, &nothing, sizeof(info));
}

TEST_F(view, an_absent_channel_costs_a_call_each_time)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	char buf[16];

	EXPECT_TRUE(finds_nothing(&reader));
	EXPECT_EQ(2u, calls_since());
	put_text(self->fd, 7, "now");
	EXPECT_EQ(3, msgslot_reader_get(&reader, buf, 16, NULL));
}

TEST_F(view, a_claimed_channel_without_a_message_costs_none)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	char buf[16];

	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	put_text(self->fd, 7, "one");
	EXPECT_EQ(3, msgslot_reader_get(&reader, buf, 16, NULL));
	msgslot_clear(self->fd, 7, NULL);
	calls_since();
	EXPECT_TRUE(finds_nothing(&reader));
	EXPECT_EQ(0u, calls_since());
	put_text(self->fd, 7, "two!");
	EXPECT_EQ(4, msgslot_reader_get(&reader, buf, 16, NULL));
}

/* Its cell becomes another's, and it gets another one. */
TEST_F(view, a_channel_goes_and_comes_elsewhere)
{
	struct msgslot_reader seven = reader_of(self->view, 7);
	struct msgslot_reader eight = reader_of(self->view, 8);
	char buf[16];

	for (int i = 0; i < 100; i++) {
		put_text(self->fd, 7, "seven");
		ASSERT_EQ(5, msgslot_reader_get(&seven, buf, 16, NULL));
		msgslot_clear(self->fd, 7, NULL);
		ASSERT_TRUE(finds_nothing(&seven));
		put_text(self->fd, 8, "eight!");
		ASSERT_TRUE(finds_nothing(&seven));
		put_text(self->fd, 7, "7");
		ASSERT_EQ(1, msgslot_reader_get(&seven, buf, 16, NULL));
		ASSERT_EQ(6, msgslot_reader_get(&eight, buf, 16, NULL));
		ASSERT_EQ(0, memcmp(buf, "eight!", 6));
		msgslot_clear(self->fd, 7, NULL);
		msgslot_clear(self->fd, 8, NULL);
	}
}

TEST_F(view, a_long_message_costs_a_call)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct msgslot_info info;
	static char buf[4096];
	uint64_t version;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 4096));
	put_text(self->fd, 7, "short");
	EXPECT_EQ(5, msgslot_reader_get(&reader, buf, 4096, NULL));
	ASSERT_EQ(0,
		  msgslot_put(self->fd, 7, large(4000, 3), 4000, 0, &version));
	calls_since();
	EXPECT_EQ(4000, msgslot_reader_get(&reader, buf, 4096, NULL));
	EXPECT_EQ(1u, calls_since());
	EXPECT_EQ(0, memcmp(buf, large(4000, 3), 4000));
	EXPECT_EQ(-ENOSPC, msgslot_reader_get(&reader, buf, 3999, &info));
	EXPECT_EQ(version, info.version);
	EXPECT_EQ(4000u, info.size);
	put_text(self->fd, 7, "short");
	calls_since();
	EXPECT_EQ(5, msgslot_reader_get(&reader, buf, 4096, NULL));
	EXPECT_EQ(0u, calls_since());
}

TEST_F(view, a_message_is_over_without_a_call)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	const uint64_t ttl = 200 * MILLISECOND;
	unsigned long long start;
	struct msgslot_info info;
	char buf[128];
	ssize_t n;

	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	put_text(self->fd, 7, "first");
	EXPECT_EQ(5, msgslot_reader_get(&reader, buf, 128, NULL));
	start = clock_now(CLOCK_BOOTTIME);
	ASSERT_EQ(0, msgslot_put(self->fd, 7, large(120, 1), 120, ttl, NULL));
	calls_since();
	do {
		n = msgslot_reader_get(&reader, buf, 128, &info);
		if (n > 0)
			EXPECT_GT(info.expires, start);
	} while (n == 120);
	EXPECT_EQ(-EWOULDBLOCK, n);
	EXPECT_LE(start + ttl, clock_now(CLOCK_BOOTTIME));
	EXPECT_EQ(calls_where_over(), calls_since());
	EXPECT_EQ(-EWOULDBLOCK, msgslot_get(self->fd, 7, buf, 128, NULL));
}

TEST_F(view, one_that_is_narrowed_later_is_refused_by_the_call)
{
	int fd = library_open(self->node, O_RDONLY);
	struct msgslot_reader reader;
	struct msgslot_view *view;
	char buf[16];

	ASSERT_EQ(0, msgslot_view_open(fd, &view));
	ASSERT_EQ(0, msgslot_restrict(fd, 8, 0));
	put_text(self->fd, 7, "hello");
	reader = reader_of(view, 7);
	EXPECT_EQ(-EPERM, msgslot_reader_get(&reader, buf, 16, NULL));
	msgslot_view_close(view);
	msgslot_close(fd);
}

TEST_HARNESS_MAIN
