// SPDX-License-Identifier: GPL-2.0
/* msgslot_writer_open() and its likes: messages without a system call. */
#include "interposed.h"
#include "child.h"
#include "kernel_bits.h"
#include "waiting.h"

static struct msgslot_writer *writer_of(int fd, uint32_t channel)
{
	struct msgslot_writer *writer;

	if (msgslot_writer_open(fd, channel, &writer))
		abort();
	return writer;
}

static int put(struct msgslot_writer *writer, const char *text)
{
	return msgslot_writer_put(writer, text, strlen(text));
}

/* Another open file of the same slot. */
static int other_of(int node)
{
	int fd = library_open(node, O_RDWR);

	if (fd < 0)
		abort();
	return fd;
}

static bool mapped_has(struct msgslot_view *view, uint32_t channel,
		       const char *text)
{
	struct msgslot_reader reader = reader_of(view, channel);
	char buf[MSG_SLOT_MAX_MESSAGE];

	/* By a call, then where it is mapped. */
	for (int i = 0; i < 3; i++)
		if (msgslot_reader_get(&reader, buf, sizeof(buf), NULL) !=
			    (long)strlen(text) ||
		    memcmp(buf, text, strlen(text)))
			return false;
	return true;
}

/* Whether all readers find it. */
static bool all_find(int fd, struct msgslot_view *view, const char *text)
{
	return channel_has(fd, 7, text) && mapped_has(view, 7, text);
}

#define EXPECT_ALL(text) EXPECT_TRUE(all_find(self->fd, self->view, text))

/* Makes it in place. */
static int put_in_place(struct msgslot_writer *writer, const char *text)
{
	memcpy(msgslot_writer_buffer(writer), text, strlen(text));
	return msgslot_writer_publish(writer, strlen(text));
}

TEST_F(view, puts_without_a_call)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	ASSERT_TRUE(msgslot_writer_has_lane(writer));
	EXPECT_EQ(0, put(writer, "first"));
	EXPECT_ALL("first");
	calls_since();
	for (int i = 0; i < 1000; i++)
		ASSERT_EQ(0, put(writer, "next"));
	EXPECT_EQ(0u, calls_since());
	EXPECT_ALL("next");
	msgslot_writer_close(writer);
	EXPECT_ALL("next");
}

TEST_F(view, each_size)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);
	char message[MSG_SLOT_MAX_MESSAGE], buf[MSG_SLOT_MAX_MESSAGE];

	for (long n = 1; n <= MSG_SLOT_MAX_MESSAGE; n++) {
		message_fill(message, n, n);
		ASSERT_EQ(0, msgslot_writer_put(writer, message, n));
		EXPECT_EQ(n, msgslot_get(self->fd, 7, buf, sizeof(buf), NULL));
		EXPECT_TRUE(message_is(buf, n, n));
	}
	msgslot_writer_close(writer);
}

/* Also what the kernel tells of messages that it has seen none of. */
TEST_F(view, versions_grow_and_the_author_is_the_claim_s)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);
	unsigned long long start = clock_now(CLOCK_BOOTTIME);
	struct msg_slot_record record = { .version = 0 };
	unsigned long long last = 0;
	char buf[16];

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(0, put(writer, "message"));
		ASSERT_EQ(7, msgslot_get(self->fd, 7, buf, 16, &record));
		EXPECT_LT(last, record.version);
		EXPECT_EQ((__u32)getpid(), record.pid);
		EXPECT_EQ(FOREVER, record.ttl);
		EXPECT_GE(clock_now(CLOCK_BOOTTIME) - start, record.age);
		last = record.version;
	}
	msgslot_writer_close(writer);
	ASSERT_EQ(7, msgslot_get(self->fd, 7, buf, 16, &record));
	EXPECT_LT(last, record.version);
}

