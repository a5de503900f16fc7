// SPDX-License-Identifier: GPL-2.0
/* msgslot_commit(). */
#include "frame.h"
#include "library.h"

static struct msgslot_change puts_text(uint32_t channel, const char *text)
{
	return (struct msgslot_change){
		.channel = channel,
		.message = text,
		.size = strlen(text),
	};
}

static struct msgslot_change clears(uint32_t channel)
{
	return (struct msgslot_change){
		.channel = channel,
		.flags = MSG_SLOT_CLEARS,
	};
}

static struct msgslot_change only_if(struct msgslot_change change,
				     uint64_t version)
{
	change.flags |= MSG_SLOT_IF_VERSION;
	change.version = version;
	return change;
}

/* What it returns, where only one change can be what it failed for. */
static int commit_one(int fd, struct msgslot_change change)
{
	struct msgslot_change changes[] = { puts_text(90, "new"), change,
					    puts_text(91, "new") };
	size_t failed = 99;
	int ret = msgslot_commit(fd, changes, 3, &failed);

	return failed == 1 ? ret : -ENOTRECOVERABLE;
}

TEST_F(library, commits_all)
{
	struct msgslot_change changes[] = {
		puts_text(7, "seven"),
		clears(8),
		puts_text(9, "nine"),
		clears(10),
	};
	uint64_t cleared;
	size_t failed = 99;

	ASSERT_EQ(0, msgslot_put(self->fd, 8, "eight", 5, 0, &cleared));
	changes[2].ttl = 3600 * SECOND;
	ASSERT_EQ(0, msgslot_commit(self->fd, changes, 4, &failed));
	EXPECT_EQ(4U, failed);
	EXPECT_GET(self->other, 7, "seven");
	EXPECT_NONE(self->other, 8);
	EXPECT_GET(self->other, 9, "nine");
	EXPECT_EQ(slot_version(self->fd, 7), changes[0].version);
	EXPECT_EQ(cleared, changes[1].version);
	EXPECT_EQ(slot_version(self->fd, 9), changes[2].version);
	EXPECT_EQ(0U, changes[3].version);
	EXPECT_EQ(FOREVER, slot_record(self->fd, 7).ttl);
	EXPECT_GE(3600 * SECOND, slot_record(self->fd, 9).ttl);
	EXPECT_EQ(0, msgslot_commit(self->fd, changes, 1, NULL));
}

TEST_F(library, commits_on_conditions)
{
	struct msgslot_change changes[3];
	uint64_t seven, eight;
	size_t failed = 99;

	ASSERT_EQ(0, msgslot_put(self->fd, 7, "old", 3, 0, &seven));
	ASSERT_EQ(0, msgslot_put(self->fd, 8, "old", 3, 0, &eight));
	changes[0] = only_if(puts_text(7, "new"), seven);
	changes[1] = only_if(clears(8), eight + 1);
	changes[2] = only_if(puts_text(9, "new"), 1);
	EXPECT_EQ(-ESTALE, msgslot_commit(self->other, changes, 3, &failed));
	EXPECT_EQ(1U, failed);
	EXPECT_EQ(seven, changes[0].version);
	EXPECT_EQ(eight, changes[1].version);
	EXPECT_EQ(0U, changes[2].version);
	EXPECT_GET(self->fd, 7, "old");
	EXPECT_GET(self->fd, 8, "old");
	EXPECT_NONE(self->fd, 9);
	EXPECT_EQ(0, msgslot_commit(self->other, changes, 3, &failed));
	EXPECT_EQ(3U, failed);
	EXPECT_GET(self->fd, 7, "new");
	EXPECT_NONE(self->fd, 8);
	EXPECT_GET(self->fd, 9, "new");
}

/* By the clock of the messages, not counted back from the present. */
TEST_F(library, a_commit_has_one_time)
{
	struct msgslot_change changes[] = { puts_text(7, "one"),
					    puts_text(8, "one") };
	struct msgslot_reader seven, eight;
	struct msgslot_info one, other;
	struct msgslot_view *view;
	char buf[8];

	ASSERT_EQ(0, msgslot_view_open(self->other, &view));
	ASSERT_EQ(0, msgslot_reader_init(&seven, view, 7));
	ASSERT_EQ(0, msgslot_reader_init(&eight, view, 8));
	ASSERT_EQ(0, msgslot_commit(self->fd, changes, 2, NULL));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(3, msgslot_reader_get(&seven, buf, 8, &one));
		EXPECT_EQ(3, msgslot_reader_get(&eight, buf, 8, &other));
	}
	EXPECT_EQ(one.written, other.written);
	EXPECT_EQ(changes[0].version, one.version);
	EXPECT_EQ(changes[1].version, other.version);
	msgslot_view_close(view);
}

