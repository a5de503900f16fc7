// SPDX-License-Identifier: GPL-2.0
/* What a mapped slot shows of its channels, and how one gets there. */
#include "mapping.h"

#define A_WHILE (300 * MILLISECOND)

FIXTURE(mapping)
{
	int node;
	int fd;
	const char *base;
};

FIXTURE_SETUP(mapping)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->base = slot_map(self->fd);
}

FIXTURE_TEARDOWN(mapping)
{
	slot_unmap(self->fd, self->base);
	close(self->fd);
	close(self->node);
}

TEST_F(mapping, is_described)
{
	struct msg_slot_mapping mapping = slot_mapping(self->fd);

	EXPECT_EQ((__u32)MSG_SLOT_LAYOUT, mapping.layout);
	EXPECT_EQ(0u, mapping.reserved);
	EXPECT_EQ(0, mapping.clock);
	EXPECT_EQ(0u, mapping.size % PAGE);
	EXPECT_LE((unsigned long long)MSG_SLOT_MAX_CHANNELS *
			  sizeof(struct msg_slot_cell),
		  mapping.size);
	EXPECT_EQ(288u, sizeof(struct msg_slot_cell));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_GET_MAPPING, NULL));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_LOCATE, NULL));
}

TEST_F(mapping, does_not_shrink_with_the_limits)
{
	unsigned long long size = slot_mapping(self->fd).size;

	ASSERT_EQ(0, slot_set_max_channels(self->fd, 1));
	EXPECT_EQ(size, slot_mapping(self->fd).size);
	ASSERT_EQ(0, slot_put(self->fd, 1, "one", 3));
	EXPECT_CELL(slot_cell(self->fd, self->base, 1), 1, "one");
}

/* In a page, whole, and each in another place. */
TEST_F(mapping, locates_channels)
{
	unsigned long long offsets[50];

	for (unsigned int i = 0; i < 50; i++) {
		ASSERT_EQ(4, slot_pwrite(self->fd, &i, 4, i + 1));
		ASSERT_EQ(0, slot_locate(self->fd, i + 1, &offsets[i]));
		EXPECT_EQ(0u, offsets[i] % 8);
		EXPECT_GE(PAGE - sizeof(struct msg_slot_cell),
			  offsets[i] % PAGE);
		for (unsigned int j = 0; j < i; j++)
			EXPECT_LE(sizeof(struct msg_slot_cell),
				  offsets[i] > offsets[j] ?
					  offsets[i] - offsets[j] :
					  offsets[j] - offsets[i]);
	}
	for (unsigned int i = 0; i < 50; i++)
		EXPECT_TRUE(cell_has((const void *)(self->base + offsets[i]),
				     i + 1, &i, 4));
}

TEST_F(mapping, locates_the_selected_channel)
{
	unsigned long long selected, named;

	EXPECT_EQ(-EINVAL, slot_locate(self->fd, 0, &selected));
	ASSERT_EQ(1, slot_send(self->fd, 0xffffffff, "x", 1));
	EXPECT_EQ(0, slot_locate(self->fd, 0, &selected));
	EXPECT_EQ(0, slot_locate(self->fd, 0xffffffff, &named));
	EXPECT_EQ(named, selected);
	EXPECT_CELL((const void *)(self->base + named), 0xffffffff, "x");
}

/* The slot keeps it for the watch alone. */
TEST_F(mapping, locates_no_channel_that_a_watch_has_yet_to_tell_of)
{
	unsigned long long offset = 0;
	__u32 id = 1;
	int watch = slot_watch(self->fd, &id, 1);

	ASSERT_LE(0, watch);
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_EQ(0, slot_locate(self->fd, 1, &offset));
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_locate(self->fd, 1, &offset));
	ASSERT_EQ(0, slot_put(self->fd, 1, "y", 1));
	EXPECT_EQ(0, slot_locate(self->fd, 1, &offset));
	close(watch);
}