TEST_F(view, what_can_t_be_opened_changes_nothing)
{
	struct msgslot_writer *none = NULL, *writer;
	int other = other_of(self->node);

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	EXPECT_EQ(-EBADF, msgslot_writer_open(-1, 7, &none));
	EXPECT_EQ(-EINVAL, msgslot_writer_open(self->fd, 0, &none));
	EXPECT_EQ(-EINVAL,
		  msgslot_writer_open_with(self->fd, 7, MSG_SLOT_END_KEEP, NULL,
					   0, 2, &none));
	EXPECT_EQ(-EINVAL,
		  msgslot_writer_open_with(self->fd, 7, MSG_SLOT_END_KEEP,
					   "will", 4, 0, &none));
	EXPECT_EQ(-EINVAL,
		  msgslot_writer_open_with(self->fd, 7, 3, NULL, 0, 0, &none));
	/* None of these has claimed it. */
	writer = writer_of(other, 7);
	put(writer, "here");
	EXPECT_EQ(-EBUSY, msgslot_writer_open(self->fd, 7, &none));
	EXPECT_EQ(-EEXIST,
		  msgslot_writer_open_with(other, 7, MSG_SLOT_END_CLEAR, NULL,
					   0, 0, &none));
	EXPECT_EQ(NULL, none);
	EXPECT_EQ(0, put(writer, "still here"));
	msgslot_writer_close(writer);
	/* Nor has the last one changed what becomes of it. */
	EXPECT_ALL("still here");
	msgslot_close(other);
	msgslot_writer_close(NULL);
}

TEST_F(view, what_can_t_be_put_changes_nothing)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);
	const uint64_t no_time = FOREVER - 1;

	put(writer, "stays");
	EXPECT_EQ(-EMSGSIZE, msgslot_writer_put(writer, "", 0));
	EXPECT_EQ(-EMSGSIZE, msgslot_writer_put(writer, large(129, 1), 129));
	EXPECT_EQ(-EMSGSIZE, msgslot_writer_put(writer, "x", HUGE_SIZE));
	EXPECT_EQ(-EMSGSIZE, msgslot_writer_put_with(writer, "", 0, SECOND, 0));
	EXPECT_EQ(-EINVAL, msgslot_writer_put_with(writer, "x", 1, no_time, 0));
	EXPECT_EQ(-EMSGSIZE, msgslot_writer_publish(writer, 0));
	EXPECT_EQ(-EMSGSIZE, msgslot_writer_publish(writer, 129));
	EXPECT_EQ(-EMSGSIZE, msgslot_writer_publish(writer, HUGE_SIZE));
	EXPECT_ALL("stays");
	msgslot_writer_close(writer);
}

/* The same from without, with a lane and without. */
static void use(struct __test_metadata *_metadata, FIXTURE_DATA(view) * self,
		struct msgslot_writer *writer)
{
	struct msg_slot_record record;
	char buf[MSG_SLOT_MAX_MESSAGE];

	EXPECT_EQ(0, put(writer, "one"));
	EXPECT_ALL("one");
	memcpy(msgslot_writer_buffer(writer), "not yet", 7);
	EXPECT_ALL("one");
	EXPECT_EQ(0, put_in_place(writer, "two"));
	EXPECT_ALL("two");
	EXPECT_EQ(0,
		  msgslot_writer_put_with(writer, "three", 5, 100 * SECOND, 0));
	EXPECT_ALL("three");
	ASSERT_EQ(5, msgslot_get(self->fd, 7, buf, sizeof(buf), &record));
	EXPECT_GE(100 * SECOND, record.ttl);
	EXPECT_LT(0u, record.ttl);
	EXPECT_EQ(0, msgslot_writer_put_with(writer, large(128, 5), 128,
					     100 * SECOND, 0));
	ASSERT_EQ(128, msgslot_get(self->fd, 7, buf, sizeof(buf), &record));
	EXPECT_EQ(0, memcmp(large(128, 5), buf, 128));
	EXPECT_GE(100 * SECOND, record.ttl);
	EXPECT_EQ(0, put(writer, "last"));
	EXPECT_ALL("last");
}

TEST_F(view, with_a_lane)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);

	EXPECT_EQ(kernel_has_64_bits(), msgslot_writer_has_lane(writer));
	use(_metadata, self, writer);
	msgslot_writer_close(writer);
}

