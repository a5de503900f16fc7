// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_COMMIT: several channels changed at one moment, or none of them. */
#include "commit.h"
#include "page.h"
#include "watch.h"

#define MOST MOST_PUTS
#define KEEP MSG_SLOT_END_KEEP

static struct msg_slot_put parts[MOST + 1];
static unsigned int numbers[MOST + 1];

/* Channels 1 and 2 have messages, and the whole slot is watched. */
FIXTURE(commit)
{
	int node;
	int fd;
	int other;
	unsigned long long versions[2];
	struct watcher *watcher;
};

FIXTURE_SETUP(commit)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->other = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, slot_put(self->fd, 1, "one", 3));
	ASSERT_EQ(0, slot_put(self->fd, 2, "two", 3));
	self->versions[0] = slot_version(self->fd, 1);
	self->versions[1] = slot_version(self->fd, 2);
	self->watcher = watch_changes(self->fd, NULL, 0);
}

FIXTURE_TEARDOWN(commit)
{
	watcher_free(self->watcher);
	close(self->fd);
	close(self->other);
	close(self->node);
}

/* All is as it was when the test began, and nobody was told anything. */
static bool is_untouched(FIXTURE_DATA(commit) * self)
{
	return channel_has(self->other, 1, "one") &&
	       channel_has(self->other, 2, "two") &&
	       slot_version(self->other, 1) == self->versions[0] &&
	       slot_version(self->other, 2) == self->versions[1] &&
	       slot_usage(self->other).channels == 2 && is_quiet(self->watcher);
}

/* It fails for that put, and has changed nothing. */
static bool is_refused(FIXTURE_DATA(commit) * self, int fd, unsigned int count,
		       long err, unsigned int index)
{
	unsigned int failed;
	long ret = slot_commit_told(fd, parts, count, &failed);

	if (ret == err && failed == index && is_untouched(self))
		return true;
	fprintf(stderr, "# returned %ld, and %u failed\n", ret, failed);
	return false;
}

#define EXPECT_REFUSED(fd, count, err, index) \
	EXPECT_TRUE(is_refused(self, fd, count, err, index))

/* What would change channels 1, 2 and 3. */
static void prepare_three(void)
{
	parts[0] = put_text(1, "no");
	parts[1] = clear_of(2);
	parts[2] = put_text(3, "no");
}

/* So many puts of numbers, into channels from @first on. */
static void prepare(unsigned int first, unsigned int count, unsigned int seed)
{
	for (unsigned int i = 0; i < count; i++) {
		numbers[i] = seed + i;
		parts[i] = put_of(first + i, &numbers[i], sizeof(numbers[i]));
	}
}

static bool channel_has_number(int fd, unsigned int id, unsigned int number)
{
	unsigned int got;

	return slot_pread(fd, &got, sizeof(got), id) == sizeof(got) &&
	       got == number;
}

TEST_F(slot, of_every_number_of_channels)
{
	unsigned int failed;

	for (unsigned int count = 1; count <= MOST; count++) {
		prepare(1, count, 1000 * count);
		EXPECT_EQ(0, slot_commit_told(self->fd, parts, count, &failed));
		EXPECT_EQ(count, failed);
		for (unsigned int i = 0; i < count; i++) {
			EXPECT_TRUE(channel_has_number(self->fd, 1 + i,
						       1000 * count + i));
			EXPECT_EQ(slot_version(self->fd, 1 + i),
				  parts[i].version);
		}
	}
	EXPECT_EQ((unsigned int)MOST, slot_usage(self->fd).channels);
}

TEST_F(slot, of_ids_in_any_order)
{
	const __u32 ids[] = { ~0u, 3, 70000, 1, 2, 128, 1u << 31 };
	unsigned int failed;

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
		parts[i] = put_of(ids[i], &ids[i], sizeof(ids[i]));
	EXPECT_EQ(0, slot_commit(self->fd, parts, ARRAY_SIZE(ids)));
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_TRUE(channel_has_number(self->fd, ids[i], ids[i]));
		EXPECT_EQ(slot_version(self->fd, ids[i]), parts[i].version);
	}
	parts[2] = put_if(parts[2], 0);
	parts[6] = put_if(parts[6], 0);
	EXPECT_EQ(-ESTALE,
		  slot_commit_told(self->fd, parts, ARRAY_SIZE(ids), &failed));
	EXPECT_EQ(2u, failed);
}

