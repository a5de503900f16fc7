// SPDX-License-Identifier: GPL-2.0
/*
 * Messages above the usual 128 bytes keep the same promises: whole, exact, and
 * the old one stays when a call fails.
 */
#include "limit.h"
#include "page.h"

/* Around each border a driver may have: in place or not, pages, 2^15, 2^20. */
static const unsigned int sizes[] = {
	1,     2,     127,   128,   129,   130,	    255,	 256,	  4071,
	4072,  4073,  4080,  4095,  4096,  4097,    8191,	 8192,	  8193,
	32767, 32768, 32769, 65535, 65536, 1000000, LARGEST - 1, LARGEST,
};

FIXTURE(large)
{
	int node;
	int fd;
};

FIXTURE_SETUP(large)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
}

FIXTURE_TEARDOWN(large)
{
	close(self->fd);
	close(self->node);
}

TEST_F(large, every_size)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(sizes[i], slot_put_large(self->fd, 1, sizes[i], i));
		EXPECT_TRUE(slot_has_large(self->fd, 1, sizes[i], i));
		EXPECT_TRUE(slot_has_large(self->fd, 1, sizes[i], i));
		EXPECT_EQ(sizes[i],
			  slot_put_large(self->fd, 2 + i, sizes[i], i));
		EXPECT_TRUE(slot_has_large(self->fd, 2 + i, sizes[i], i));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_TRUE(slot_has_large(self->fd, 2 + i, sizes[i], i));
}

static void expect_kept(struct __test_metadata *_metadata, int fd, size_t n,
			unsigned long long seed)
{
	EXPECT_EQ((long)n, slot_put_large(fd, 1, n, seed));
	EXPECT_TRUE(slot_has_large(fd, 1, n, seed));
}

/* The channel's two buffers may each be short or long by then. */
TEST_F(large, every_size_after_every_other)
{
	unsigned long long seed = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes) - 3; i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(sizes) - 3; j++) {
			expect_kept(_metadata, self->fd, sizes[i], ++seed);
			expect_kept(_metadata, self->fd, sizes[j], ++seed);
		}
	}
}

TEST_F(large, selected_channel_too)
{
	static char got[LARGEST];

	ASSERT_EQ(0, slot_select(self->fd, 5));
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		long n = sizes[i];

		EXPECT_EQ(n, slot_write(self->fd, large(n, i), n));
		EXPECT_EQ(n, slot_read(self->fd, got, sizeof(got)));
		EXPECT_EQ(0, memcmp(got, large(n, i), n));
		EXPECT_EQ(n, slot_read(self->fd, got, n));
	}
}

/* What a short message leaves of the long one before is nothing. */
TEST_F(large, nothing_is_left_behind_a_shorter_one)
{
	static char got[LARGEST];

	for (unsigned int i = 1; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(sizes[i], slot_put_large(self->fd, 1, sizes[i], i));
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
		memset(got, 0xa5, sizeof(got));
		EXPECT_EQ(1, slot_pread(self->fd, got, sizeof(got), 1));
		EXPECT_EQ('x', got[0]);
		for (unsigned int j = 1; j < sizes[i]; j++) {
			if (got[j] != (char)0xa5) {
				EXPECT_EQ(0u, j);
				break;
			}
		}
	}
}

TEST_F(large, small_buffer_is_left_alone)
{
	static char got[LARGEST], canary[LARGEST];

	memset(got, 0xa5, sizeof(got));
	memset(canary, 0xa5, sizeof(canary));
	for (unsigned int i = 1; i < ARRAY_SIZE(sizes); i++) {
		long n = sizes[i];
		long rooms[] = { 0, 1, n / 2, n - 1 };

		ASSERT_EQ(n, slot_put_large(self->fd, 1, n, i));
		for (unsigned int j = 0; j < ARRAY_SIZE(rooms); j++)
			EXPECT_EQ(-ENOSPC,
				  slot_pread(self->fd, got, rooms[j], 1));
		EXPECT_EQ(0, memcmp(got, canary, sizeof(got)));
		EXPECT_TRUE(slot_has_large(self->fd, 1, n, i));
	}
}

/* So many bytes, of which all but the last few are there. */
static char *half_mapped(size_t n, size_t missing)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t whole = (n + page - 1) / page * page;
	char *pages = mmap(NULL, whole + page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || munmap(pages + whole, page))
		abort();
	return pages + whole - (n - missing);
}