/* The fields that are filled in stay as they were, but for the index. */
TEST_F(library, what_fails_changes_nothing)
{
	struct msgslot_change changes[] = { puts_text(7, "new"),
					    puts_text(8, "new") };

	ASSERT_EQ(0, msgslot_claim(self->other, 8, MSG_SLOT_END_KEEP, NULL, 0));
	changes[0].version = 77;
	changes[1].version = 88;
	EXPECT_EQ(-EBUSY, msgslot_commit(self->fd, changes, 2, NULL));
	EXPECT_EQ(77U, changes[0].version);
	EXPECT_EQ(88U, changes[1].version);
	EXPECT_NONE(self->fd, 7);
	EXPECT_NONE(self->fd, 8);
}

TEST_F(library, tells_which_change_it_failed_for)
{
	struct msgslot_change change = puts_text(7, "x");

	ASSERT_EQ(0, msgslot_claim(self->other, 9, MSG_SLOT_END_KEEP, NULL, 0));
	EXPECT_EQ(-EBUSY, commit_one(self->fd, puts_text(9, "no")));
	EXPECT_EQ(-EBUSY, commit_one(self->fd, clears(9)));
	EXPECT_EQ(-ESTALE, commit_one(self->fd, only_if(change, 5)));
	EXPECT_EQ(-EMSGSIZE, commit_one(self->fd, puts_text(7, "")));
	EXPECT_EQ(-EINVAL, commit_one(self->fd, puts_text(0, "none")));
	change.size = MSG_SLOT_MAX_MESSAGE + 1;
	EXPECT_EQ(-EMSGSIZE, commit_one(self->fd, change));
	change.size = HUGE_SIZE;
	EXPECT_EQ(-EMSGSIZE, commit_one(self->fd, change));
	change = puts_text(7, "x");
	change.ttl = FOREVER - 1;
	EXPECT_EQ(-EINVAL, commit_one(self->fd, change));
	change = puts_text(7, "x");
	change.flags = 8;
	EXPECT_EQ(-EINVAL, commit_one(self->fd, change));
	change.flags = MSG_SLOT_CLEARS;
	EXPECT_EQ(-EINVAL, commit_one(self->fd, change));
	change = clears(7);
	change.ttl = FOREVER;
	EXPECT_EQ(-EINVAL, commit_one(self->fd, change));
	change = puts_text(7, "x");
	change.message = (void *)8;
	EXPECT_EQ(-EFAULT, commit_one(self->fd, change));
	EXPECT_NONE(self->fd, 7);
	EXPECT_NONE(self->fd, 90);
	EXPECT_NONE(self->fd, 91);
}

TEST_F(library, commits_no_channel_twice)
{
	struct msgslot_change changes[] = { puts_text(7, "one"),
					    puts_text(8, "one"),
					    puts_text(7, "two") };

	EXPECT_EQ(-EINVAL, msgslot_commit(self->fd, changes, 3, NULL));
	EXPECT_NONE(self->fd, 7);
	EXPECT_NONE(self->fd, 8);
	ASSERT_EQ(0, slot_select(self->fd, 7));
	changes[2].channel = 0;
	EXPECT_EQ(-EINVAL, msgslot_commit(self->fd, changes, 3, NULL));
	EXPECT_NONE(self->fd, 7);
}