TEST_F(commit, puts_and_clears)
{
	parts[0] = put_text(3, "three");
	parts[1] = clear_of(2);
	parts[2] = clear_of(9);
	parts[3] = put_text(1, "1");
	EXPECT_EQ(0, slot_commit(self->fd, parts, 4));
	EXPECT_GET(self->other, 1, "1");
	EXPECT_NONE(self->other, 2);
	EXPECT_GET(self->other, 3, "three");
	EXPECT_NONE(self->other, 9);
	EXPECT_EQ(slot_version(self->fd, 3), parts[0].version);
	EXPECT_EQ(self->versions[1], parts[1].version);
	EXPECT_EQ(0u, parts[2].version);
	EXPECT_EQ(slot_version(self->fd, 1), parts[3].version);
	EXPECT_LT(self->versions[0], parts[3].version);
	EXPECT_EQ(2u, slot_usage(self->fd).channels);
}

TEST_F(commit, channel_0_is_the_selected_one)
{
	parts[0] = put_text(0, "no");
	parts[1] = put_text(1, "no");
	EXPECT_REFUSED(self->fd, 2, -EINVAL, 0);
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_REFUSED(self->fd, 2, -EINVAL, 1);
	ASSERT_EQ(0, slot_select(self->fd, 9));
	EXPECT_EQ(0, slot_commit(self->fd, parts, 2));
	EXPECT_GET(self->fd, 9, "no");
}

TEST_F(commit, conditions_that_are_met)
{
	parts[0] = put_if(put_text(1, "1"), self->versions[0]);
	parts[1] = put_if(clear_of(2), self->versions[1]);
	parts[2] = put_if(put_text(3, "3"), 0);
	parts[3] = put_if(clear_of(4), 0);
	EXPECT_EQ(0, slot_commit(self->fd, parts, 4));
	EXPECT_GET(self->other, 1, "1");
	EXPECT_NONE(self->other, 2);
	EXPECT_GET(self->other, 3, "3");
	EXPECT_EQ(self->versions[1], parts[1].version);
	EXPECT_EQ(0u, parts[3].version);
	EXPECT_EQ(2u, slot_usage(self->fd).channels);
}

/* Each in turn is the one that is not met: an old version, one to come, one of none. */
TEST_F(commit, condition_that_is_not_met_changes_nothing)
{
	const struct {
		unsigned int id;
		unsigned long long version;
	} wrong[] = { { 1, self->versions[0] + 1 }, { 1, 0 },
		      { 2, self->versions[1] - 1 }, { 2, ~0ull },
		      { 3, self->versions[0] },	    { 3, 1 } };

	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(wrong); i++) {
		unsigned int at = wrong[i / 2].id - 1;

		prepare_three();
		parts[3] = put_text(4, "no");
		if (i % 2)
			parts[at] = clear_of(1 + at);
		parts[at] = put_if(parts[at], wrong[i / 2].version);
		EXPECT_REFUSED(self->fd, 4, -ESTALE, at);
		EXPECT_EQ(self->versions[0], parts[0].version);
		EXPECT_EQ(self->versions[1], parts[1].version);
		EXPECT_EQ(0u, parts[2].version);
		EXPECT_EQ(0u, parts[3].version);
	}
}

TEST_F(commit, first_condition_that_is_not_met_is_told)
{
	for (unsigned int first = 0; first < MOST; first++) {
		prepare(1, MOST, 0);
		for (unsigned int i = first; i < MOST; i++)
			parts[i] = put_if(parts[i], 77);
		for (unsigned int i = 0; i < MOST / 2; i++) {
			__u32 id = parts[i].channel;

			parts[i].channel = parts[MOST - 1 - i].channel;
			parts[MOST - 1 - i].channel = id;
		}
		EXPECT_REFUSED(self->fd, MOST, -ESTALE, first);
		EXPECT_EQ(self->versions[0], parts[MOST - 1].version);
		EXPECT_EQ(self->versions[1], parts[MOST - 2].version);
	}
}

