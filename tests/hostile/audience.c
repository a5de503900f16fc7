// SPDX-License-Identifier: GPL-2.0
/*
 * An audience: a user who may only read waits for the victim's own channel, thousands
 * of times, in every way that there is to wait. They are to be woken by each write, and
 * somebody has to do it; the writer pays for that it is done, not for each of them.
 */
#include "crowd.h"
#include "held_processor.h"

#define AUDIENCE_LIMIT 3

static unsigned int victims_channel(unsigned int i)
{
	return VICTIM;
}

static void poll_it(struct attacker *attacker, int node, unsigned int number)
{
	int epoll = epoll_create1(0);

	for (unsigned int i = 0; i < number; i++)
		epoll_add(epoll, stranger_select(node, VICTIM));
}

/* One open file, in as many epolls. */
static void poll_it_by_many(struct attacker *attacker, int node,
			    unsigned int number)
{
	int fd = stranger_select(node, VICTIM);

	for (unsigned int i = 0; i < number; i++)
		epoll_add(epoll_create1(0), fd);
}

static void wait_for_it(struct attacker *attacker, int node,
			unsigned int number)
{
	crowd_stand(node, number, sleep_in_wait, victims_channel);
}

static void read_it(struct attacker *attacker, int node, unsigned int number)
{
	crowd_stand(node, number, sleep_in_read, victims_channel);
}

static void watch_it(struct attacker *attacker, int node, unsigned int number)
{
	unsigned int id = VICTIM;
	int fd = stranger_open(node, O_RDONLY);
	int epoll = epoll_create1(0);

	for (unsigned int i = 0; i < number; i++)
		epoll_add(epoll, slot_watch(fd, &id, 1));
}

/* One write, after which all are awake, have read, and are asleep again. */
static double lone_cost(int fd)
{
	double costs[BATCHES];

	for (unsigned int i = 0; i < BATCHES; i++) {
		costs[i] = batch_time(victim_writes, fd, 1);
		usleep(300000);
	}
	qsort(costs, BATCHES, sizeof(*costs), by_size);
	return costs[BATCHES / 2];
}

#define EXPECT_AUDIENCE(act, number)                                 \
	do {                                                         \
		double __without = lone_cost(self->fd);              \
		struct attacker *__attacker =                        \
			attack(self->node, READER, act, number);     \
		EXPECT_COST("write", lone_cost(self->fd), __without, \
			    AUDIENCE_LIMIT);                         \
		attack_end(__attacker);                              \
	} while (0)

TEST_F(hostile, its_polls)
{
	EXPECT_ATTACK(READER, poll_it, many(20000), AUDIENCE_LIMIT);
}

TEST_F(hostile, its_epolls_of_one_file)
{
	EXPECT_ATTACK(READER, poll_it_by_many, many(5000), AUDIENCE_LIMIT);
}

TEST_F(hostile, its_watches)
{
	EXPECT_ATTACK(READER, watch_it, many(5000), AUDIENCE_LIMIT);
}

TEST_F(hostile, its_waits)
{
	EXPECT_AUDIENCE(wait_for_it, many(2000));
}

TEST_F(hostile, its_reads)
{
	EXPECT_AUDIENCE(read_it, many(2000));
}

/* More than are to be woken in one go. */
#define CROWD 100000u

TEST_F(hostile, to_wake_polls_gives_way)
{
	struct attacker *attacker =
		attack(self->node, READER, poll_it, many(CROWD));
	struct held_processor held;

	held_processor_begin(&held);
	for (unsigned int i = 0; i < BATCHES; i++) {
		victim_writes(self->fd);
		usleep(5000);
	}
	EXPECT_HELD_BRIEFLY(held_processor_end(&held));
	attack_end(attacker);
}

TEST_HARNESS_MAIN
