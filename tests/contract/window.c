// SPDX-License-Identifier: GPL-2.0
/* Windows: long messages that are read without a call. */
#include "window.h"

#include "commit.h"
#include "frame.h"
#include "kernel_bits.h"
#include "scale.h"
#include "stuck.h"

#include <sys/uio.h>

#define ID 7
#define SIZE 1000

FIXTURE(window)
{
	int node;
	int fd;
	const char *base;
	struct window window;
	char bytes[MSG_SLOT_LARGEST_MESSAGE];
};

FIXTURE_SETUP(window)
{
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	self->base = slot_map(self->fd);
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 1), SIZE, ID));
	ASSERT_EQ(0, window_map(&self->window, self->fd, self->base, ID,
				window_bytes(SIZE)));
}

FIXTURE_TEARDOWN(window)
{
	if (self->window.head)
		window_unmap(&self->window);
	slot_unmap(self->fd, self->base);
	close(self->fd);
	close(self->node);
}

/* Whether that is what is to be had in the window, and by a call. */
static bool shows(const struct window *window, int fd, size_t n,
		  unsigned int seed)
{
	static char bytes[LARGEST];
	struct mapped mapped;
	long ret = window_look(window, ID, bytes, &mapped);

	if (ret != (long)n || memcmp(bytes, large(n, seed), n) ||
	    mapped.version != slot_version(fd, ID)) {
		fprintf(stderr, "# window: %ld\n", ret);
		return false;
	}
	return slot_pread(fd, bytes, sizeof(bytes), ID) == (long)n &&
	       !memcmp(bytes, large(n, seed), n);
}

#define EXPECT_SHOWN(n, seed) \
	EXPECT_TRUE(shows(&self->window, self->fd, n, seed))
#define EXPECT_CALL()                                                   \
	EXPECT_EQ(-EREMOTE, window_look(&self->window, ID, self->bytes, \
					&(struct mapped){}))
#define EXPECT_BLANK() EXPECT_TRUE(window_is_blank(&self->window))

TEST_F(window, shows_what_was_there_before)
{
	EXPECT_SHOWN(SIZE, 1);
	EXPECT_EQ(self->window.bytes, self->window.head->bytes);
	EXPECT_NE(0u, self->window.number);
	EXPECT_EQ(0u, self->window.head->reserved);
}

TEST_F(window, shows_what_is_written)
{
	struct msg_slot_put put;
	struct iovec parts[2];
	unsigned int i;

	/* Each size, whose place may have had a longer one. */
	for (i = 2; i < 200; i++) {
		size_t n = MSG_SLOT_MAX_MESSAGE + 1 + mix(i) % (SIZE - 129);

		ASSERT_EQ((long)n, slot_pwrite(self->fd, large(n, i), n, ID));
		ASSERT_TRUE(shows(&self->window, self->fd, n, i));
	}
	ASSERT_EQ(0, slot_select(self->fd, ID));
	ASSERT_EQ(SIZE, slot_write(self->fd, large(SIZE, 201), SIZE));
	EXPECT_SHOWN(SIZE, 201);
	ASSERT_EQ(0, slot_put(self->fd, ID, large(SIZE, 202), SIZE));
	EXPECT_SHOWN(SIZE, 202);
	put = put_of(ID, large(SIZE, 203), SIZE);
	ASSERT_EQ(0, slot_commit(self->fd, &put, 1));
	EXPECT_SHOWN(SIZE, 203);
	parts[0] = (struct iovec){ (void *)large(SIZE, 204), 100 };
	parts[1] = (struct iovec){ (char *)large(SIZE, 204) + 100, SIZE - 100 };
	ASSERT_EQ(SIZE, slot_result(pwritev(self->fd, parts, 2, ID)));
	EXPECT_SHOWN(SIZE, 204);
}

TEST_F(window, the_largest)
{
	window_unmap(&self->window);
	ASSERT_EQ(0, window_map(&self->window, self->fd, self->base, ID,
				window_bytes(LARGEST)));
	EXPECT_SHOWN(SIZE, 1);
	for (unsigned int i = 2; i < 6; i++) {
		ASSERT_EQ(LARGEST, slot_pwrite(self->fd, large(LARGEST, i),
					       LARGEST, ID));
		EXPECT_SHOWN(LARGEST, i);
	}
}

TEST_F(window, one_that_does_not_fit_takes_a_call)
{
	struct window larger = {};

	ASSERT_EQ(5000, slot_pwrite(self->fd, large(5000, 2), 5000, ID));
	EXPECT_CALL();
	EXPECT_BLANK();
	EXPECT_TRUE(window_is_current(&self->window));
	ASSERT_EQ(0, window_map(&larger, self->fd, self->base, ID,
				window_bytes(5000)));
	EXPECT_TRUE(shows(&larger, self->fd, 5000, 2));
	EXPECT_FALSE(window_is_current(&self->window));
	EXPECT_NE(self->window.number, larger.number);
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 3), SIZE, ID));
	EXPECT_CALL();
	EXPECT_TRUE(shows(&larger, self->fd, SIZE, 3));
	window_unmap(&larger);
}