TEST_F(commit, claimed_channel_of_another)
{
	ASSERT_EQ(0, slot_claim(self->other, 2, KEEP));
	prepare_three();
	EXPECT_REFUSED(self->fd, 3, -EBUSY, 1);
	/* Before conditions, wherever they stand. */
	parts[0] = put_if(parts[0], 77);
	parts[2] = put_if(parts[2], 77);
	EXPECT_REFUSED(self->fd, 3, -EBUSY, 1);
	EXPECT_EQ(77u, parts[0].version);
	ASSERT_EQ(0, slot_claim(self->other, 1, KEEP));
	EXPECT_REFUSED(self->fd, 3, -EBUSY, 0);
	prepare_three();
	EXPECT_EQ(0, slot_commit(self->other, parts, 3));
	EXPECT_EQ(0, slot_release(self->other, 1));
	EXPECT_EQ(0, slot_release(self->other, 2));
	EXPECT_EQ(0, slot_commit(self->fd, parts, 3));
}

TEST_F(commit, claim_stays_and_its_will_comes)
{
	ASSERT_EQ(0, slot_claim_will(self->other, 2, "will", 4));
	prepare_three();
	EXPECT_EQ(0, slot_commit(self->other, parts, 3));
	EXPECT_NONE(self->fd, 2);
	EXPECT_EQ(-EBUSY, slot_put(self->fd, 2, "no", 2));
	close(self->other);
	EXPECT_GET(self->fd, 2, "will");
	self->other = slot_open(self->node, O_RDWR);
}

TEST_F(commit, restricted_descriptor)
{
	int narrow = slot_open(self->node, O_RDWR);

	ASSERT_EQ(0, slot_restrict(narrow, 2, 0));
	prepare_three();
	EXPECT_REFUSED(narrow, 3, -EPERM, 0);
	parts[0].channel = 0;
	EXPECT_REFUSED(narrow, 1 + 2, -EPERM, 2);
	EXPECT_EQ(0, slot_commit(narrow, parts, 1));
	EXPECT_GET(self->other, 2, "no");
	EXPECT_EQ(0, slot_commit(narrow, parts + 1, 1));
	EXPECT_NONE(self->other, 2);
	ASSERT_EQ(0, slot_restrict(narrow, 0, MSG_SLOT_READ_ONLY));
	EXPECT_EQ(-EPERM, slot_commit(narrow, parts + 1, 1));
	close(narrow);
}

TEST_F(commit, needs_a_file_open_for_writing)
{
	int reader = slot_open(self->node, O_RDONLY);
	int writer = slot_open(self->node, O_WRONLY);
	unsigned int failed;

	prepare_three();
	EXPECT_EQ(-EBADF, slot_commit_told(reader, parts, 3, &failed));
	EXPECT_TRUE(is_untouched(self));
	EXPECT_EQ(0, slot_commit(writer, parts, 3));
	close(reader);
	close(writer);
}

