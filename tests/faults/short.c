// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever takes memory where there is none left: in the memory cgroup of who asks
 * for it, or by the limits of the slot. It fails as documented, nothing has changed,
 * and nobody is killed to make room.
 */
#include "state.h"

#include "commit.h"
#include "group.h"
#include "memory.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define GROUP_LIMIT "24M"
#define LONG 40000u
#define FIRST_FILLER 100000u

/* The channel of most calls, which has a message. */
#define ID 1

/* One that is not there. */
#define ABSENT 7

/* One that has a claim, of the open file that is used. */
#define CLAIMED 3

static char bytes[LONG];

static long put_long(int fd)
{
	return slot_put(fd, ID, bytes, LONG);
}

static long write_long(int fd)
{
	long ret = slot_pwrite(fd, bytes, LONG, ID);

	return ret < 0 ? ret : 0;
}

static long writev_long(int fd)
{
	struct iovec vec[] = { { bytes, 1000 }, { bytes + 1000, LONG - 1000 } };
	long ret = slot_result(pwritev(fd, vec, 2, ID));

	return ret < 0 ? ret : 0;
}

static long put_long_if(int fd)
{
	unsigned long long version = slot_version(fd, ID);

	return slot_put_if(fd, ID, bytes, LONG, &version);
}

static long put_long_for_a_time(int fd)
{
	return slot_put_for(fd, ID, bytes, LONG, SECOND * 1000);
}

static long put_new(int fd)
{
	return slot_put(fd, ABSENT, "x", 1);
}

static long write_new(int fd)
{
	long ret = slot_pwrite(fd, "x", 1, ABSENT);

	return ret < 0 ? ret : 0;
}

static long put_new_if(int fd)
{
	return slot_put_if(fd, ABSENT, "x", 1, &(unsigned long long){ 0 });
}

static long put_new_for_a_time(int fd)
{
	return slot_put_for(fd, ABSENT, "x", 1, SECOND * 1000);
}

static long claim_new(int fd)
{
	return slot_claim(fd, ABSENT, MSG_SLOT_END_KEEP);
}

static long claim_new_with_will(int fd)
{
	return slot_claim_will(fd, ABSENT, "will", 4);
}

static long claim_with_long_will(int fd)
{
	return slot_claim_will(fd, ID, bytes, LONG);
}

static long change_will_to_long(int fd)
{
	return slot_claim_will(fd, CLAIMED, bytes, LONG);
}

/* Commits: the first change alone would do, and is not made either. */
static long commit_long(int fd)
{
	struct msg_slot_put puts[] = { put_text(ID, "new"),
				       put_of(4, bytes, LONG) };

	return slot_commit(fd, puts, ARRAY_SIZE(puts));
}

static long commit_new(int fd)
{
	struct msg_slot_put puts[] = { put_text(ID, "new"),
				       put_text(ABSENT, "x") };

	return slot_commit(fd, puts, ARRAY_SIZE(puts));
}

static long commit_new_if(int fd)
{
	struct msg_slot_put puts[] = {
		put_if(put_text(ID, "new"), slot_version(fd, ID)),
		put_if(put_text(ABSENT, "x"), 0),
	};

	return slot_commit(fd, puts, ARRAY_SIZE(puts));
}

/* What is cleared makes no room for what is added. */
static long commit_new_for_another(int fd)
{
	struct msg_slot_put puts[] = { clear_of(ID), put_text(ABSENT, "x") };

	return slot_commit(fd, puts, ARRAY_SIZE(puts));
}

static long commit_new_for_a_time(int fd)
{
	struct msg_slot_put puts[] = { put_text(ID, "new"),
				       put_text(ABSENT, "x") };

	puts[0].ttl = SECOND * 1000;
	puts[1].ttl = SECOND * 1000;
	return slot_commit(fd, puts, ARRAY_SIZE(puts));
}

/* As many as there can be, the new ones last. */
static long commit_most(int fd)
{
	static struct msg_slot_put puts[MOST_PUTS];

	puts[0] = put_text(ID, "new");
	puts[1] = put_text(4, "new");
	for (unsigned int i = 2; i < MOST_PUTS; i++)
		puts[i] = put_text(ABSENT + i, "x");
	return slot_commit(fd, puts, MOST_PUTS);
}

