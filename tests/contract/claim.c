// SPDX-License-Identifier: GPL-2.0
/* MSG_SLOT_CLAIM: one open file may write a channel, until it is closed. */
#include "record.h"
#include "child.h"
#include "passing.h"
#include "scale.h"
#include "waiting.h"

#define CLEAR MSG_SLOT_END_CLEAR
#define KEEP MSG_SLOT_END_KEEP

FIXTURE(claim)
{
	int node;
	/* The holder's open file, and another's. */
	int fd;
	int other;
};

FIXTURE_SETUP(claim)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->other = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(claim)
{
	close(self->fd);
	close(self->other);
	close(self->node);
}

static bool is_busy(int fd, unsigned int id)
{
	struct iovec vec = { "no", 2 };
	unsigned long long version = slot_version(fd, id);

	return slot_send(fd, id, "no", 2) == -EBUSY &&
	       slot_pwrite(fd, "no", 2, id) == -EBUSY &&
	       slot_result(writev(fd, &vec, 1)) == -EBUSY &&
	       slot_put(fd, id, "no", 2) == -EBUSY &&
	       slot_put_if(fd, id, "no", 2, &version) == -EBUSY &&
	       slot_clear(fd, id) == -EBUSY &&
	       slot_clear_if(fd, id, &version) == -EBUSY &&
	       slot_claim(fd, id, CLEAR) == -EBUSY &&
	       slot_claim(fd, id, KEEP) == -EBUSY;
}

static bool is_free(int fd, unsigned int id)
{
	unsigned long long version = 0;

	return !slot_clear(fd, id) && !slot_put(fd, id, "yes", 3) &&
	       slot_send(fd, id, "yes", 3) == 3 &&
	       slot_pwrite(fd, "yes", 3, id) == 3 && !slot_clear(fd, id) &&
	       !slot_put_if(fd, id, "yes", 3, &version) &&
	       !slot_clear_if(fd, id, &version);
}

TEST_F(claim, others_may_not_write)
{
	ASSERT_EQ(3, slot_pwrite(self->fd, "old", 3, 1));
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_TRUE(is_busy(self->other, 1));
	EXPECT_GET(self->other, 1, "old");
	EXPECT_TRUE(is_busy(self->other, 1));
}

TEST_F(claim, others_who_wrote_before_may_not)
{
	ASSERT_EQ(5, slot_send(self->other, 1, "other", 5));
	ASSERT_EQ(5, slot_write(self->other, "other", 5));
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_EQ(-EBUSY, slot_write(self->other, "no", 2));
	EXPECT_TRUE(is_busy(self->other, 1));
}

TEST_F(claim, holder_may)
{
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_TRUE(is_free(self->fd, 1));
	EXPECT_TRUE(is_busy(self->other, 1));
	EXPECT_EQ(0, slot_put(self->fd, 1, "mine", 4));
	EXPECT_GET(self->other, 1, "mine");
}

TEST_F(claim, of_an_empty_channel)
{
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_NONE(self->other, 1);
	EXPECT_EMPTY(self->other, 1);
	EXPECT_FALSE(has_news(self->other));
	EXPECT_TRUE(is_busy(self->other, 1));
	EXPECT_EQ(0u, slot_version(self->fd, 1));
}

TEST_F(claim, of_an_empty_channel_has_no_version)
{
	unsigned long long version = 77;

	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, 1, "x", 1, &version));
	EXPECT_EQ(0u, version);
	version = 77;
	EXPECT_EQ(-ESTALE, slot_clear_if(self->fd, 1, &version));
	EXPECT_EQ(0u, version);
	EXPECT_EQ(0, slot_clear_if(self->fd, 1, &version));
	EXPECT_EQ(0, slot_put_if(self->fd, 1, "x", 1, &version));
	EXPECT_GET(self->other, 1, "x");
}

TEST_F(claim, clearing_an_empty_channel_tells_0)
{
	struct msg_slot_clear clear = { .channel = 1, .version = 77 };

	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_CLEAR, &clear));
	EXPECT_EQ(0u, clear.version);
}

