// SPDX-License-Identifier: GPL-2.0
/*
 * Watches whose reader is slow, or asleep through very much: he finds the latest
 * of everything, in bounded memory, and nothing waits for ever behind what
 * changes all the time.
 */
#include "watch.h"
#include "group.h"
#include "scale.h"

#define CHANNELS 100u
#define WRITES scaled(100000)
#define PASSING scaled(30000)
#define VERY_MANY scaled(50000)

/* What the events said of channels 1 to COUNT - 1, and how they said it. */
struct state {
	unsigned int count;
	unsigned int events;
	unsigned int restarts;
	/* 0: no message. */
	unsigned long long *versions;
	unsigned int *values;
};

static struct state *state_new(unsigned int count)
{
	struct state *state = calloc(1, sizeof(*state));

	state->count = count;
	state->versions = calloc(count, sizeof(*state->versions));
	state->values = calloc(count, sizeof(*state->values));
	return state;
}

static void state_take(struct state *state, const struct event *event)
{
	unsigned int id = event->record.channel;

	state->events++;
	if (event->record.event == MSG_SLOT_RESTART) {
		state->restarts++;
		memset(state->versions, 0,
		       state->count * sizeof(*state->versions));
		return;
	}
	if (id >= state->count)
		abort();
	state->versions[id] = event->record.version;
	if (event->record.event == MSG_SLOT_WRITTEN)
		memcpy(&state->values[id], event->message, 4);
}

static void state_catch_up(struct state *state, struct watcher *watch)
{
	struct event *event;

	while ((event = watch_next(watch)))
		state_take(state, event);
}

static unsigned int state_differs(struct state *state, int fd)
{
	unsigned int differs = 0;

	for (unsigned int id = 1; id < state->count; id++) {
		struct got got;

		slot_get(fd, id, &got);
		differs += state->versions[id] != got.record.version ||
			   (got.record.version &&
			    memcmp(&state->values[id], got.message, 4));
	}
	return differs;
}

FIXTURE(backlog)
{
	int node;
	int fd;
	/* Of the whole slot. */
	struct watcher *watch;
};

FIXTURE_SETUP(backlog)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->watch = watch_all(self->fd);
}

FIXTURE_TEARDOWN(backlog)
{
	watcher_free(self->watch);
	close(self->fd);
	close(self->node);
}

TEST_F(backlog, of_many_writes_is_one_event_a_channel)
{
	struct state *state = state_new(CHANNELS + 1);

	for (unsigned int i = 0; i < WRITES; i++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &i, 4, 1 + i % CHANNELS));
	state_catch_up(state, self->watch);
	EXPECT_EQ(CHANNELS, state->events);
	EXPECT_EQ(0u, state->restarts);
	EXPECT_EQ(0u, state_differs(state, self->fd));
	EXPECT_EQ(WRITES - 1, state->values[CHANNELS]);
}

TEST_F(backlog, of_writes_and_clears_is_one_event_a_channel)
{
	struct state *state = state_new(CHANNELS + 1);

	for (unsigned int i = 0; i < scaled(20000); i++) {
		unsigned int id = 1 + mix(i) % CHANNELS;

		ASSERT_EQ(0, mix(i) >> 40 & 1 ? slot_put(self->fd, id, &i, 4) :
						slot_clear(self->fd, id));
	}
	state_catch_up(state, self->watch);
	EXPECT_GE(CHANNELS + state->restarts, state->events);
	EXPECT_EQ(0u, state_differs(state, self->fd));
}

/* Read now and then: one event at a time, or all there are. */
TEST_F(backlog, is_worked_off_in_any_steps)
{
	struct state *state = state_new(CHANNELS + 1);
	struct event *event;

	self->watch->room = sizeof(struct msg_slot_record) + 8;
	for (unsigned int i = 0; i < scaled(20000); i++) {
		unsigned int id = 1 + mix(i) % CHANNELS;

		ASSERT_EQ(0, i % 7 ? slot_put(self->fd, id, &i, 4) :
				     slot_clear(self->fd, id));
		event = i % 3 ? NULL : watch_next(self->watch);
		if (event)
			state_take(state, event);
		if (i % 1000 == 999) {
			state_catch_up(state, self->watch);
			ASSERT_EQ(0u, state_differs(state, self->fd));
		}
	}
	EXPECT_EQ(0u, state->restarts);
}

