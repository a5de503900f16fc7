// SPDX-License-Identifier: GPL-2.0
/*
 * Commits of several at once, beside everything else that changes channels: whoever
 * takes a snapshot finds all of one or nothing, and whoever is told a part by a watch
 * can read the rest.
 */
#define RACE_SECONDS 1

#include "race.h"
#include "child.h"
#include "commit.h"
#include "scale.h"
#include "watch.h"

#include <sys/prctl.h>

/* Of these, each commit changes all, and nothing else any. */
#define CHANNELS 6u
/* These are in the commits as well, and others change them besides. */
#define SHARED 3u
#define FIRST_SHARED 100u
#define FIRST_BETWEEN 200u
#define LONG 400

#define COUNTER 1
#define ACCOUNTS 6u
#define FORTUNE 1000u

struct value {
	unsigned long long number[LONG / 8];
};

/* Every other channel has long messages. */
static unsigned int size_of(unsigned int i)
{
	return i % 2 ? LONG : 8;
}

static void fill_value(struct value *value, unsigned long long number)
{
	for (unsigned int i = 0; i < LONG / 8; i++)
		value->number[i] = number;
}

static bool value_is_whole(const struct value *value, unsigned int size)
{
	for (unsigned int i = 1; i < size / 8; i++) {
		if (value->number[i] != value->number[0])
			return false;
	}
	return true;
}

/* Each number is one racer's: none comes twice. */
static unsigned long long next_number(struct racer *racer)
{
	return atomic_fetch_add(&racer->race->written, 1) + 1;
}

static unsigned int put_all(struct msg_slot_put *puts, struct value *value,
			    struct racer *racer)
{
	fill_value(value, next_number(racer));
	for (unsigned int i = 0; i < CHANNELS; i++)
		puts[i] = put_of(1 + i, value, size_of(i));
	return CHANNELS;
}

/* As many others come between the first half of them and the second as there can be. */
static unsigned int put_far_apart(struct msg_slot_put *puts,
				  struct value *value, struct racer *racer)
{
	unsigned int half = CHANNELS / 2;

	put_all(puts, value, racer);
	memcpy(&puts[MOST_PUTS - half], &puts[half], half * sizeof(*puts));
	for (unsigned int i = half; i < MOST_PUTS - half; i++)
		puts[i] = put_of(FIRST_BETWEEN + i, value, 8);
	return MOST_PUTS;
}

static unsigned int put_shared_too(struct msg_slot_put *puts,
				   struct value *value)
{
	for (unsigned int i = 0; i < SHARED; i++)
		puts[CHANNELS + i] =
			put_of(FIRST_SHARED + i, value, size_of(i));
	return CHANNELS + SHARED;
}

static void reverse(struct msg_slot_put *puts, unsigned int n)
{
	for (unsigned int i = 0; i < n / 2; i++) {
		struct msg_slot_put put = puts[i];

		puts[i] = puts[n - 1 - i];
		puts[n - 1 - i] = put;
	}
}

/* One in the order of the ids, the next against it. */
static void commit_all(struct racer *racer)
{
	struct msg_slot_put puts[MOST_PUTS];
	struct value value;

	while (racing(racer)) {
		unsigned int n = put_far_apart(puts, &value, racer);

		if (racer->id % 2)
			reverse(puts, n);
		racer_expect(racer, !slot_commit(racer->fd, puts, n),
			     "a commit failed");
	}
}

/* Channels come and go with them. */
static void commit_and_clear(struct racer *racer)
{
	struct msg_slot_put puts[CHANNELS];
	struct value value;

	while (racing(racer)) {
		unsigned int n = put_all(puts, &value, racer);

		racer_expect(racer, !slot_commit(racer->fd, puts, n),
			     "a commit failed");
		for (unsigned int i = 0; i < n; i++)
			puts[i] = clear_of(1 + i);
		racer_expect(racer, !slot_commit(racer->fd, puts, n),
			     "a commit of clears failed");
	}
}