TEST_F(claim, of_the_selected_channel)
{
	EXPECT_EQ(-EINVAL, slot_claim(self->fd, 0, KEEP));
	ASSERT_EQ(0, slot_select(self->fd, 9));
	EXPECT_EQ(0, slot_claim(self->fd, 0, KEEP));
	EXPECT_TRUE(is_busy(self->other, 9));
	EXPECT_EQ(0, slot_release(self->fd, 0));
	EXPECT_TRUE(is_free(self->other, 9));
}

TEST_F(claim, other_channels_are_free)
{
	ASSERT_EQ(0, slot_claim(self->fd, 2, CLEAR));
	EXPECT_TRUE(is_free(self->other, 1));
	EXPECT_TRUE(is_free(self->other, 3));
	EXPECT_EQ(0, slot_claim(self->other, 3, CLEAR));
	EXPECT_TRUE(is_busy(self->fd, 3));
	EXPECT_TRUE(is_busy(self->other, 2));
}

TEST_F(claim, readers_are_as_they_were)
{
	ASSERT_EQ(5, slot_send(self->other, 1, "hello", 5));
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_MESSAGE(self->other, 1, "hello", 5);
	EXPECT_GET(self->other, 1, "hello");
	EXPECT_FALSE(has_news(self->other));
	ASSERT_EQ(3, slot_send(self->fd, 1, "new", 3));
	EXPECT_TRUE(has_news(self->other));
	EXPECT_MESSAGE(self->other, 1, "new", 3);
}

/* Claiming is no change of the message. */
TEST_F(claim, keeps_the_version)
{
	unsigned long long version;

	ASSERT_EQ(0, slot_put(self->other, 1, "old", 3));
	version = slot_version(self->other, 1);
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_EQ(version, slot_version(self->other, 1));
	ASSERT_EQ(0, slot_release(self->fd, 1));
	EXPECT_EQ(version, slot_version(self->other, 1));
	EXPECT_GET(self->other, 1, "old");
}

TEST_F(claim, ends_with_the_open_file)
{
	for (int i = 0; i < 100; i++) {
		int holder = slot_open(self->node, O_RDWR);

		ASSERT_EQ(0, slot_claim(holder, 1, KEEP));
		ASSERT_EQ(0, slot_put(holder, 1, "kept", 4));
		ASSERT_EQ(-EBUSY, slot_put(self->fd, 1, "no", 2));
		close(holder);
		EXPECT_GET(self->fd, 1, "kept");
		ASSERT_TRUE(is_free(self->fd, 1));
	}
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
}

TEST_F(claim, clears_at_the_end)
{
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, slot_put(self->fd, 1, "old", 3));
		ASSERT_EQ(0, slot_claim(self->fd, 1, CLEAR));
		EXPECT_GET(self->other, 1, "old");
		if (i) {
			close(self->fd);
			self->fd = slot_open(self->node, O_RDWR);
		} else {
			EXPECT_EQ(0, slot_release(self->fd, 1));
		}
		EXPECT_NONE(self->other, 1);
		EXPECT_TRUE(slot_has_channels_soon(self->other, 0));
		EXPECT_EQ(0u, slot_usage(self->other).bytes);
	}
}

TEST_F(claim, of_many_channels_end_at_once)
{
	const unsigned int many = 1000;

	for (unsigned int id = 1; id <= many; id++) {
		ASSERT_EQ(0, slot_claim(self->fd, id, id % 2 ? KEEP : CLEAR));
		ASSERT_EQ(0, slot_put(self->fd, id, "x", 1));
	}
	for (unsigned int id = 1; id <= many; id++)
		ASSERT_EQ(-EBUSY, slot_put(self->other, id, "y", 1));
	close(self->fd);
	self->fd = slot_open(self->node, O_RDWR);
	for (unsigned int id = 1; id <= many; id++) {
		EXPECT_TRUE(id % 2 ? channel_has(self->other, id, "x") :
				     channel_is_empty(self->other, id));
	}
	EXPECT_TRUE(slot_has_channels_soon(self->fd, many / 2));
	for (unsigned int id = 1; id <= many; id++)
		ASSERT_EQ(0, slot_put(self->other, id, "y", 1));
}

