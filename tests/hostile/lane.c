// SPDX-License-Identifier: GPL-2.0
/*
 * Lanes: what a user who may write other channels makes others pay by lanes of his own, and
 * what one who may only read makes an owner pay for each message in a lane. That owner's
 * cost is that of a message, the ring in it.
 */
#include "hostile.h"
#include "owner.h"

#define OTHER 0x10000000u
/* The owner's channel, which has no lane for those tests that begin with a write. */
#define OWNED 2u
#define WRITER_LIMIT 1.1
/* Each put rings, as each write would tell. */
#define RUNG_LIMIT 1.3

static struct lane owned;

static void owner_begins(int fd)
{
	lane_open(&owned, fd, OWNED, MSG_SLOT_END_KEEP);
	lane_put(&owned, "message", 7);
}

static void victim_puts(int fd)
{
	lane_put(&owned, "message", 7);
}

static void victim_writes_owned(int fd)
{
	if (slot_pwrite(fd, "message", 7, OWNED) != 7)
		abort();
}

static void victim_reads_owned(int fd)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	if (slot_pread(fd, message, sizeof(message), OWNED) < 0)
		abort();
}

/* Of the attacker's. */
static void take_lanes(struct lane *lanes, int fd, unsigned int number)
{
	for (unsigned int i = 0; i < number; i++) {
		lane_open(&lanes[i], fd, OTHER + i, MSG_SLOT_END_CLEAR);
		lane_put(&lanes[i], "x", 1);
	}
}

static void hold(struct attacker *attacker, int node, unsigned int number)
{
	take_lanes(calloc(number, sizeof(struct lane)),
		   stranger_open(node, O_RDWR), number);
}

static void put_all_the_time(struct attacker *attacker, int node,
			     unsigned int number)
{
	struct lane *lanes = calloc(number, sizeof(*lanes));

	take_lanes(lanes, stranger_open(node, O_RDWR), number);
	attack_stands(attacker);
	for (unsigned int i = 0;; i++)
		lane_put(&lanes[i % number], "x", 1);
}

static void ring_all_the_time(struct attacker *attacker, int node,
			      unsigned int number)
{
	struct lane *lanes = calloc(number, sizeof(*lanes));

	take_lanes(lanes, stranger_open(node, O_RDWR), number);
	attack_stands(attacker);
	for (unsigned int i = 0;; i++)
		slot_ring(lanes[i % number].fd, lanes[i % number].id);
}

/* Into the lane and out of it. */
static void enter_and_leave(struct attacker *attacker, int node,
			    unsigned int number)
{
	struct lane *lanes = calloc(number, sizeof(*lanes));

	take_lanes(lanes, stranger_open(node, O_RDWR), number);
	attack_stands(attacker);
	for (unsigned int i = 0;; i++) {
		struct lane *lane = &lanes[i % number];

		lane_put(lane, "x", 1);
		if (slot_pwrite(lane->fd, "y", 1, lane->id) != 1)
			abort();
	}
}

static void begin_and_end(struct attacker *attacker, int node,
			  unsigned int number)
{
	int fd = stranger_open(node, O_RDWR);
	struct lane lane;

	attack_stands(attacker);
	for (;;) {
		take_lanes(&lane, fd, 1);
		if (slot_release(fd, OTHER))
			abort();
		lane_unmap(&lane);
	}
}

/* Mappings of lanes that have ended stay, at offsets that others may get. */
static void leave_mappings(struct attacker *attacker, int node,
			   unsigned int number)
{
	int fd = stranger_open(node, O_RDWR);
	struct lane lane;

	for (unsigned int i = 0; i < number; i++) {
		take_lanes(&lane, fd, 1);
		if (slot_release(fd, OTHER))
			abort();
	}
}

static void snapshot_all_the_time(struct attacker *attacker, int node,
				  unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);
	struct msg_slot_get gets[] = { get_into(VICTIM, NULL, 0),
				       get_into(OWNED, NULL, 0) };

	attack_stands(attacker);
	for (;;)
		slot_snapshot(fd, gets, 2);
}

static void read_all_the_time(struct attacker *attacker, int node,
			      unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);

	attack_stands(attacker);
	for (;;)
		victim_reads_owned(fd);
}