TEST_F(large, half_mapped_write_changes_nothing)
{
	const size_t missing[] = { 1, 100, 4096, 20000 };
	struct msg_slot_usage before, after;

	for (unsigned int i = 0; i < ARRAY_SIZE(missing); i++) {
		const char *buf = half_mapped(32768, missing[i]);

		for (unsigned int n = 100; n <= 10000; n *= 10) {
			ASSERT_EQ(n, slot_put_large(self->fd, n, n, i));
			before = slot_usage(self->fd);
			EXPECT_EQ(-EFAULT,
				  slot_pwrite(self->fd, buf, 32768, n));
			EXPECT_EQ(-EFAULT,
				  slot_pwrite(self->fd, buf, 32768, 77));
			EXPECT_TRUE(slot_has_large(self->fd, n, n, i));
			EXPECT_EMPTY(self->fd, 77);
			after = slot_usage(self->fd);
			EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
		}
	}
}

TEST_F(large, half_mapped_read_keeps_the_message)
{
	const size_t missing[] = { 1, 100, 4096, 20000 };

	ASSERT_EQ(32768, slot_put_large(self->fd, 1, 32768, 1));
	for (unsigned int i = 0; i < ARRAY_SIZE(missing); i++)
		EXPECT_EQ(-EFAULT,
			  slot_pread(self->fd, half_mapped(32768, missing[i]),
				     32768, 1));
	EXPECT_TRUE(slot_has_large(self->fd, 1, 32768, 1));
}

TEST_F(large, buffer_ends_at_a_border)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *buf = half_mapped(sizes[i], 0);

		message_fill(buf, sizes[i], i);
		EXPECT_EQ(sizes[i], slot_pwrite(self->fd, buf, sizes[i], 1));
		memset(buf, 0, sizes[i]);
		EXPECT_EQ(sizes[i], slot_pread(self->fd, buf, LARGEST, 1));
		EXPECT_EQ(0, memcmp(buf, large(sizes[i], i), sizes[i]));
	}
}

TEST_F(large, vectors)
{
	static char message[100000], got[100000];
	struct iovec from[] = { { message, 1 },
				{ message + 1, 4999 },
				{ NULL, 0 },
				{ message + 5000, 60000 },
				{ message + 65000, 35000 } };
	struct iovec to[] = { { got, 40000 }, { got + 40000, 60000 } };

	message_fill(message, sizeof(message), 3);
	EXPECT_EQ(100000, slot_result(pwritev(self->fd, from, 5, 1)));
	EXPECT_TRUE(slot_has_large(self->fd, 1, 100000, 3));
	EXPECT_EQ(100000, slot_result(preadv(self->fd, to, 2, 1)));
	EXPECT_EQ(0, memcmp(message, got, sizeof(got)));
	to[1].iov_len--;
	EXPECT_EQ(-ENOSPC, slot_result(preadv(self->fd, to, 2, 1)));
	from[3].iov_base = (void *)8;
	EXPECT_EQ(-EFAULT, slot_result(pwritev(self->fd, from, 5, 1)));
	EXPECT_TRUE(slot_has_large(self->fd, 1, 100000, 3));
	from[4].iov_len = LARGEST;
	EXPECT_EQ(-EMSGSIZE, slot_result(pwritev(self->fd, from, 5, 1)));
	EXPECT_TRUE(slot_has_large(self->fd, 1, 100000, 3));
}

TEST_F(large, too_long_is_refused)
{
	static char message[2 * LARGEST];

	ASSERT_EQ(5, slot_pwrite(self->fd, "hello", 5, 1));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, message, LARGEST + 1, 1));
	EXPECT_EQ(-EMSGSIZE,
		  slot_pwrite(self->fd, message, sizeof(message), 1));
	EXPECT_MESSAGE(self->fd, 1, "hello", 5);
}

TEST_F(large, outlives_its_writer)
{
	pid_t child = fork();

	if (!child)
		_exit(slot_put_large(self->fd, 1, LARGEST, 4) != LARGEST);
	waitpid(child, NULL, 0);
	EXPECT_TRUE(slot_has_large(self->fd, 1, LARGEST, 4));
}

TEST_HARNESS_MAIN
