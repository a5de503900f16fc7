// SPDX-License-Identifier: GPL-2.0
/*
 * The bell: an owner of a lane writes at full speed, and then stands still until everybody
 * who waits has its last message. None may sleep while there is a newer one, however it
 * waits. TEST_SECONDS: for so long.
 */
#include "owner.h"
#include "child.h"
#include "kernel_bits.h"
#include "scale.h"
#include "watch.h"

#define ID 7
/* So many messages at a time, at most, and now and then one. */
#define MOST_AT_ONCE 64u
/* A wake-up that takes longer is lost. */
#define LOST_MS 20000

struct meeting;

struct waiter {
	struct meeting *meeting;
	const char *name;
	void (*wait)(struct waiter *waiter);
	int fd;
	atomic_ullong seen;
	unsigned long long waits;
	pthread_t thread;
};

struct meeting {
	int node;
	atomic_bool over;
	struct waiter waiters[8];
	unsigned int count;
};

static void has_seen(struct waiter *waiter, const void *message, long n)
{
	unsigned long long value;

	if (n != sizeof(value))
		return;
	memcpy(&value, message, sizeof(value));
	waiter->waits++;
	if (value < atomic_load(&waiter->seen)) {
		fprintf(stderr, "# %s: a message came again\n", waiter->name);
		abort();
	}
	atomic_store(&waiter->seen, value);
}

static bool goes_on(struct waiter *waiter)
{
	return !atomic_load(&waiter->meeting->over);
}

static void by_wait(struct waiter *waiter)
{
	unsigned long long version = 0;
	struct got got;

	while (goes_on(waiter)) {
		if (slot_wait(waiter->fd, ID, version, FOREVER, 0, &got))
			continue;
		version = got.record.version;
		has_seen(waiter, got.message, got.record.size);
	}
}

static void by_any_change(struct waiter *waiter)
{
	unsigned long long version = 0;
	struct got got;

	while (goes_on(waiter)) {
		if (slot_wait(waiter->fd, ID, version, FOREVER,
			      MSG_SLOT_ANY_CHANGE, &got))
			continue;
		version = got.record.version;
		has_seen(waiter, got.message, got.record.size);
	}
}

static void by_blocking_read(struct waiter *waiter)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	if (slot_select(waiter->fd, ID) ||
	    slot_ioctl(waiter->fd, MSG_SLOT_BLOCKING, (void *)1))
		abort();
	while (goes_on(waiter))
		has_seen(waiter, message,
			 slot_read(waiter->fd, message, sizeof(message)));
}

static void by_poll(struct waiter *waiter)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	if (slot_select(waiter->fd, ID))
		abort();
	while (goes_on(waiter)) {
		if (poll_events(waiter->fd, POLLIN, -1) & POLLIN)
			has_seen(waiter, message,
				 slot_read(waiter->fd, message,
					   sizeof(message)));
	}
}

/* By edges: read once for each. */
static void by_edges(struct waiter *waiter)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	char message[MSG_SLOT_MAX_MESSAGE];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (slot_select(waiter->fd, ID) ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, waiter->fd, &event))
		abort();
	while (goes_on(waiter)) {
		if (epoll_wait(epoll, &event, 1, -1) == 1)
			has_seen(waiter, message,
				 slot_read(waiter->fd, message,
					   sizeof(message)));
	}
	close(epoll);
}

static void by_watch_of(struct waiter *waiter, int watch)
{
	static __thread char buf[EVENTS_ROOM] __attribute__((aligned(8)));
	struct event *event;
	long n, at;

	if (watch < 0)
		abort();
	while (goes_on(waiter)) {
		n = slot_read(watch, buf, sizeof(buf));
		for (at = 0; at < n; at += event_size(event)) {
			event = (struct event *)(buf + at);
			if (event->record.event == MSG_SLOT_WRITTEN)
				has_seen(waiter, event->message,
					 event->record.size);
		}
	}
	close(watch);
}

static void by_watch(struct waiter *waiter)
{
	by_watch_of(waiter, slot_watch(waiter->fd, NULL, 0));
}