static void watch_unread(struct attacker *attacker, int node,
			 unsigned int number)
{
	for (unsigned int i = 0; i < number; i++) {
		if (slot_watch(stranger_open(node, O_RDONLY), NULL, 0) < 0)
			abort();
	}
}

/* They wait for a message of that channel, and for the next, and so on. */
static void wait_all_the_time(struct attacker *attacker, int node,
			      unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);

	for (unsigned int i = 0; i < number; i++) {
		unsigned long long version = 0;
		struct got got;

		if (!attack_fork())
			continue;
		for (;;) {
			if (!slot_wait(fd, OWNED, version, FOREVER, 0, &got))
				version = got.record.version;
		}
	}
}

TEST_F(hostile, lanes_held)
{
	EXPECT_ATTACK(WRITER, hold, many(2000), WRITER_LIMIT);
}

TEST_F(hostile, lanes_written)
{
	EXPECT_ATTACK(WRITER, put_all_the_time, 100, WRITER_LIMIT);
}

TEST_F(hostile, lanes_rung)
{
	EXPECT_ATTACK(WRITER, ring_all_the_time, 100, WRITER_LIMIT);
}

TEST_F(hostile, lanes_entered_and_left)
{
	EXPECT_ATTACK(WRITER, enter_and_leave, 100, WRITER_LIMIT);
}

TEST_F(hostile, lanes_that_come_and_go)
{
	EXPECT_ATTACK(WRITER, begin_and_end, 1, WRITER_LIMIT);
}

/* Of the writes of who is watched. */
#define WATCHED_LIMIT 1.25

/* What a message in a lane costs its owner beside the attack, and a call of the owner's. */
static void expect_owner(struct __test_metadata *_metadata, int node, int fd,
			 gid_t group, attack_act *act, unsigned int number,
			 double most)
{
	struct attacker *attacker;
	double puts, writes;

	owner_begins(fd);
	writes = cost_of(victim_writes_owned, fd);
	puts = cost_of(victim_puts, fd);
	attacker = attack(node, group, act, number);
	EXPECT_COST("put", cost_of(victim_puts, fd), puts, most);
	EXPECT_COST("write", cost_of(victim_writes_owned, fd), writes, most);
	attack_end(attacker);
}

#define EXPECT_OWNER(group, act, number, most) \
	expect_owner(_metadata, self->node, self->fd, group, act, number, most)

TEST_F(hostile, others_lanes)
{
	EXPECT_OWNER(WRITER, put_all_the_time, 100, WRITER_LIMIT);
}

TEST_F(hostile, others_lanes_that_come_and_go)
{
	EXPECT_OWNER(WRITER, begin_and_end, 1, WRITER_LIMIT);
}

TEST_F(hostile, others_mappings_that_stay)
{
	EXPECT_OWNER(WRITER, leave_mappings, many(20000), WRITER_LIMIT);
}

TEST_F(hostile, a_lane_in_snapshots)
{
	EXPECT_OWNER(READER, snapshot_all_the_time, 1, WRITER_LIMIT);
}

TEST_F(hostile, a_lane_that_is_read)
{
	EXPECT_OWNER(READER, read_all_the_time, 1, WRITER_LIMIT);
}

TEST_F(hostile, a_lane_that_is_watched_and_not_read)
{
	/* A call tells the watch each time: bench/ has what that costs without strangers. */
	EXPECT_OWNER(READER, watch_unread, many(100), WATCHED_LIMIT);
}

/* Each message has to ring then, and costs what a write costs that tells as many. */
TEST_F(hostile, a_lane_that_is_waited_for)
{
	struct attacker *attacker;
	double writes;

	if (slot_pwrite(self->fd, "x", 1, OWNED) != 1)
		abort();
	attacker = attack(self->node, READER, wait_all_the_time, 20);
	writes = cost_of(victim_writes_owned, self->fd);
	owner_begins(self->fd);
	EXPECT_COST("put, by a write,", cost_of(victim_puts, self->fd), writes,
		    RUNG_LIMIT);
	attack_end(attacker);
}

TEST_HARNESS_MAIN
