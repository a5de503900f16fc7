// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes hand a number to and fro, each asleep until it has come: a
 * single lost wake-up leaves both asleep for ever. No time-out helps them; an
 * alarm that nothing should ever need ends the test as a failure. Several such
 * pairs play at once, lest the processors be asleep themselves most of the
 * time, which is slow to end under emulation.
 *
 * Where they hand to and fro, a message hardly ever comes at the moment when the
 * other lies down to sleep. So there are meetings too: a reader says that it is
 * about to wait, and the writer writes just after, by a delay that varies.
 *
 * A test takes 2 seconds, whatever number of hand-overs that makes.
 * TEST_HANDOVERS=N in the environment makes it N hand-overs for each pair,
 * or N meetings, however long they take: millions, once in a while (with TEST_TIMEOUT and
 * tests/vm/run -t).
 */
#include "waiting.h"

#include "memory.h"
#include "processor.h"

#include <sys/prctl.h>

#define SECONDS 1
#define PAIRS 4u
#define TIMEOUT (24 * 3600)
#define ALARM 120
#define AT_ONCE 32u
#define END UINT_MAX

/* One of the two players, who takes from one channel and gives to another. */
struct player {
	unsigned int first_taken;
	unsigned int first_given;
	/* 0: the same channels all the time; 1: new ones every time. */
	unsigned int step;
	long (*take)(struct player *player, void *buf, size_t n);
	int fd;
	int ep;
};

static long take_by_read(struct player *player, void *buf, size_t n)
{
	return slot_read(player->fd, buf, n);
}

static long take_by_poll(struct player *player, void *buf, size_t n)
{
	if (poll_events(player->fd, POLLIN, -1) != POLLIN)
		return 0;
	return slot_read(player->fd, buf, n);
}

static long take_by_epoll(struct player *player, void *buf, size_t n)
{
	if (epoll_next(player->ep, -1) != EPOLLIN)
		return 0;
	return slot_read(player->fd, buf, n);
}

/* An edge may be of a message that was read already: there is another then. */
static long take_by_edge(struct player *player, void *buf, size_t n)
{
	do {
		if (epoll_next(player->ep, -1) != EPOLLIN)
			return 0;
	} while (!has_news(player->fd));
	return slot_read(player->fd, buf, n);
}

static void give(struct player *player, unsigned int turn, unsigned int value)
{
	loff_t id = player->first_given + turn * player->step;

	if (slot_pwrite(player->fd, &value, sizeof(value), id) != sizeof(value))
		abort();
}

static unsigned int take(struct player *player, unsigned int turn)
{
	unsigned int value;

	if (player->step &&
	    slot_select(player->fd, player->first_taken + turn * player->step))
		abort();
	if (player->take(player, &value, sizeof(value)) != sizeof(value))
		abort();
	return value;
}

static void sit_down(struct player *player, int node, unsigned int cpu)
{
	/* Where there is only one, they share it. */
	stay_on(cpu);
	player->fd = slot_open(node, O_RDWR);
	if (player->fd < 0 || slot_select(player->fd, player->first_taken))
		abort();
	if (player->take == take_by_read)
		slot_set_blocking(player->fd, 1);
	player->ep = epoll_of(player->fd, player->take == take_by_edge ?
						  EPOLLIN | EPOLLET :
						  EPOLLIN);
}

/* Gives back one more than it takes, until it is told to end. */
static void play_second(struct player *player, int node)
{
	unsigned int value;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sit_down(player, node, 1);
	for (unsigned int turn = 0; (value = take(player, turn)) != END; turn++)
		give(player, turn, value + 1);
	_exit(0);
}

static bool is_over(unsigned int handovers, double end)
{
	const char *wanted = getenv("TEST_HANDOVERS");

	alarm(ALARM);
	if (wanted)
		return handovers >= strtoul(wanted, NULL, 10);
	return seconds() > end;
}

/* In memory that the pairs share with the test. */
struct score {
	unsigned int handovers;
	unsigned int wrong;
};

/* The second player is the first one's child, and ends before it. */
static void play(struct player first, int node, struct score *score)
{
	struct player second = first;
	double end = seconds() + SECONDS;
	unsigned int turn = 0;
	int status = -1;
	pid_t child;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	second.first_taken = first.first_given;
	second.first_given = first.first_taken;
	child = fork();
	if (!child)
		play_second(&second, node);
	sit_down(&first, node, 0);
	while (turn < AT_ONCE || turn % AT_ONCE ||
	       !is_over(score->handovers, end)) {
		give(&first, turn, score->handovers + 1);
		score->handovers += 2;
		score->wrong += take(&first, turn++) != score->handovers;
	}
	give(&first, turn, END);
	waitpid(child, &status, 0);
	_exit(status != 0);
}