/* Channel 1 is written before every read, which has room for one event. */
TEST_F(backlog, a_busy_channel_does_not_hold_up_others)
{
	unsigned int others = 0;

	self->watch->room = sizeof(struct msg_slot_record) + 8;
	for (unsigned int id = 1; id <= CHANNELS; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	for (unsigned int i = 0; i < 2 * CHANNELS + 2; i++) {
		struct event *event;

		ASSERT_EQ(4, slot_pwrite(self->fd, &i, 4, 1));
		event = watch_next(self->watch);
		ASSERT_NE(NULL, event);
		others += event->record.channel != 1;
	}
	EXPECT_EQ(CHANNELS - 1, others);
}

/* Nor do others hold up the busy one: within a round it is its turn. */
TEST_F(backlog, all_busy_channels_have_their_turn)
{
	unsigned int turns[CHANNELS + 1] = {};

	self->watch->room = sizeof(struct msg_slot_record) + 8;
	for (unsigned int i = 0; i < 20 * CHANNELS; i++) {
		struct event *event;

		for (unsigned int k = 0; k < 3; k++)
			ASSERT_EQ(4,
				  slot_pwrite(self->fd, &i, 4,
					      1 + mix(3 * i + k) % CHANNELS));
		event = watch_next(self->watch);
		ASSERT_NE(NULL, event);
		turns[event->record.channel]++;
	}
	for (unsigned int id = 1; id <= CHANNELS; id++)
		EXPECT_LE(5u, turns[id]);
}

/*
 * More channels come and go than anybody wants to keep in mind. If each were
 * kept it would be 15 MB.
 */
TEST_F(backlog, of_very_many_cleared_channels_is_bounded)
{
	unsigned int count = 1000 + VERY_MANY;
	struct state *state = state_new(count);
	struct group group;
	long long before;

	if (!group_make(&group))
		SKIP(return, "no memory cgroups here");
	ASSERT_TRUE(group_join(&group));
	for (unsigned int id = 1; id <= 500; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	state_catch_up(state, self->watch);
	EXPECT_EQ(500u, state->events);
	for (unsigned int id = 1; id <= 100; id++)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	before = group_charged(&group);
	for (unsigned int id = 1000; id < count; id++) {
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
		ASSERT_EQ(0, slot_clear(self->fd, id));
	}
	for (unsigned int id = 101; id <= 250; id++)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	for (unsigned int id = 200; id <= 300; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, "new", 4, id));
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 301));
	EXPECT_TRUE(group_shrinks_to(&group, before + 2 * MEGABYTE));
	state_catch_up(state, self->watch);
	EXPECT_EQ(0u, state_differs(state, self->fd));
	printf("# info: %u channels cleared unseen: %u events, %u restarts, %lld KB\n",
	       VERY_MANY, state->events - 500, state->restarts,
	       (group_charged(&group) - before) / 1024);
	group_remove(&group);
}

/* A watch that restarted goes on as any other. */
TEST_F(backlog, after_a_restart_goes_on)
{
	struct state *state = state_new(1000 + PASSING);

	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int id = 1000; id < 1000 + PASSING / 2; id++) {
			ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
			ASSERT_EQ(0, slot_clear(self->fd, id));
		}
		ASSERT_EQ(4, slot_pwrite(self->fd, &round, 4, 5));
		state_catch_up(state, self->watch);
		EXPECT_QUIET(self->watch);
		for (unsigned int id = 1; id <= 10; id++) {
			ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
			EXPECT_TRUE(event_tells(watch_next(self->watch), id,
						&id, 4));
			ASSERT_EQ(0, slot_clear(self->fd, id));
			EXPECT_TOLD_OF(self->watch, id, MSG_SLOT_CLEARED);
		}
		EXPECT_QUIET(self->watch);
	}
}

/* However often one channel comes and goes, it is one, and no other is forgotten. */
TEST_F(backlog, of_one_that_comes_and_goes_is_no_loss)
{
	for (unsigned int i = 0; i < 5000; i++) {
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
		ASSERT_EQ(0, slot_clear(self->fd, 7));
	}
	EXPECT_TOLD_OF(self->watch, 7, MSG_SLOT_CLEARED);
	EXPECT_QUIET(self->watch);
}

/* Restarted while it is read in small steps, with other watches about. */
TEST_F(backlog, restart_in_the_middle_of_reading)
{
	unsigned int count = 1000 + PASSING;
	struct watcher *other = watch_all(self->fd);
	struct state *state = state_new(count);

	self->watch->room = sizeof(struct msg_slot_record) + 8;
	for (unsigned int id = 1; id < 1000; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	for (unsigned int i = 0; i < 500; i++)
		state_take(state, watch_next(self->watch));
	for (unsigned int id = 1; id < count; id++) {
		if (id >= 1000)
			ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
		if (id % 900)
			ASSERT_EQ(0, slot_clear(self->fd, id));
		if (id % 64 == 0 && watch_next(other) && id % 128 == 0)
			state_take(state, watch_await(self->watch));
	}
	for (unsigned int id = 900; id < count; id += 2 * 900)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	state_catch_up(state, self->watch);
	EXPECT_EQ(0u, state_differs(state, self->fd));
	watcher_free(other);
}

/* A set knows all that it may ever have to tell, so nothing is forgotten. */
TEST_F(backlog, of_a_set_is_the_set)
{
	const __u32 set[] = { 1, 2, 3, 4, 5 };
	struct watcher *watch = watcher_of(slot_watch(self->fd, set, 5));
	struct state *state = state_new(6);

	for (unsigned int id = 1; id <= 5; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	state_catch_up(state, watch);
	for (unsigned int id = 1; id < PASSING / 4; id++) {
		if (id != 3)
			ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
		if (id != 2)
			ASSERT_EQ(0, slot_clear(self->fd, id));
	}
	state_catch_up(state, watch);
	EXPECT_EQ(0u, state_differs(state, self->fd));
	EXPECT_EQ(0u, state->versions[3]);
	EXPECT_NE(0u, state->versions[2]);
	watcher_free(watch);
}

TEST_HARNESS_MAIN
