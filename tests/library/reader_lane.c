// SPDX-License-Identifier: GPL-2.0
/*
 * msgslot_reader_get() of a channel whose owner has a lane: without a call, whatever
 * becomes of the lane, and whatever its owner writes there.
 */
#define RACE_SECONDS 1
#define NEEDS_64_BITS

#include "interposed.h"
#include "child.h"
#include "race.h"

/* A lane of the test's own, without the library. */
struct owner {
	int fd;
	uint32_t channel;
	struct msg_slot_cell *lane;
};

static struct owner owner_of(int node, uint32_t channel)
{
	struct msg_slot_lane where = { .channel = channel };
	struct owner owner = {
		.fd = slot_open(node, O_RDWR),
		.channel = channel,
	};

	if (slot_claim(owner.fd, channel, MSG_SLOT_END_KEEP) ||
	    slot_ioctl(owner.fd, MSG_SLOT_LANE, &where))
		abort();
	owner.lane = (void *)syscall(SYS_mmap, NULL, 4096,
				     PROT_READ | PROT_WRITE, MAP_SHARED,
				     owner.fd, where.offset);
	if (owner.lane == MAP_FAILED)
		abort();
	return owner;
}

/* All that a message has, for the test to spoil. */
struct parts {
	uint32_t size;
	unsigned long long written;
	unsigned long long expires;
	uint32_t steps;
};

static void put_parts(struct owner *owner, const char *text,
		      const struct parts *parts)
{
	uint32_t latch = owner->lane->latch + parts->steps, half = latch & 1;

	memcpy(owner->lane->bytes[half], text, strlen(text));
	if (parts->size & MSG_SLOT_CELL_EXPIRES)
		memcpy(&owner->lane->bytes[half][MSG_SLOT_CELL_EXPIRY],
		       &parts->expires, 8);
	owner->lane->written[half] = parts->written;
	owner->lane->size[half] = parts->size;
	__atomic_store_n(&owner->lane->latch, latch, __ATOMIC_RELEASE);
}

static void tell(struct owner *owner)
{
	if (slot_result(syscall(SYS_ioctl, owner->fd, MSG_SLOT_RING,
				owner->channel)))
		abort();
}

/* As it is to be; the lane's time is this namespace's here. */
static void put(struct owner *owner, const char *text)
{
	const struct parts parts = {
		.size = strlen(text),
		.written = clock_now(CLOCK_BOOTTIME),
		.steps = 1,
	};

	put_parts(owner, text, &parts);
	if (owner->lane->high)
		tell(owner);
}

static void end(struct owner *owner)
{
	syscall(SYS_munmap, owner->lane, 4096);
	close(owner->fd);
}

static bool reads(struct msgslot_reader *reader, const char *text)
{
	char buf[MSG_SLOT_MAX_MESSAGE];
	ssize_t n = msgslot_reader_get(reader, buf, sizeof(buf), NULL);

	if (n == (ssize_t)strlen(text) && !memcmp(buf, text, n))
		return true;
	fprintf(stderr, "# read %ld bytes: %.*s\n", (long)n, n > 0 ? (int)n : 0,
		buf);
	return false;
}

TEST_F(view, reads_without_a_call)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct owner owner = owner_of(self->node, 7);

	put(&owner, "first");
	EXPECT_TRUE(reads(&reader, "first"));
	EXPECT_EQ(2u, calls_since());
	EXPECT_TRUE(reads(&reader, "first"));
	for (int i = 0; i < 100; i++) {
		put(&owner, i % 2 ? "odd" : "even");
		ASSERT_TRUE(reads(&reader, i % 2 ? "odd" : "even"));
	}
	EXPECT_EQ(0u, calls_since());
	end(&owner);
	EXPECT_TRUE(reads(&reader, "odd"));
	EXPECT_EQ(0u, calls_since());
}

/* A reader that found the cell first, before there was a lane. */
TEST_F(view, a_cell_becomes_a_lane_and_a_cell_again)
{
	struct msgslot_reader reader = reader_of(self->view, 7);

	for (int i = 0; i < 100; i++) {
		struct owner owner;

		ASSERT_EQ(0, put_text(self->fd, 7, "cell"));
		ASSERT_TRUE(reads(&reader, "cell"));
		ASSERT_TRUE(reads(&reader, "cell"));
		owner = owner_of(self->node, 7);
		ASSERT_TRUE(reads(&reader, "cell"));
		put(&owner, "lane");
		calls_since();
		ASSERT_TRUE(reads(&reader, "lane"));
		ASSERT_TRUE(reads(&reader, "lane"));
		ASSERT_EQ(0u, calls_since());
		ASSERT_EQ(7, slot_pwrite(owner.fd, "by call", 7, 7));
		ASSERT_TRUE(reads(&reader, "by call"));
		put(&owner, "lane again");
		ASSERT_TRUE(reads(&reader, "lane again"));
		end(&owner);
		calls_since();
		ASSERT_TRUE(reads(&reader, "lane again"));
		ASSERT_EQ(0u, calls_since());
	}
}

