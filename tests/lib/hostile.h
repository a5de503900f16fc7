/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An attack and its victim. The attacker is a process of a user who may only read the
 * slot, or also write it, and has no privileges. The victim writes channel VICTIM. What
 * its writes cost it is the time of its own thread, which on a machine whose clock
 * counts instructions (tests/hostile/run) is the same in each run: what the attacker's
 * processes do beside it is not in it, what they make the victim do is.
 *
 *	without = cost_of(victim_writes, self->fd);
 *	attacker = attack(self->node, READER, poll_others, 20000);
 *	EXPECT_COST("write", cost_of(victim_writes, self->fd), without, 1.05);
 *	attack_end(attacker);
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include "record.h"

#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* While such a machine waits for its host's files, its time flies. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 1000000

#define VICTIM 1u

/* Who attacks: the node's mode lets its group write, and others read. */
#define STRANGER 1000
#define READER 1000
#define WRITER 1001

/* The longest that a processor may be held: three ticks of a kernel with 250 a second. */
#define HELD_MOST (12 * MILLISECOND)

/* A batch of writes is so long at most, and there are so many batches. */
#define BATCH_TIME MILLISECOND
#define BATCH_WRITES 1000u
#define BATCHES 11u

struct attacker {
	pid_t pid;
	/* For all processes of the attack: */
	atomic_bool stands;
	atomic_bool ends;
	/* Told by the victim, where the attack is one of steps. */
	atomic_bool goes_on;
	/* Told by the attacker: what its own calls cost it. */
	unsigned long long made;
	unsigned long long ended;
};

FIXTURE(hostile)
{
	int node;
	int fd;
};

/* A fresh slot that strangers may read, and their writers write. */
static inline int hostile_slot(void)
{
	struct slot_path path =
		slot_make_path(MSG_SLOT_MAJOR, slot_fresh_minor(), 0664);
	int node = open(path.name, O_PATH | O_CLOEXEC);

	if (chown(path.name, 0, WRITER))
		abort();
	unlink(path.name);
	return node;
}

FIXTURE_SETUP(hostile)
{
	self->node = hostile_slot();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, VICTIM));
}

FIXTURE_TEARDOWN(hostile)
{
	close(self->fd);
	close(self->node);
}

/* How many attackers: TEST_HOSTILE of each kind, or as many as are told in a minute. */
static inline unsigned int many(unsigned int number)
{
	const char *all = getenv("TEST_HOSTILE");

	return all ? (unsigned int)atoi(all) : number;
}

/*
 * The slot that is attacked: the victim's, or with TEST_HOSTILE_ELSEWHERE one in which it
 * has nothing. Then each ratio is that of the machine alone, and is to be 1.
 */
static inline int attacked_slot(int node)
{
	int fd;

	if (!getenv("TEST_HOSTILE_ELSEWHERE"))
		return node;
	node = hostile_slot();
	fd = slot_open(node, O_RDWR);
	for (unsigned int id = VICTIM; id < VICTIM + MSG_SLOT_MAX_SNAPSHOT;
	     id++)
		slot_pwrite(fd, "x", 1, id);
	close(fd);
	return node;
}

/* The calling process, from now on: nobody, but with room for what an attack takes. */
static inline void become_stranger(gid_t group)
{
	struct rlimit files = { 1 << 18, 1 << 18 };
	struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };

	if (setpgid(0, 0) || setrlimit(RLIMIT_NOFILE, &files) ||
	    setrlimit(RLIMIT_NPROC, &any) || syscall(SYS_setgroups, 0, NULL) ||
	    setresgid(group, group, group) ||
	    setresuid(STRANGER, STRANGER, STRANGER) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL)) {
		perror("# an attacker");
		abort();
	}
}

static inline void attack_stands(struct attacker *attacker)
{
	atomic_store(&attacker->stands, true);
}

/* Waits for what the victim says: to go on, or that it ends. */
static inline void attack_await(atomic_bool *said)
{
	while (!atomic_load(said))
		usleep(1000);
}

typedef void attack_act(struct attacker *attacker, int node,
			unsigned int number);

/*
 * Begins an attack by @act in a process of the group, and returns when it stands: @act
 * has returned, or called attack_stands(). What stands does so until attack_end().
 */
