// SPDX-License-Identifier: GPL-2.0
/*
 * A reader or writer held in a page fault of its own buffer delays nobody, and
 * in the end does what it would have done. A driver that holds a lock, or sits
 * in a write section, while it touches user memory hangs here.
 */
#include "race.h"

#include "held.h"

#define ID 5
#define OLD "the old message"
#define OLD_SIZE ((long)sizeof(OLD))
#define OTHERS 2000

/* Part of the buffer lies in a good page, so that a copy is half way. */
#define BEFORE 40
#define SIZE 100

FIXTURE(held)
{
	struct held_page page;
	int node;
	int fd;
};

FIXTURE_SETUP(held)
{
	if (held_page_make(&self->page))
		SKIP(return, "this kernel has no userfaultfd");
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(OLD_SIZE, slot_send(self->fd, ID, OLD, OLD_SIZE));
}

FIXTURE_TEARDOWN(held)
{
	close(self->fd);
}

struct held_call {
	pthread_t thread;
	long (*call)(int fd, void *buf, size_t n);
	int fd;
	char *buf;
	long result;
};

static long write_held(int fd, void *buf, size_t n)
{
	return slot_write(fd, buf, n);
}

static long write_held_vector(int fd, void *buf, size_t n)
{
	struct iovec vec = { buf, n };

	return slot_result(syscall(SYS_writev, fd, &vec, 1));
}

static void *make_call(void *arg)
{
	struct held_call *call = arg;

	call->result = call->call(call->fd, call->buf, SIZE);
	return NULL;
}

/* Starts the call and waits until it is held. */
static void hold(struct held_call *call, struct held_page *page)
{
	call->buf = page->page - BEFORE;
	pthread_create(&call->thread, NULL, make_call, call);
	held_page_await(page);
}

static long let_go(struct held_call *call, struct held_page *page)
{
	static char contents[1 << 16];

	message_fill(contents, SIZE - BEFORE, 77);
	held_page_release(page, contents);
	pthread_join(call->thread, NULL);
	return call->result;
}

/* What others do meanwhile, with the same open file and with their own. */
static void expect_undisturbed(struct __test_metadata *_metadata, int node,
			       int fd)
{
	int other = slot_open(node, O_RDWR);
	char got[MSG_SLOT_MAX_MESSAGE];

	ASSERT_LE(0, other);
	for (unsigned int i = 1; i <= OTHERS; i++) {
		EXPECT_LT(0, slot_receive(fd, ID, got, sizeof(got)));
		EXPECT_EQ(4, slot_send(other, ID, &i, 4));
		EXPECT_MESSAGE(fd, ID, &i, 4);
		EXPECT_EQ(4, slot_send(other, 1000 + i, &i, 4));
		EXPECT_EQ(4, slot_write(fd, "same", 4));
	}
	EXPECT_EQ(OLD_SIZE, slot_send(other, ID, OLD, OLD_SIZE));
	close(other);
}

static void expect_writer_held(struct __test_metadata *_metadata,
			       FIXTURE_DATA(held) * self,
			       struct held_call *writer)
{
	char wanted[SIZE];

	message_fill(self->page.page - BEFORE, BEFORE, 78);
	hold(writer, &self->page);
	EXPECT_MESSAGE(self->fd, ID, OLD, OLD_SIZE);
	expect_undisturbed(_metadata, self->node, self->fd);
	EXPECT_EQ(SIZE, let_go(writer, &self->page));
	message_fill(wanted, BEFORE, 78);
	message_fill(wanted + BEFORE, SIZE - BEFORE, 77);
	EXPECT_MESSAGE(self->fd, ID, wanted, SIZE);
}

TEST_F(held, writer_delays_nobody)
{
	struct held_call writer = { .call = write_held, .fd = self->fd };

	expect_writer_held(_metadata, self, &writer);
}

TEST_F(held, gathering_writer_delays_nobody)
{
	struct held_call writer = { .call = write_held_vector, .fd = self->fd };

	expect_writer_held(_metadata, self, &writer);
}