TEST_F(commit, count_is_1_to_64)
{
	const unsigned int bad[] = { 0, MOST + 1, 1000, 1u << 31, ~0u };

	prepare(1, MOST + 1, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_REFUSED(self->fd, bad[i], -EINVAL, bad[i]);
	EXPECT_EQ(0, slot_commit(self->fd, parts, MOST));
}

TEST_F(commit, no_channel_twice)
{
	for (unsigned int i = 1; i < MOST; i++) {
		prepare(1, MOST, 0);
		parts[i].channel = parts[(i - 1) / 2].channel;
		EXPECT_REFUSED(self->fd, MOST, -EINVAL, i);
	}
	/* Not a put and a clear either. */
	parts[0] = clear_of(1);
	parts[1] = put_text(1, "no");
	EXPECT_REFUSED(self->fd, 2, -EINVAL, 1);
}

TEST_F(commit, unknown_flags_and_reserved_fields_are_refused)
{
	for (unsigned int bit = 0; bit < 32; bit++) {
		prepare_three();
		parts[1].reserved = 1u << bit;
		EXPECT_REFUSED(self->fd, 3, -EINVAL, 1);
	}
	for (unsigned int bit = 2; bit < 32; bit++) {
		prepare_three();
		parts[2].flags = 1u << bit;
		EXPECT_REFUSED(self->fd, 3, -EINVAL, 2);
	}
	prepare_three();
	parts[0].ttl = 1ull << 63;
	EXPECT_REFUSED(self->fd, 3, -EINVAL, 0);
	parts[0].ttl = MSG_SLOT_FOREVER;
	EXPECT_EQ(0, slot_commit(self->fd, parts, 3));
}

TEST_F(commit, clear_has_nothing_else)
{
	prepare_three();
	parts[1].buffer = (unsigned long)"x";
	EXPECT_REFUSED(self->fd, 3, -EINVAL, 1);
	prepare_three();
	parts[1].size = 1;
	EXPECT_REFUSED(self->fd, 3, -EINVAL, 1);
	prepare_three();
	parts[1].ttl = SECOND;
	EXPECT_REFUSED(self->fd, 3, -EINVAL, 1);
	parts[1].ttl = MSG_SLOT_FOREVER;
	EXPECT_REFUSED(self->fd, 3, -EINVAL, 1);
}

/* Of the calls for one channel, none has that flag. */
TEST_F(commit, clears_is_a_flag_of_commits_only)
{
	struct msg_slot_put put = clear_of(1);

	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	put = put_text(1, "no");
	put.flags = MSG_SLOT_CLEARS;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	EXPECT_TRUE(is_untouched(self));
}

TEST_F(commit, sizes_that_are_refused)
{
	const unsigned int bad[] = { 0, MSG_SLOT_MAX_MESSAGE + 1, 1u << 31,
				     ~0u };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		prepare_three();
		parts[2].size = bad[i];
		EXPECT_REFUSED(self->fd, 3, -EMSGSIZE, 2);
	}
}

TEST_F(commit, bad_addresses)
{
	struct msg_slot_put *border = (void *)page_border(PROT_READ);
	struct msg_slot_commit *whole = (void *)page_border(PROT_READ);
	unsigned int failed;

	prepare_three();
	parts[2].buffer = 8;
	EXPECT_REFUSED(self->fd, 3, -EFAULT, 2);
	prepare_three();
	EXPECT_EQ(-EFAULT, slot_commit_told(self->fd, (void *)8, 3, &failed));
	EXPECT_EQ(3u, failed);
	/* What will be filled in can be, or nothing is done. */
	ASSERT_EQ(0, mprotect(border, getpagesize(), PROT_READ | PROT_WRITE));
	memcpy(border - 2, parts, 3 * sizeof(*parts));
	ASSERT_EQ(0, mprotect(border, getpagesize(), PROT_READ));
	EXPECT_EQ(-EFAULT, slot_commit(self->fd, border - 2, 3));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_COMMIT, (void *)8));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_COMMIT, whole));
	EXPECT_TRUE(is_untouched(self));
	border[-1] = put_text(3, "three");
	EXPECT_EQ(0, slot_commit(self->fd, border - 2, 2));
	EXPECT_GET(self->fd, 3, "three");
}

TEST_F(commit, as_many_channels_as_there_is_room_for)
{
	ASSERT_EQ(0, slot_set_max_channels(self->fd, 4));
	prepare(2, 4, 0);
	EXPECT_REFUSED(self->fd, 4, -ENOSPC, 4);
	/* What is cleared makes no room for what comes with it. */
	parts[0] = clear_of(2);
	EXPECT_REFUSED(self->fd, 4, -ENOSPC, 4);
	prepare(1, 4, 0);
	EXPECT_EQ(0, slot_commit(self->fd, parts, 4));
	EXPECT_EQ(4u, slot_usage(self->fd).channels);
}

