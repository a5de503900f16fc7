// SPDX-License-Identifier: GPL-2.0
/*
 * A slot's limits: what goes beyond them is refused and changes nothing, and
 * what is there stays.
 */
#include "child.h"
#include "limit.h"
#include "module.h"

#include <sys/prctl.h>

/* A long message, counted by its size; short ones count with their channel. */
#define LONG 1000

#define NO_LIMIT MSG_SLOT_NO_LIMIT

static const struct msg_slot_limits defaults = {
	.max_message = MSG_SLOT_MAX_MESSAGE,
	.max_channels = MSG_SLOT_MAX_CHANNELS,
	.max_bytes = NO_LIMIT,
};

static bool limits_are(int fd, struct msg_slot_limits wanted)
{
	struct msg_slot_limits limits = slot_limits(fd);

	return !memcmp(&limits, &wanted, sizeof(limits));
}

/* What the channels of a slot count for when each has a short message. */
static unsigned long long channel_bytes(int fd)
{
	struct msg_slot_usage before = slot_usage(fd), after;

	if (slot_pwrite(fd, "x", 1, 0xffffffff) != 1)
		abort();
	after = slot_usage(fd);
	return after.bytes - before.bytes;
}

TEST_F(slot, defaults)
{
	EXPECT_TRUE(limits_are(self->fd, defaults));
}

TEST_F(slot, a_virgin_has_nothing)
{
	struct msg_slot_usage usage = slot_usage(self->fd);

	EXPECT_EQ(0u, usage.channels);
	EXPECT_EQ(0u, usage.reserved);
	EXPECT_EQ(0u, usage.bytes);
}

TEST_F(slot, structs_have_no_holes)
{
	EXPECT_EQ(16u, sizeof(struct msg_slot_limits));
	EXPECT_EQ(16u, sizeof(struct msg_slot_usage));
}

TEST_F(slot, every_limit_can_be_set)
{
	const struct msg_slot_limits good[] = {
		{ 1, 1, 1 },
		{ 32768, 1000, 1 << 20 },
		{ LARGEST, MSG_SLOT_MAX_CHANNELS, NO_LIMIT },
		{ LARGEST - 1, MSG_SLOT_MAX_CHANNELS - 1, NO_LIMIT - 1 },
		defaults,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, slot_set_limits(self->fd, good[i]));
		EXPECT_TRUE(limits_are(self->fd, good[i]));
	}
}

TEST_F(slot, out_of_range_changes_nothing)
{
	const struct msg_slot_limits set = { 200, 300, 400000 };
	const struct msg_slot_limits bad[] = {
		{ 0, 300, 400000 },
		{ LARGEST + 1, 300, 400000 },
		{ 0xffffffff, 300, 400000 },
		{ 200, 0, 400000 },
		{ 200, MSG_SLOT_MAX_CHANNELS + 1, 400000 },
		{ 200, 0xffffffff, 400000 },
		{ 200, 300, 0 },
		{ 0, 0, 0 },
	};

	ASSERT_EQ(0, slot_set_limits(self->fd, set));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, slot_set_limits(self->fd, bad[i]));
		EXPECT_TRUE(limits_are(self->fd, set));
	}
}

TEST_F(slot, bad_address)
{
	const unsigned int commands[] = { MSG_SLOT_GET_LIMITS,
					  MSG_SLOT_SET_LIMITS,
					  MSG_SLOT_GET_USAGE };

	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, commands[i], NULL));
		EXPECT_EQ(-EFAULT,
			  slot_ioctl(self->fd, commands[i], (void *)8));
	}
	EXPECT_TRUE(limits_are(self->fd, defaults));
}

/* In a process that has given up this capability only. */
static int without_resource_capability(int fd)
{
	struct {
		__u32 version;
		int pid;
	} header = { 0x20080522, 0 };
	struct {
		__u32 effective, permitted, inheritable;
	} caps[2];
	const unsigned int resource = 24;

	if (syscall(SYS_capget, &header, caps))
		return 2;
	caps[0].effective &= ~(1u << resource);
	if (syscall(SYS_capset, &header, caps))
		return 3;
	if (slot_set_max_message(fd, 1000) != -EPERM ||
	    slot_ioctl(fd, MSG_SLOT_SET_LIMITS, NULL) != -EPERM)
		return 4;
	return limits_are(fd, defaults) ? 0 : 5;
}

