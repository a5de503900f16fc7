// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_GET: a message with what the kernel knows of it. */
#include "record.h"
#include "page.h"
#include "waiting.h"

/* The kernel may look at a clock that only its ticks move on. */
#define TICK (10 * MILLISECOND)

#define LONG 100000

static long put_by_write(int fd, const void *buf, unsigned int n)
{
	return slot_send(fd, 1, buf, n);
}

static long put_by_writev(int fd, const void *buf, unsigned int n)
{
	struct iovec vec = { (void *)buf, n };
	long ret = slot_select(fd, 1);

	return ret ?: slot_result(syscall(SYS_writev, fd, &vec, 1));
}

static long put_by_pwrite(int fd, const void *buf, unsigned int n)
{
	return slot_pwrite(fd, buf, n, 1);
}

static long put_by_put(int fd, const void *buf, unsigned int n)
{
	return slot_put(fd, 1, buf, n) ?: (long)n;
}

static long (*const means[])(int fd, const void *buf,
			     unsigned int n) = { put_by_write, put_by_writev,
						 put_by_pwrite, put_by_put };

TEST_F(slot, structs_have_no_holes)
{
	EXPECT_EQ(56u, sizeof(struct msg_slot_record));
	EXPECT_EQ(72u, sizeof(struct msg_slot_get));
	EXPECT_EQ(96u, sizeof(struct msg_slot_wait));
	EXPECT_EQ(40u, sizeof(struct msg_slot_put));
	EXPECT_EQ(16u, sizeof(struct msg_slot_clear));
	EXPECT_EQ(16u, sizeof(struct msg_slot_snapshot));
	EXPECT_EQ(24u, sizeof(struct msg_slot_claim));
	EXPECT_EQ(16u, sizeof(struct msg_slot_watch));
	EXPECT_EQ(8u, sizeof(struct msg_slot_restrict));
}

TEST_F(slot, every_kind_of_write_gives_a_record)
{
	unsigned long long version = 0;

	for (unsigned int i = 0; i < 20; i++) {
		unsigned int n = 1 + i * 6;
		char message[MSG_SLOT_MAX_MESSAGE];
		struct got got;

		message_fill(message, n, i);
		ASSERT_EQ(n, means[i % 4](self->fd, message, n));
		EXPECT_EQ(0, slot_get(self->fd, 1, &got));
		EXPECT_EVENT(MSG_SLOT_WRITTEN, got.record);
		EXPECT_EQ(1u, got.record.channel);
		EXPECT_EQ(n, got.record.size);
		EXPECT_EQ(0, memcmp(message, got.message, n));
		EXPECT_LT(version, got.record.version);
		EXPECT_EQ(FOREVER, got.record.ttl);
		EXPECT_EQ((__u32)getpid(), got.record.pid);
		version = got.record.version;
	}
}

TEST_F(slot, the_same_bytes_are_another_version)
{
	unsigned long long version = 0;

	for (unsigned int i = 0; i < 100; i++) {
		ASSERT_EQ(4, means[i % 4](self->fd, "same", 4));
		EXPECT_LT(version, slot_version(self->fd, 1));
		version = slot_version(self->fd, 1);
		EXPECT_EQ(version, slot_version(self->fd, 1));
	}
}

TEST_F(slot, put_tells_the_version_that_get_does)
{
	for (unsigned int i = 0; i < 10; i++) {
		struct msg_slot_put put = put_of(1 + i % 3, "hello", 5);

		put.version = mix(i);
		ASSERT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
		EXPECT_LT(0u, put.version);
		EXPECT_EQ(put.version, slot_version(self->fd, 1 + i % 3));
	}
}

TEST_F(slot, failed_writes_are_no_versions)
{
	unsigned long long version;

	ASSERT_EQ(3, slot_send(self->fd, 1, "old", 3));
	version = slot_version(self->fd, 1);
	EXPECT_EQ(-EFAULT, slot_write(self->fd, NULL, 3));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->fd, "", 0));
	EXPECT_EQ(-EFAULT, slot_put(self->fd, 1, NULL, 3));
	EXPECT_EQ(-EMSGSIZE, slot_put(self->fd, 1, "", 0));
	EXPECT_EQ(version, slot_version(self->fd, 1));
	EXPECT_GET(self->fd, 1, "old");
}

/* By each kind of write, for some are quicker ways of doing it. */
TEST_F(slot, knows_when_it_was_written)
{
	for (unsigned int i = 0; i < 20; i++) {
		unsigned long long before = clock_now(CLOCK_REALTIME), after;
		struct msg_slot_record record;

		ASSERT_EQ(4, means[i % 4](self->fd, "when", 4));
		after = clock_now(CLOCK_REALTIME);
		usleep(3000);
		record = slot_record(self->fd, 1);
		EXPECT_LE(before, record.written + TICK);
		EXPECT_GE(after + TICK, record.written);
	}
}