TEST_F(mapping, locates_no_absent_channel)
{
	unsigned long long offset;

	EXPECT_EQ(-EWOULDBLOCK, slot_locate(self->fd, 1, &offset));
	EXPECT_EQ(~0ull, offset);
	EXPECT_EQ(0u, slot_usage(self->fd).channels);
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_EQ(0, slot_locate(self->fd, 1, &offset));
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_locate(self->fd, 1, &offset));
}

TEST_F(mapping, refuses_what_is_reserved)
{
	struct msg_slot_locate locate = { .channel = 1, .reserved = 1 };

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_LOCATE, &locate));
	/* Only filled in. */
	locate = (struct msg_slot_locate){ .channel = 1, .offset = ~0ull };
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_LOCATE, &locate));
	EXPECT_EQ(1u, locate.channel);
	EXPECT_EQ(0u, locate.reserved);
}

TEST_F(mapping, takes_the_right_to_read)
{
	int fd = slot_open(self->node, O_WRONLY);
	struct msg_slot_mapping mapping;
	unsigned long long offset;

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_EQ(-EBADF, slot_ioctl(fd, MSG_SLOT_GET_MAPPING, &mapping));
	EXPECT_EQ(-EBADF, slot_locate(fd, 1, &offset));
	EXPECT_EQ(MAP_FAILED, slot_map_part(fd, 0, PAGE));
	EXPECT_EQ(EACCES, errno);
	close(fd);
}

TEST_F(mapping, reading_alone_is_enough)
{
	int fd = slot_open(self->node, O_RDONLY);
	const char *base = slot_map(fd);

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_CELL(slot_cell(fd, base, 1), 1, "x");
	slot_unmap(fd, base);
	close(fd);
}

/* Not even the channel that is left: others are in the same page. */
TEST_F(mapping, not_of_a_single_channel)
{
	struct msg_slot_mapping mapping;
	unsigned long long offset;

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	ASSERT_EQ(0, slot_restrict(self->fd, 1, 0));
	EXPECT_EQ(-EPERM, slot_ioctl(self->fd, MSG_SLOT_GET_MAPPING, &mapping));
	EXPECT_EQ(-EPERM, slot_locate(self->fd, 1, &offset));
	EXPECT_EQ(-EPERM, slot_locate(self->fd, 0, &offset));
	EXPECT_EQ(MAP_FAILED, slot_map_part(self->fd, 0, PAGE));
	EXPECT_EQ(EPERM, errno);
	/* What was mapped before stays. */
	EXPECT_EQ('x', ((const struct msg_slot_cell *)self->base)->bytes[1][0] |
			       ((const struct msg_slot_cell *)self->base)
				       ->bytes[0][0]);
	close(self->fd);
	self->fd = slot_open(self->node, O_RDWR);
}

TEST_F(mapping, of_what_is_narrowed_to_reading)
{
	int fd = slot_open(self->node, O_RDWR);
	const char *base;

	ASSERT_EQ(0, slot_restrict(fd, 0, MSG_SLOT_READ_ONLY));
	base = slot_map(fd);
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_CELL(slot_cell(fd, base, 1), 1, "x");
	slot_unmap(fd, base);
	close(fd);
}

TEST_F(mapping, shows_what_is_written)
{
	const char *const texts[] = { "21.5", "a longer one than that", "x" };
	const struct msg_slot_cell *cell;

	ASSERT_EQ(4, slot_pwrite(self->fd, "21.4", 4, 7));
	cell = slot_cell(self->fd, self->base, 7);
	EXPECT_CELL(cell, 7, "21.4");
	for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
		ASSERT_EQ((long)strlen(texts[i]),
			  slot_pwrite(self->fd, texts[i], strlen(texts[i]), 7));
		EXPECT_CELL(cell, 7, texts[i]);
		ASSERT_EQ(0, slot_put(self->fd, 7, texts[i], strlen(texts[i])));
		EXPECT_CELL(cell, 7, texts[i]);
		EXPECT_EQ(cell, slot_cell(self->fd, self->base, 7));
	}
}

