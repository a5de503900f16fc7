// SPDX-License-Identifier: GPL-2.0
/*
 * A wait with a time-out in a process that is stopped, frozen or traced meanwhile
 * goes on with what is left of its time, as poll() does, and nobody who looks at its
 * arguments afterwards can tell.
 */
#include "record.h"
#include "child.h"
#include "waiting.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define ID 5
#define TIMEOUT (3 * SECOND)
#define AWAY_US 1500000
/* Begun anew after that it would take so much longer; half of it is a lot. */
#define LATE (AWAY_US * 1000ull / 2)

/* What the waiter tells, in memory that is shared with it. */
struct told {
	long ret;
	unsigned long long took;
	struct msg_slot_wait wait;
	unsigned long long poll_took;
};

FIXTURE(stopped)
{
	int node;
	int fd;
	struct told *told;
	pid_t child;
	pid_t poller;
};

FIXTURE_VARIANT(stopped)
{
	unsigned int flags;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(stopped, any_message) {
	.flags = 0,
};

FIXTURE_VARIANT_ADD(stopped, any_change) {
	.flags = MSG_SLOT_ANY_CHANGE,
};

/* clang-format on */

static pid_t start(void (*run)(int fd, struct told *told), int fd,
		   struct told *told)
{
	pid_t child = fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(fd, told);
		_exit(0);
	}
	await_asleep(child);
	return child;
}

static void wait_in_child(int fd, struct told *told)
{
	unsigned long long start = clock_now(CLOCK_MONOTONIC);

	told->ret = slot_ioctl(fd, MSG_SLOT_WAIT, &told->wait);
	told->took = clock_now(CLOCK_MONOTONIC) - start;
}

/* As a measure: what the machine's own delays are. */
static void poll_in_child(int fd, struct told *told)
{
	unsigned long long start = clock_now(CLOCK_MONOTONIC);

	(void)fd;
	poll(NULL, 0, TIMEOUT / MILLISECOND);
	told->poll_took = clock_now(CLOCK_MONOTONIC) - start;
}

FIXTURE_SETUP(stopped)
{
	char message[8];

	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->told = mmap(NULL, sizeof(*self->told), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	self->told->wait = (struct msg_slot_wait){
		.timeout = TIMEOUT,
		.flags = variant->flags,
		.get = get_into(ID, message, sizeof(message)),
	};
	self->child = start(wait_in_child, self->fd, self->told);
	self->poller = start(poll_in_child, self->fd, self->told);
}

FIXTURE_TEARDOWN(stopped)
{
	munmap(self->told, sizeof(*self->told));
	close(self->fd);
	close(self->node);
}

static void both_end(FIXTURE_DATA(stopped) * self)
{
	waitpid(self->child, NULL, 0);
	waitpid(self->poller, NULL, 0);
}

static void expect_in_time(struct __test_metadata *_metadata,
			   FIXTURE_DATA(stopped) * self, unsigned int flags)
{
	struct told *told = self->told;

	both_end(self);
	EXPECT_EQ(-ETIMEDOUT, told->ret);
	EXPECT_LE(TIMEOUT, told->took);
	EXPECT_GT(told->poll_took + LATE, told->took);
	EXPECT_EQ(TIMEOUT, told->wait.timeout);
	EXPECT_EQ(flags, told->wait.flags);
	EXPECT_EQ(0u, told->wait.version);
	/* Nothing of how it was done. */
	EXPECT_TRUE(record_is_empty(told->wait.get.record, ID));
}

static void signal_both(FIXTURE_DATA(stopped) * self, int signal)
{
	kill(self->child, signal);
	kill(self->poller, signal);
}

TEST_F(stopped, by_a_signal)
{
	signal_both(self, SIGSTOP);
	usleep(AWAY_US);
	signal_both(self, SIGCONT);
	expect_in_time(_metadata, self, variant->flags);
}

/* Each time it begins with less. */
TEST_F(stopped, again_and_again)
{
	for (unsigned int i = 0; i < 5; i++) {
		signal_both(self, SIGSTOP);
		usleep(AWAY_US / 5);
		signal_both(self, SIGCONT);
		usleep(1000);
	}
	expect_in_time(_metadata, self, variant->flags);
}

/* The time is over when it goes on. */
TEST_F(stopped, longer_than_its_time)
{
	signal_both(self, SIGSTOP);
	usleep(TIMEOUT / 1000 + 100000);
	signal_both(self, SIGCONT);
	expect_in_time(_metadata, self, variant->flags);
}

TEST_F(stopped, by_a_debugger)
{
	int status;

	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, self->child, NULL, NULL));
	ASSERT_EQ(self->child, waitpid(self->child, &status, 0));
	usleep(AWAY_US);
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, self->child, NULL, NULL));
	expect_in_time(_metadata, self, variant->flags);
}

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) >= 0;

	close(fd);
	return written;
}

#define GROUPS "/tmp/stopped-groups"
#define GROUP GROUPS "/stopped"

TEST_F(stopped, by_a_frozen_group)
{
	char pid[12];

	mkdir(GROUPS, 0700);
	if (mount("none", GROUPS, "cgroup2", 0, NULL) && errno != EBUSY)
		SKIP(goto end, "no cgroups");
	ASSERT_TRUE(!mkdir(GROUP, 0700) || errno == EEXIST);
	snprintf(pid, sizeof(pid), "%d", self->child);
	ASSERT_TRUE(write_to(GROUP "/cgroup.procs", pid));
	ASSERT_TRUE(write_to(GROUP "/cgroup.freeze", "1"));
	usleep(AWAY_US);
	ASSERT_TRUE(write_to(GROUP "/cgroup.freeze", "0"));
	expect_in_time(_metadata, self, variant->flags);
	rmdir(GROUP);
	umount(GROUPS);
	return;
end:
	both_end(self);
}

/* What comes while it is away is there when it is back. */
TEST_F(stopped, while_a_message_comes)
{
	signal_both(self, SIGSTOP);
	ASSERT_EQ(0, slot_put(self->fd, ID, "came", 4));
	signal_both(self, SIGCONT);
	both_end(self);
	EXPECT_EQ(0, self->told->ret);
	EXPECT_GT(TIMEOUT, self->told->took);
	EXPECT_EVENT(MSG_SLOT_WRITTEN, self->told->wait.get.record);
	EXPECT_EQ(4u, self->told->wait.get.record.size);
	EXPECT_EQ(TIMEOUT, self->told->wait.timeout);
}

TEST_HARNESS_MAIN