TEST_F(claim, counts_as_a_channel)
{
	unsigned long long bytes;

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	bytes = slot_usage(self->fd).bytes;
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
	EXPECT_EQ(bytes, slot_usage(self->fd).bytes);
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
	ASSERT_EQ(0, slot_release(self->fd, 1));
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

TEST_F(claim, in_a_full_slot)
{
	ASSERT_EQ(0, slot_set_max_channels(self->fd, 2));
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	ASSERT_EQ(0, slot_put(self->other, 2, "x", 1));
	EXPECT_EQ(-ENOSPC, slot_claim(self->fd, 3, KEEP));
	EXPECT_EQ(-ENOSPC, slot_put(self->other, 3, "x", 1));
	EXPECT_EQ(0, slot_put(self->fd, 1, "mine", 4));
	EXPECT_EQ(0, slot_claim(self->fd, 2, KEEP));
}

TEST_F(claim, outlives_the_message)
{
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	ASSERT_EQ(0, slot_put_for(self->fd, 1, "brief", 5, MILLISECOND));
	usleep(100000);
	EXPECT_NONE(self->other, 1);
	EXPECT_TRUE(is_busy(self->other, 1));
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_TRUE(is_busy(self->other, 1));
}

TEST_F(claim, is_shared_by_dup)
{
	int twin = dup(self->fd);

	ASSERT_EQ(0, slot_claim(self->fd, 1, CLEAR));
	EXPECT_EQ(0, slot_put(twin, 1, "twin", 4));
	close(self->fd);
	EXPECT_TRUE(is_busy(self->other, 1));
	EXPECT_GET(self->other, 1, "twin");
	close(twin);
	EXPECT_NONE(self->other, 1);
	EXPECT_TRUE(is_free(self->other, 1));
	self->fd = slot_open(self->node, O_RDWR);
}

TEST_F(claim, is_shared_by_a_passed_descriptor)
{
	int passed = pass_descriptor(self->fd);

	ASSERT_LE(0, passed);
	ASSERT_EQ(0, slot_claim(passed, 1, CLEAR));
	EXPECT_EQ(0, slot_put(self->fd, 1, "mine", 4));
	close(passed);
	EXPECT_TRUE(is_busy(self->other, 1));
	EXPECT_EQ(0, slot_release(self->fd, 1));
	EXPECT_TRUE(is_free(self->other, 1));
}

/* The parent claims and exits; the child holds until it is told to end. */
static int claim_for_child(int node, int wait_for)
{
	int fd = slot_open(node, O_RDWR);
	char byte;

	if (slot_claim(fd, 1, CLEAR) || slot_put(fd, 1, "held", 4))
		return 2;
	if (fork())
		return 0;
	if (read(wait_for, &byte, 1) == 1 && slot_put(fd, 1, "child", 5))
		return 3;
	if (read(wait_for, &byte, 1) == 1)
		return 0;
	return 4;
}

static bool comes_true(int fd, const char *text)
{
	char got[MSG_SLOT_MAX_MESSAGE];
	long n = strlen(text);

	for (int ms = 0; ms < SOON_MS; ms++) {
		long ret = slot_pread(fd, got, sizeof(got), 1);

		if (n ? ret == n && !memcmp(got, text, n) : ret == -EWOULDBLOCK)
			return true;
		usleep(1000);
	}
	return false;
}

TEST_F(claim, is_held_by_a_child_after_its_parent)
{
	int pipes[2];
	pid_t child;

	ASSERT_EQ(0, pipe(pipes));
	child = fork();
	if (!child)
		_exit(claim_for_child(self->node, pipes[0]));
	EXPECT_EQ(0, child_end(child));
	EXPECT_TRUE(is_busy(self->other, 1));
	ASSERT_EQ(1, write(pipes[1], "x", 1));
	EXPECT_TRUE(comes_true(self->other, "child"));
	EXPECT_TRUE(is_busy(self->other, 1));
	ASSERT_EQ(1, write(pipes[1], "x", 1));
	EXPECT_TRUE(comes_true(self->other, ""));
	EXPECT_TRUE(is_free(self->other, 1));
}

TEST_F(claim, again_changes_the_end)
{
	ASSERT_EQ(0, slot_put(self->fd, 1, "old", 3));
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, slot_claim(self->fd, 1, CLEAR));
		ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
		EXPECT_TRUE(is_busy(self->other, 1));
	}
	ASSERT_EQ(0, slot_release(self->fd, 1));
	EXPECT_GET(self->other, 1, "old");
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	ASSERT_EQ(0, slot_claim(self->fd, 1, CLEAR));
	ASSERT_EQ(0, slot_release(self->fd, 1));
	EXPECT_NONE(self->other, 1);
}