static int without_root(int fd)
{
	if (setgid(65534) || setuid(65534))
		return 2;
	if (slot_set_max_message(fd, 1000) != -EPERM)
		return 4;
	return limits_are(fd, defaults) && !slot_usage(fd).bytes ? 0 : 5;
}

TEST_F(slot, needs_a_capability)
{
	EXPECT_EQ(0, in_child(without_resource_capability, self->fd));
	EXPECT_EQ(0, in_child(without_root, self->fd));
	EXPECT_TRUE(limits_are(self->fd, defaults));
}

/* Anybody may look, and a slot's limits are everybody's who has it open. */
TEST_F(slot, all_open_files_of_a_slot_have_the_same)
{
	int reader = slot_open(self->node, O_RDONLY);
	int writer = slot_open(self->node, O_WRONLY);
	int node = slot_fresh();
	int other = slot_open(node, O_RDWR);

	ASSERT_EQ(0, slot_set_max_message(self->fd, 32768));
	EXPECT_EQ(32768u, slot_limits(reader).max_message);
	EXPECT_EQ(32768u, slot_limits(writer).max_message);
	EXPECT_EQ(32768, slot_put_large(writer, 1, 32768, 1));
	EXPECT_TRUE(slot_has_large(reader, 1, 32768, 1));
	EXPECT_TRUE(limits_are(other, defaults));
	EXPECT_EQ(-EMSGSIZE, slot_put_large(other, 1, 129, 1));
	close(reader);
	close(writer);
	close(other);
	close(node);
}

TEST_F(slot, limits_outlive_every_close)
{
	ASSERT_EQ(0, slot_set_max_message(self->fd, 32768));
	close(self->fd);
	self->fd = slot_open(self->node, O_RDWR);
	EXPECT_EQ(32768u, slot_limits(self->fd).max_message);
}

TEST_F(slot, message_up_to_the_limit)
{
	const unsigned int limits[] = { 1,    2,     127,   128,    129,
					4096, 32768, 65536, LARGEST };

	for (unsigned int i = 0; i < ARRAY_SIZE(limits); i++) {
		unsigned int n = limits[i];

		ASSERT_EQ(0, slot_set_max_message(self->fd, n));
		EXPECT_EQ(n, slot_put_large(self->fd, 1, n, i));
		EXPECT_EQ(-EMSGSIZE, slot_put_large(self->fd, 1, n + 1, 99));
		EXPECT_EQ(-EMSGSIZE, slot_put_large(self->fd, 2 + i, n + 1, 0));
		EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, NULL, n + 1, 1));
		EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, NULL, 0, 1));
		EXPECT_TRUE(slot_has_large(self->fd, 1, n, i));
		EXPECT_EMPTY(self->fd, 2 + i);
	}
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
}

TEST_F(slot, lowered_message_limit_keeps_what_is_there)
{
	ASSERT_EQ(0, slot_set_max_message(self->fd, 32768));
	ASSERT_EQ(32768, slot_put_large(self->fd, 1, 32768, 1));
	ASSERT_EQ(100, slot_put_large(self->fd, 2, 100, 2));
	ASSERT_EQ(0, slot_set_max_message(self->fd, 50));
	EXPECT_TRUE(slot_has_large(self->fd, 1, 32768, 1));
	EXPECT_TRUE(slot_has_large(self->fd, 2, 100, 2));
	EXPECT_EQ(-EMSGSIZE, slot_put_large(self->fd, 1, 32768, 3));
	EXPECT_EQ(-EMSGSIZE, slot_put_large(self->fd, 2, 51, 3));
	EXPECT_TRUE(slot_has_large(self->fd, 1, 32768, 1));
	EXPECT_TRUE(slot_has_large(self->fd, 2, 100, 2));
	EXPECT_EQ(50, slot_put_large(self->fd, 1, 50, 4));
	EXPECT_EQ(50, slot_put_large(self->fd, 2, 50, 4));
}