TEST_F(view, in_a_module_without_lanes)
{
	struct msgslot_writer *writer;

	refused_command = MSG_SLOT_LANE;
	writer = writer_of(self->fd, 7);
	EXPECT_FALSE(msgslot_writer_has_lane(writer));
	use(_metadata, self, writer);
	calls_since();
	EXPECT_EQ(0, put(writer, "by a call"));
	EXPECT_EQ(1u, calls_since());
	msgslot_writer_close(writer);
	EXPECT_ALL("by a call");
	/* The claim was as real. */
	refused_command = 0;
	EXPECT_EQ(-EINVAL, msgslot_release(self->fd, 7));
}

TEST_F(view, where_no_lane_can_be_had)
{
	const int reasons[] = { ENOMEM, ENOSPC, ENODEV };
	struct msgslot_writer *writer;

	refused_command = MSG_SLOT_LANE;
	for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++) {
		refused_with = reasons[i];
		writer = writer_of(self->fd, 7);
		EXPECT_FALSE(msgslot_writer_has_lane(writer));
		EXPECT_EQ(0, put(writer, "by a call"));
		msgslot_writer_close(writer);
	}
}

TEST_F(view, where_messages_may_be_short_only)
{
	struct msgslot_writer *writer;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 100));
	writer = writer_of(self->fd, 7);
	EXPECT_FALSE(msgslot_writer_has_lane(writer));
	EXPECT_EQ(0, put(writer, "short"));
	EXPECT_EQ(-EMSGSIZE, msgslot_writer_put(writer, large(101, 1), 101));
	EXPECT_ALL("short");
	msgslot_writer_close(writer);
}

TEST_F(view, of_a_file_that_is_open_for_writing_only)
{
	int fd = library_open(self->node, O_WRONLY);
	struct msgslot_writer *writer;

	EXPECT_EQ(-EBADF, msgslot_writer_open(fd, 0, &writer));
	writer = writer_of(fd, 7);
	EXPECT_FALSE(msgslot_writer_has_lane(writer));
	use(_metadata, self, writer);
	msgslot_writer_close(writer);
	msgslot_close(fd);
	fd = library_open(self->node, O_RDONLY);
	EXPECT_EQ(-EBADF, msgslot_writer_open(fd, 7, &writer));
	msgslot_close(fd);
}

TEST_F(view, of_a_file_that_was_narrowed_to_the_channel)
{
	int fd = other_of(self->node);
	struct msgslot_writer *writer;

	ASSERT_EQ(0, msgslot_restrict(fd, 7, 0));
	EXPECT_EQ(-EPERM, msgslot_writer_open(fd, 8, &writer));
	ASSERT_EQ(0, msgslot_writer_open(fd, 0, &writer));
	EXPECT_EQ(kernel_has_64_bits(), msgslot_writer_has_lane(writer));
	use(_metadata, self, writer);
	msgslot_writer_close(writer);
	msgslot_close(fd);
}

TEST_F(view, of_the_selected_channel_whatever_is_selected_then)
{
	struct msgslot_writer *writer;

	ASSERT_EQ(0, slot_select(self->fd, 7));
	ASSERT_EQ(0, msgslot_writer_open(self->fd, 0, &writer));
	ASSERT_EQ(0, slot_select(self->fd, 8));
	use(_metadata, self, writer);
	EXPECT_NONE(self->fd, 8);
	msgslot_writer_close(writer);
}

/* A claim of one's own is taken over, with what becomes of it. */
TEST_F(view, of_what_is_claimed_already)
{
	struct msgslot_writer *writer;

	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_CLEAR, NULL, 0));
	writer = writer_of(self->fd, 7);
	EXPECT_EQ(kernel_has_64_bits(), msgslot_writer_has_lane(writer));
	put(writer, "kept");
	msgslot_writer_close(writer);
	EXPECT_ALL("kept");
	EXPECT_EQ(-EINVAL, msgslot_release(self->fd, 7));
}

TEST_F(view, the_end_is_as_was_said)
{
	struct msgslot_writer *writer;

	ASSERT_EQ(0, msgslot_writer_open_with(self->fd, 7, MSG_SLOT_END_WILL,
					      "gone", 4, 0, &writer));
	put(writer, "here");
	EXPECT_ALL("here");
	msgslot_writer_close(writer);
	EXPECT_ALL("gone");
	ASSERT_EQ(0, msgslot_writer_open_with(self->fd, 7, MSG_SLOT_END_CLEAR,
					      NULL, 0, 0, &writer));
	EXPECT_ALL("gone");
	put(writer, "here");
	msgslot_writer_close(writer);
	EXPECT_NONE(self->fd, 7);
}

