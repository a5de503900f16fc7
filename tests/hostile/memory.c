// SPDX-License-Identifier: GPL-2.0
/*
 * Memory: readers of a user who may only read stand in page faults of theirs that never
 * end, in the middle of the victim's messages; and a user whose memory cgroup has none
 * left opens, polls, watches and maps all the time. What the first hold is not charged
 * to the writer without a bound, and what the other can't have is nobody else's loss.
 */
#include "hostile.h"

#include "group.h"
#include "held.h"

#include <pthread.h>

#define LONG_MESSAGE (1u << 20)
#define GROUP_LIMIT "67108864"
/* More than the victim's group has room for. */
#define LONG_WRITES 100u

struct stuck {
	struct held_page page;
	int fd;
	unsigned int id;
};

/* By a read of that channel, or of a watch. */
static void *read_stuck(void *arg)
{
	struct stuck *stuck = arg;
	char *to = stuck->page.page;

	if (stuck->id)
		slot_pread(stuck->fd, to, LONG_MESSAGE, stuck->id);
	else
		slot_read(stuck->fd, to, LONG_MESSAGE);
	fprintf(stderr, "# a reader was not held in its fault\n");
	abort();
}

/* A reader who is in the middle of what there is when this returns, for good. */
static void get_stuck(int fd, unsigned int id)
{
	struct stuck *stuck = calloc(1, sizeof(*stuck));
	pthread_t thread;

	stuck->fd = fd;
	stuck->id = id;
	if (held_page_make(&stuck->page) ||
	    pthread_create(&thread, NULL, read_stuck, stuck)) {
		perror("# a reader in a fault");
		abort();
	}
	held_page_await(&stuck->page);
}

static void stand_in_faults(struct attacker *attacker, int node,
			    unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);

	for (unsigned int i = 0; i < number; i++)
		get_stuck(fd, VICTIM);
}

#define OTHER 2u

static void stand_in_faults_of_watches(struct attacker *attacker, int node,
				       unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);
	unsigned int id = OTHER;

	for (unsigned int i = 0; i < number; i++)
		get_stuck(slot_watch(fd, &id, 1), 0);
}

TEST_F(hostile, readers_in_faults)
{
	EXPECT_ATTACK(READER, stand_in_faults, 64, 1.05);
}

TEST_F(hostile, watches_in_faults)
{
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, OTHER));
	EXPECT_ATTACK(READER, stand_in_faults_of_watches, 64, 1.05);
}

/* One more each time that the victim has written: @made counts them, it @goes_on. */
static void stand_in_each(struct attacker *attacker, int node,
			  unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);

	attack_stands(attacker);
	for (;;) {
		attack_await(&attacker->goes_on);
		get_stuck(fd, VICTIM);
		attacker->made++;
		atomic_store(&attacker->goes_on, false);
	}
}

/* Return: how many of the writes failed. */
static unsigned int write_long(int fd, struct attacker *attacker)
{
	const void *message = large(LONG_MESSAGE, 1);
	unsigned int failed = 0;

	for (unsigned int i = 0; i < LONG_WRITES; i++) {
		failed += slot_pwrite(fd, message, LONG_MESSAGE, VICTIM) < 0;
		if (!attacker)
			continue;
		atomic_store(&attacker->goes_on, true);
		while (atomic_load(&attacker->goes_on))
			usleep(1000);
	}
	printf("# info: %u of %u long writes failed%s\n", failed, LONG_WRITES,
	       attacker ? " beside readers in faults" : "");
	fflush(stdout);
	return failed;
}

/* The victim is in the group, the attacker is not. */
static unsigned int write_long_in_group(int node, int fd, bool attacked)
{
	struct attacker *attacker = NULL;
	struct group group;
	unsigned int failed;

	if (slot_set_max_message(fd, LONG_MESSAGE))
		abort();
	if (attacked)
		attacker = attack(node, READER, stand_in_each, 0);
	if (!group_make(&group) ||
	    !group_put(&group, "memory.max", GROUP_LIMIT))
		abort();
	if (!group_join(&group))
		abort();
	failed = write_long(fd, attacker);
	if (attacker)
		attack_end(attacker);
	group_remove(&group);
	return failed;
}

TEST_F(hostile, replaced_long_messages)
{
	EXPECT_EQ(0u, write_long_in_group(self->node, self->fd, false));
}

TEST_F(hostile, readers_in_faults_of_long_messages)
{
	EXPECT_EQ(0u, write_long_in_group(self->node, self->fd, true));
}

/* Return: whether there was memory for it. */
static bool take_one(int node, int epoll, unsigned int id)
{
	int fd = slot_open(node, O_RDONLY);
	struct epoll_event event = { .events = EPOLLIN };

	return fd >= 0 && !slot_select(fd, id) &&
	       !epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) &&
	       slot_watch(fd, &id, 1) >= 0 && slot_watch(fd, NULL, 0) >= 0;
}

static void offer_to_be_killed(void)
{
	int fd;

	/* The files in /proc of who has changed its user are not its own before. */
	prctl(PR_SET_DUMPABLE, 1);
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1000", 4) != 4)
		abort();
	close(fd);
}

/*
 * A child is what the kernel may kill, of all in the group: open() takes memory of its
 * own before the driver's. So the victim has to be out of the group when this begins.
 */
static void take_all(struct attacker *attacker, int node, unsigned int number)
{
	attack_stands(attacker);
	attack_await(&attacker->goes_on);
	for (;;) {
		if (attack_fork()) {
			int epoll = epoll_create1(0);

			offer_to_be_killed();
			for (unsigned int i = 0; take_one(node, epoll, i + 2);
			     i++)
				;
			_exit(0);
		}
		waitpid(-1, NULL, 0);
		attacker->made++;
	}
}

TEST_F(hostile, no_memory_left)
{
	struct costs without = costs_of(self->fd);
	struct attacker *attacker;
	struct group group;

	ASSERT_TRUE(group_make(&group));
	ASSERT_TRUE(group_put(&group, "memory.max", "16777216"));
	ASSERT_TRUE(group_join(&group));
	attacker = attack(self->node, READER, take_all, 0);
	ASSERT_TRUE(group_put_in(GROUP_ROOT, "cgroup.procs", "0"));
	atomic_store(&attacker->goes_on, true);
	while (attacker->made < 2)
		usleep(1000);
	/* It watches the slot, too, which is to be had for this (unread.c). */
	EXPECT_COSTS(costs_of(self->fd), without, 1.5);
	attack_end(attacker);
	EXPECT_TRUE(group_shrinks_to(&group, 1 << 20));
	group_remove(&group);
}

TEST_HARNESS_MAIN