/* What is claimed by another just then is not. */
static void commit_shared(struct racer *racer)
{
	struct msg_slot_put puts[CHANNELS + SHARED];
	struct value value;

	while (racing(racer)) {
		long ret;

		put_all(puts, &value, racer);
		ret = slot_commit(racer->fd, puts,
				  put_shared_too(puts, &value));
		racer_expect(racer, !ret || ret == -EBUSY, "a commit failed");
	}
}

/* All of it lives as long. */
static void commit_for_a_time(struct racer *racer)
{
	struct msg_slot_put puts[CHANNELS];
	struct value value;

	while (racing(racer)) {
		unsigned int n = put_all(puts, &value, racer);

		for (unsigned int i = 0; i < n; i++)
			puts[i].ttl = 20000;
		racer_expect(racer, !slot_commit(racer->fd, puts, n),
			     "a commit failed");
	}
}

/* All that there is to do to one channel, but for what others own. */
static void disturb(struct racer *racer)
{
	struct value value;

	fill_value(&value, 0);
	while (racing(racer)) {
		unsigned long long what = mix(racer->rounds * 8 + racer->id);
		unsigned int id = FIRST_SHARED + what / 8 % SHARED;
		long ret;

		if (what % 4 == 0)
			ret = slot_clear(racer->fd, id);
		else if (what % 4 == 1)
			ret = slot_put_for(racer->fd, id, &value, LONG, 20000);
		else if (what % 4 == 2)
			ret = slot_put(racer->fd, id, &value, 8);
		else
			ret = slot_claim_will(racer->fd, id, &value, 8) ?:
				      slot_release(racer->fd, id);
		racer_expect(racer, !ret || ret == -EBUSY, "a call failed");
	}
}

/* Return: what is wrong. */
static const char *look_at(const struct msg_slot_get *gets, unsigned int n)
{
	const struct value *first = (void *)(unsigned long)gets[0].buffer;

	for (unsigned int i = 0; i < n; i++) {
		const struct value *value =
			(void *)(unsigned long)gets[i].buffer;

		if (!gets[i].record.version != !gets[0].record.version)
			return "half of a commit is there";
		if (!gets[0].record.version)
			continue;
		if (gets[i].record.size != size_of(gets[i].record.channel - 1))
			return "another size";
		if (!value_is_whole(value, gets[i].record.size))
			return "a message was torn";
		if (value->number[0] != first->number[0])
			return "half of one commit, and half of another";
	}
	return NULL;
}

static void take_snapshots(struct racer *racer)
{
	struct value values[CHANNELS];
	struct msg_slot_get gets[CHANNELS];

	while (racing(racer)) {
		/* Two channels meet a commit half way more often than all. */
		unsigned int n = racer->rounds % 2 ? 2 : CHANNELS;
		unsigned int step = n == 2 ? CHANNELS - 1 : 1;

		for (unsigned int i = 0; i < n; i++)
			gets[i] = get_into(1 + i * step, &values[i], LONG);
		racer_expect(racer, !slot_snapshot(racer->fd, gets, n),
			     "a snapshot failed");
		if (!racer->wrong)
			racer->wrong = look_at(gets, n);
	}
}

static void begin_accounts(int fd)
{
	unsigned int fortune = FORTUNE;

	for (unsigned int id = 1; id <= ACCOUNTS; id++) {
		if (slot_put(fd, id, &fortune, sizeof(fortune)))
			abort();
	}
}

static long look_at_accounts(int fd, unsigned int first, unsigned int n,
			     unsigned int *have, unsigned long long *versions)
{
	struct msg_slot_get gets[ACCOUNTS];
	long ret;

	for (unsigned int i = 0; i < n; i++)
		gets[i] = get_into(1 + (first + i) % ACCOUNTS, &have[i],
				   sizeof(have[i]));
	ret = slot_snapshot(fd, gets, n);
	for (unsigned int i = 0; i < n; i++)
		versions[i] = gets[i].record.version;
	return ret;
}

static unsigned int sum_of_accounts(int fd)
{
	unsigned long long versions[ACCOUNTS];
	unsigned int have[ACCOUNTS], sum = 0;

	if (look_at_accounts(fd, 0, ACCOUNTS, have, versions))
		abort();
	for (unsigned int i = 0; i < ACCOUNTS; i++)
		sum += have[i];
	return sum;
}