TEST_F(view, outlives_the_descriptor)
{
	int fd = other_of(self->node);
	struct msgslot_writer *writer = writer_of(fd, 7);

	msgslot_close(fd);
	EXPECT_EQ(0, put(writer, "one"));
	EXPECT_EQ(-EBUSY, put_text(self->fd, 7, "no"));
	EXPECT_EQ(0, put(writer, "two"));
	EXPECT_ALL("two");
	msgslot_writer_close(writer);
	EXPECT_EQ(0, put_text(self->fd, 7, "now"));
}

TEST_F(view, gives_everything_back)
{
	unsigned int maps = count_mappings();
	int before = dup(0);

	close(before);
	for (int i = 0; i < 300; i++) {
		struct msgslot_writer *writer = writer_of(self->fd, 7);

		put(writer, "message");
		msgslot_writer_close(writer);
	}
	EXPECT_EQ(before, dup(0));
	EXPECT_GE(maps + 2, count_mappings());
}

/* Whichever way they go, they come in their order. */
TEST_F(view, long_messages_among_short_ones)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct msgslot_info info;
	static char buf[4096];
	uint64_t last = 0;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 4096));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, put(writer, "short"));
		EXPECT_EQ(5, msgslot_reader_get(&reader, buf, 4096, &info));
		EXPECT_LT(last, info.version);
		last = info.version;
		ASSERT_EQ(0, put(writer, "shorter"));
		ASSERT_EQ(0, msgslot_writer_put(writer, large(4000, i), 4000));
		EXPECT_EQ(4000, msgslot_reader_get(&reader, buf, 4096, NULL));
		EXPECT_EQ(0, memcmp(buf, large(4000, i), 4000));
		EXPECT_EQ(4000, msgslot_reader_get(&reader, buf, 4096, &info));
		EXPECT_LT(last, info.version);
		last = info.version;
	}
	EXPECT_EQ(0, put(writer, "short"));
	EXPECT_EQ(5, msgslot_reader_get(&reader, buf, 4096, NULL));
	msgslot_writer_close(writer);
}

TEST_F(view, a_message_is_taken_away_by_a_call)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);

	put(writer, "here");
	put(writer, "here");
	EXPECT_EQ(0, msgslot_clear(self->fd, 7, NULL));
	EXPECT_NONE(self->fd, 7);
	put(writer, "again");
	EXPECT_ALL("again");
	msgslot_writer_close(writer);
}

TEST_F(view, a_message_is_over)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);
	const uint64_t ttl = 200 * MILLISECOND;
	unsigned long long end;
	char buf[128];

	put(writer, "first");
	end = end_of(ttl);
	ASSERT_EQ(0, msgslot_writer_put_with(writer, "mortal", 6, ttl, 0));
	while (msgslot_get(self->fd, 7, buf, 128, NULL) == 6)
		usleep(1000);
	EXPECT_TRUE(is_past(end));
	EXPECT_NONE(self->fd, 7);
	EXPECT_FALSE(mapped_has(self->view, 7, "mortal"));
	put(writer, "next");
	EXPECT_ALL("next");
	msgslot_writer_close(writer);
}

/* How long ago a message was written, as told by a call. */
static unsigned long long age_of(int fd)
{
	struct msg_slot_record record = { .age = 0 };
	char buf[128];

	if (msgslot_get(fd, 7, buf, sizeof(buf), &record) < 0)
		abort();
	return record.age;
}

/* Whether it was not written before that. */
static bool is_younger(int fd, unsigned long long than)
{
	unsigned long long age = age_of(fd);

	return age <= clock_now(CLOCK_BOOTTIME) - than;
}