TEST_F(commit, as_many_bytes_as_there_is_room_for)
{
	static const char big[3000];
	unsigned long long used;

	ASSERT_EQ(0, slot_set_max_message(self->fd, 3000));
	used = slot_usage(self->fd).bytes;
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, used + 5999));
	parts[0] = put_of(1, big, 3000);
	parts[1] = put_of(2, big, 3000);
	EXPECT_REFUSED(self->fd, 2, -ENOSPC, 2);
	EXPECT_EQ(used, slot_usage(self->fd).bytes);
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, used + 6000));
	EXPECT_EQ(0, slot_commit(self->fd, parts, 2));
	EXPECT_EQ(used + 6000, slot_usage(self->fd).bytes);
	/* One goes for the other, in either order. */
	parts[0] = clear_of(1);
	parts[1] = put_of(2, big, 2999);
	EXPECT_EQ(0, slot_commit(self->fd, parts, 2));
	ASSERT_EQ(0, slot_put(self->fd, 1, "1", 1));
	EXPECT_EQ(used + 2999, slot_usage(self->fd).bytes);
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, used + 3000));
	parts[0] = put_of(1, big, 3000);
	parts[1] = put_of(2, big, 1);
	EXPECT_EQ(0, slot_commit(self->fd, parts, 2));
	EXPECT_EQ(used + 3000, slot_usage(self->fd).bytes);
}

TEST_F(slot, long_messages)
{
	static char messages[3][LARGEST];
	const unsigned int sizes[] = { LARGEST, 129, 70000 };

	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 3; i++) {
			unsigned int size = sizes[(i + round) % 3];

			memcpy(messages[i], large(size, 3 * round + i), size);
			parts[i] = put_of(1 + i, messages[i], size);
		}
		EXPECT_EQ(0, slot_commit(self->fd, parts, 3));
		for (unsigned int i = 0; i < 3; i++)
			EXPECT_TRUE(slot_has_large(self->fd, 1 + i,
						   sizes[(i + round) % 3],
						   3 * round + i));
	}
	prepare(1, 3, 0);
	EXPECT_EQ(0, slot_commit(self->fd, parts, 3));
	EXPECT_TRUE(channel_has_number(self->fd, 1, 0));
}

TEST_F(commit, all_have_one_time_and_one_author)
{
	struct msg_slot_record first;

	for (unsigned int round = 0; round < 20; round++) {
		ASSERT_EQ(0, slot_put(self->other, 60, "later", 5));
		prepare(1, MOST, round);
		ASSERT_EQ(0, slot_commit(self->fd, parts, MOST));
		first = slot_record(self->fd, 1);
		for (unsigned int id = 2; id <= MOST; id++) {
			struct msg_slot_record record =
				slot_record(self->fd, id);

			/* The offset of the clock is a little different each time. */
			EXPECT_GT(1000000, llabs((long long)(record.written -
							     first.written)));
			EXPECT_EQ(getpid(), (pid_t)record.pid);
			EXPECT_EQ(getuid(), record.uid);
		}
	}
}

TEST_F(commit, messages_for_a_time)
{
	unsigned long long end = end_of(200 * MILLISECOND);

	prepare_three();
	parts[0].ttl = 200 * MILLISECOND;
	parts[2].ttl = 3600 * SECOND;
	EXPECT_EQ(0, slot_commit(self->fd, parts, 3));
	if (!is_past(end))
		EXPECT_GE(200 * MILLISECOND, slot_record(self->fd, 1).ttl);
	usleep(201000);
	EXPECT_NONE(self->fd, 1);
	EXPECT_EVENT(MSG_SLOT_EXPIRED, slot_record(self->fd, 1));
	EXPECT_GE(3600 * SECOND, slot_record(self->fd, 3).ttl);
	EXPECT_LT(3500 * SECOND, slot_record(self->fd, 3).ttl);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 1));
}

