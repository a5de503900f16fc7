// SPDX-License-Identifier: GPL-2.0
/* msgslot_watch_open() and its kind: first what is there, then what changes. */
#include "library.h"
#include "waiting.h"

static struct msgslot_watch *watch_slot(int fd, const uint32_t *channels,
					size_t count)
{
	struct msgslot_watch *watch;

	if (msgslot_watch_open(fd, channels, count, &watch))
		abort();
	return watch;
}

static struct msgslot_watch *watch_slot_with(int fd, uint32_t flags)
{
	struct msgslot_watch *watch;

	if (msgslot_watch_open_with(fd, NULL, 0, flags, &watch))
		abort();
	return watch;
}

static bool tells(struct msgslot_watch *watch, uint32_t channel,
		  const char *text)
{
	struct msgslot_event event;

	return msgslot_watch_next(watch, 0, &event) == 1 &&
	       event.record.event == MSG_SLOT_WRITTEN &&
	       event.record.channel == channel &&
	       event.record.size == strlen(text) &&
	       !memcmp(event.message, text, strlen(text));
}

static bool tells_nothing(struct msgslot_watch *watch)
{
	struct msgslot_event event;

	return msgslot_watch_next(watch, 0, &event) == 0;
}

TEST_F(library, tells_what_is_and_what_changes)
{
	struct msgslot_watch *watch;
	struct msgslot_event event;

	put_text(self->fd, 1, "one");
	watch = watch_slot(self->fd, NULL, 0);
	EXPECT_TRUE(tells(watch, 1, "one"));
	EXPECT_TRUE(tells_nothing(watch));
	EXPECT_EQ(0, poll_events(msgslot_watch_fd(watch), POLLIN, 0));
	put_text(self->other, 1, "due");
	put_text(self->other, 1, "dos");
	EXPECT_EQ(POLLIN, poll_events(msgslot_watch_fd(watch), POLLIN, 0));
	EXPECT_TRUE(tells(watch, 1, "dos"));
	EXPECT_TRUE(tells_nothing(watch));
	put_text(self->other, 2, "two");
	EXPECT_TRUE(tells(watch, 2, "two"));
	EXPECT_TRUE(tells_nothing(watch));
	msgslot_clear(self->other, 1, NULL);
	EXPECT_EQ(1, msgslot_watch_next(watch, FOREVER, &event));
	EXPECT_EVENT(MSG_SLOT_CLEARED, event.record);
	EXPECT_EQ(1u, event.record.channel);
	msgslot_watch_close(watch);
}

TEST_F(library, watches_some)
{
	const uint32_t channels[] = { 3, 5 };
	struct msgslot_watch *watch = watch_slot(self->fd, channels, 2);

	put_text(self->fd, 4, "four");
	put_text(self->fd, 5, "five");
	EXPECT_TRUE(tells(watch, 5, "five"));
	EXPECT_TRUE(tells_nothing(watch));
	msgslot_watch_close(watch);
}

static bool tells_presence(struct msgslot_watch *watch)
{
	struct msgslot_event event;

	return msgslot_watch_next(watch, 0, &event) == 1 &&
	       event.record.event == MSG_SLOT_PRESENT &&
	       !event.record.channel && !event.record.size;
}

TEST_F(library, tells_what_changes_only)
{
	struct msgslot_watch *watch;

	put_text(self->fd, 1, "one");
	watch = watch_slot_with(self->fd, MSG_SLOT_WATCH_CHANGES);
	EXPECT_TRUE(tells_nothing(watch));
	put_text(self->fd, 2, "two");
	EXPECT_TRUE(tells(watch, 2, "two"));
	EXPECT_TRUE(tells_nothing(watch));
	msgslot_watch_close(watch);
}

TEST_F(library, tells_that_it_told_what_is)
{
	struct msgslot_watch *watch =
		watch_slot_with(self->fd, MSG_SLOT_WATCH_PRESENT);

	EXPECT_TRUE(tells_presence(watch));
	msgslot_watch_close(watch);
	put_text(self->fd, 1, "one");
	watch = watch_slot_with(self->fd, MSG_SLOT_WATCH_PRESENT);
	EXPECT_TRUE(tells(watch, 1, "one"));
	EXPECT_TRUE(tells_presence(watch));
	put_text(self->fd, 2, "two");
	EXPECT_TRUE(tells(watch, 2, "two"));
	EXPECT_TRUE(tells_nothing(watch));
	msgslot_watch_close(watch);
}