TEST_F(view, tells_when_a_message_was_written)
{
	struct msgslot_writer *writer;
	unsigned long long now;

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	ASSERT_EQ(0,
		  msgslot_writer_open_with(self->fd, 7, MSG_SLOT_END_KEEP, NULL,
					   0, MSGSLOT_WRITER_TIMES, &writer));
	EXPECT_TRUE(msgslot_writer_has_lane(writer));
	put(writer, "first");
	now = clock_now(CLOCK_BOOTTIME);
	put(writer, "timed");
	usleep(20000);
	EXPECT_LE(20 * MILLISECOND, age_of(self->fd));
	EXPECT_TRUE(is_younger(self->fd, now));
	now = clock_now(CLOCK_BOOTTIME) - 5 * MILLISECOND;
	msgslot_writer_put_with(writer, "given", 5, 0, now);
	EXPECT_LE(5 * MILLISECOND, age_of(self->fd));
	EXPECT_TRUE(is_younger(self->fd, now));
	put_in_place(writer, "made");
	usleep(20000);
	EXPECT_LE(20 * MILLISECOND, age_of(self->fd));
	/* Yet to come: it counts as the present. */
	now = clock_now(CLOCK_BOOTTIME);
	msgslot_writer_put_with(writer, "odd", 3, 0, now + 1000 * SECOND);
	EXPECT_TRUE(is_younger(self->fd, now));
	msgslot_writer_close(writer);
}

static uint64_t version_waited_for;

static long sleep_in_wait(struct sleeper *sleeper)
{
	return msgslot_wait(sleeper->fd, 7, version_waited_for,
			    SOON_MS * MILLISECOND, sleeper->got,
			    sizeof(sleeper->got), NULL);
}

TEST_F(view, wakes_who_waits)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);
	int other = other_of(self->node);

	ASSERT_EQ(0, slot_select(other, 7));
	for (int i = 0; i < 20; i++) {
		struct sleeper waits = { .call = sleep_in_wait, .fd = other };
		struct sleeper polls = { .call = sleep_in_poll, .fd = other };
		char buf[16];

		put(writer, "before");
		slot_read(other, buf, sizeof(buf));
		version_waited_for = slot_version(other, 7);
		sleeper_start(&waits);
		sleeper_start(&polls);
		ASSERT_FALSE(atomic_load(&waits.done));
		ASSERT_FALSE(atomic_load(&polls.done));
		put(writer, "now");
		EXPECT_EQ(3, sleeper_join(&waits));
		EXPECT_EQ(0, memcmp("now", waits.got, 3));
		EXPECT_EQ(POLLIN, sleeper_join(&polls));
	}
	msgslot_writer_close(writer);
	msgslot_close(other);
}

/* The next event that is not of a message of 7 bytes, which may not be told. */
static bool tells(struct msgslot_watch *watch, char c)
{
	struct msgslot_event event;

	do {
		if (msgslot_watch_next(watch, SOON_MS * MILLISECOND, &event) !=
		    1)
			return false;
	} while (event.record.size == 7);
	return event.record.channel == 7 && event.record.size == 1 &&
	       *(const char *)event.message == c;
}

TEST_F(view, a_watch_tells)
{
	const uint32_t channels[] = { 7 };
	struct msgslot_watch *all, *some;
	struct msgslot_writer *writer;

	ASSERT_EQ(0, msgslot_watch_open(self->fd, NULL, 0, &all));
	ASSERT_EQ(0, msgslot_watch_open(self->fd, channels, 1, &some));
	writer = writer_of(self->fd, 7);
	for (char c = 'a'; c <= 'z'; c++) {
		ASSERT_EQ(0, msgslot_writer_put(writer, "not yet", 7));
		ASSERT_EQ(0, msgslot_writer_put(writer, &c, 1));
		EXPECT_TRUE(tells(all, c));
		EXPECT_TRUE(tells(some, c));
	}
	msgslot_writer_close(writer);
	msgslot_watch_close(some);
	msgslot_watch_close(all);
}

/* One that was told costs nothing before it looks. */
static unsigned int calls_beside(int fd, const uint32_t *channels, size_t count)
{
	struct msgslot_writer *writer = writer_of(fd, 7);
	struct msgslot_watch *watch;
	struct msgslot_event event;
	unsigned int calls;

	if (msgslot_watch_open(fd, channels, count, &watch))
		abort();
	put(writer, "told");
	if (msgslot_watch_next(watch, SOON_MS * MILLISECOND, &event) != 1)
		abort();
	put(writer, "told");
	calls_since();
	for (int i = 0; i < 1000; i++)
		put(writer, "not told");
	calls = calls_since();
	msgslot_watch_close(watch);
	msgslot_writer_close(writer);
	return calls;
}