/* Whoever asks for less than there is has a part of it, and is told. */
TEST_F(window, is_shared)
{
	struct window same = {}, larger = {}, part = {};

	ASSERT_EQ(0, window_map(&same, self->fd, self->base, ID, PAGE));
	EXPECT_EQ(self->window.number, same.number);
	window_unmap(&same);
	ASSERT_EQ(0, window_map(&larger, self->fd, self->base, ID,
				window_bytes(5000)));
	ASSERT_EQ(0, window_map(&part, self->fd, self->base, ID, PAGE));
	EXPECT_EQ(larger.number, part.number);
	EXPECT_EQ(larger.bytes, part.head->bytes);
	window_unmap(&larger);
	/* Half of it is enough to keep it. */
	EXPECT_TRUE(window_is_current(&part));
	window_unmap(&part);
}

TEST_F(window, a_replaced_one_is_gone_with_the_next)
{
	char *first = malloc(SIZE);

	memcpy(first, large(SIZE, 1), SIZE);
	ASSERT_EQ(200, slot_pwrite(self->fd, large(200, 2), 200, ID));
	ASSERT_EQ(200, slot_pwrite(self->fd, large(200, 3), 200, ID));
	for (unsigned int i = 0; i + 8 <= SIZE; i += 8)
		ASSERT_EQ(NULL, memmem(self->window.head, self->window.bytes,
				       first + i, 8));
	free(first);
}

static long put_short(int fd)
{
	return slot_put(fd, ID, "short", 5);
}

static long put_frame(int fd)
{
	return slot_put_new_frame(fd, ID, SIZE, 5);
}

static long put_too_long(int fd)
{
	return slot_put(fd, ID, large(9999, 9), 9999);
}

TEST_F(window, nothing_is_left_of_what_is_taken_away)
{
	long (*ways[])(int fd) = { put_short, put_frame, put_too_long };

	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		/* In both places, the first time with the one that was moved there. */
		ASSERT_EQ(SIZE,
			  slot_pwrite(self->fd, large(SIZE, 2), SIZE, ID));
		ASSERT_EQ(SIZE,
			  slot_pwrite(self->fd, large(SIZE, 3), SIZE, ID));
		EXPECT_SHOWN(SIZE, 3);
		ASSERT_EQ(0, ways[i](self->fd));
		EXPECT_BLANK();
		EXPECT_CALL();
	}
}

/* One that was moved there, and was the only one. */
TEST_F(window, nothing_is_left_of_the_first)
{
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_BLANK();
}

TEST_F(window, nothing_is_left_of_what_is_cleared)
{
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 2), SIZE, ID));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_BLANK();
}

TEST_F(window, nothing_is_left_of_what_a_commit_clears)
{
	struct msg_slot_put put = clear_of(ID);

	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 2), SIZE, ID));
	ASSERT_EQ(0, slot_commit(self->fd, &put, 1));
	EXPECT_BLANK();
}

static bool is_blank(void *window)
{
	return window_is_blank(window);
}

TEST_F(window, times_to_live)
{
	struct mapped mapped;

	ASSERT_EQ(0, slot_put_for(self->fd, ID, large(SIZE, 2), SIZE,
				  3600 * SECOND));
	ASSERT_EQ(SIZE, window_look(&self->window, ID, self->bytes, &mapped));
	EXPECT_LT(clock_now(CLOCK_BOOTTIME) + 3500 * SECOND, mapped.expires);
	EXPECT_FALSE(mapped.over);
	ASSERT_EQ(0, slot_renew(self->fd, ID, 7200 * SECOND));
	ASSERT_EQ(SIZE, window_look(&self->window, ID, self->bytes, &mapped));
	EXPECT_LT(clock_now(CLOCK_BOOTTIME) + 7100 * SECOND, mapped.expires);
	ASSERT_EQ(0, slot_renew(self->fd, ID, 1));
	/* By then it is over, whether or not the kernel has come to take it away. */
	if (window_look(&self->window, ID, self->bytes, &mapped) == SIZE)
		EXPECT_TRUE(mapped.over);
	EXPECT_TRUE(soon(is_blank, &self->window));

	/* One that lived for ever. */
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 3), SIZE, ID));
	ASSERT_EQ(0, window_map(&self->window, self->fd, self->base, ID,
				window_bytes(SIZE)));
	ASSERT_EQ(SIZE, window_look(&self->window, ID, self->bytes, &mapped));
	EXPECT_EQ(0u, mapped.expires);
	ASSERT_EQ(0, slot_renew(self->fd, ID, 3600 * SECOND));
	ASSERT_EQ(SIZE, window_look(&self->window, ID, self->bytes, &mapped));
	EXPECT_NE(0u, mapped.expires);
	EXPECT_FALSE(mapped.over);
}