TEST_F(slot, channels_up_to_the_limit)
{
	char got[8];

	ASSERT_EQ(0, slot_set_max_channels(self->fd, 100));
	for (unsigned int id = 1; id <= 100; id++)
		EXPECT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	EXPECT_EQ(-ENOSPC, slot_pwrite(self->fd, "x", 1, 101));
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, got, sizeof(got), 101));
	EXPECT_EQ(100u, slot_usage(self->fd).channels);
	for (unsigned int id = 1; id <= 100; id++) {
		EXPECT_MESSAGE(self->fd, id, &id, 4);
		EXPECT_EQ(3, slot_pwrite(self->fd, "new", 3, id));
		EXPECT_MESSAGE(self->fd, id, "new", 3);
	}
	ASSERT_EQ(0, slot_set_max_channels(self->fd, 101));
	EXPECT_EQ(1, slot_pwrite(self->fd, "x", 1, 101));
	EXPECT_EQ(-ENOSPC, slot_pwrite(self->fd, "x", 1, 102));
}

TEST_F(slot, lowered_channel_limit_keeps_what_is_there)
{
	for (unsigned int id = 1; id <= 100; id++)
		EXPECT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	ASSERT_EQ(0, slot_set_max_channels(self->fd, 1));
	for (unsigned int id = 1; id <= 100; id++) {
		EXPECT_MESSAGE(self->fd, id, &id, 4);
		EXPECT_EQ(3, slot_pwrite(self->fd, "new", 3, id));
	}
	EXPECT_EQ(-ENOSPC, slot_pwrite(self->fd, "x", 1, 101));
	EXPECT_EQ(100u, slot_usage(self->fd).channels);
}

/* A refusal gives back all that it had taken in passing. */
TEST_F(slot, refusals_use_nothing)
{
	struct msg_slot_usage before, after;

	ASSERT_EQ(0, slot_set_max_message(self->fd, LONG));
	ASSERT_EQ(LONG, slot_put_large(self->fd, 1, LONG, 1));
	ASSERT_EQ(0, slot_set_max_channels(self->fd, 1));
	before = slot_usage(self->fd);
	for (unsigned int id = 2; id < 1000; id++) {
		EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, id, LONG, 1));
		EXPECT_EQ(-ENOSPC, slot_pwrite(self->fd, "x", 1, id));
		EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, NULL, LONG, 1));
		EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, NULL, 1, 1));
		EXPECT_EQ(-EMSGSIZE, slot_put_large(self->fd, 1, LONG + 1, 1));
	}
	after = slot_usage(self->fd);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
	EXPECT_TRUE(slot_has_large(self->fd, 1, LONG, 1));
}

TEST_F(slot, usage_is_exact)
{
	unsigned long long each = channel_bytes(self->fd);
	unsigned long long one = slot_usage(self->fd).bytes;

	EXPECT_LE(128u, each);
	EXPECT_EQ(each, one);
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	for (unsigned int id = 1; id <= 50; id++) {
		ASSERT_EQ(1 + id, slot_put_large(self->fd, id, 1 + id, id));
		EXPECT_EQ((id + 1) * each, slot_usage(self->fd).bytes);
		EXPECT_EQ(id + 1, slot_usage(self->fd).channels);
	}
	one = slot_usage(self->fd).bytes;
	ASSERT_EQ(128, slot_put_large(self->fd, 1, 128, 0));
	EXPECT_EQ(one, slot_usage(self->fd).bytes);
	ASSERT_EQ(129, slot_put_large(self->fd, 1, 129, 0));
	EXPECT_EQ(one + 129, slot_usage(self->fd).bytes);
	ASSERT_EQ(LONG, slot_put_large(self->fd, 2, LONG, 0));
	EXPECT_EQ(one + 129 + LONG, slot_usage(self->fd).bytes);
	ASSERT_EQ(LARGEST, slot_put_large(self->fd, 2, LARGEST, 0));
	EXPECT_EQ(one + 129 + LARGEST, slot_usage(self->fd).bytes);
	ASSERT_EQ(LONG, slot_put_large(self->fd, 99, LONG, 0));
	EXPECT_EQ(one + each + 129 + LARGEST + LONG,
		  slot_usage(self->fd).bytes);
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(1, slot_put_large(self->fd, 1, 1, 0));
		ASSERT_EQ(128, slot_put_large(self->fd, 2, 128, 0));
		ASSERT_EQ(5, slot_put_large(self->fd, 99, 5, 0));
	}
	EXPECT_EQ(one + each, slot_usage(self->fd).bytes);
}