TEST_F(view, a_watch_that_has_not_looked_costs_nothing)
{
	const uint32_t channels[] = { 7 };

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	EXPECT_EQ(0u, calls_beside(self->fd, channels, 1));
	EXPECT_EQ(0u, calls_beside(self->fd, NULL, 0));
}

#define PINGS 3000

static atomic_uint answered;

/* Answers each of the other's messages, and waits for the next. */
static void *answer_pings(void *arg)
{
	int fd = *(int *)arg;
	struct msgslot_writer *writer = writer_of(fd, 8);
	struct msg_slot_record record = { .version = 0 };
	unsigned int n = 0;

	while (n < PINGS) {
		if (msgslot_wait(fd, 7, record.version, SOON_MS * MILLISECOND,
				 &n, sizeof(n), &record) != (ssize_t)sizeof(n))
			break;
		msgslot_writer_put(writer, &n, sizeof(n));
		atomic_store(&answered, n);
	}
	msgslot_writer_close(writer);
	return NULL;
}

/* If a wake-up is ever lost, both sleep for ever. */
TEST_F(view, no_wake_up_is_lost)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);
	struct msg_slot_record record = { .version = 0 };
	int other = other_of(self->node);
	pthread_t thread;
	unsigned int n;

	ASSERT_EQ(0, pthread_create(&thread, NULL, answer_pings, &other));
	for (unsigned int i = 1; i <= PINGS; i++) {
		ASSERT_EQ(0, msgslot_writer_put(writer, &i, sizeof(i)));
		ASSERT_EQ((ssize_t)sizeof(n),
			  msgslot_wait(self->fd, 8, record.version,
				       SOON_MS * MILLISECOND, &n, sizeof(n),
				       &record));
		ASSERT_EQ(i, n);
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(PINGS + 0u, atomic_load(&answered));
	msgslot_writer_close(writer);
	msgslot_close(other);
}

/* More than may go without the kernel being told, and versions go on. */
TEST_F(view, very_many_messages)
{
	struct msgslot_writer *writer = writer_of(self->fd, 7);
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct msgslot_info info;
	uint64_t written, last = 0;
	int i, n;

	for (i = 1; i <= 4 * MSG_SLOT_LANE_PUTS; i++) {
		written = i % 1000 ? 0 : clock_now(CLOCK_BOOTTIME);
		ASSERT_EQ(0, msgslot_writer_put_with(writer, &i, sizeof(i), 0,
						     written));
		if (i % 1000)
			continue;
		ASSERT_EQ((ssize_t)sizeof(n),
			  msgslot_reader_get(&reader, &n, sizeof(n), &info));
		ASSERT_EQ(i, n);
		ASSERT_LT(last, info.version);
		last = info.version;
		ASSERT_EQ(last, slot_version(self->fd, 7));
	}
	msgslot_writer_close(writer);
	EXPECT_LT(last, slot_version(self->fd, 7));
}

static struct msgslot_writer *inherited;

static int use_inherited(int fd)
{
	bool right = !msgslot_writer_has_lane(inherited) &&
		     !put(inherited, "the child's") &&
		     channel_has(fd, 7, "the child's");

	right &= !put_in_place(inherited, "in place") &&
		 channel_has(fd, 7, "in place");
	msgslot_writer_close(inherited);
	return !right;
}

TEST_F(view, a_child_goes_by_calls)
{
	inherited = writer_of(self->fd, 7);
	put(inherited, "before");
	EXPECT_EQ(0, in_child(use_inherited, self->fd));
	EXPECT_ALL("in place");
	/* The claim is there still, and the lane. */
	EXPECT_EQ(kernel_has_64_bits(), msgslot_writer_has_lane(inherited));
	EXPECT_EQ(0, put(inherited, "after"));
	EXPECT_ALL("after");
	msgslot_writer_close(inherited);
}

