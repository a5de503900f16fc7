// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_GET_COUNTERS: how often things happened in a slot. */
#include "counters.h"
#include "commit.h"
#include "kernel_bits.h"
#include "owner.h"
#include "processor.h"
#include "watch.h"

#include <pthread.h>
#include <sys/mman.h>

#define CLEAR MSG_SLOT_END_CLEAR
#define KEEP MSG_SLOT_END_KEEP
#define LONG 1000

FIXTURE(counters)
{
	int node;
	int fd;
	int other;
};

FIXTURE_SETUP(counters)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->other = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(counters)
{
	close(self->fd);
	close(self->other);
	close(self->node);
}

#define EXPECT_COUNTED(fd, what, n) EXPECT_EQ(n, slot_counters(fd).what)

/* Nothing but what the slot has without any channel. */
static bool nothing_is_counted(int fd)
{
	struct msg_slot_counters counters = slot_counters(fd);
	struct msg_slot_limits limits = slot_limits(fd);
	struct msg_slot_counters wanted = {
		.max_message = limits.max_message,
		.max_channels = limits.max_channels,
		.max_bytes = limits.max_bytes,
	};

	return !memcmp(&counters, &wanted, sizeof(wanted));
}

TEST_F(counters, a_virgin_has_counted_nothing)
{
	EXPECT_TRUE(nothing_is_counted(self->fd));
}

TEST_F(counters, the_struct_has_no_holes)
{
	EXPECT_EQ(128u, sizeof(struct msg_slot_counters));
}

TEST_F(counters, writes_by_every_call)
{
	static const char text[LONG] = "long";
	struct iovec vec = { "vec", 3 };

	ASSERT_EQ(0, slot_set_max_message(self->fd, LONG));
	EXPECT_EQ(3, slot_send(self->fd, 7, "one", 3));
	EXPECT_EQ(3, slot_write(self->fd, "two", 3));
	EXPECT_EQ(3, slot_pwrite(self->fd, "at8", 3, 8));
	EXPECT_EQ(3, pwritev(self->fd, &vec, 1, 8));
	EXPECT_COUNTED(self->fd, writes, 4u);
	EXPECT_EQ(0, slot_put(self->fd, 7, "put", 3));
	EXPECT_EQ(0, slot_put_for(self->fd, 7, "put", 3, FOREVER));
	EXPECT_COUNTED(self->fd, writes, 6u);
	EXPECT_EQ(0, slot_put_for(self->fd, 7, "put", 3, 3600 * SECOND));
	EXPECT_COUNTED(self->fd, writes, 7u);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(LONG, slot_pwrite(self->fd, text, LONG, 9));
	EXPECT_COUNTED(self->other, writes, 10u);
}

TEST_F(counters, not_what_was_refused)
{
	unsigned long long version = 77;

	ASSERT_EQ(0, slot_claim(self->other, 8, KEEP));
	EXPECT_EQ(-EBUSY, slot_pwrite(self->fd, "no", 2, 8));
	EXPECT_EQ(-EBUSY, slot_clear(self->fd, 8));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, "", 0, 7));
	EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, (void *)8, 8, 7));
	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, 7, "no", 2, &version));
	EXPECT_EQ(0, slot_clear(self->fd, 7));
	EXPECT_EQ(-EBUSY, slot_claim(self->fd, 8, KEEP));
	EXPECT_COUNTED(self->fd, writes, 0u);
	EXPECT_COUNTED(self->fd, clears, 0u);
	EXPECT_COUNTED(self->fd, claims, 1u);
}

TEST_F(counters, nor_what_changes_nothing)
{
	struct got got;

	ASSERT_EQ(3, slot_pwrite(self->fd, "one", 3, 7));
	EXPECT_EQ(0, slot_get(self->fd, 7, &got));
	EXPECT_EQ(0, slot_renew(self->fd, 7, 3600 * SECOND));
	EXPECT_COUNTED(self->fd, writes, 1u);
	EXPECT_COUNTED(self->fd, clears, 0u);
}

TEST_F(counters, clears)
{
	ASSERT_EQ(3, slot_pwrite(self->fd, "one", 3, 7));
	EXPECT_EQ(0, slot_clear(self->fd, 7));
	EXPECT_EQ(0, slot_clear(self->fd, 7));
	EXPECT_COUNTED(self->fd, clears, 1u);
	EXPECT_COUNTED(self->fd, writes, 1u);
	EXPECT_COUNTED(self->fd, expiries, 0u);
}