static void by_watch_of_a_set(struct waiter *waiter)
{
	by_watch_of(waiter, slot_watch(waiter->fd, &(__u32){ ID }, 1));
}

static void *wait_all_the_time(void *arg)
{
	struct waiter *waiter = arg;

	waiter->wait(waiter);
	return NULL;
}

static void add_waiter(struct meeting *meeting, const char *name,
		       void (*wait)(struct waiter *waiter))
{
	struct waiter *waiter = &meeting->waiters[meeting->count++];

	waiter->meeting = meeting;
	waiter->name = name;
	waiter->wait = wait;
	waiter->fd = slot_open(meeting->node, O_RDWR);
	if (pthread_create(&waiter->thread, NULL, wait_all_the_time, waiter))
		abort();
}

/* Whether all have seen it, soon. */
static bool all_see(struct meeting *meeting, unsigned long long value)
{
	unsigned long long end =
		clock_now(CLOCK_MONOTONIC) + LOST_MS * MILLISECOND;

	for (unsigned int i = 0; i < meeting->count; i++) {
		struct waiter *waiter = &meeting->waiters[i];

		while (atomic_load(&waiter->seen) < value) {
			if (clock_now(CLOCK_MONOTONIC) > end) {
				fprintf(stderr,
					"# %s sleeps: has %llu of %llu\n",
					waiter->name,
					(unsigned long long)waiter->seen,
					value);
				return false;
			}
			usleep(20);
		}
	}
	return true;
}

/* Now and then otherwise than by the lane; and what is last is always a message there. */
static void do_something_else(struct lane *lane, unsigned long long random,
			      unsigned long long value)
{
	switch (random % 32) {
	case 0:
		if (slot_put(lane->fd, ID, &value, sizeof(value)))
			abort();
		break;
	case 1:
		if (slot_clear(lane->fd, ID))
			abort();
		break;
	case 2:
		lane_put(lane, "", 0);
		break;
	case 3:
		if (slot_release(lane->fd, ID))
			abort();
		lane_unmap(lane);
		lane_open(lane, lane->fd, ID, MSG_SLOT_END_KEEP);
		break;
	case 4:
		if (owner_can_be_stopped())
			lane_put_for(lane, &value, sizeof(value), MILLISECOND);
		break;
	}
}

static void linger(unsigned long long random)
{
	for (unsigned int i = random % (1u << (random >> 32) % 14); i; i--)
		__asm__ volatile("");
}

static bool write_and_meet(struct meeting *meeting, bool calls, double until,
			   unsigned long long *written)
{
	unsigned long long value = 0;
	struct lane lane;

	lane_open(&lane, slot_open(meeting->node, O_RDWR), ID,
		  MSG_SLOT_END_KEEP);
	for (unsigned int turn = 0; turn < 20 || seconds() < until; turn++) {
		unsigned long long random = mix(turn);
		unsigned int n = random & 1 ? 1 :
					      1 + (random >> 8) % MOST_AT_ONCE;

		if (calls)
			do_something_else(&lane, random >> 16, ++value);
		while (n--) {
			value++;
			lane_put(&lane, &value, sizeof(value));
		}
		if (!all_see(meeting, value))
			return false;
		linger(mix(random));
	}
	*written = value;
	atomic_store(&meeting->over, true);
	value++;
	lane_put(&lane, &value, sizeof(value));
	for (unsigned int i = 0; i < meeting->count; i++) {
		pthread_join(meeting->waiters[i].thread, NULL);
		close(meeting->waiters[i].fd);
	}
	close(lane.fd);
	lane_unmap(&lane);
	return true;
}

FIXTURE(bell)
{
	struct meeting meeting;
};

FIXTURE_SETUP(bell)
{
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	self->meeting.node = slot_fresh();
}

FIXTURE_TEARDOWN(bell)
{
	close(self->meeting.node);
}

/* How one waits. */
struct way {
	void (*wait)(struct waiter *waiter);
};

