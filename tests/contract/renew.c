// SPDX-License-Identifier: GPL-2.0
/*
 * MSG_SLOT_RENEW: a message gets a new time to live, and that is all that changes.
 */
#include "mapping.h"
#include "watch.h"

/* Long enough to act in, on most machines. */
#define A_WHILE (300 * MILLISECOND)
#define LONG_TIME (1000 * SECOND)

static bool lives_for(int fd, unsigned int id, unsigned long long least,
		      unsigned long long most)
{
	unsigned long long ttl = slot_record(fd, id).ttl;

	if (ttl >= least && ttl <= most)
		return true;
	fprintf(stderr, "# it lives for %llu ns more\n", ttl);
	return false;
}

static void sleep_a_while(void)
{
	usleep(A_WHILE / 1000 + 1000);
}

/* Of each kind of message: in its cell with and without room, and in a block. */
static const unsigned int sizes[] = { 1, 120, 121, 128, 5000 };

TEST_F(slot, makes_it_live_longer)
{
	unsigned long long end;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	end = end_of(A_WHILE);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, slot_put_for(self->fd, 1 + i, large(sizes[i], i),
					  sizes[i], A_WHILE));
		EXPECT_TRUE(!slot_renew(self->fd, 1 + i, LONG_TIME) ||
			    is_past(end));
	}
	if (is_past(end))
		SKIP(return, "the machine stood still");
	sleep_a_while();
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_TRUE(lives_for(self->fd, 1 + i, LONG_TIME - 100 * SECOND,
				      LONG_TIME));
		EXPECT_TRUE(slot_has_large(self->fd, 1 + i, sizes[i], i));
	}
}

TEST_F(slot, makes_it_live_shorter)
{
	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, slot_put_for(self->fd, 1 + i, large(sizes[i], i),
					  sizes[i], LONG_TIME));
		EXPECT_EQ(0, slot_renew(self->fd, 1 + i, MILLISECOND));
	}
	usleep(10000);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_EMPTY(self->fd, 1 + i);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
}

TEST_F(slot, gives_a_time_to_what_had_none)
{
	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, slot_put(self->fd, 1 + i, large(sizes[i], i),
				      sizes[i]));
		EXPECT_EQ(0, slot_renew(self->fd, 1 + i, LONG_TIME));
		EXPECT_TRUE(lives_for(self->fd, 1 + i, LONG_TIME - 100 * SECOND,
				      LONG_TIME));
		EXPECT_TRUE(slot_has_large(self->fd, 1 + i, sizes[i], i));
		EXPECT_EQ(0, slot_renew(self->fd, 1 + i, MILLISECOND));
	}
	usleep(10000);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_EMPTY(self->fd, 1 + i);
}

TEST_F(slot, lets_it_live_for_ever)
{
	unsigned long long end;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	end = end_of(A_WHILE);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, slot_put_for(self->fd, 1 + i, large(sizes[i], i),
					  sizes[i], A_WHILE));
		EXPECT_TRUE(!slot_renew(self->fd, 1 + i, i % 2 ? 0 : FOREVER) ||
			    is_past(end));
	}
	ASSERT_EQ(0, slot_put(self->fd, 100, "x", 1));
	EXPECT_EQ(0, slot_renew(self->fd, 100, FOREVER));
	EXPECT_TRUE(lives_for(self->fd, 100, FOREVER, FOREVER));
	if (is_past(end))
		SKIP(return, "the machine stood still");
	sleep_a_while();
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_TRUE(lives_for(self->fd, 1 + i, FOREVER, FOREVER));
		EXPECT_TRUE(slot_has_large(self->fd, 1 + i, sizes[i], i));
	}
}

TEST_F(slot, for_ever_can_end_again)
{
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "x", 1, LONG_TIME));
	ASSERT_EQ(0, slot_renew(self->fd, 1, FOREVER));
	ASSERT_EQ(0, slot_renew(self->fd, 1, MILLISECOND));
	usleep(10000);
	EXPECT_EMPTY(self->fd, 1);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
}

/* As a heartbeat has it. */
TEST_F(slot, again_and_again)
{
	unsigned long long end, before, version;

	end = end_of(A_WHILE);
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "alive", 5, A_WHILE));
	version = slot_version(self->fd, 1);
	for (unsigned int i = 0; i < 20; i++) {
		long renewed;

		usleep(A_WHILE / 1000 / 10);
		before = end;
		end = end_of(A_WHILE);
		renewed = slot_renew(self->fd, 1, A_WHILE);
		if (is_past(before))
			SKIP(return, "the machine stood still");
		ASSERT_EQ(0, renewed);
		EXPECT_TRUE(slot_version(self->fd, 1) == version ||
			    is_past(end));
	}
	sleep_a_while();
	EXPECT_EMPTY(self->fd, 1);
}