TEST_F(slot, reading_uses_nothing)
{
	struct msg_slot_usage before, after;
	char got[8];

	ASSERT_EQ(0, slot_set_max_message(self->fd, LONG));
	ASSERT_EQ(LONG, slot_put_large(self->fd, 1, LONG, 1));
	before = slot_usage(self->fd);
	for (unsigned int id = 1; id < 100; id++) {
		EXPECT_TRUE(slot_has_large(self->fd, 1, LONG, 1));
		EXPECT_EQ(-ENOSPC, slot_pread(self->fd, got, 8, 1));
		EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, got, 8, id + 1));
	}
	after = slot_usage(self->fd);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
}

/* Room for three channels and a long message, and not a byte more. */
static void fill_budget(struct __test_metadata *_metadata, int fd)
{
	unsigned long long each = channel_bytes(fd);

	ASSERT_EQ(0, slot_set_max_message(fd, 4 * LONG));
	ASSERT_EQ(0, slot_set_max_bytes(fd, 3 * each + LONG));
	ASSERT_EQ(5, slot_pwrite(fd, "short", 5, 1));
	ASSERT_EQ(LONG, slot_put_large(fd, 2, LONG, 1));
	ASSERT_EQ(3 * each + LONG, slot_usage(fd).bytes);
}

TEST_F(slot, full_budget_refuses_and_changes_nothing)
{
	struct msg_slot_usage before, after;

	fill_budget(_metadata, self->fd);
	before = slot_usage(self->fd);
	EXPECT_EQ(-ENOSPC, slot_pwrite(self->fd, "x", 1, 3));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, 3, LONG, 2));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, 2, LONG + 1, 2));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, 1, 129, 2));
	EXPECT_TRUE(slot_has_large(self->fd, 2, LONG, 1));
	EXPECT_MESSAGE(self->fd, 1, "short", 5);
	EXPECT_EMPTY(self->fd, 3);
	after = slot_usage(self->fd);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
}

TEST_F(slot, full_budget_lets_replace)
{
	fill_budget(_metadata, self->fd);
	for (unsigned int i = 2; i < 10; i++) {
		EXPECT_EQ(LONG, slot_put_large(self->fd, 2, LONG, i));
		EXPECT_TRUE(slot_has_large(self->fd, 2, LONG, i));
		EXPECT_EQ(128, slot_put_large(self->fd, 1, 128, i));
		EXPECT_TRUE(slot_has_large(self->fd, 1, 128, i));
	}
}

TEST_F(slot, shorter_message_makes_room)
{
	fill_budget(_metadata, self->fd);
	EXPECT_EQ(LONG - 200, slot_put_large(self->fd, 2, LONG - 200, 2));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, 1, 201, 3));
	EXPECT_EQ(200, slot_put_large(self->fd, 1, 200, 3));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, 2, LONG, 4));
	EXPECT_EQ(1, slot_put_large(self->fd, 1, 1, 3));
	EXPECT_EQ(LONG, slot_put_large(self->fd, 2, LONG, 4));
	EXPECT_EQ(100, slot_put_large(self->fd, 2, 100, 5));
	EXPECT_EQ(1, slot_pwrite(self->fd, "x", 1, 3));
}