/* Each size, and not a byte beside it. */
TEST_F(view, each_size)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	char message[MSG_SLOT_MAX_MESSAGE], buf[160], wanted[160];
	struct msgslot_writer *writer;
	struct msgslot_info info;

	ASSERT_EQ(0, msgslot_writer_open(self->fd, 7, &writer));
	for (long n = 1; n <= MSG_SLOT_MAX_MESSAGE; n++) {
		message_fill(message, n, n);
		ASSERT_EQ(0, msgslot_writer_put(writer, message, n));
		memset(wanted, 'x', sizeof(wanted));
		memcpy(wanted + 16, message, n);
		memset(buf, 'x', sizeof(buf));
		EXPECT_EQ(n, msgslot_reader_get(&reader, buf + 16, n, NULL));
		EXPECT_EQ(0, memcmp(wanted, buf, sizeof(buf)));
		memset(buf, 'x', sizeof(buf));
		EXPECT_EQ(n, msgslot_reader_get(&reader, buf + 16, 144, &info));
		EXPECT_EQ(0, memcmp(wanted, buf, sizeof(buf)));
		EXPECT_EQ(n, info.size);
		memset(buf, 'x', sizeof(buf));
		EXPECT_EQ(-ENOSPC,
			  msgslot_reader_get(&reader, buf + 16, n - 1, NULL));
		EXPECT_EQ(-ENOSPC,
			  msgslot_reader_get(&reader, buf + 16, n - 1, &info));
		EXPECT_EQ(n, info.size);
		EXPECT_EQ('x', buf[16]);
	}
	msgslot_writer_close(writer);
}

/* What a call says, too. */
TEST_F(view, tells_what_the_kernel_knows)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct owner owner = owner_of(self->node, 7);
	unsigned long long before;
	struct msgslot_info info;
	char buf[16];

	put(&owner, "first");
	ASSERT_TRUE(reads(&reader, "first"));
	for (int i = 0; i < 10; i++) {
		before = clock_now(CLOCK_BOOTTIME);
		put(&owner, "message");
		calls_since();
		ASSERT_EQ(7, msgslot_reader_get(&reader, buf, 16, &info));
		EXPECT_EQ(0u, calls_since());
		EXPECT_EQ(slot_version(self->fd, 7), info.version);
		EXPECT_LE(before, info.written);
		EXPECT_GE(clock_now(CLOCK_BOOTTIME), info.written);
		EXPECT_EQ(FOREVER, info.expires);
		EXPECT_EQ(7u, info.size);
		EXPECT_EQ(0u, info.reserved);
	}
	end(&owner);
	before = info.version;
	ASSERT_EQ(7, msgslot_reader_get(&reader, buf, 16, &info));
	EXPECT_LT(before, info.version);
}

TEST_F(view, a_message_is_over_without_a_call)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct owner owner = owner_of(self->node, 7);
	const uint64_t ttl = 200 * MILLISECOND;
	struct parts mortal = { .size = MSG_SLOT_CELL_EXPIRES | 6, .steps = 1 };
	struct msgslot_info info;
	char buf[128];
	ssize_t n;

	put(&owner, "first");
	ASSERT_TRUE(reads(&reader, "first"));
	mortal.written = clock_now(CLOCK_BOOTTIME);
	mortal.expires = mortal.written + ttl;
	put_parts(&owner, "mortal", &mortal);
	calls_since();
	do {
		n = msgslot_reader_get(&reader, buf, 128, &info);
		if (n > 0)
			EXPECT_EQ(mortal.expires, info.expires);
	} while (n == 6);
	EXPECT_EQ(-EWOULDBLOCK, n);
	EXPECT_EQ(0u, info.version);
	EXPECT_TRUE(is_past(mortal.expires));
	EXPECT_EQ(0u, calls_since());
	EXPECT_EQ(-EWOULDBLOCK, msgslot_get(self->fd, 7, buf, 128, NULL));
	put(&owner, "next");
	EXPECT_TRUE(reads(&reader, "next"));
	end(&owner);
}