/* The selection counts when the write begins, not when its page comes. */
TEST_F(held, writer_keeps_the_channel_it_began_with)
{
	struct held_call writer = { .call = write_held, .fd = self->fd };

	hold(&writer, &self->page);
	ASSERT_EQ(0, slot_select(self->fd, ID + 1));
	EXPECT_EQ(SIZE, let_go(&writer, &self->page));
	EXPECT_EMPTY(self->fd, ID + 1);
	EXPECT_MESSAGE(self->fd, ID, self->page.page - BEFORE, SIZE);
}

TEST_F(held, writer_of_a_new_channel)
{
	struct held_call writer = { .call = write_held, .fd = self->fd };

	ASSERT_EQ(0, slot_select(self->fd, ID + 1));
	hold(&writer, &self->page);
	EXPECT_EMPTY(self->fd, ID + 1);
	EXPECT_EQ(5, slot_write(self->fd, "quick", 5));
	EXPECT_MESSAGE(self->fd, ID + 1, "quick", 5);
	EXPECT_EQ(SIZE, let_go(&writer, &self->page));
	EXPECT_MESSAGE(self->fd, ID + 1, self->page.page - BEFORE, SIZE);
}

TEST_F(held, writer_whose_page_is_taken_away)
{
	struct held_call writer = { .call = write_held, .fd = self->fd };

	hold(&writer, &self->page);
	EXPECT_EQ(3, slot_write(self->fd, "new", 3));
	held_page_destroy(&self->page);
	pthread_join(writer.thread, NULL);
	EXPECT_EQ(-EFAULT, writer.result);
	EXPECT_MESSAGE(self->fd, ID, "new", 3);
}

/* It was killed before anything of its message could be seen. */
TEST_F(held, killed_writer_changes_nothing)
{
	pid_t child = fork();
	int status;

	if (!child) {
		struct held_page page;
		struct held_call writer = { .call = write_held,
					    .fd = self->fd };

		held_page_make(&page);
		hold(&writer, &page);
		raise(SIGKILL);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_MESSAGE(self->fd, ID, OLD, OLD_SIZE);
	EXPECT_EQ(3, slot_write(self->fd, "new", 3));
	EXPECT_MESSAGE(self->fd, ID, "new", 3);
}

static long read_held(int fd, void *buf, size_t n)
{
	return slot_read(fd, buf, n);
}

static long read_held_vector(int fd, void *buf, size_t n)
{
	struct iovec vec = { buf, n };

	return slot_result(syscall(SYS_readv, fd, &vec, 1));
}

/*
 * A held reader gets a whole message in the end, either that of when it began
 * or the last, and what is in the buffer behind it is nobody's.
 */
static void expect_reader_held(struct __test_metadata *_metadata,
			       FIXTURE_DATA(held) * self,
			       struct held_call *reader)
{
	char message[SIZE];
	long n;

	message_fill(message, SIZE, 5);
	ASSERT_EQ(SIZE, slot_send(self->fd, ID, message, SIZE));
	hold(reader, &self->page);
	expect_undisturbed(_metadata, self->node, self->fd);
	n = let_go(reader, &self->page);
	if (n == SIZE) {
		EXPECT_EQ(0, memcmp(reader->buf, message, SIZE));
		return;
	}
	ASSERT_EQ(OLD_SIZE, n);
	EXPECT_EQ(0, memcmp(reader->buf, OLD, n));
}

TEST_F(held, reader_delays_nobody)
{
	struct held_call reader = { .call = read_held, .fd = self->fd };

	expect_reader_held(_metadata, self, &reader);
}

TEST_F(held, scattering_reader_delays_nobody)
{
	struct held_call reader = { .call = read_held_vector, .fd = self->fd };

	expect_reader_held(_metadata, self, &reader);
}

/* Small messages must not touch the held page at all. */
TEST_F(held, page_behind_the_message_is_not_touched)
{
	ASSERT_EQ(BEFORE,
		  slot_send(self->fd, ID, self->page.page - BEFORE, BEFORE));
	EXPECT_EQ(BEFORE, slot_read(self->fd, self->page.page - BEFORE, SIZE));
}

TEST_HARNESS_MAIN