TEST_F(library, commits_up_to_64)
{
	struct msgslot_change changes[MSG_SLOT_MAX_COMMIT + 1];
	size_t failed = 99;

	for (unsigned int i = 0; i < ARRAY_SIZE(changes); i++)
		changes[i] = puts_text(i + 1, "one of many");
	EXPECT_EQ(-EINVAL, msgslot_commit(self->fd, changes, 65, &failed));
	EXPECT_EQ(65U, failed);
	EXPECT_EQ(-EINVAL, msgslot_commit(self->fd, changes, 0, &failed));
	EXPECT_EQ(0U, failed);
	EXPECT_EQ(-EINVAL,
		  msgslot_commit(self->fd, changes, HUGE_SIZE, &failed));
	EXPECT_EQ(HUGE_SIZE, failed);
	EXPECT_EQ(-EINVAL, msgslot_commit(self->fd, NULL, 0, NULL));
	EXPECT_NONE(self->fd, 1);
	EXPECT_EQ(0, msgslot_commit(self->fd, changes, 64, &failed));
	EXPECT_EQ(64U, failed);
	EXPECT_GET(self->fd, 64, "one of many");
	EXPECT_NONE(self->fd, 65);
}

TEST_F(library, commits_to_the_selected_channel)
{
	struct msgslot_change changes[] = { puts_text(7, "seven"),
					    puts_text(0, "selected") };

	ASSERT_EQ(0, slot_select(self->fd, 8));
	EXPECT_EQ(0, msgslot_commit(self->fd, changes, 2, NULL));
	EXPECT_GET(self->other, 7, "seven");
	EXPECT_GET(self->other, 8, "selected");
}

TEST_F(library, commits_long_messages)
{
	struct msg_slot_limits limits;
	struct msgslot_change changes[] = { puts_text(7, "short"),
					    puts_text(8, "") };
	char buf[4096];

	ASSERT_EQ(0, msgslot_limits(self->fd, &limits));
	limits.max_message = sizeof(buf);
	ASSERT_EQ(0, msgslot_set_limits(self->fd, &limits));
	changes[1].message = large(sizeof(buf), 1);
	changes[1].size = sizeof(buf);
	EXPECT_EQ(0, msgslot_commit(self->fd, changes, 2, NULL));
	EXPECT_GET(self->fd, 7, "short");
	EXPECT_EQ((ssize_t)sizeof(buf),
		  msgslot_get(self->fd, 8, buf, sizeof(buf), NULL));
	EXPECT_EQ(0, memcmp(buf, large(sizeof(buf), 1), sizeof(buf)));
}

static struct msgslot_change puts_frame(uint32_t channel, int memfd)
{
	return (struct msgslot_change){
		.channel = channel,
		.flags = MSG_SLOT_FRAME,
		.memfd = memfd,
	};
}

TEST_F(library, commits_frames)
{
	struct msgslot_change changes[] = { puts_text(7, "its number"),
					    puts_frame(8, frame_of(9000, 1)),
					    puts_frame(9, frame_of(9000, 2)) };
	size_t failed = 99;

	changes[1].ttl = 3600 * SECOND;
	changes[2] = only_if(changes[2], 5);
	EXPECT_EQ(-ESTALE, msgslot_commit(self->fd, changes, 3, &failed));
	EXPECT_EQ(2U, failed);
	EXPECT_NONE(self->fd, 8);
	EXPECT_EQ(0U, changes[2].version);
	EXPECT_EQ(0, msgslot_commit(self->fd, changes, 3, &failed));
	EXPECT_EQ(3U, failed);
	EXPECT_GET(self->other, 7, "its number");
	EXPECT_TRUE(slot_has_frame(self->other, 8, 9000, 1));
	EXPECT_TRUE(slot_has_frame(self->other, 9, 9000, 2));
	EXPECT_GE(3600 * SECOND, slot_record(self->fd, 8).ttl);
	EXPECT_EQ(FOREVER, slot_record(self->fd, 9).ttl);
	EXPECT_EQ(slot_version(self->fd, 9), changes[2].version);
}

TEST_F(library, tells_which_frame_it_failed_for)
{
	struct msgslot_change change = puts_frame(7, -1);

	EXPECT_EQ(-EBADF, commit_one(self->fd, change));
	change.memfd = memfd_of(9000, 1);
	EXPECT_EQ(-EINVAL, commit_one(self->fd, change));
	change.memfd = frame_of_nothing(0);
	EXPECT_EQ(-EMSGSIZE, commit_one(self->fd, change));
	change = puts_frame(7, frame_of(9000, 1));
	change.size = 9000;
	EXPECT_EQ(-EINVAL, commit_one(self->fd, change));
	change.size = 0;
	change.flags |= MSG_SLOT_CLEARS;
	EXPECT_EQ(-EINVAL, commit_one(self->fd, change));
	EXPECT_NONE(self->fd, 7);
	EXPECT_NONE(self->fd, 90);
}