/* From one to its neighbour, if neither has changed since it was looked at. */
static void transfer(struct racer *racer)
{
	unsigned long long versions[2];
	struct msg_slot_put puts[2];
	unsigned int have[2];

	while (racing(racer)) {
		unsigned int from =
			mix(racer->rounds * 8 + racer->id) % ACCOUNTS;
		unsigned int failed;
		long ret;

		racer_expect(racer,
			     !look_at_accounts(racer->fd, from, 2, have,
					       versions),
			     "a snapshot failed");
		if (!have[0])
			continue;
		have[0]--;
		have[1]++;
		for (unsigned int i = 0; i < 2; i++)
			puts[i] = put_if(put_of(1 + (from + i) % ACCOUNTS,
						&have[i], sizeof(have[i])),
					 versions[i]);
		ret = slot_commit_told(racer->fd, puts, 2, &failed);
		racer_expect(racer,
			     ret == -ESTALE ?
				     puts[failed].version != versions[failed] :
				     !ret,
			     "it failed, and nobody knows why");
		if (!ret)
			atomic_fetch_add(&racer->race->written, 1);
	}
}

static void audit(struct racer *racer)
{
	while (racing(racer))
		racer_expect(racer,
			     sum_of_accounts(racer->fd) == ACCOUNTS * FORTUNE,
			     "money came or went");
}

/* Channels of the racer's own, to be changed between a look at the counter and the change. */
static void fill_others(struct racer *racer, struct msg_slot_put *puts)
{
	static const char other[MSG_SLOT_MAX_MESSAGE];

	for (unsigned int i = 0; i < MOST_PUTS - 1; i++)
		puts[i] = put_of(1000 + 100 * racer->id + i, other,
				 sizeof(other));
}

/* One more than it has, if it has that still; by a commit, or the call for one channel. */
static void count(struct racer *racer)
{
	struct msg_slot_put puts[MOST_PUTS], *put = &puts[MOST_PUTS - 1];
	struct got got;

	fill_others(racer, puts);
	while (racing(racer)) {
		unsigned int number;
		long ret;

		if (slot_get(racer->fd, COUNTER, &got))
			abort();
		memcpy(&number, got.message, sizeof(number));
		number++;
		*put = put_if(put_of(COUNTER, &number, sizeof(number)),
			      got.record.version);
		ret = racer->id % 2 ? slot_commit(racer->fd, puts, MOST_PUTS) :
				      slot_ioctl(racer->fd, MSG_SLOT_PUT, put);
		racer_expect(racer, !ret || ret == -ESTALE, "a put failed");
		if (!ret)
			atomic_fetch_add(&racer->race->written, 1);
	}
}

/* Numbers grow: what is there is what was told, or later. */
static bool can_be_read(int fd, unsigned long long number)
{
	struct value value;

	for (unsigned int i = 0; i < CHANNELS; i++) {
		if (slot_pread(fd, &value, sizeof(value), 1 + i) !=
			    (long)size_of(i) ||
		    value.number[0] < number)
			return false;
	}
	return true;
}

static void follow(struct racer *racer, struct watcher *watcher)
{
	while (racing(racer)) {
		struct event *event = watch_next(watcher);
		unsigned long long number;

		if (!event)
			continue;
		memcpy(&number, event->message, sizeof(number));
		racer_expect(racer,
			     event->record.event == MSG_SLOT_WRITTEN &&
				     can_be_read(racer->fd, number),
			     "a part was told, and another not there");
	}
	watcher_free(watcher);
}

static void follow_set(struct racer *racer)
{
	const __u32 ids[CHANNELS] = { 1, 2, 3, 4, 5, 6 };

	follow(racer, watcher_of(slot_watch(racer->fd, ids, CHANNELS)));
}

/* A single event at a time: the next is told a little later. */
static void follow_slot(struct racer *racer)
{
	struct watcher *watcher = watch_all(racer->fd);

	watcher->room = MSG_SLOT_EVENT_SIZE(LONG);
	follow(racer, watcher);
}

FIXTURE(commits)
{
	struct race *race;
	int fd;
};