static inline struct attacker *attack(int node, gid_t group, attack_act *act,
				      unsigned int number)
{
	struct attacker *attacker = mmap(NULL, sizeof(*attacker),
					 PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	pid_t pid;

	if (attacker == MAP_FAILED)
		abort();
	node = attacked_slot(node);
	pid = fork();
	if (!pid) {
		become_stranger(group);
		act(attacker, node, number);
		attack_stands(attacker);
		for (;;)
			pause();
	}
	attacker->pid = pid;
	while (!atomic_load(&attacker->stands)) {
		usleep(1000);
		if (waitpid(attacker->pid, NULL, WNOHANG)) {
			fprintf(stderr, "# an attacker did not stand\n");
			abort();
		}
	}
	/* What it made others do has been done by then. */
	usleep(50000);
	return attacker;
}

/* Everything of the attack is gone then, and was there until then. */
static inline void attack_end(struct attacker *attacker)
{
	int status;

	kill(-attacker->pid, SIGKILL);
	if (waitpid(attacker->pid, &status, 0) == attacker->pid &&
	    (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)) {
		fprintf(stderr, "# an attacker ended by itself\n");
		abort();
	}
	munmap(attacker, sizeof(*attacker));
}

/* One more process of the attack, which ends with it. */
static inline bool attack_fork(void)
{
	pid_t pid = fork();

	if (pid < 0 || (!pid && prctl(PR_SET_PDEATHSIG, SIGKILL)))
		abort();
	return !pid;
}

/* Lets the attacker do its last act, which is to end by itself, and awaits that. */
static inline void attack_finish(struct attacker *attacker)
{
	atomic_store(&attacker->ends, true);
	waitpid(attacker->pid, NULL, 0);
}

/* One of the attacker's open files, by which it may do what its group may. */
static inline int stranger_open(int node, int mode)
{
	int fd = slot_open(node, mode);

	if (fd < 0) {
		fprintf(stderr, "# an attacker's open(): %d\n", fd);
		abort();
	}
	return fd;
}

static inline int stranger_select(int node, unsigned int id)
{
	int fd = stranger_open(node, O_RDONLY);

	if (slot_select(fd, id))
		abort();
	return fd;
}

/*
 * Channels of the attacker's choosing, never the victim's. Every other one falls to the
 * same place as the victim's among 64, by the hash that the kernel's tables and this
 * driver's queues have had: the attacker knows it.
 */
static inline unsigned int hash_of(unsigned int id)
{
	return id * 0x61c88647u >> 26;
}

static inline unsigned int other_channel(unsigned int i)
{
	static unsigned int last = VICTIM;

	if (i % 2)
		return 0x40000000u + i;
	do
		last++;
	while (hash_of(last) != hash_of(VICTIM));
	return last;
}

/* Adds @fd to @epoll, for good. */
static inline void epoll_add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
		perror("# an attacker's epoll_ctl()");
		abort();
	}
}

static inline unsigned long long own_time(void)
{
	return clock_now(CLOCK_THREAD_CPUTIME_ID);
}

/* What the victim does. */
typedef void victim_act(int fd);

static inline void victim_writes(int fd)
{
	if (slot_pwrite(fd, "message", 7, VICTIM) != 7)
		abort();
}

static inline void victim_writes_and_clears(int fd)
{
	victim_writes(fd);
	if (slot_clear(fd, VICTIM))
		abort();
}

static inline unsigned long long batch_time(victim_act *act, int fd,
					    unsigned int times)
{
	unsigned long long begin = own_time();

	for (unsigned int i = 0; i < times; i++)
		act(fd);
	return own_time() - begin;
}

static inline int by_size(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * The victim's own time for one act, in nanoseconds: the median of batches, which are
 * of few acts where these are slow. Between the batches the others get to run.
 */
static inline double cost_in_batches(victim_act *act, int fd, unsigned int most)
{
	unsigned long long first = batch_time(act, fd, 1);
	unsigned int times = first ? BATCH_TIME / first : most;
	double batches[BATCHES];

	times = times > most ? most : times ?: 1;
	for (unsigned int i = 0; i < BATCHES; i++) {
		batches[i] = (double)batch_time(act, fd, times) / times;
		usleep(1000);
	}
	qsort(batches, BATCHES, sizeof(*batches), by_size);
	return batches[BATCHES / 2];
}

static inline double cost_of(victim_act *act, int fd)
{
	return cost_in_batches(act, fd, BATCH_WRITES);
}

/* Says what it came to, and whether that is within the limit. */
static inline bool cost_holds(const char *attack, const char *what, double with,
			      double without, double limit)
{
	double ratio = with / without;

	printf("# info: %s: %s: x %.2f (limit %.2f): %.0f, without %.0f\n",
	       attack, what, ratio, limit, with, without);
	fflush(stdout);
	return ratio <= limit;
}

#define EXPECT_COST(what, with, without, limit) \
	EXPECT_TRUE(cost_holds(_metadata->name, what, with, without, limit))

/* Of the victim's writes, and of its writes that are cleared again. */
struct costs {
	double write;
	double clear;
};

/* The channel has a message afterwards. */
static inline struct costs costs_of(int fd)
{
	struct costs costs;

	costs.clear = cost_of(victim_writes_and_clears, fd);
	costs.write = cost_of(victim_writes, fd);
	return costs;
}

/*
 * What a write and clear costs differs by a hundredth from run to run, for callbacks of
 * RCU come in between; the limit that is meant is for the write.
 */
#define CLEAR_NOISE 0.05

#define EXPECT_COSTS(with, without, limit)                                    \
	do {                                                                  \
		struct costs __with = (with);                                 \
		struct costs __without = (without);                           \
		double __limit = (limit);                                     \
		EXPECT_COST("write", __with.write, __without.write, __limit); \
		EXPECT_COST("write and clear", __with.clear, __without.clear, \
			    __limit + CLEAR_NOISE);                           \
	} while (0)

/* The whole of most tests: @number of @act, and what the victim's writes cost it then. */
#define EXPECT_ATTACK(group, act, number, limit)                   \
	do {                                                       \
		struct costs __before = costs_of(self->fd);        \
		struct attacker *__attacker =                      \
			attack(self->node, group, act, number);    \
		EXPECT_COSTS(costs_of(self->fd), __before, limit); \
		attack_end(__attacker);                            \
	} while (0)

#endif