TEST_F(mapping, shows_every_size)
{
	const struct msg_slot_cell *cell = NULL;
	char message[MSG_SLOT_MAX_MESSAGE];

	for (unsigned int i = 0; i < 3 * MSG_SLOT_MAX_MESSAGE; i++) {
		unsigned int n = 1 + i * 55 % MSG_SLOT_MAX_MESSAGE;

		message_fill(message, n, i);
		ASSERT_EQ(n, slot_pwrite(self->fd, message, n, 1));
		cell = cell ?: slot_cell(self->fd, self->base, 1);
		EXPECT_TRUE(cell_has(cell, 1, message, n));
	}
}

TEST_F(mapping, version_and_time_are_those_of_the_record)
{
	const struct msg_slot_cell *cell;
	unsigned long long before, after;
	struct mapped mapped;

	for (unsigned int i = 0; i < 10; i++) {
		before = clock_now(CLOCK_BOOTTIME);
		ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
		after = clock_now(CLOCK_BOOTTIME);
		cell = slot_cell(self->fd, self->base, 1);
		ASSERT_EQ(1, mapped_look(cell, 1, &mapped));
		EXPECT_EQ(slot_version(self->fd, 1), mapped.version);
		EXPECT_LE(before, mapped.written);
		EXPECT_GE(after, mapped.written);
		EXPECT_EQ(0u, mapped.expires);
	}
}

/* Ends, and has no id from then on. */
TEST_F(mapping, cleared_message_is_gone)
{
	const struct msg_slot_cell *cell;
	struct mapped mapped;

	ASSERT_EQ(0, slot_put(self->fd, 1, "soon gone", 9));
	cell = slot_cell(self->fd, self->base, 1);
	EXPECT_CELL(cell, 1, "soon gone");
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_EQ(-ENOENT, mapped_look(cell, 1, &mapped));
	EXPECT_EQ(0u, cell_id(cell));
	EXPECT_TRUE(cell_is_blank(cell));
}

/* A claim keeps the channel, without a message too. */
TEST_F(mapping, claimed_channel_stays_where_it_is)
{
	const struct msg_slot_cell *cell;
	struct mapped mapped;

	ASSERT_EQ(0, slot_claim(self->fd, 1, MSG_SLOT_END_CLEAR));
	cell = slot_cell(self->fd, self->base, 1);
	ASSERT_NE(NULL, cell);
	/* A latch of 0, as before the first message, takes a call. */
	EXPECT_EQ(-EREMOTE, mapped_look(cell, 1, &mapped));
	for (unsigned int i = 0; i < 5; i++) {
		ASSERT_EQ(5, slot_pwrite(self->fd, "mine!", 5, 1));
		EXPECT_CELL(cell, 1, "mine!");
		ASSERT_EQ(0, slot_clear(self->fd, 1));
		EXPECT_EQ(0, mapped_look(cell, 1, &mapped));
		EXPECT_TRUE(cell_is_blank(cell));
		EXPECT_EQ(cell, slot_cell(self->fd, self->base, 1));
	}
	ASSERT_EQ(5, slot_pwrite(self->fd, "mine!", 5, 1));
	ASSERT_EQ(0, slot_release(self->fd, 1));
	EXPECT_EQ(-ENOENT, mapped_look(cell, 1, &mapped));
	EXPECT_TRUE(cell_is_blank(cell));
}

TEST_F(mapping, shows_a_will)
{
	const struct msg_slot_cell *cell;
	int fd = slot_open(self->node, O_RDWR);

	ASSERT_EQ(0, slot_claim_will(fd, 1, "farewell", 8));
	ASSERT_EQ(5, slot_pwrite(fd, "alive", 5, 1));
	cell = slot_cell(self->fd, self->base, 1);
	EXPECT_CELL(cell, 1, "alive");
	close(fd);
	EXPECT_CELL(cell, 1, "farewell");
}