TEST_F(slot, leaves_all_else_as_it_is)
{
	struct msg_slot_record before, after;

	ASSERT_EQ(0, slot_put_for(self->fd, 1, "hello", 5, LONG_TIME));
	before = slot_record(self->fd, 1);
	usleep(2000);
	ASSERT_EQ(0, slot_renew(slot_open(self->node, O_WRONLY), 1,
				2 * LONG_TIME));
	after = slot_record(self->fd, 1);
	EXPECT_GET(self->fd, 1, "hello");
	EXPECT_EQ(before.version, after.version);
	EXPECT_EQ(before.uid, after.uid);
	EXPECT_EQ(before.pid, after.pid);
	EXPECT_EQ(before.size, after.size);
	EXPECT_LT(before.age, after.age);
	EXPECT_LT(before.ttl, after.ttl);
}

TEST_F(slot, tells_nobody)
{
	struct watcher *of_all = watch_all(self->fd);
	struct watcher *of_one =
		watcher_of(slot_watch(self->fd, &(__u32){ 1 }, 1));
	int reader = slot_open(self->node, O_RDONLY);
	struct got last;

	ASSERT_EQ(0, slot_put_for(self->fd, 1, "hello", 5, LONG_TIME));
	ASSERT_EQ(0, slot_select(reader, 1));
	EXPECT_TOLD(of_all, 1, "hello");
	EXPECT_TOLD(of_one, 1, "hello");
	ASSERT_EQ(0, slot_get(reader, 0, &last));
	for (unsigned int i = 0; i < 3; i++) {
		ASSERT_EQ(0, slot_renew(self->fd, 1, LONG_TIME + i));
		EXPECT_QUIET(of_all);
		EXPECT_QUIET(of_one);
		EXPECT_FALSE(has_news(reader));
		EXPECT_EQ(-ETIMEDOUT,
			  slot_wait(reader, 1, last.record.version, 0,
				    MSG_SLOT_ANY_CHANGE, &(struct got){}));
	}
	watcher_free(of_all);
	watcher_free(of_one);
}

/* Who watches is told of the end, which comes when the new time is over. */
TEST_F(slot, its_end_is_told)
{
	struct watcher *watcher = watch_all(self->fd);

	ASSERT_EQ(0, slot_put(self->fd, 1, "hello", 5));
	EXPECT_TOLD(watcher, 1, "hello");
	ASSERT_EQ(0, slot_renew(self->fd, 1, MILLISECOND));
	EXPECT_TRUE(event_is(watch_await(watcher), 1, MSG_SLOT_EXPIRED));
	watcher_free(watcher);
}

/*
 * Who maps the slot sees the new time, of the same version; a message whose time is not
 * mapped, and any by a processor to which that is two numbers, takes a call.
 */
TEST_F(slot, is_seen_in_the_mapping)
{
	const char *base = slot_map(self->fd);

	for (unsigned int i = 0; i < 4; i++) {
		const struct msg_slot_cell *cell;
		struct mapped before, after;
		long size;

		ASSERT_EQ((long)sizes[i],
			  slot_pwrite(self->fd, large(sizes[i], i), sizes[i],
				      1 + i));
		cell = slot_cell(self->fd, base, 1 + i);
		ASSERT_NE(NULL, cell);
		ASSERT_EQ((long)sizes[i], mapped_try(cell, 1 + i, &before));
		EXPECT_EQ(0u, before.expires);
		for (unsigned int round = 1; round < 4; round++) {
			unsigned long long from = clock_now(CLOCK_BOOTTIME);

			ASSERT_EQ(0, slot_renew(self->fd, 1 + i,
						round * LONG_TIME));
			size = mapped_try(cell, 1 + i, &after);
			if (sizes[i] > MSG_SLOT_CELL_EXPIRY ||
			    size == -EREMOTE) {
				EXPECT_EQ(-EREMOTE, size);
				continue;
			}
			ASSERT_EQ((long)sizes[i], size);
			EXPECT_EQ(before.version, after.version);
			EXPECT_EQ(before.written, after.written);
			EXPECT_LE(from + round * LONG_TIME, after.expires);
			EXPECT_GE(clock_now(CLOCK_BOOTTIME) + round * LONG_TIME,
				  after.expires);
			EXPECT_EQ(0, memcmp(large(sizes[i], i), after.message,
					    sizes[i]));
		}
	}
	slot_unmap(self->fd, base);
}

/* Nothing of the time is left where the next message is. */
TEST_F(slot, leaves_nothing_to_the_next_message)
{
	const char *base = slot_map(self->fd);
	const struct msg_slot_cell *cell;

	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
	cell = slot_cell(self->fd, base, 1);
	ASSERT_EQ(0, slot_renew(self->fd, 1, LONG_TIME));
	for (unsigned int i = 0; i < 2; i++) {
		ASSERT_EQ(1, slot_pwrite(self->fd, "y", 1, 1));
		EXPECT_TRUE(lives_for(self->fd, 1, FOREVER, FOREVER));
		for (unsigned int at = 1; at < MSG_SLOT_MAX_MESSAGE; at++) {
			EXPECT_EQ(0, cell->bytes[0][at]);
			EXPECT_EQ(0, cell->bytes[1][at]);
		}
	}
	slot_unmap(self->fd, base);
}