TEST_F(view, there_may_be_none)
{
	const struct parts none = { .size = 0, .steps = 1 };
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct owner owner = owner_of(self->node, 7);
	char buf[16] = "untouched";
	struct msgslot_info info;

	put(&owner, "first");
	ASSERT_TRUE(reads(&reader, "first"));
	put_parts(&owner, "", &none);
	EXPECT_EQ(-EWOULDBLOCK, msgslot_reader_get(&reader, buf, 16, NULL));
	EXPECT_EQ(-EWOULDBLOCK, msgslot_reader_get(&reader, buf, 16, &info));
	EXPECT_EQ(0u, info.version);
	EXPECT_EQ(0, strcmp("untouched", buf));
	EXPECT_NONE(self->fd, 7);
	end(&owner);
}

/* An owner without a clock: the kernel has to be asked for the time. */
TEST_F(view, a_time_that_is_none_is_asked_for)
{
	const struct parts timeless = { .size = 8, .steps = 1 };
	const struct parts early = {
		.size = 8,
		.written = clock_now(CLOCK_BOOTTIME) + 1000 * SECOND,
		.steps = 1,
	};
	const struct parts *const parts[] = { &timeless, &early };
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct owner owner = owner_of(self->node, 7);
	unsigned long long before;
	struct msgslot_info info;
	char buf[16];

	put(&owner, "first");
	ASSERT_TRUE(reads(&reader, "first"));
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		before = clock_now(CLOCK_BOOTTIME);
		put_parts(&owner, "timeless", parts[i]);
		calls_since();
		EXPECT_TRUE(reads(&reader, "timeless"));
		EXPECT_EQ(0u, calls_since());
		EXPECT_EQ(8, msgslot_reader_get(&reader, buf, 16, &info));
		EXPECT_EQ(1u, calls_since());
		EXPECT_LE(before, info.written + MILLISECOND);
		EXPECT_GE(clock_now(CLOCK_BOOTTIME), info.written);
		EXPECT_EQ(slot_version(self->fd, 7), info.version);
	}
	end(&owner);
}

/* What can't be is clamped, or the kernel is asked; all are told the same. */
TEST_F(view, whatever_its_owner_writes)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct owner owner = owner_of(self->node, 7);
	struct parts parts = { .steps = 1 };
	char buf[256], asked[256];
	struct msgslot_info info;
	ssize_t n, wanted;

	put(&owner, "first");
	ASSERT_TRUE(reads(&reader, "first"));
	for (unsigned int i = 0; i < 20000; i++) {
		parts.size = mix(i);
		parts.expires = mix(i + 1) >> (i % 64);
		parts.written = mix(i + 2) >> (i % 61);
		put_parts(&owner, "anything", &parts);
		memset(buf, 'x', sizeof(buf));
		n = msgslot_reader_get(&reader, buf, sizeof(buf), NULL);
		ASSERT_GE(128, n);
		ASSERT_TRUE(n > 0 || n == -EWOULDBLOCK);
		/* If its time is over meanwhile, some of it may be there. */
		for (unsigned int j = n; n > 0 && j < sizeof(buf); j++)
			ASSERT_EQ('x', buf[j]);
		wanted = msgslot_get(self->fd, 7, asked, sizeof(asked), NULL);
		ASSERT_EQ(wanted, n);
		if (n > 0)
			ASSERT_EQ(0, memcmp(asked, buf, n));
		n = msgslot_reader_get(&reader, buf, sizeof(buf), &info);
		ASSERT_EQ(wanted, n);
		if (wanted == -EWOULDBLOCK)
			put(&owner, "again");
	}
	end(&owner);
}

/* Then only a call knows which message has which version. */
TEST_F(view, versions_that_are_none)
{
	const uint32_t steps[] = { 0u - 2,     0u - 100000, 70000,
				   1u << 31,   0u - 65536,  131072,
				   0xfffffffe, 0x12345678 };
	struct msgslot_reader reader = reader_of(self->view, 7);
	unsigned long long last = 0;
	struct msgslot_info info;
	char buf[16];

	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
		struct owner owner = owner_of(self->node, 7);
		struct parts parts = { .size = 3,
				       .written = clock_now(CLOCK_BOOTTIME),
				       .steps = steps[i] };

		put(&owner, "honest");
		ASSERT_EQ(6, msgslot_reader_get(&reader, buf, 16, &info));
		ASSERT_LT(last, info.version);
		last = info.version;
		put_parts(&owner, "odd", &parts);
		ASSERT_EQ(6, msgslot_reader_get(&reader, buf, 16, &info));
		EXPECT_EQ(0, memcmp("honest", buf, 6));
		EXPECT_EQ(last, info.version);
		EXPECT_EQ(last, slot_version(self->fd, 7));
		/* It mends its ways by that. */
		tell(&owner);
		ASSERT_EQ(3, msgslot_reader_get(&reader, buf, 16, &info));
		ASSERT_LT(last, info.version);
		last = info.version;
		end(&owner);
	}
}