TEST_F(slot, knows_how_old_it_is)
{
	for (unsigned int i = 0; i < 8; i++) {
		unsigned long long before, after, asked, age;

		before = clock_now(CLOCK_BOOTTIME);
		ASSERT_EQ(3, means[i % 4](self->fd, "age", 3));
		after = clock_now(CLOCK_BOOTTIME);
		usleep(20000);
		asked = clock_now(CLOCK_BOOTTIME);
		age = slot_record(self->fd, 1).age;
		EXPECT_LE(asked - after, age + TICK);
		EXPECT_GE(clock_now(CLOCK_BOOTTIME) - before + TICK, age);
	}
}

TEST_F(slot, a_clock_that_is_set_does_not_change_the_age)
{
	struct timespec now, later;
	struct msg_slot_record before, after;

	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	before = slot_record(self->fd, 1);
	clock_gettime(CLOCK_REALTIME, &now);
	later = (struct timespec){ .tv_sec = now.tv_sec + 3600 };
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &later));
	after = slot_record(self->fd, 1);
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &now));
	EXPECT_GT(60 * SECOND, after.age);
	EXPECT_LE(before.age, after.age);
	EXPECT_EQ(before.version, after.version);
}

TEST_F(slot, without_a_message_the_record_is_empty)
{
	struct got got;

	memset(got.message, 0xa5, sizeof(got.message));
	EXPECT_EQ(-EWOULDBLOCK, slot_get(self->fd, 7, &got));
	EXPECT_TRUE(record_is_empty(got.record, 7));
	EXPECT_EQ('\xa5', got.message[0]);
	EXPECT_EQ(0u, slot_usage(self->fd).channels);
}

TEST_F(slot, without_room_the_record_is_whole)
{
	char buf[8] = "canary!";
	struct msg_slot_record whole;

	ASSERT_EQ(8, slot_send(self->fd, 7, "8 bytes.", 8));
	whole = slot_record(self->fd, 7);
	for (unsigned int room = 0; room < 8; room++) {
		struct msg_slot_get get = get_into(7, buf, room);

		EXPECT_EQ(-ENOSPC, slot_ioctl(self->fd, MSG_SLOT_GET, &get));
		EXPECT_LE(whole.age, get.record.age);
		get.record.age = whole.age;
		EXPECT_EQ(0, memcmp(&whole, &get.record, sizeof(whole)));
		EXPECT_EQ(8u, get.record.size);
	}
	EXPECT_STREQ("canary!", buf);
}

TEST_F(slot, room_is_used_as_far_as_the_message_goes)
{
	char buf[8] = "canary!";
	struct msg_slot_get get = get_into(7, buf, 3);

	ASSERT_EQ(3, slot_send(self->fd, 7, "new", 3));
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_GET, &get));
	EXPECT_STREQ("newary!", buf);
	get.room = 8;
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_GET, &get));
	EXPECT_STREQ("newary!", buf);
	EXPECT_EQ(8u, get.room);
	EXPECT_EQ(7u, get.channel);
}

TEST_F(slot, channel_0_is_the_selected_one)
{
	struct msg_slot_put put = put_of(0, "nine", 4);
	struct got got;

	EXPECT_EQ(-EINVAL, slot_get(self->fd, 0, &got));
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	EXPECT_EQ(-EINVAL, slot_clear(self->fd, 0));
	ASSERT_EQ(0, slot_select(self->fd, 9));
	EXPECT_EQ(-EWOULDBLOCK, slot_get(self->fd, 0, &got));
	EXPECT_TRUE(record_is_empty(got.record, 9));
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	EXPECT_EQ(0, slot_get(self->fd, 0, &got));
	EXPECT_EQ(9u, got.record.channel);
	EXPECT_GET(self->fd, 9, "nine");
	EXPECT_EQ(0, slot_clear(self->fd, 0));
	EXPECT_NONE(self->fd, 9);
}

TEST_F(slot, any_channel_by_its_id)
{
	const __u32 ids[] = { 1, 2, 128, 1u << 31, ~0u - 1, ~0u };

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_EQ(0, slot_put(self->fd, ids[i], &ids[i], 4));
		EXPECT_EQ(ids[i], slot_record(self->fd, ids[i]).channel);
		EXPECT_MESSAGE(self->fd, ids[i], &ids[i], 4);
	}
}

TEST_F(slot, poll_takes_note_of_channel_0_only)
{
	struct got got;

	ASSERT_EQ(4, slot_send(self->fd, 1, "news", 4));
	EXPECT_EQ(0, slot_get(self->fd, 1, &got));
	EXPECT_TRUE(has_news(self->fd));
	slot_record(self->fd, 0);
	EXPECT_TRUE(has_news(self->fd));
	EXPECT_EQ(0, slot_get(self->fd, 0, &got));
	EXPECT_FALSE(has_news(self->fd));
}