TEST_F(mapping, message_ends_by_the_clock)
{
	const struct msg_slot_cell *cell;
	unsigned long long before, after;
	struct mapped mapped;
	long n;

	do {
		before = clock_now(CLOCK_BOOTTIME);
		ASSERT_EQ(0, slot_put_for(self->fd, 1, "brief", 5, A_WHILE));
		after = clock_now(CLOCK_BOOTTIME);
		cell = slot_cell(self->fd, self->base, 1);
		n = cell ? mapped_look(cell, 1, &mapped) : -ENOENT;
	} while (n != 5 && is_past(before + A_WHILE));
	ASSERT_EQ(5, n);
	EXPECT_EQ(0, memcmp(mapped.message, "brief", 5));
	EXPECT_LE(before + A_WHILE, mapped.expires);
	EXPECT_GE(after + A_WHILE, mapped.expires);
	EXPECT_EQ(mapped.written + A_WHILE, mapped.expires);
	while (clock_now(CLOCK_BOOTTIME) < mapped.expires)
		usleep(1000);
	/* At once, whether it has been taken away by then or not. */
	EXPECT_GT(0, mapped_get(cell, 1, 0, &mapped));
	EXPECT_EQ(-EWOULDBLOCK, slot_pread(self->fd, &mapped, 8, 1));
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(-ENOENT, mapped_look(cell, 1, &mapped));
	EXPECT_TRUE(cell_is_blank(cell));
}

/* The expiry has its place behind 120 bytes; with more it takes a call. */
TEST_F(mapping, sizes_of_messages_that_end)
{
	char message[MSG_SLOT_MAX_MESSAGE];
	const struct msg_slot_cell *cell;
	struct mapped mapped;

	for (unsigned int n = 1; n <= sizeof(message); n++) {
		message_fill(message, n, n);
		ASSERT_EQ(0,
			  slot_put_for(self->fd, 1, message, n, 3600 * SECOND));
		cell = slot_cell(self->fd, self->base, 1);
		if (n > MSG_SLOT_CELL_EXPIRY) {
			EXPECT_EQ(-EREMOTE, mapped_look(cell, 1, &mapped));
			EXPECT_TRUE(cell_is_clean(cell));
		} else {
			EXPECT_TRUE(cell_has(cell, 1, message, n));
			EXPECT_EQ(n, mapped_look(cell, 1, &mapped));
			EXPECT_EQ(mapped.written + 3600 * SECOND,
				  mapped.expires);
		}
		EXPECT_TRUE(slot_has_large(self->fd, 1, n, n));
	}
	ASSERT_EQ(4, slot_pwrite(self->fd, "ever", 4, 1));
	EXPECT_CELL(cell, 1, "ever");
}

TEST_F(mapping, long_message_takes_a_call)
{
	const struct msg_slot_cell *cell;
	struct mapped mapped;

	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	ASSERT_EQ(5, slot_pwrite(self->fd, "short", 5, 1));
	cell = slot_cell(self->fd, self->base, 1);
	for (unsigned int n = MSG_SLOT_MAX_MESSAGE + 1; n < 5000; n *= 2) {
		ASSERT_EQ(n, slot_put_large(self->fd, 1, n, n));
		EXPECT_EQ(-EREMOTE, mapped_look(cell, 1, &mapped));
		EXPECT_TRUE(cell_is_clean(cell));
		EXPECT_TRUE(slot_has_large(self->fd, 1, n, n));
	}
	ASSERT_EQ(5, slot_pwrite(self->fd, "short", 5, 1));
	EXPECT_CELL(cell, 1, "short");
}

TEST_F(mapping, failed_write_changes_nothing)
{
	const struct msg_slot_cell *cell;
	unsigned long long version;

	ASSERT_EQ(5, slot_pwrite(self->fd, "still", 5, 1));
	cell = slot_cell(self->fd, self->base, 1);
	version = slot_version(self->fd, 1);
	EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, NULL, 5, 1));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, self, 0, 1));
	EXPECT_EQ(-EMSGSIZE, slot_pwrite(self->fd, large(200, 1), 200, 1));
	EXPECT_EQ(-ESTALE, slot_put_if(self->fd, 1, "new", 3,
				       &(unsigned long long){ version + 1 }));
	EXPECT_CELL(cell, 1, "still");
	EXPECT_EQ((__u32)version, cell->latch);
}

TEST_HARNESS_MAIN