TEST_F(view, channels_have_lanes_of_their_own)
{
	struct msgslot_reader readers[20];
	struct owner owners[20];
	char text[16];

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 20; i++) {
			owners[i] = owner_of(self->node, 300 + i * 256);
			readers[i] = reader_of(self->view, 300 + i * 256);
		}
		for (int i = 0; i < 400; i++) {
			snprintf(text, sizeof(text), "%d of %d", i, i % 20);
			put(&owners[i % 20], text);
			ASSERT_TRUE(reads(&readers[i % 20], text));
		}
		/* In another order than they came: others get their places. */
		for (int i = 0; i < 20; i++)
			end(&owners[i * 7 % 20]);
	}
}

/* Its cell becomes another channel's, which has a lane as well. */
TEST_F(view, a_channel_goes_and_comes_elsewhere)
{
	struct msgslot_reader seven = reader_of(self->view, 7);
	struct msgslot_reader eight = reader_of(self->view, 8);
	char buf[16];

	for (int i = 0; i < 50; i++) {
		struct owner owner = owner_of(self->node, 7);
		struct owner other;

		put(&owner, "seven");
		ASSERT_TRUE(reads(&seven, "seven"));
		end(&owner);
		msgslot_clear(self->fd, 7, NULL);
		other = owner_of(self->node, 8);
		put(&other, "eight!");
		ASSERT_TRUE(reads(&eight, "eight!"));
		ASSERT_EQ(-EWOULDBLOCK,
			  msgslot_reader_get(&seven, buf, 16, NULL));
		owner = owner_of(self->node, 7);
		put(&owner, "7");
		ASSERT_TRUE(reads(&seven, "7"));
		ASSERT_TRUE(reads(&eight, "eight!"));
		end(&owner);
		end(&other);
		msgslot_clear(self->fd, 7, NULL);
		msgslot_clear(self->fd, 8, NULL);
	}
}

/* One page for a channel, however many lanes it has had; and all of them back. */
TEST_F(view, keeps_one_page_for_a_channel)
{
	unsigned int maps = count_mappings();
	struct msgslot_reader reader;
	struct msgslot_view *view;

	ASSERT_EQ(0, msgslot_view_open(self->fd, &view));
	reader = reader_of(view, 7);
	for (int i = 0; i < 300; i++) {
		struct owner owner = owner_of(self->node, 7);

		put(&owner, "message");
		ASSERT_TRUE(reads(&reader, "message"));
		ASSERT_TRUE(reads(&reader, "message"));
		end(&owner);
	}
	EXPECT_GE(maps + 4, count_mappings());
	msgslot_view_close(view);
	EXPECT_GE(maps + 1, count_mappings());
}

TEST_F(view, what_can_t_be_mapped_is_read_by_a_call)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct owner owner = owner_of(self->node, 7);

	put(&owner, "first");
	mapping_fails = true;
	EXPECT_TRUE(reads(&reader, "first"));
	calls_since();
	EXPECT_TRUE(reads(&reader, "first"));
	EXPECT_EQ(1u, calls_since());
	put(&owner, "second");
	EXPECT_TRUE(reads(&reader, "second"));
	mapping_fails = false;
	EXPECT_TRUE(reads(&reader, "second"));
	calls_since();
	EXPECT_TRUE(reads(&reader, "second"));
	EXPECT_EQ(0u, calls_since());
	end(&owner);
}

static struct msgslot_reader *inherited;

static int read_inherited(int fd)
{
	return !reads(inherited, "before");
}

TEST_F(view, a_child_has_it)
{
	struct msgslot_reader reader = reader_of(self->view, 7);
	struct owner owner = owner_of(self->node, 7);

	put(&owner, "before");
	EXPECT_TRUE(reads(&reader, "before"));
	EXPECT_TRUE(reads(&reader, "before"));
	inherited = &reader;
	calls_since();
	EXPECT_EQ(0, in_child(read_inherited, self->fd));
	end(&owner);
}