TEST_F(slot, never_waits)
{
	struct got got;

	ASSERT_EQ(0, slot_set_blocking(self->fd, 1));
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_get(self->fd, 0, &got));
	ASSERT_EQ(5, slot_write(self->fd, "hello", 5));
	EXPECT_EQ(0, slot_get(self->fd, 0, &got));
	EXPECT_EQ(0, slot_get(self->fd, 0, &got));
}

TEST_F(slot, mode_of_the_open_file_holds)
{
	int reader = slot_open(self->node, O_RDONLY);
	int writer = slot_open(self->node, O_WRONLY);
	struct got got;

	EXPECT_EQ(-EBADF, slot_get(writer, 1, &got));
	EXPECT_EQ(-EBADF, slot_put(reader, 1, "x", 1));
	EXPECT_EQ(-EBADF, slot_clear(reader, 1));
	EXPECT_EQ(0, slot_put(writer, 1, "x", 1));
	EXPECT_EQ(0, slot_get(reader, 1, &got));
	EXPECT_EQ(0, slot_clear(writer, 1));
	close(reader);
	close(writer);
}

TEST_F(slot, bad_addresses)
{
	const unsigned int commands[] = {
		MSG_SLOT_GET,	MSG_SLOT_WAIT,	   MSG_SLOT_PUT,
		MSG_SLOT_CLEAR, MSG_SLOT_SNAPSHOT, MSG_SLOT_CLAIM,
		MSG_SLOT_WATCH, MSG_SLOT_RESTRICT
	};
	char *border = page_end();

	ASSERT_EQ(3, slot_send(self->fd, 1, "old", 3));
	memset(border - 4, 0, 4);
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, commands[i], NULL));
		EXPECT_EQ(-EFAULT,
			  slot_ioctl(self->fd, commands[i], (void *)8));
		EXPECT_EQ(-EFAULT,
			  slot_ioctl(self->fd, commands[i], border - 4));
	}
	EXPECT_GET(self->fd, 1, "old");
}

TEST_F(slot, bad_address_of_the_message)
{
	char *border = page_end();
	struct msg_slot_get get = get_into(1, border - 4, 100);

	ASSERT_EQ(8, slot_send(self->fd, 1, "old text", 8));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_GET, &get));
	get = get_into(1, (void *)8, 100);
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_GET, &get));
	EXPECT_EQ(-EFAULT, slot_put(self->fd, 1, border - 4, 8));
	EXPECT_EQ(-EFAULT, slot_put(self->fd, 2, border - 4, 8));
	EXPECT_GET(self->fd, 1, "old text");
	EXPECT_NONE(self->fd, 2);
}

/* In memory that can't be written to, where the version is to be filled in. */
TEST_F(slot, what_could_not_be_told_is_not_done)
{
	struct msg_slot_put *put = (void *)page_border(PROT_READ | PROT_WRITE);
	struct msg_slot_clear *clear = (void *)(put + 1);

	ASSERT_EQ(0, slot_put(self->fd, 1, "old", 3));
	*put = put_of(1, "new", 3);
	*clear = (struct msg_slot_clear){ .channel = 1 };
	ASSERT_EQ(0, mprotect(put, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_PUT, put));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_CLEAR, clear));
	EXPECT_GET(self->fd, 1, "old");
}

/* A failure that took the news with it would leave the reader asleep. */
TEST_F(slot, failures_do_not_count_as_reading)
{
	struct msg_slot_get get = get_into(0, (void *)8, 100);

	ASSERT_EQ(3, slot_send(self->fd, 1, "old", 3));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_GET, &get));
	EXPECT_TRUE(has_news(self->fd));
}

TEST_F(slot, long_messages)
{
	static char buf[LONG];
	struct msg_slot_get get = get_into(1, buf, LONG - 1);

	ASSERT_EQ(0, slot_set_max_message(self->fd, LONG));
	for (unsigned int i = 0; i < 8; i++) {
		ASSERT_EQ(LONG, means[i % 4](self->fd, large(LONG, i), LONG));
		get.room = LONG - 1;
		EXPECT_EQ(-ENOSPC, slot_ioctl(self->fd, MSG_SLOT_GET, &get));
		EXPECT_EQ((__u32)LONG, get.record.size);
		get.room = LONG;
		EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_GET, &get));
		EXPECT_EQ((__u32)LONG, get.record.size);
		EXPECT_EQ(0, memcmp(buf, large(LONG, i), LONG));
	}
	EXPECT_EQ(-EMSGSIZE,
		  slot_put(self->fd, 1, large(LONG + 1, 1), LONG + 1));
	EXPECT_EQ(0, slot_put(self->fd, 1, "short", 5));
	EXPECT_GET(self->fd, 1, "short");
}

TEST_HARNESS_MAIN