TEST_F(counters, each_part_of_a_commit)
{
	struct msg_slot_put puts[] = { put_text(7, "a"), put_text(8, "b"),
				       clear_of(9), clear_of(10) };

	ASSERT_EQ(4, slot_pwrite(self->fd, "nine", 4, 9));
	ASSERT_EQ(0, slot_commit(self->fd, puts, 4));
	EXPECT_COUNTED(self->fd, writes, 3u);
	EXPECT_COUNTED(self->fd, clears, 1u);
	puts[1] = put_if(puts[1], 77777);
	ASSERT_EQ(-ESTALE, slot_commit(self->fd, puts, 4));
	EXPECT_COUNTED(self->fd, writes, 3u);
	EXPECT_COUNTED(self->fd, clears, 1u);
}

TEST_F(counters, a_message_whose_time_is_over)
{
	ASSERT_EQ(0, slot_put_for(self->fd, 7, "short", 5, MILLISECOND));
	EXPECT_TRUE(slot_has_expired_soon(self->fd, 1));
	EXPECT_COUNTED(self->fd, writes, 1u);
	EXPECT_COUNTED(self->fd, clears, 0u);
	EXPECT_EQ(0, slot_clear(self->fd, 7));
	EXPECT_COUNTED(self->fd, clears, 0u);
	EXPECT_COUNTED(self->fd, expiries, 1u);
}

/* Whether the kernel or the next writer is first. */
TEST_F(counters, also_if_another_takes_its_place)
{
	for (unsigned int i = 1; i <= 50; i++) {
		ASSERT_EQ(0, slot_put_for(self->fd, 7, "short", 5, 1000));
		usleep(100);
		ASSERT_EQ(0, slot_put(self->fd, 7, "next", 4));
		EXPECT_TRUE(slot_has_expired_soon(self->fd, i));
	}
	EXPECT_COUNTED(self->fd, writes, 100u);
	EXPECT_COUNTED(self->fd, clears, 0u);
}

TEST_F(counters, claims)
{
	ASSERT_EQ(0, slot_claim(self->fd, 7, CLEAR));
	ASSERT_EQ(0, slot_claim(self->fd, 7, KEEP));
	ASSERT_EQ(0, slot_claim(self->fd, 8, CLEAR));
	EXPECT_COUNTED(self->other, claims, 2u);
	EXPECT_COUNTED(self->other, held, 2u);
	EXPECT_EQ(0, slot_release(self->fd, 7));
	EXPECT_EQ(-EINVAL, slot_release(self->fd, 7));
	EXPECT_COUNTED(self->other, held, 1u);
	ASSERT_EQ(1, slot_pwrite(self->fd, "8", 1, 8));
	close(self->fd);
	self->fd = slot_open(self->node, O_RDWR);
	EXPECT_COUNTED(self->other, claims, 2u);
	EXPECT_COUNTED(self->other, held, 0u);
	EXPECT_COUNTED(self->other, clears, 1u);
	EXPECT_COUNTED(self->other, wills, 0u);
}

TEST_F(counters, wills)
{
	ASSERT_EQ(0, slot_claim_will(self->fd, 7, "gone", 4));
	ASSERT_EQ(0, slot_claim_will(self->fd, 8, "gone", 4));
	EXPECT_COUNTED(self->other, wills, 0u);
	EXPECT_EQ(0, slot_release(self->fd, 7));
	EXPECT_COUNTED(self->other, wills, 1u);
	close(self->fd);
	self->fd = slot_open(self->node, O_RDWR);
	EXPECT_COUNTED(self->other, wills, 2u);
	EXPECT_COUNTED(self->other, writes, 2u);
}

TEST_F(counters, a_watch_that_begins_anew)
{
	struct watcher *watch = watch_all(self->fd);
	struct event *event;

	/* More than are kept for it: see MSG_SLOT_WATCH. */
	for (unsigned int id = 1; id <= 5000; id++) {
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, id));
		ASSERT_EQ(0, slot_clear(self->fd, id));
	}
	EXPECT_COUNTED(self->fd, restarts, 0u);
	do {
		event = watch_await(watch);
	} while (event->record.event != MSG_SLOT_RESTART);
	EXPECT_COUNTED(self->fd, restarts, 1u);
	EXPECT_COUNTED(self->fd, writes, 5000u);
	EXPECT_COUNTED(self->fd, clears, 5000u);
	watcher_free(watch);
}

