// SPDX-License-Identifier: GPL-2.0
/*
 * Meetings: a reader says that it is about to wait, and a writer writes or
 * clears just after, by a delay that varies. Whatever moment it meets, the
 * reader must not sleep through it.
 */
#include "watch.h"
#include "child.h"
#include "memory.h"

#include <sys/prctl.h>

#define SECONDS 2
#define AT_ONCE 32u
#define SOON (SOON_MS * MILLISECOND)

/* In memory that reader and writer share. */
struct meeting {
	atomic_uint waiting;
	atomic_bool over;
	double end;
	bool new_channels;
	bool clears;
};

static void linger(unsigned int turn)
{
	unsigned long long some = mix(turn);

	for (unsigned int i = some % (1u << (some >> 32) % 14); i; i--)
		__asm__ volatile("");
}

static unsigned int channel_of(const struct meeting *meeting, unsigned int turn)
{
	return meeting->new_channels ? 1 + turn : 1;
}

static int write_when_met(int node, struct meeting *meeting)
{
	int fd = slot_open(node, O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int turn = 0;; turn++) {
		unsigned int id = channel_of(meeting, turn);
		long ret;

		while (atomic_load(&meeting->waiting) <= turn) {
			if (atomic_load(&meeting->over))
				return 0;
		}
		linger(turn);
		ret = meeting->clears ? slot_clear(fd, id) :
					slot_put(fd, id, &turn, sizeof(turn));
		if (ret)
			return 1;
	}
}

FIXTURE(wait)
{
	int node;
	int fd;
	struct meeting *meeting;
};

FIXTURE_SETUP(wait)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->meeting = mmap(NULL, sizeof(*self->meeting),
			     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			     -1, 0);
}

FIXTURE_TEARDOWN(wait)
{
	close(self->fd);
	close(self->node);
}

static pid_t start_writer(FIXTURE_DATA(wait) * self)
{
	pid_t child = fork();

	if (!child)
		_exit(write_when_met(self->node, self->meeting));
	self->meeting->end = seconds() + SECONDS;
	return child;
}

static bool goes_on(struct meeting *meeting, unsigned int turn)
{
	if (turn % AT_ONCE || turn < 2 * AT_ONCE || seconds() < meeting->end)
		return true;
	atomic_store(&meeting->over, true);
	printf("# info: %u meetings\n", turn);
	return false;
}

static void meet(struct __test_metadata *_metadata, FIXTURE_DATA(wait) * self)
{
	unsigned long long version = 0;
	pid_t writer = start_writer(self);

	for (unsigned int turn = 0; goes_on(self->meeting, turn); turn++) {
		unsigned int id = channel_of(self->meeting, turn);
		struct got got;

		atomic_store(&self->meeting->waiting, turn + 1);
		if (self->meeting->new_channels)
			version = 0;
		ASSERT_EQ(0, slot_wait(self->fd, id, version, SOON, 0, &got));
		ASSERT_EQ(0, memcmp(got.message, &turn, sizeof(turn)));
		version = got.record.version;
	}
	EXPECT_EQ(0, child_end(writer));
}

TEST_F(wait, meets_every_message)
{
	meet(_metadata, self);
}

TEST_F(wait, meets_the_first_message_of_every_channel)
{
	self->meeting->new_channels = true;
	meet(_metadata, self);
}

TEST_F(wait, meets_every_clear)
{
	pid_t writer;

	self->meeting->clears = true;
	writer = start_writer(self);
	for (unsigned int turn = 0; goes_on(self->meeting, turn); turn++) {
		struct got got;

		ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
		ASSERT_EQ(0, slot_get(self->fd, 1, &got));
		atomic_store(&self->meeting->waiting, turn + 1);
		ASSERT_EQ(0, slot_wait(self->fd, 1, got.record.version, SOON,
				       MSG_SLOT_ANY_CHANGE, &got));
		ASSERT_TRUE(record_is_empty(got.record, 1));
	}
	EXPECT_EQ(0, child_end(writer));
}

/* Woken, it finds the event that it was woken for. */
static void meet_by_watch(struct __test_metadata *_metadata,
			  FIXTURE_DATA(wait) * self)
{
	struct watcher *watch = watch_all(self->fd);
	pid_t writer = start_writer(self);

	for (unsigned int turn = 0; goes_on(self->meeting, turn); turn++) {
		unsigned int id = channel_of(self->meeting, turn);
		struct event *event;

		atomic_store(&self->meeting->waiting, turn + 1);
		/* The one before may be told again. */
		do {
			event = watch_await(watch);
		} while (!event_tells(event, id, &turn, sizeof(turn)));
	}
	EXPECT_EQ(0, child_end(writer));
	watcher_free(watch);
}

TEST_F(wait, for_a_watch_meets_every_message)
{
	meet_by_watch(_metadata, self);
}

TEST_F(wait, for_a_watch_meets_every_channel)
{
	self->meeting->new_channels = true;
	meet_by_watch(_metadata, self);
}

TEST_HARNESS_MAIN