FIXTURE_VARIANT(bell)
{
	/* Or in all ways. */
	struct way only;
	bool calls;
};

#define BELL(name, way, with_calls)                          \
	FIXTURE_VARIANT_ADD(bell, name)                      \
	{                                                    \
		.only = { .wait = way }, .calls = with_calls \
	}

BELL(of_wait, by_wait, false);
BELL(of_any_change, by_any_change, false);
BELL(of_blocking_read, by_blocking_read, false);
BELL(of_poll, by_poll, false);
BELL(of_edges, by_edges, false);
BELL(of_a_watch, by_watch, false);
BELL(of_a_watch_of_a_set, by_watch_of_a_set, false);
BELL(of_all, NULL, false);
BELL(of_all_with_calls, NULL, true);

TEST_F_TIMEOUT(bell, is_never_missed, 100000)
{
	const char *duration = getenv("TEST_SECONDS");
	double until = seconds() + (duration ? atof(duration) : 1);
	struct meeting *meeting = &self->meeting;
	unsigned long long written = 0, waits = 0;

	if (variant->only.wait) {
		add_waiter(meeting, "it", variant->only.wait);
	} else {
		add_waiter(meeting, "MSG_SLOT_WAIT", by_wait);
		add_waiter(meeting, "MSG_SLOT_ANY_CHANGE", by_any_change);
		add_waiter(meeting, "a blocking read", by_blocking_read);
		add_waiter(meeting, "poll", by_poll);
		add_waiter(meeting, "epoll by edges", by_edges);
		add_waiter(meeting, "a watch", by_watch);
		add_waiter(meeting, "a watch of a set", by_watch_of_a_set);
	}
	ASSERT_TRUE(write_and_meet(meeting, variant->calls, until, &written));
	for (unsigned int i = 0; i < meeting->count; i++)
		waits += meeting->waiters[i].waits;
	printf("# info: %llu messages, told %llu times to %u who wait\n",
	       written, waits, meeting->count);
}

/*
 * Owners that come and go with their files, whose inodes go as well, beside readers who
 * have to stop them to read.
 */
static atomic_bool reading_is_over;

static void *read_all_the_time(void *arg)
{
	int fd = slot_open(*(int *)arg, O_RDWR);
	struct got got;

	while (!atomic_load(&reading_is_over))
		slot_get(fd, ID, &got);
	close(fd);
	return NULL;
}

static void *overtake_all_the_time(void *arg)
{
	struct msg_slot_cell *cell = arg;

	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int latch = cell->latch + 1;

		cell->size[latch & 1] = 8;
		__atomic_store_n(&cell->latch, latch, __ATOMIC_RELEASE);
	}
	return NULL;
}

TEST(owners_come_and_go)
{
	unsigned int minor = slot_fresh_minor();
	int node = slot_at(MSG_SLOT_MAJOR, minor);
	double until = seconds() + 2;
	pthread_t readers[2];
	unsigned int owners;

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	for (unsigned int i = 0; i < ARRAY_SIZE(readers); i++)
		ASSERT_EQ(0, pthread_create(&readers[i], NULL,
					    read_all_the_time, &node));
	for (owners = 0; owners < 20 || seconds() < until; owners++) {
		int own = slot_at(MSG_SLOT_MAJOR, minor);
		struct lane lane;
		pthread_t writer;

		lane_open(&lane, slot_open(own, O_RDWR), ID,
			  owners & 1 ? MSG_SLOT_END_KEEP : MSG_SLOT_END_CLEAR);
		close(own);
		lane_put(&lane, "message", 7);
		close(lane.fd);
		ASSERT_EQ(0, pthread_create(&writer, NULL,
					    overtake_all_the_time, lane.cell));
		pthread_join(writer, NULL);
		lane_unmap(&lane);
	}
	atomic_store(&reading_is_over, true);
	for (unsigned int i = 0; i < ARRAY_SIZE(readers); i++)
		pthread_join(readers[i], NULL);
	close(node);
	printf("# info: %u owners\n", owners);
}

TEST_HARNESS_MAIN