TEST_F(counters, not_what_is_written_to_a_lane)
{
	struct lane lane;

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	lane_open(&lane, self->fd, 7, KEEP);
	lane_put(&lane, "one", 3);
	lane_put(&lane, "two", 3);
	EXPECT_GET(self->other, 7, "two");
	EXPECT_COUNTED(self->other, writes, 0u);
	ASSERT_EQ(5, slot_pwrite(self->fd, "three", 5, 7));
	EXPECT_COUNTED(self->other, writes, 1u);
	lane_unmap(&lane);
}

TEST_F(counters, what_the_slot_has)
{
	const struct msg_slot_limits set = { 200, 300, 400000 };
	struct msg_slot_counters counters;
	struct msg_slot_usage usage;

	ASSERT_EQ(0, slot_set_limits(self->fd, set));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 8));
	usage = slot_usage(self->fd);
	counters = slot_counters(self->fd);
	EXPECT_EQ(2u, counters.channels);
	EXPECT_EQ(usage.bytes, counters.bytes);
	EXPECT_EQ(set.max_message, counters.max_message);
	EXPECT_EQ(set.max_channels, counters.max_channels);
	EXPECT_EQ(set.max_bytes, counters.max_bytes);
}

#define WRITERS 4
#define WRITES 1000

struct writer {
	int fd;
	unsigned int cpu;
	pthread_t thread;
};

static void *write_many(void *arg)
{
	struct writer *writer = arg;

	stay_on(writer->cpu % sysconf(_SC_NPROCESSORS_ONLN));
	for (int i = 0; i < WRITES; i++) {
		if (slot_pwrite(writer->fd, "x", 1, 1 + writer->cpu) != 1)
			abort();
	}
	return NULL;
}

TEST_F(counters, writes_of_every_processor)
{
	struct writer writers[WRITERS];

	for (unsigned int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ .fd = self->fd, .cpu = i };
		ASSERT_EQ(0, pthread_create(&writers[i].thread, NULL,
					    write_many, &writers[i]));
	}
	for (unsigned int i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	EXPECT_COUNTED(self->fd, writes, 1ull * WRITERS * WRITES);
}

TEST_F(counters, each_slot_has_its_own)
{
	int node = slot_fresh();
	int fd = slot_open(node, O_RDWR);

	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
	EXPECT_TRUE(nothing_is_counted(fd));
	close(fd);
	close(node);
}

TEST_F(counters, of_a_file_that_is_only_read)
{
	int fd = slot_open(self->node, O_RDONLY);

	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
	EXPECT_COUNTED(fd, writes, 1u);
	ASSERT_EQ(0, slot_restrict(fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_COUNTED(fd, writes, 1u);
	close(fd);
}

TEST_F(counters, not_for_a_file_that_is_narrowed)
{
	struct msg_slot_counters counters = { .reserved[3] = 1 };

	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_EQ(-EPERM,
		  slot_ioctl(self->fd, MSG_SLOT_GET_COUNTERS, &counters));
	EXPECT_EQ(-EPERM, slot_ioctl(self->fd, MSG_SLOT_GET_COUNTERS, NULL));
}

TEST_F(counters, bad_arguments_change_nothing)
{
	struct msg_slot_counters zero = { 0 };
	void *constant =
		mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_GET_COUNTERS, NULL));
	EXPECT_EQ(-EFAULT,
		  slot_ioctl(self->fd, MSG_SLOT_GET_COUNTERS, constant));
	for (int i = 0; i < 4; i++) {
		struct msg_slot_counters counters = { 0 }, same;

		counters.reserved[i] = 1ull << 63;
		same = counters;
		EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_GET_COUNTERS,
					      &counters));
		EXPECT_EQ(0, memcmp(&same, &counters, sizeof(same)));
	}
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_GET_COUNTERS, &zero));
	munmap(constant, PAGE);
}

TEST_HARNESS_MAIN