TEST_F(slot, is_of_the_selected_channel)
{
	ASSERT_EQ(-EINVAL, slot_renew(self->fd, 0, SECOND));
	ASSERT_EQ(1, slot_send(self->fd, 3, "x", 1));
	ASSERT_EQ(0, slot_renew(self->fd, 0, LONG_TIME));
	EXPECT_TRUE(lives_for(self->fd, 3, 1, LONG_TIME));
}

TEST_F(slot, without_a_message_is_refused)
{
	unsigned long long version = 0;

	EXPECT_EQ(-EWOULDBLOCK, slot_renew(self->fd, 1, SECOND));
	EXPECT_EQ(-EWOULDBLOCK, slot_renew_if(self->fd, 1, SECOND, &version));
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	version = slot_version(self->fd, 1);
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_renew(self->fd, 1, SECOND));
	EXPECT_EQ(-EWOULDBLOCK, slot_renew_if(self->fd, 1, SECOND, &version));
	EXPECT_EQ(0u, version);
	ASSERT_EQ(0, slot_put_for(self->fd, 2, "x", 1, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_renew(self->fd, 2, SECOND));
	EXPECT_EMPTY(self->fd, 2);
	ASSERT_EQ(0, slot_claim(self->fd, 3, MSG_SLOT_END_CLEAR));
	EXPECT_EQ(-EWOULDBLOCK, slot_renew(self->fd, 3, SECOND));
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 1));
}

TEST_F(slot, of_another_version_is_refused)
{
	unsigned long long old, version;

	ASSERT_EQ(0, slot_put_for(self->fd, 1, "old", 3, LONG_TIME));
	old = slot_version(self->fd, 1);
	version = old;
	EXPECT_EQ(0, slot_renew_if(self->fd, 1, 2 * LONG_TIME, &version));
	EXPECT_EQ(old, version);
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "new", 3, LONG_TIME));
	EXPECT_EQ(-ESTALE, slot_renew_if(self->fd, 1, 3 * LONG_TIME, &version));
	EXPECT_EQ(slot_version(self->fd, 1), version);
	EXPECT_TRUE(lives_for(self->fd, 1, 1, LONG_TIME));
	version = 0;
	EXPECT_EQ(-ESTALE, slot_renew_if(self->fd, 1, 3 * LONG_TIME, &version));
}

TEST_F(slot, what_another_has_claimed_is_refused)
{
	int other = slot_open(self->node, O_RDWR);

	ASSERT_EQ(0, slot_claim(self->fd, 1, MSG_SLOT_END_KEEP));
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "x", 1, LONG_TIME));
	EXPECT_EQ(-EBUSY, slot_renew(other, 1, 5 * LONG_TIME));
	EXPECT_TRUE(lives_for(self->fd, 1, 1, LONG_TIME));
	EXPECT_EQ(0, slot_renew(self->fd, 1, 5 * LONG_TIME));
	EXPECT_TRUE(lives_for(self->fd, 1, LONG_TIME, 5 * LONG_TIME));
}

TEST_F(slot, needs_the_right_to_write)
{
	int reader = slot_open(self->node, O_RDONLY);
	int narrow = slot_open(self->node, O_RDWR);
	int other = slot_open(self->node, O_RDWR);

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_EQ(-EBADF, slot_renew(reader, 1, SECOND));
	ASSERT_EQ(0, slot_restrict(narrow, 0, MSG_SLOT_READ_ONLY));
	EXPECT_EQ(-EPERM, slot_renew(narrow, 1, SECOND));
	ASSERT_EQ(0, slot_restrict(other, 2, 0));
	EXPECT_EQ(-EPERM, slot_renew(other, 1, SECOND));
	EXPECT_TRUE(lives_for(self->fd, 1, FOREVER, FOREVER));
}

TEST_F(slot, with_bad_arguments_changes_nothing)
{
	const unsigned long long refused[] = { 1ull << 63, FOREVER - 1 };
	struct msg_slot_renew flags = { .channel = 1, .flags = 2, .ttl = 1 };
	struct msg_slot_renew *read_only =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++)
		EXPECT_EQ(-EINVAL, slot_renew(self->fd, 1, refused[i]));
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_RENEW, &flags));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_RENEW, NULL));
	/* It is not told afterwards that this was in vain. */
	read_only->channel = 1;
	read_only->ttl = 1;
	ASSERT_EQ(0, mprotect(read_only, PAGE, PROT_READ));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_RENEW, read_only));
	EXPECT_TRUE(lives_for(self->fd, 1, FOREVER, FOREVER));
}

TEST_HARNESS_MAIN