/* Nobody sees a byte of what was not written after all. */
TEST_F(window, what_fails_leaves_nothing)
{
	char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *half = page + PAGE - SIZE / 2;
	int other = slot_open(self->node, O_RDWR);
	unsigned long long version = 99;

	memset(page, 'x', PAGE);
	ASSERT_EQ(0, munmap(page + PAGE, PAGE));
	EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, half, SIZE, ID));
	EXPECT_EQ(-EFAULT, slot_put(self->fd, ID, half, SIZE));
	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, ID, page, SIZE, &version));
	ASSERT_EQ(0, slot_claim(self->fd, ID, MSG_SLOT_END_KEEP));
	EXPECT_EQ(-EBUSY, slot_pwrite(other, page, SIZE, ID));
	EXPECT_EQ(NULL,
		  memmem(self->window.head, self->window.bytes, "xxxxxxxx", 8));
	EXPECT_SHOWN(SIZE, 1);
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 2), SIZE, ID));
	EXPECT_SHOWN(SIZE, 2);
	munmap(page, PAGE);
	close(other);
}

TEST_F(window, outlives_its_readers)
{
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 2), SIZE, ID));
	window_unmap(&self->window);
	self->window.head = NULL;
	ASSERT_EQ(SIZE, slot_pread(self->fd, self->bytes, LARGEST, ID));
	EXPECT_EQ(0, memcmp(self->bytes, large(SIZE, 2), SIZE));
	/* It is moved from that one to the next. */
	ASSERT_EQ(0, window_map(&self->window, self->fd, self->base, ID,
				window_bytes(SIZE)));
	EXPECT_SHOWN(SIZE, 2);
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 3), SIZE, ID));
	EXPECT_SHOWN(SIZE, 3);
}

TEST_F(window, is_the_place_s)
{
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_EQ(-ENOENT, window_look(&self->window, ID, self->bytes,
				       &(struct mapped){}));
	for (unsigned int i = 0; i < 100 && self->window.cell->id != ID; i++) {
		ASSERT_EQ(SIZE,
			  slot_pwrite(self->fd, large(SIZE, i), SIZE, ID));
		if (self->window.cell->id != ID)
			ASSERT_EQ(0, slot_clear(self->fd, ID));
		usleep(10000);
	}
	ASSERT_EQ((__u32)ID, self->window.cell->id);
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 200), SIZE, ID));
	EXPECT_SHOWN(SIZE, 200);
}

/* Who stands still half way keeps nobody from anything. */
TEST_F(window, writers_that_do_not_get_on)
{
	struct stuck stuck[2];

	for (int i = 0; i < 2; i++) {
		if (stuck_begin(&stuck[i], self->fd, ID, SIZE))
			SKIP(return, "no userfaultfd here");
	}
	/* One place is in use by the message, the other by the first of them. */
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 2), SIZE, ID));
	EXPECT_CALL();
	ASSERT_EQ(SIZE, slot_pread(self->fd, self->bytes, LARGEST, ID));
	/* From now on there is one for the next message, then there is none. */
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 3), SIZE, ID));
	EXPECT_SHOWN(SIZE, 3);
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(SIZE, stuck_end(&stuck[i], large(SIZE, 9)));
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 4), SIZE, ID));
	EXPECT_SHOWN(SIZE, 4);
}

static long map_at(int fd, unsigned long long offset, size_t bytes)
{
	const char *at = slot_map_part(fd, offset, bytes);

	if (at == MAP_FAILED)
		return -errno;
	munmap((void *)at, bytes);
	return 0;
}