TEST_F(claim, is_released_by_its_holder_only)
{
	EXPECT_EQ(-EINVAL, slot_release(self->fd, 1));
	EXPECT_EQ(-EINVAL, slot_release(self->fd, 0));
	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_EQ(-EINVAL, slot_release(self->other, 1));
	EXPECT_EQ(-EINVAL, slot_release(self->fd, 2));
	EXPECT_TRUE(is_busy(self->other, 1));
	EXPECT_EQ(0, slot_release(self->fd, 1));
	EXPECT_EQ(-EINVAL, slot_release(self->fd, 1));
	EXPECT_TRUE(is_free(self->other, 1));
	EXPECT_EQ(0, slot_claim(self->other, 1, KEEP));
	EXPECT_TRUE(is_busy(self->fd, 1));
}

/* In no order. */
static unsigned int scattered(unsigned int i)
{
	return (i + 1) * 2654435761u ?: 1;
}

#define MANY scaled(4000)

/* Each is found among all the others, and has an end of its own. */
TEST_F(claim, of_thousands_by_one_file)
{
	for (unsigned int i = 0; i < MANY; i++)
		ASSERT_EQ(0, slot_claim_will(self->fd, scattered(i), &i, 4));
	for (unsigned int i = 0; i < MANY; i += 2)
		ASSERT_EQ(0, slot_claim(self->fd, scattered(i), KEEP));
	for (unsigned int i = 0; i < MANY; i += 4)
		ASSERT_EQ(0, slot_release(self->fd, scattered(i)));
	for (unsigned int i = 0; i < MANY; i++)
		EXPECT_EQ(i % 4 ? -EBUSY : 4,
			  slot_pwrite(self->other, &i, 4, scattered(i)));
	for (unsigned int i = 0; i < MANY; i += 4)
		EXPECT_EQ(-EINVAL, slot_release(self->fd, scattered(i)));
	close(self->fd);
	/* What was written since, nothing, the will. */
	EXPECT_EQ(MANY / 4 * 3u, slot_usage(self->other).channels);
	for (unsigned int i = 1; i < MANY; i += 2) {
		unsigned int will = 0;

		ASSERT_EQ(4, slot_pread(self->other, &will, 4, scattered(i)));
		EXPECT_EQ(i, will);
	}
	self->fd = slot_open(self->node, O_RDWR);
}

TEST_F(claim, errors)
{
	struct msg_slot_claim bad[] = {
		{ .channel = 1, .end = 3 },
		{ .channel = 1, .end = ~0u },
		{ .channel = 1, .end = KEEP, .reserved = 1 },
		{ .channel = 1, .end = KEEP, .will = 4096 },
		{ .channel = 1, .end = CLEAR, .will_size = 1 },
	};
	int reader = slot_open(self->node, O_RDONLY);

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL,
			  slot_ioctl(self->fd, MSG_SLOT_CLAIM, &bad[i]));
	EXPECT_EQ(-EBADF, slot_claim(reader, 1, KEEP));
	EXPECT_EQ(0u, slot_usage(self->fd).channels);
	EXPECT_TRUE(is_free(self->other, 1));
	close(reader);
}

/* Busy before stale, and a size that can't be before either. */
TEST_F(claim, order_of_the_errors)
{
	unsigned long long version = 77;
	int reader = slot_open(self->node, O_RDONLY);

	ASSERT_EQ(0, slot_claim(self->fd, 1, KEEP));
	EXPECT_EQ(-EBUSY, slot_put_if(self->other, 1, "x", 1, &version));
	EXPECT_EQ(-EBUSY, slot_clear_if(self->other, 1, &version));
	EXPECT_EQ(-EMSGSIZE, slot_put(self->other, 1, "", 0));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->other, "", 0, 1));
	EXPECT_EQ(-EBADF, slot_claim(reader, 1, KEEP));
	EXPECT_EQ(-EBADF, slot_clear(reader, 1));
	close(reader);
}

TEST_HARNESS_MAIN