/* What is over counts as none: for conditions, and for what was taken away. */
TEST_F(commit, messages_that_are_over)
{
	unsigned long long version;

	ASSERT_EQ(0, slot_put_told(self->fd, 1, "x", 1, MILLISECOND, &version));
	usleep(2000);
	parts[0] = put_if(put_text(1, "new"), version);
	parts[1] = put_text(2, "no");
	EXPECT_EQ(-ESTALE, slot_commit(self->fd, parts, 2));
	EXPECT_EQ(0u, parts[0].version);
	EXPECT_GET(self->fd, 2, "two");
	parts[0] = clear_of(1);
	EXPECT_EQ(0, slot_commit(self->fd, parts, 2));
	EXPECT_EQ(0u, parts[0].version);
	parts[0] = put_if(put_text(1, "new"), 0);
	EXPECT_EQ(0, slot_commit(self->fd, parts, 2));
	EXPECT_LT(version, parts[0].version);
}

TEST_F(commit, watch_is_told_of_each)
{
	__u32 ids[] = { 1, 2, 3 };
	struct watcher *set = watch_changes(self->fd, ids, 3);

	parts[0] = put_text(3, "three");
	parts[1] = clear_of(2);
	parts[2] = put_text(1, "1");
	parts[3] = clear_of(4);
	ASSERT_EQ(0, slot_commit(self->fd, parts, 4));
	EXPECT_TOLD(set, 1, "1");
	EXPECT_TOLD_OF(set, 2, MSG_SLOT_CLEARED);
	EXPECT_TOLD(set, 3, "three");
	EXPECT_QUIET(set);
	EXPECT_TOLD(self->watcher, 1, "1");
	EXPECT_TOLD_OF(self->watcher, 2, MSG_SLOT_CLEARED);
	EXPECT_TOLD(self->watcher, 3, "three");
	EXPECT_QUIET(self->watcher);
	watcher_free(set);
}

/* A channel that is kept for a watch of the whole slot, as nobody has told its end. */
TEST_F(commit, kept_channels)
{
	unsigned long long version = 0;

	for (unsigned int round = 0; round < 10; round++) {
		parts[0] = clear_of(1);
		parts[1] = put_text(2, "2");
		ASSERT_EQ(0, slot_commit(self->fd, parts, 2));
		EXPECT_EQ(1u, slot_usage(self->fd).channels);
		/* There is nothing to clear, and no version. */
		ASSERT_EQ(0, slot_commit(self->fd, parts, 2));
		EXPECT_EQ(0u, parts[0].version);
		parts[0] = put_if(clear_of(1), 5);
		EXPECT_EQ(-ESTALE, slot_commit(self->fd, parts, 2));
		EXPECT_EQ(0u, parts[0].version);
		if (round % 2)
			EXPECT_TOLD_OF(self->watcher, 1, MSG_SLOT_CLEARED);
		parts[0] = put_text(1, "1");
		ASSERT_EQ(0, slot_commit(self->fd, parts, 2));
		EXPECT_LT(version, parts[0].version);
		version = parts[0].version;
		EXPECT_EQ(2u, slot_usage(self->fd).channels);
		EXPECT_GET(self->fd, 1, "1");
		while (round % 2 && watch_next(self->watcher))
			;
	}
}

static long sleep_in_wait(struct sleeper *sleeper)
{
	struct got got;
	long ret = slot_wait(sleeper->fd, 3, 0, FOREVER, 0, &got);

	memcpy(sleeper->got, got.message, sizeof(got.message));
	return ret;
}

static long sleep_in_watch(struct sleeper *sleeper)
{
	return poll_events(sleeper->other, POLLIN, SOON_MS);
}

TEST_F(commit, who_waits_is_woken)
{
	struct sleeper sleepers[] = {
		{ .call = sleep_in_wait, .fd = self->other },
		{ .call = sleep_in_watch, .other = self->watcher->fd },
	};

	for (unsigned int i = 0; i < 2; i++)
		sleeper_start(&sleepers[i]);
	prepare_three();
	EXPECT_EQ(0, slot_commit(self->fd, parts, 3));
	EXPECT_EQ(0, sleeper_join(&sleepers[0]));
	EXPECT_EQ(0, memcmp(sleepers[0].got, "no", 2));
	EXPECT_EQ(POLLIN, sleeper_join(&sleepers[1]));
}

TEST_HARNESS_MAIN