TEST_F(window, bad_places)
{
	unsigned long long end = slot_mapping(self->fd).size, at, cell;

	ASSERT_EQ(0, slot_locate(self->fd, ID, &cell));
	at = MSG_SLOT_WINDOW_OFFSET(cell);
	EXPECT_EQ(0, map_at(self->fd, at, PAGE));
	EXPECT_EQ(0, map_at(self->fd, at, 513 * PAGE));
	EXPECT_EQ(-EINVAL, map_at(self->fd, at, 514 * PAGE));
	EXPECT_EQ(-EINVAL, map_at(self->fd, at + PAGE, PAGE));
	EXPECT_EQ(-EINVAL,
		  map_at(self->fd, MSG_SLOT_WINDOW_OFFSET(cell + 8), PAGE));
	/* Behind the last cell of a page, and the last page. */
	EXPECT_EQ(-EINVAL,
		  map_at(self->fd, MSG_SLOT_WINDOW_OFFSET(CELLS_IN_PAGE * 288),
			 PAGE));
	EXPECT_EQ(-EINVAL, map_at(self->fd, MSG_SLOT_WINDOW_OFFSET(end), PAGE));
	EXPECT_EQ(-EINVAL, map_at(self->fd, MSG_SLOT_WINDOWS_END - PAGE, PAGE));
	EXPECT_EQ(-EINVAL, map_at(self->fd, MSG_SLOT_WINDOWS - PAGE, PAGE));
	/* Where no channel has ever been. */
	EXPECT_EQ(-ENXIO,
		  map_at(self->fd, MSG_SLOT_WINDOW_OFFSET(100 * PAGE), PAGE));
	EXPECT_EQ(-ENXIO,
		  map_at(self->fd, MSG_SLOT_WINDOW_OFFSET(end - PAGE), PAGE));
	ASSERT_EQ(0, window_map(&self->window, self->fd, self->base, ID,
				window_bytes(SIZE)));
	EXPECT_SHOWN(SIZE, 1);
}

TEST_F(window, is_read_only_and_shared_alone)
{
	unsigned long long cell;
	off_t at;
	int fd;

	ASSERT_EQ(0, slot_locate(self->fd, ID, &cell));
	at = MSG_SLOT_WINDOW_OFFSET(cell);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, self->fd, at));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_EXEC,
				   MAP_SHARED, self->fd, at));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(MAP_FAILED,
		  mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->fd, at));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, mprotect((void *)self->window.head, self->window.bytes,
			       PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(MAP_FAILED,
		  mremap((void *)self->window.head, self->window.bytes,
			 self->window.bytes + PAGE, MREMAP_MAYMOVE));
	fd = slot_open(self->node, O_WRONLY);
	EXPECT_EQ(-EACCES, map_at(fd, at, PAGE));
	close(fd);
	fd = slot_open(self->node, O_RDWR);
	ASSERT_EQ(0, slot_restrict(fd, ID, 0));
	EXPECT_EQ(-EPERM, map_at(fd, at, PAGE));
	close(fd);
	fd = slot_open(self->node, O_RDWR);
	ASSERT_EQ(0, slot_restrict(fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_EQ(0, map_at(fd, at, PAGE));
	close(fd);
}

/* Half of it, a child's, and what is moved, is a mapping as well. */
TEST_F(window, parts)
{
	struct window part;
	pid_t child;
	int status;
	char *to;

	window_unmap(&self->window);
	ASSERT_EQ(0, window_map(&self->window, self->fd, self->base, ID,
				window_bytes(5000)));
	part = self->window;
	ASSERT_EQ(0, munmap((void *)part.head, PAGE));
	child = fork();
	if (!child)
		_exit(!bytes_are_zero((const char *)part.head + 2 * PAGE,
				      PAGE));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	to = mremap((char *)part.head + PAGE, PAGE, PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, to);
	EXPECT_EQ(0, munmap(to, PAGE));
	EXPECT_EQ(0,
		  munmap((char *)part.head + 2 * PAGE, part.bytes - 2 * PAGE));
	ASSERT_EQ(0, window_map(&self->window, self->fd, self->base, ID,
				window_bytes(SIZE)));
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 2), SIZE, ID));
	EXPECT_SHOWN(SIZE, 2);
}

TEST_F(window, all_of_them_have_a_limit)
{
	struct msg_slot_limits limits;
	unsigned int id, maps = 0;
	struct window window;
	long ret = 0;

	ASSERT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_GET_LIMITS, &limits));
	limits.max_bytes = 65536;
	ASSERT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_SET_LIMITS, &limits));
	for (id = 100; !ret && id < 200; id++) {
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, id));
		ret = window_map(&window, self->fd, self->base, id,
				 window_bytes(100000));
		maps += !ret;
	}
	EXPECT_EQ(-ENOSPC, ret);
	/* Twice the limit and 2 MiB, in windows of 200,704 bytes. */
	EXPECT_LE(10u, maps);
	EXPECT_GE(12u, maps);
	EXPECT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 2), SIZE, ID));
	EXPECT_SHOWN(SIZE, 2);
}

TEST_F(slot, has_none_in_a_kernel_of_32_bits)
{
	struct window window;
	const char *base;

	if (kernel_has_64_bits())
		SKIP(return, "a kernel of 64 bits");
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	base = slot_map(self->fd);
	ASSERT_EQ(SIZE, slot_pwrite(self->fd, large(SIZE, 1), SIZE, ID));
	EXPECT_EQ(-EOVERFLOW,
		  window_map(&window, self->fd, base, ID, window_bytes(SIZE)));
	slot_unmap(self->fd, base);
}

TEST_HARNESS_MAIN