FIXTURE_SETUP(commits)
{
	int node = slot_fresh();

	self->race = race_new(node, false);
	self->fd = slot_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LONG));
}

FIXTURE_TEARDOWN(commits)
{
	close(self->fd);
}

TEST_F(commits, of_the_same_channels_in_both_orders)
{
	race_add_many(self->race, 2, commit_all);
	race_add_many(self->race, 2, take_snapshots);
	race_run(self->race, _metadata);
}

TEST_F(commits, of_processes)
{
	self->race->processes = true;
	race_add_many(self->race, 2, commit_all);
	race_add(self->race, take_snapshots);
	race_run(self->race, _metadata);
}

TEST_F(commits, that_make_channels_and_clear_them)
{
	race_add_many(self->race, 2, commit_and_clear);
	race_add_many(self->race, 2, take_snapshots);
	race_run(self->race, _metadata);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

TEST_F(commits, that_make_channels_beside_a_watch)
{
	struct watcher *watcher = watch_all(self->fd);

	race_add_many(self->race, 2, commit_and_clear);
	race_add(self->race, take_snapshots);
	race_run(self->race, _metadata);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	watcher_free(watcher);
}

TEST_F(commits, beside_all_that_changes_single_channels)
{
	race_add_many(self->race, 2, commit_shared);
	race_add_many(self->race, 2, disturb);
	race_add(self->race, take_snapshots);
	race_run(self->race, _metadata);
}

TEST_F(commits, that_expire)
{
	race_add_many(self->race, 2, commit_for_a_time);
	race_add(self->race, take_snapshots);
	race_run(self->race, _metadata);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
}

TEST_F(commits, on_conditions)
{
	begin_accounts(self->fd);
	race_add_many(self->race, 3, transfer);
	race_add(self->race, audit);
	race_run(self->race, _metadata);
	EXPECT_LT(10u, self->race->written);
}

TEST_F(commits, on_conditions_beside_single_puts)
{
	unsigned int number = 0;

	ASSERT_EQ(0, slot_put(self->fd, COUNTER, &number, sizeof(number)));
	race_add_many(self->race, 2, count);
	race_run(self->race, _metadata);
	ASSERT_EQ((long)sizeof(number),
		  slot_pread(self->fd, &number, sizeof(number), COUNTER));
	EXPECT_EQ(self->race->written, number);
}

TEST_F(commits, told_by_watches)
{
	race_add(self->race, commit_all);
	race_add(self->race, follow_set);
	race_add(self->race, follow_slot);
	race_run(self->race, _metadata);
}

static void commit_until_killed(struct race *race)
{
	struct racer racer = { .race = race,
			       .fd = slot_open(race->node, O_RDWR) };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	commit_all(&racer);
	_exit(1);
}

static int commit_and_be_killed(struct race *race, unsigned int number)
{
	unsigned long long written = atomic_load(&race->written);
	pid_t child = fork();
	int status;

	if (!child)
		commit_until_killed(race);
	while (atomic_load(&race->written) < written + 1 + number % 3)
		sched_yield();
	for (unsigned int i = mix(number) % 20000; i; i--)
		__asm__ volatile("");
	kill(child, SIGKILL);
	status = child_end(child);
	return WIFSIGNALED(status) ? 0 : -1;
}

TEST_F(commits, of_those_who_are_killed)
{
	struct racer racer = { .race = self->race, .fd = self->fd };
	struct msg_slot_get gets[CHANNELS];
	struct value values[CHANNELS];

	for (unsigned int number = 0; number < scaled(100); number++) {
		ASSERT_EQ(0, commit_and_be_killed(self->race, number));
		for (unsigned int i = 0; i < CHANNELS; i++)
			gets[i] = get_into(1 + i, &values[i], LONG);
		ASSERT_EQ(0, slot_snapshot(self->fd, gets, CHANNELS));
		racer.wrong = look_at(gets, CHANNELS);
		ASSERT_EQ(NULL, racer.wrong);
	}
	EXPECT_EQ((unsigned int)MOST_PUTS, slot_usage(self->fd).channels);
}

TEST_HARNESS_MAIN