/* A child has other things where the lane was. */
static int fill_the_gap(int fd)
{
	char *gap = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool right = gap != MAP_FAILED && !put(inherited, "the child's") &&
		     channel_has(fd, 7, "the child's");

	for (int i = 0; right && i < 64 * 4096; i++)
		right = !gap[i];
	return !right;
}

TEST_F(view, a_child_does_not_write_elsewhere)
{
	inherited = writer_of(self->fd, 7);
	put(inherited, "before");
	EXPECT_EQ(0, in_child(fill_the_gap, self->fd));
	msgslot_writer_close(inherited);
}

static int put_after_release(int fd)
{
	struct msgslot_writer *writer = writer_of(fd, 9);

	/* Which sanitizers would have a word about. */
	signal(SIGBUS, SIG_DFL);
	put(writer, "kept");
	msgslot_release(fd, 9);
	put(writer, "lost");
	return 0;
}

static int put_after_restriction(int fd)
{
	struct msgslot_writer *writer = writer_of(fd, 9);

	signal(SIGBUS, SIG_DFL);
	put(writer, "kept");
	msgslot_restrict(fd, 0, MSG_SLOT_READ_ONLY);
	put(writer, "lost");
	return 0;
}

TEST_F(view, the_lane_goes_with_the_claim)
{
	int status = in_child(put_after_release, self->fd);

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGBUS, WTERMSIG(status));
	EXPECT_GET(self->fd, 9, "kept");
	status = in_child(put_after_restriction, other_of(self->node));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGBUS, WTERMSIG(status));
	EXPECT_GET(self->fd, 9, "kept");
}

#define KILLS 200

/* In memory that the writers and the test share. */
static unsigned long long *begun;

/* Until it is killed. */
static void write_notes(int node)
{
	struct msgslot_writer *writer = writer_of(other_of(node), 7);
	char buf[MSG_SLOT_MAX_MESSAGE];
	struct note note = { .writer = 1 };

	for (;;) {
		note.count = ++*begun;
		if (msgslot_writer_put(writer, buf, note_make(buf, note)))
			_exit(1);
	}
}

/* Return: the note that is there; it is never an older one than @least. */
static unsigned long long note_seen(struct msgslot_reader *reader,
				    unsigned long long least)
{
	char buf[MSG_SLOT_MAX_MESSAGE];
	ssize_t n = msgslot_reader_get(reader, buf, sizeof(buf), NULL);
	struct note note;

	if (n < 0 || !note_parse(buf, n, &note) || note.count < least ||
	    note.count > __atomic_load_n(begun, __ATOMIC_RELAXED)) {
		fprintf(stderr, "# read %ld bytes, count %llu of %llu\n",
			(long)n, note.count, least);
		abort();
	}
	return note.count;
}

TEST_F(view, killed_anywhere)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	char buf[MSG_SLOT_MAX_MESSAGE];
	struct note note = { .writer = 1 };
	unsigned long long seen = 0, puts = 0;

	begun = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)begun);
	ASSERT_EQ(0,
		  msgslot_put(self->fd, 7, buf, note_make(buf, note), 0, NULL));
	for (unsigned int i = 0; i < KILLS; i++) {
		unsigned long long before = seen;
		pid_t child = fork();

		if (!child)
			write_notes(self->node);
		while (seen == before)
			seen = note_seen(&reader, seen);
		for (unsigned int j = mix(i) % 2000; j; j--)
			seen = note_seen(&reader, seen);
		kill(child, SIGKILL);
		ASSERT_EQ(SIGKILL, child_end(child));
		/* What it has put stays, and no more than one was under way. */
		seen = note_seen(&reader, seen);
		ASSERT_LE(*begun - 1, seen);
		ASSERT_EQ(seen, note_seen(&reader, seen));
		ASSERT_LT(0, msgslot_get(self->fd, 7, buf, sizeof(buf), NULL));
		memcpy(&note, buf, NOTE_BYTES);
		ASSERT_EQ(seen, note.count);
		puts = *begun;
	}
	TH_LOG("%u writers killed in %llu messages", KILLS, puts);
}

TEST_HARNESS_MAIN