static long watch_all(int fd)
{
	return slot_watch(fd, NULL, 0);
}

static long watch_many(int fd)
{
	static __u32 ids[MSG_SLOT_MAX_WATCHED];

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
		ids[i] = i + 1;
	return slot_watch(fd, ids, ARRAY_SIZE(ids));
}

/* What takes no memory goes on. */
static long read_long(int fd)
{
	static char got[LONG];

	return slot_pread(fd, got, LONG, 2) == LONG ? 0 : -1;
}

static long replace_short(int fd)
{
	return slot_put(fd, 4, "other", 5);
}

static const struct {
	const char *name;
	long (*call)(int fd);
	/* At the limits of channels and of bytes; and without memory. */
	long full, dear, poor;
} calls[] = {
#define CALL(name, ...) #name, name, __VA_ARGS__
	{ CALL(put_long, 0, -ENOSPC, -ENOMEM) },
	{ CALL(write_long, 0, -ENOSPC, -ENOMEM) },
	{ CALL(writev_long, 0, -ENOSPC, -ENOMEM) },
	{ CALL(put_long_if, 0, -ENOSPC, -ENOMEM) },
	{ CALL(put_long_for_a_time, 0, -ENOSPC, -ENOMEM) },
	{ CALL(put_new, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(write_new, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(put_new_if, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(put_new_for_a_time, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(claim_new, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(claim_new_with_will, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(claim_with_long_will, 0, -ENOSPC, -ENOMEM) },
	{ CALL(change_will_to_long, 0, -ENOSPC, -ENOMEM) },
	{ CALL(commit_long, 0, -ENOSPC, -ENOMEM) },
	{ CALL(commit_new, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(commit_new_if, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(commit_new_for_another, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(commit_new_for_a_time, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(commit_most, -ENOSPC, -ENOSPC, -ENOMEM) },
	{ CALL(watch_all, 0, 0, -ENOMEM) },
	{ CALL(watch_many, 0, 0, -ENOMEM) },
	{ CALL(read_long, 0, 0, 0) },
	{ CALL(replace_short, 0, 0, 0) },
#undef CALL
};

#define CALLS ((unsigned int)ARRAY_SIZE(calls))

static bool state_is_after(const char *call, const struct state *before,
			   const struct state *after)
{
	if (state_is(before, after))
		return true;
	fprintf(stderr, "# by %s\n", call);
	return false;
}

FIXTURE(shortage)
{
	int node;
	/* Used, and looked at. */
	int fd;
	int look;
};

FIXTURE_SETUP(shortage)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->look = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LONG));
	message_fill(bytes, LONG, 1);
	ASSERT_EQ(0, slot_put(self->fd, ID, "old", 3));
	ASSERT_EQ(0, slot_put(self->fd, 2, bytes, LONG));
	ASSERT_EQ(0, slot_claim_will(self->fd, CLAIMED, "short will", 10));
	ASSERT_EQ(0, slot_put(self->fd, CLAIMED, "claimed", 7));
	ASSERT_EQ(0, slot_put(self->fd, 4, "other", 5));
}

FIXTURE_TEARDOWN(shortage)
{
	close(self->look);
	close(self->fd);
	close(self->node);
}

/* The will that the claim had is what it ends with, and no claim was added. */
static void expect_claims_as_before(struct __test_metadata *_metadata,
				    FIXTURE_DATA(shortage) * self)
{
	EXPECT_EQ(0, slot_put(self->look, ID, "new", 3));
	EXPECT_EQ(-EBUSY, slot_put(self->look, CLAIMED, "new", 3));
	close(self->fd);
	EXPECT_GET(self->look, CLAIMED, "short will");
	EXPECT_EQ(0, slot_put(self->look, CLAIMED, "new", 3));
	self->fd = slot_open(self->node, O_RDWR);
}

/* All that fail by the slot's limits, one after another. */
static void expect_refused(struct __test_metadata *_metadata,
			   FIXTURE_DATA(shortage) * self, bool by_bytes)
{
	struct state *before = state_take(self->fd, self->look);

	for (unsigned int i = 0; i < CALLS; i++) {
		const long wanted = by_bytes ? calls[i].dear : calls[i].full;
		struct state *after;
		long result;

		if (!wanted)
			continue;
		result = calls[i].call(self->fd);
		if (result != wanted)
			TH_LOG("%s", calls[i].name);
		EXPECT_EQ(wanted, result);
		after = state_take(self->fd, self->look);
		EXPECT_TRUE(state_is_after(calls[i].name, before, after));
		free(after);
	}
	EXPECT_EQ(0, read_long(self->fd));
	EXPECT_EQ(0, replace_short(self->fd));
	free(before);
	expect_claims_as_before(_metadata, self);
}

TEST_F(shortage, of_channels)
{
	ASSERT_EQ(0, slot_set_max_channels(self->fd,
					   slot_usage(self->fd).channels));
	expect_refused(_metadata, self, false);
}

TEST_F(shortage, of_bytes)
{
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, slot_usage(self->fd).bytes));
	expect_refused(_metadata, self, true);
}

/* Between the test and the process in the group, which it looks at from outside. */
struct stage {
	/* Even: the test's turn; odd: the other's. */
	atomic_uint turn;
	pid_t child;
	unsigned int call;
	long result;
	unsigned int fillers;
};

static void await_turn(struct stage *stage, unsigned int parity)
{
	siginfo_t ended = {};

	while (atomic_load(&stage->turn) % 2 != parity) {
		sched_yield();
		if (!parity &&
		    !waitid(P_PID, stage->child, &ended,
			    WEXITED | WNOHANG | WNOWAIT) &&
		    ended.si_pid) {
			fprintf(stderr, "# who was in the group has died\n");
			abort();
		}
	}
}

/*
 * Until nothing goes in any more, down to the last short message. Returns how many
 * channels that took.
 */
static unsigned int fill_group(int fd)
{
	const unsigned int sizes[] = { LONG, 4000, 500, 8 };
	unsigned int id = FIRST_FILLER;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		while (!slot_put(fd, id, bytes, sizes[i]))
			id++;
	}
	return id - FIRST_FILLER;
}

/* Nothing of its own memory may be asked for when the group is full. */
static void act_in_group(struct stage *stage, const struct group *group, int fd)
{
	if (!group_join(group) || mlockall(MCL_CURRENT | MCL_FUTURE))
		_exit(1);
	watch_many(-1);
	commit_most(-1);
	read_long(fd);
	stage->fillers = fill_group(fd);
	while (1) {
		atomic_fetch_add(&stage->turn, 1);
		await_turn(stage, 1);
		if (stage->call == CALLS)
			_exit(0);
		stage->result = calls[stage->call].call(fd);
	}
}

static long call_in_group(struct stage *stage, unsigned int call)
{
	stage->call = call;
	atomic_fetch_add(&stage->turn, 1);
	await_turn(stage, 0);
	return stage->result;
}

TEST_F(shortage, of_memory)
{
	struct stage *stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct group group;
	pid_t child;
	int status;

	if (!group_make(&group))
		SKIP(return, "no memory cgroups here");
	ASSERT_TRUE(group_put(&group, "memory.max", GROUP_LIMIT));
	group_put(&group, "memory.swap.max", "0");
	atomic_store(&stage->turn, 1);
	child = fork();
	if (!child)
		act_in_group(stage, &group, self->fd);
	stage->child = child;
	await_turn(stage, 0);
	EXPECT_LT(100u, stage->fillers);
	for (unsigned int i = 0; i < CALLS; i++) {
		struct state *before = state_take(self->fd, self->look), *after;
		long result = call_in_group(stage, i);
		bool unchanged;

		if (result != calls[i].poor)
			TH_LOG("%s", calls[i].name);
		EXPECT_EQ(calls[i].poor, result);
		after = state_take(self->fd, self->look);
		unchanged = !calls[i].poor ||
			    state_is_after(calls[i].name, before, after);
		EXPECT_TRUE(unchanged);
		free(before);
		free(after);
	}
	stage->call = CALLS;
	atomic_fetch_add(&stage->turn, 1);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, group_events(&group, "oom_kill"));
	EXPECT_LT(0, group_events(&group, "max"));
	expect_claims_as_before(_metadata, self);
	group_remove(&group);
}

TEST_HARNESS_MAIN
