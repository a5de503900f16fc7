// SPDX-License-Identifier: GPL-2.0
/*
 * What long messages take of their writer's memory cgroup: the one that is there,
 * the next one, and no more for each reader than the moment in which it copies,
 * however long a page of the reader's takes to come.
 */
#include "record.h"

#include "group.h"
#include "held.h"
#include "memory.h"
#include "scale.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define ID 1
#define READERS 63
#define WRITES scaled(1000)

/* Of the buffer, which lies before the held page. */
#define BEFORE 40

/* More than that many messages are not charged, with some room for all else. */
#define MOST (8ll * LARGEST)

FIXTURE(large_charge)
{
	struct group group;
	int node;
	int fd;
};

FIXTURE_SETUP(large_charge)
{
	if (!group_make(&self->group))
		SKIP(return, "no memory cgroups here");
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	large(LARGEST, 1);
	ASSERT_TRUE(group_put(&self->group, "memory.max", "64M"));
	group_put(&self->group, "memory.swap.max", "0");
	ASSERT_TRUE(group_join(&self->group));
}

FIXTURE_TEARDOWN(large_charge)
{
	close(self->fd);
	close(self->node);
	group_remove(&self->group);
}

static long put(int fd)
{
	return slot_put(fd, ID, large(LARGEST, 1), LARGEST);
}

TEST_F(large_charge, writer_at_its_limit_goes_on)
{
	long long before = group_charged(&self->group);

	for (unsigned int i = 0; i < WRITES; i++)
		ASSERT_EQ(0, put(self->fd));
	EXPECT_GT(MOST, group_charged(&self->group) - before);
	EXPECT_EQ(0, group_events(&self->group, "oom_kill"));
}

TEST_F(large_charge, clearing_gives_back_at_once)
{
	long long before = group_charged(&self->group);

	for (unsigned int i = 0; i < WRITES; i++) {
		ASSERT_EQ(0, put(self->fd));
		ASSERT_EQ(0, slot_clear(self->fd, ID));
	}
	EXPECT_GT(MOST, group_charged(&self->group) - before);
}

/* Ways of getting a message: each is held in a page of @buf. */
typedef long (*reading)(int fd, char *buf);

static long by_read(int fd, char *buf)
{
	return slot_pread(fd, buf, LARGEST, ID);
}

static long by_readv(int fd, char *buf)
{
	struct iovec vec[] = { { buf, 20 }, { buf + 20, LARGEST } };

	return preadv(fd, vec, 2, ID);
}

static long by_get(int fd, char *buf)
{
	struct msg_slot_get get = get_into(ID, buf, LARGEST);

	return slot_ioctl(fd, MSG_SLOT_GET, &get);
}

static long by_wait(int fd, char *buf)
{
	struct msg_slot_wait wait = { .timeout = FOREVER,
				      .get = get_into(ID, buf, LARGEST) };

	return slot_ioctl(fd, MSG_SLOT_WAIT, &wait);
}

static long by_snapshot(int fd, char *buf)
{
	struct msg_slot_get get = get_into(ID, buf, LARGEST);

	return slot_snapshot(fd, &get, 1);
}

static long by_watch(int fd, char *buf)
{
	return read(slot_watch(fd, NULL, 0), buf, 2 * LARGEST);
}

struct reader {
	pthread_t thread;
	struct held_page page;
	reading read;
	int fd;
};

static void *read_held(void *arg)
{
	struct reader *reader = arg;

	reader->read(reader->fd, reader->page.page - BEFORE);
	return NULL;
}

/* Readers in a group of their own, one more held at each byte that comes. */
static void hold_readers(int fd, reading read_message, int orders)
{
	static struct reader readers[READERS];
	struct group group;
	char order;

	if (!group_make(&group) || !group_join(&group))
		_exit(1);
	for (unsigned int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .read = read_message, .fd = fd };
		if (read(orders, &order, 1) != 1 ||
		    held_page_make(&readers[i].page))
			_exit(2);
		pthread_create(&readers[i].thread, NULL, read_held,
			       &readers[i]);
		held_page_await(&readers[i].page);
		if (write(orders, &order, 1) != 1)
			_exit(3);
	}
	pause();
}

static void remove_group_of(pid_t pid)
{
	struct group group;

	snprintf(group.path, sizeof(group.path), GROUP_ROOT "/test-%d-0", pid);
	group_remove(&group);
}

static void expect_not_held(struct __test_metadata *_metadata,
			    FIXTURE_DATA(large_charge) * self,
			    reading read_message)
{
	long long before = group_charged(&self->group);
	char order = 0;
	int orders[2];
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, orders));
	child = fork();
	if (!child)
		hold_readers(self->fd, read_message, orders[1]);
	close(orders[1]);
	for (unsigned int i = 0; i < READERS; i++) {
		EXPECT_EQ(0, put(self->fd));
		ASSERT_EQ(1, write(orders[0], &order, 1));
		ASSERT_EQ(1, read(orders[0], &order, 1));
	}
	for (unsigned int i = 0; i < 10; i++)
		EXPECT_EQ(0, put(self->fd));
	EXPECT_GT(MOST, group_charged(&self->group) - before);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(orders[0]);
	remove_group_of(child);
}

static bool can_hold(void)
{
	struct held_page page = {};

	if (held_page_make(&page))
		return false;
	held_page_destroy(&page);
	return true;
}

#define READER_TEST(by)                                                 \
	TEST_F(large_charge, reader_##by##_holds_nothing)               \
	{                                                               \
		if (!can_hold())                                        \
			SKIP(return, "this kernel has no userfaultfd"); \
		expect_not_held(_metadata, self, by);                   \
	}

READER_TEST(by_read)
READER_TEST(by_readv)
READER_TEST(by_get)
READER_TEST(by_wait)
READER_TEST(by_snapshot)
READER_TEST(by_watch)

TEST_HARNESS_MAIN