TEST_F(slot, lowered_budget_keeps_what_is_there)
{
	fill_budget(_metadata, self->fd);
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, 1));
	EXPECT_TRUE(slot_has_large(self->fd, 2, LONG, 1));
	EXPECT_EQ(LONG, slot_put_large(self->fd, 2, LONG, 2));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, 2, LONG + 1, 3));
	EXPECT_EQ(LONG - 1, slot_put_large(self->fd, 2, LONG - 1, 4));
	EXPECT_EQ(-ENOSPC, slot_put_large(self->fd, 2, LONG, 5));
	EXPECT_EQ(5, slot_pwrite(self->fd, "small", 5, 1));
	EXPECT_EQ(-ENOSPC, slot_pwrite(self->fd, "x", 1, 3));
	EXPECT_TRUE(slot_has_large(self->fd, 2, LONG - 1, 4));
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, NO_LIMIT));
	EXPECT_EQ(1, slot_pwrite(self->fd, "x", 1, 3));
}

TEST_F(slot, budget_below_one_channel_takes_none)
{
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, 1));
	EXPECT_EQ(-ENOSPC, slot_pwrite(self->fd, "x", 1, 1));
	EXPECT_EMPTY(self->fd, 1);
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

/* The limits' order among the errors: size, address, room. */
TEST_F(slot, bad_address_comes_before_room)
{
	ASSERT_EQ(0, slot_set_max_channels(self->fd, 1));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
	EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, NULL, 1, 2));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, NULL, 129, 2));
}

/* As every slot begins after this load. */
static void expect_begins_with(struct __test_metadata *_metadata,
			       const char *parameters,
			       struct msg_slot_limits wanted)
{
	int node, fd;

	ASSERT_EQ(0, module_load(parameters));
	node = slot_at(MSG_SLOT_MAJOR, 7);
	fd = slot_open(node, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_TRUE(limits_are(fd, wanted));
	EXPECT_EQ(-EMSGSIZE, slot_put_large(fd, 1, wanted.max_message + 1, 1));
	EXPECT_EQ(wanted.max_message,
		  slot_put_large(fd, 1, wanted.max_message, 1));
	EXPECT_TRUE(slot_has_large(fd, 1, wanted.max_message, 1));
	EXPECT_EQ(0, slot_set_limits(fd, defaults));
	EXPECT_TRUE(limits_are(fd, defaults));
	close(fd);
	close(node);
	ASSERT_EQ(0, module_unload());
}

TEST_F(module, parameters_are_what_slots_begin_with)
{
	struct msg_slot_limits wanted = defaults;
	const char *parameters;

	wanted.max_message = 32768;
	expect_begins_with(_metadata, "max_message=32768", wanted);
	wanted.max_message = LARGEST;
	wanted.max_channels = 2;
	wanted.max_bytes = 4194304;
	parameters = "max_message=1048576 max_channels=2 max_bytes=4194304";
	expect_begins_with(_metadata, parameters, wanted);
	wanted = (struct msg_slot_limits){ 1, 1, NO_LIMIT };
	expect_begins_with(_metadata, "max_message=1 max_channels=1", wanted);
	expect_begins_with(_metadata, "", defaults);
}

static void expect_refused(struct __test_metadata *_metadata, int log,
			   const char *parameters, const char *word)
{
	EXPECT_EQ(-EINVAL, module_load(parameters))
	{
		TH_LOG("parameters: %s", parameters);
	}
	EXPECT_FALSE(module_is_loaded());
	EXPECT_EQ(0, module_major());
	EXPECT_TRUE(log_has(log, word));
}

TEST_F(module, impossible_parameters_are_refused_and_logged)
{
	expect_refused(_metadata, self->log, "max_message=0", "max_message");
	expect_refused(_metadata, self->log, "max_message=1048577",
		       "max_message");
	expect_refused(_metadata, self->log, "max_message=4294967295",
		       "max_message");
	expect_refused(_metadata, self->log, "max_channels=0", "max_channels");
	expect_refused(_metadata, self->log, "max_channels=1048577",
		       "max_channels");
	expect_refused(_metadata, self->log, "max_bytes=0", "max_bytes");
	expect_refused(_metadata, self->log, "max_message=-1", "max_message");
	expect_refused(_metadata, self->log, "max_channels=many",
		       "max_channels");
	ASSERT_EQ(0, module_load(""));
}

TEST_HARNESS_MAIN