/* A pair has channels of its own, and 2^28 ids for each direction. */
static void play_all(struct __test_metadata *_metadata, int node,
		     unsigned int step,
		     long (*take)(struct player *player, void *buf, size_t n))
{
	struct score *scores = mmap(NULL, PAIRS * sizeof(*scores),
				    PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int handovers = 0;
	double start = seconds();
	pid_t pairs[PAIRS];
	int status;

	for (unsigned int i = 0; i < PAIRS; i++) {
		struct player first = { .first_taken = 1 + ((2 * i) << 28),
					.first_given = 1 + ((2 * i + 1) << 28),
					.step = step,
					.take = take };

		pairs[i] = fork();
		if (!pairs[i])
			play(first, node, &scores[i]);
	}
	for (unsigned int i = 0; i < PAIRS; i++) {
		ASSERT_EQ(pairs[i], waitpid(pairs[i], &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(0u, scores[i].wrong);
		EXPECT_LE(2 * AT_ONCE, scores[i].handovers);
		handovers += scores[i].handovers;
	}
	printf("# info: %u hand-overs, %.1f us each\n", handovers,
	       (seconds() - start) * 1e6 / handovers);
}

#define OLD_CHANNELS 0
#define NEW_CHANNELS 1

TEST_F_TIMEOUT(slot, by_blocking_read, TIMEOUT)
{
	play_all(_metadata, self->node, OLD_CHANNELS, take_by_read);
}

TEST_F_TIMEOUT(slot, by_poll, TIMEOUT)
{
	play_all(_metadata, self->node, OLD_CHANNELS, take_by_poll);
}

TEST_F_TIMEOUT(slot, by_epoll, TIMEOUT)
{
	play_all(_metadata, self->node, OLD_CHANNELS, take_by_epoll);
}

TEST_F_TIMEOUT(slot, by_edge_triggered_epoll, TIMEOUT)
{
	play_all(_metadata, self->node, OLD_CHANNELS, take_by_edge);
}

TEST_F_TIMEOUT(slot, by_blocking_read_of_new_channels, TIMEOUT)
{
	play_all(_metadata, self->node, NEW_CHANNELS, take_by_read);
}

TEST_F_TIMEOUT(slot, by_poll_of_new_channels, TIMEOUT)
{
	play_all(_metadata, self->node, NEW_CHANNELS, take_by_poll);
}

TEST_F_TIMEOUT(slot, by_edge_triggered_epoll_of_new_channels, TIMEOUT)
{
	play_all(_metadata, self->node, NEW_CHANNELS, take_by_edge);
}

/* In memory that reader and writer share. */
struct meeting {
	atomic_uint waiting;
	atomic_bool over;
};

static void linger(unsigned int turn)
{
	unsigned long long some = mix(turn);

	for (unsigned int i = some % (1u << (some >> 32) % 14); i; i--)
		__asm__ volatile("");
}

static void write_when_met(struct player *player, int node,
			   struct meeting *meeting)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sit_down(player, node, 1);
	for (unsigned int turn = 0;; turn++) {
		while (atomic_load(&meeting->waiting) <= turn) {
			if (atomic_load(&meeting->over))
				_exit(0);
		}
		linger(turn);
		give(player, turn, turn);
	}
}

/* For new channels, what is selected is selected before they meet. */
static void meet(struct __test_metadata *_metadata, int node, unsigned int step,
		 long (*take)(struct player *player, void *buf, size_t n))
{
	struct player reader = {
		.first_taken = 1, .first_given = 1, .step = step, .take = take
	};
	struct player writer = reader;
	struct meeting *meeting = mmap(NULL, sizeof(*meeting),
				       PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double end = seconds() + SECONDS;
	unsigned int turn = 0, value = 0, wrong = 0;
	pid_t child = fork();

	if (!child)
		write_when_met(&writer, node, meeting);
	sit_down(&reader, node, 0);
	while (turn % AT_ONCE || !is_over(turn, end)) {
		if (step && slot_select(reader.fd, 1 + turn))
			abort();
		atomic_store(&meeting->waiting, turn + 1);
		wrong += take(&reader, &value, sizeof(value)) != sizeof(value);
		wrong += value != turn++;
	}
	atomic_store(&meeting->over, true);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	alarm(0);
	EXPECT_EQ(0u, wrong);
	EXPECT_LE(2 * AT_ONCE, turn);
	printf("# info: %u meetings\n", turn);
}

TEST_F_TIMEOUT(slot, meetings_with_a_blocking_read, TIMEOUT)
{
	meet(_metadata, self->node, OLD_CHANNELS, take_by_read);
}

TEST_F_TIMEOUT(slot, meetings_with_poll, TIMEOUT)
{
	meet(_metadata, self->node, OLD_CHANNELS, take_by_poll);
}

TEST_F_TIMEOUT(slot, meetings_with_edge_triggered_epoll, TIMEOUT)
{
	meet(_metadata, self->node, OLD_CHANNELS, take_by_edge);
}

TEST_F_TIMEOUT(slot, meetings_with_a_blocking_read_of_new_channels, TIMEOUT)
{
	meet(_metadata, self->node, NEW_CHANNELS, take_by_read);
}

TEST_F_TIMEOUT(slot, meetings_with_poll_of_new_channels, TIMEOUT)
{
	meet(_metadata, self->node, NEW_CHANNELS, take_by_poll);
}

TEST_HARNESS_MAIN