TEST_F(library, modes_hold)
{
	struct msgslot_change changes[] = { puts_text(7, "x"),
					    puts_text(8, "x") };
	int reader = library_open(self->node, O_RDONLY);
	int writer = library_open(self->node, O_WRONLY);

	EXPECT_EQ(-EBADF, msgslot_commit(reader, changes, 2, NULL));
	EXPECT_EQ(-EBADF, msgslot_commit(-1, changes, 2, NULL));
	EXPECT_EQ(0, msgslot_commit(writer, changes, 2, NULL));
	ASSERT_EQ(0, msgslot_restrict(self->fd, 7, 0));
	EXPECT_EQ(-EPERM, msgslot_commit(self->fd, changes, 2, NULL));
	EXPECT_EQ(0, msgslot_commit(self->fd, changes, 1, NULL));
	ASSERT_EQ(0, msgslot_restrict(self->fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_EQ(-EPERM, msgslot_commit(self->fd, changes, 1, NULL));
	msgslot_close(reader);
	msgslot_close(writer);
}

TEST_F(library, the_owner_commits)
{
	struct msgslot_change changes[] = { puts_text(7, "mine"),
					    puts_text(8, "and theirs") };

	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	EXPECT_EQ(0, msgslot_commit(self->fd, changes, 2, NULL));
	EXPECT_GET(self->other, 7, "mine");
	EXPECT_GET(self->other, 8, "and theirs");
}

TEST_F(library, a_writer_with_a_lane_commits)
{
	struct msgslot_change changes[] = { puts_text(7, "committed"),
					    puts_text(8, "with it") };
	struct msgslot_writer *writer;

	ASSERT_EQ(0, msgslot_writer_open(self->fd, 7, &writer));
	ASSERT_EQ(0, msgslot_writer_put(writer, "in the lane", 11));
	EXPECT_EQ(0, msgslot_commit(self->fd, changes, 2, NULL));
	EXPECT_GET(self->other, 7, "committed");
	EXPECT_GET(self->other, 8, "with it");
	ASSERT_EQ(0, msgslot_writer_put(writer, "after", 5));
	EXPECT_GET(self->other, 7, "after");
	EXPECT_EQ(-EBUSY, msgslot_commit(self->other, changes, 2, NULL));
	EXPECT_GET(self->other, 7, "after");
	msgslot_writer_close(writer);
}

TEST_F(library, the_descriptor_that_was_passed_on_commits)
{
	struct msgslot_change changes[] = { puts_text(8, "other"),
					    puts_text(7, "claimed") };
	size_t failed = 99;

	ASSERT_EQ(0, msgslot_claim(self->fd, 7, MSG_SLOT_END_KEEP, NULL, 0));
	EXPECT_EQ(-EBUSY, msgslot_commit(self->other, changes, 2, &failed));
	EXPECT_EQ(1U, failed);
	pass_on(self->fd);
	EXPECT_EQ(0, msgslot_commit(self->other, changes, 2, &failed));
	EXPECT_EQ(2U, failed);
	EXPECT_GET(self->other, 7, "claimed");
	EXPECT_GET(self->other, 8, "other");
	changes[0].flags = MSG_SLOT_IF_VERSION;
	changes[0].version = 0;
	EXPECT_EQ(-ESTALE, msgslot_commit(self->other, changes, 2, &failed));
	EXPECT_EQ(0U, failed);
	EXPECT_EQ(slot_version(self->fd, 8), changes[0].version);
	EXPECT_EQ(slot_version(self->fd, 7), changes[1].version);
	/* Another file may have another channel selected. */
	ASSERT_EQ(0, slot_select(self->fd, 9));
	ASSERT_EQ(0, slot_select(self->other, 9));
	changes[0] = puts_text(0, "selected");
	EXPECT_EQ(-EBUSY, msgslot_commit(self->other, changes, 2, NULL));
	EXPECT_NONE(self->fd, 9);
	unsetenv("MSGSLOT_FD");
}

TEST_HARNESS_MAIN