TEST_F(library, outlives_the_slot_s_descriptor)
{
	int fd = library_open(self->node, O_RDONLY);
	struct msgslot_watch *watch = watch_slot(fd, NULL, 0);

	msgslot_close(fd);
	put_text(self->fd, 1, "one");
	EXPECT_TRUE(tells(watch, 1, "one"));
	msgslot_watch_close(watch);
}

TEST_F(library, waits_for_an_event)
{
	struct msgslot_watch *watch = watch_slot(self->fd, NULL, 0);
	unsigned long long before = clock_now(CLOCK_MONOTONIC);
	struct msgslot_event event;

	EXPECT_EQ(0, msgslot_watch_next(watch, 20 * MILLISECOND, &event));
	EXPECT_LE(before + 20 * MILLISECOND, clock_now(CLOCK_MONOTONIC));
	msgslot_watch_close(watch);
}

static long sleep_in_watch(struct sleeper *sleeper)
{
	struct msgslot_watch *watch = watch_slot(sleeper->fd, NULL, 0);
	struct msgslot_event event;
	int ret = msgslot_watch_next(watch, FOREVER, &event);

	if (ret == 1)
		memcpy(sleeper->got, event.message, event.record.size);
	msgslot_watch_close(watch);
	return ret;
}

TEST_F(library, wakes_for_an_event)
{
	struct sleeper sleeper = { .call = sleep_in_watch, .fd = self->fd };

	sleeper_start(&sleeper);
	put_text(self->other, 1, "one");
	EXPECT_EQ(1, sleeper_join(&sleeper));
	EXPECT_EQ(0, memcmp("one", sleeper.got, 3));
}

static void nothing(int signal)
{
}

TEST_F(library, a_signal_ends_the_wait)
{
	struct sleeper sleeper = { .call = sleep_in_watch, .fd = self->fd };
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGUSR1, &action, NULL);
	sleeper_start(&sleeper);
	pthread_kill(sleeper.thread, SIGUSR1);
	EXPECT_EQ(-EINTR, sleeper_join(&sleeper));
}

TEST_F(library, takes_events_of_any_size)
{
	struct msgslot_watch *watch = watch_slot(self->fd, NULL, 0);
	struct msgslot_event event;

	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	put_text(self->fd, 1, "one");
	ASSERT_EQ(0, msgslot_put(self->fd, 2, large(LARGEST, 5), LARGEST, 0,
				 NULL));
	EXPECT_TRUE(tells(watch, 1, "one"));
	ASSERT_EQ(1, msgslot_watch_next(watch, 0, &event));
	EXPECT_EQ((__u32)LARGEST, event.record.size);
	EXPECT_EQ(0, memcmp(event.message, large(LARGEST, 5), LARGEST));
	put_text(self->fd, 3, "three");
	EXPECT_TRUE(tells(watch, 3, "three"));
	msgslot_watch_close(watch);
}

TEST_F(library, many_events_in_turn)
{
	struct msgslot_watch *watch = watch_slot(self->fd, NULL, 0);
	struct msgslot_event event;
	unsigned int told = 0;

	for (uint32_t i = 1; i <= 2000; i++)
		ASSERT_EQ(0, msgslot_put(self->fd, i, &i, sizeof(i), 0, NULL));
	while (msgslot_watch_next(watch, 0, &event) == 1) {
		told++;
		EXPECT_EQ(0, memcmp(event.message, &event.record.channel, 4));
	}
	EXPECT_EQ(2000u, told);
	msgslot_watch_close(watch);
}

TEST_F(library, refuses)
{
	const uint32_t none = 0;
	struct msgslot_watch *watch = NULL;
	int writer = library_open(self->node, O_WRONLY);

	EXPECT_EQ(-EBADF, msgslot_watch_open(writer, NULL, 0, &watch));
	EXPECT_EQ(-EINVAL, msgslot_watch_open(self->fd, &none, 1, &watch));
	EXPECT_EQ(-EINVAL,
		  msgslot_watch_open_with(self->fd, NULL, 0, 4, &watch));
	EXPECT_EQ(-EFAULT, msgslot_watch_open(self->fd, (void *)8, 1, &watch));
	EXPECT_EQ(NULL, watch);
	msgslot_watch_close(NULL);
	msgslot_close(writer);
}

TEST_HARNESS_MAIN