/* A view that was narrowed reads on what it has found, and finds nothing more. */
TEST_F(view, one_that_is_narrowed_later_is_refused_by_the_call)
{
	int fd = library_open(self->node, O_RDONLY);
	struct msgslot_reader reader;
	struct msgslot_view *view;
	struct owner owner;
	char buf[16];

	ASSERT_EQ(0, msgslot_view_open(fd, &view));
	ASSERT_EQ(0, msgslot_restrict(fd, 8, 0));
	owner = owner_of(self->node, 7);
	put(&owner, "hello");
	reader = reader_of(view, 7);
	EXPECT_EQ(-EPERM, msgslot_reader_get(&reader, buf, 16, NULL));
	end(&owner);
	msgslot_view_close(view);
	msgslot_close(fd);
}

/* Threads that have one reader in common, beside an owner that comes and goes. */

static struct msgslot_reader shared;

static void own_again_and_again(struct racer *racer)
{
	struct msgslot_writer *writer;
	char buf[MSG_SLOT_MAX_MESSAGE];
	struct note note = { .writer = 1 };

	while (racing(racer)) {
		racer_expect(racer,
			     !msgslot_writer_open(racer->fd, 7, &writer) &&
				     msgslot_writer_has_lane(writer),
			     "could not open a writer");
		if (!racing(racer))
			return;
		for (int i = mix(note.count) % 100; i >= 0; i--) {
			note.count++;
			racer_expect(racer,
				     !msgslot_writer_put(writer, buf,
							 note_make(buf, note)),
				     "could not put");
			atomic_store(&racer->race->written, note.count);
		}
		/* A call in between takes the message out of the lane. */
		note.count++;
		racer_expect(racer,
			     !msgslot_put(racer->fd, 7, buf,
					  note_make(buf, note), 0, NULL),
			     "could not write");
		atomic_store(&racer->race->written, note.count);
		msgslot_writer_close(writer);
	}
}

static void read_shared(struct racer *racer)
{
	unsigned long long written, last = 0;
	char buf[MSG_SLOT_MAX_MESSAGE];
	struct msgslot_info info;
	uint64_t version = 0;
	struct note note;
	ssize_t n;

	while (racing(racer)) {
		bool asks = mix(last) % 4 == 0;

		written = atomic_load(&racer->race->written);
		n = msgslot_reader_get(&shared, buf, sizeof(buf),
				       asks ? &info : NULL);
		if (n < 0 || !note_parse(buf, n, &note)) {
			racer_expect(racer, false, "torn");
			return;
		}
		racer_expect(racer, note.count >= written, "stale");
		racer_expect(racer, note.count >= last, "older than before");
		if (asks) {
			racer_expect(racer, info.version >= version,
				     "an earlier version");
			version = info.version;
		}
		last = note.count;
	}
}

TEST_F(view, threads_share_a_reader)
{
	struct race *race = race_new(self->node, false);
	struct note note = { .writer = 1 };
	char buf[MSG_SLOT_MAX_MESSAGE];

	ASSERT_EQ(0,
		  msgslot_put(self->fd, 7, buf, note_make(buf, note), 0, NULL));
	shared = reader_of(self->view, 7);
	race_add_many(race, 1, own_again_and_again);
	race_add_many(race, 3, read_shared);
	race_run(race, _metadata);
}

/* An owner whose processor does nothing else: a reader is done all the same. */
static void put_for_ever(struct racer *racer)
{
	struct msgslot_writer *writer;
	char buf[MSG_SLOT_MAX_MESSAGE];
	struct note note = { .writer = 1 };

	if (msgslot_writer_open(racer->fd, 7, &writer))
		abort();
	while (racing(racer)) {
		note.count++;
		racer_expect(racer,
			     !msgslot_writer_put(writer, buf,
						 note_make(buf, note)),
			     "could not put");
		atomic_store(&racer->race->written, note.count);
	}
	msgslot_writer_close(writer);
}

TEST_F(view, beside_an_owner_at_full_speed)
{
	struct race *race = race_new(self->node, true);
	struct note note = { .writer = 1 };
	char buf[MSG_SLOT_MAX_MESSAGE];

	ASSERT_EQ(0,
		  msgslot_put(self->fd, 7, buf, note_make(buf, note), 0, NULL));
	shared = reader_of(self->view, 7);
	race_add_many(race, 1, put_for_ever);
	race_add_many(race, 2, read_shared);
	race_run(race, _metadata);
}

TEST_HARNESS_MAIN
