// SPDX-License-Identifier: GPL-2.0
/* Holders of a claim are killed at any moment: their will is there, and once. */
#include "watch.h"
#include "child.h"
#include "scale.h"

#include <sys/prctl.h>

#define DEATHS scaled(1000)
#define ID 5

/* Shared with the holder. */
struct life {
	atomic_bool claimed;
	/* Of what it wrote last. */
	atomic_ullong version;
};

FIXTURE(claim)
{
	int node;
	int fd;
	struct watcher *watch;
	struct life *life;
};

FIXTURE_SETUP(claim)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->watch = watch_all(self->fd);
	self->life = mmap(NULL, sizeof(*self->life), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

FIXTURE_TEARDOWN(claim)
{
	watcher_free(self->watch);
	close(self->fd);
	close(self->node);
}

static void live(int node, unsigned int number, struct life *life)
{
	struct msg_slot_put put = put_of(ID, "alive", 5);
	int fd = slot_open(node, O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (slot_claim_will(fd, ID, &number, sizeof(number)))
		_exit(1);
	atomic_store(&life->claimed, true);
	for (;;) {
		if (slot_ioctl(fd, MSG_SLOT_PUT, &put))
			_exit(2);
		atomic_store(&life->version, put.version);
	}
}

/* At any moment after it was born, or after it had claimed. */
static int live_and_be_killed(FIXTURE_DATA(claim) * self, unsigned int number)
{
	pid_t child;
	int status;

	atomic_store(&self->life->claimed, false);
	child = fork();
	if (!child)
		live(self->node, number, self->life);
	while (number % 4 && !atomic_load(&self->life->claimed))
		sched_yield();
	for (unsigned int i = mix(number) % (number % 2 ? 20000 : 200000); i;
	     i--)
		__asm__ volatile("");
	kill(child, SIGKILL);
	status = child_end(child);
	return WIFSIGNALED(status) ? 0 : status;
}

static bool is_will_of(const struct got *got, unsigned int number)
{
	return got->record.size == sizeof(number) &&
	       !memcmp(got->message, &number, sizeof(number));
}

/* Whoever asks anew is told of the same. */
static void expect_told_anew(struct __test_metadata *_metadata, int fd,
			     unsigned int number)
{
	struct watcher *watch = watch_all(fd);

	EXPECT_TRUE(event_tells(watch_next(watch), ID, &number, 4));
	EXPECT_EQ(NULL, watch_next(watch));
	watcher_free(watch);
}

static unsigned long long last_told(struct watcher *watch)
{
	unsigned long long version = 0;
	struct event *event;

	while ((event = watch_next(watch)))
		version = event->record.version;
	return version;
}

TEST_F(claim, of_the_killed_ends_in_the_will)
{
	unsigned long long version = 0, told = 0;
	unsigned int lives = 0;

	for (unsigned int i = 1; i <= DEATHS; i++) {
		struct got got = {};

		ASSERT_EQ(0, live_and_be_killed(self, i));
		slot_get(self->fd, ID, &got);
		told = last_told(self->watch) ?: told;
		ASSERT_EQ(got.record.version, told);
		if (!is_will_of(&got, i)) {
			ASSERT_FALSE(atomic_load(&self->life->claimed));
			ASSERT_EQ(version, got.record.version);
			continue;
		}
		lives++;
		ASSERT_LT(version, got.record.version);
		if (atomic_load(&self->life->claimed))
			ASSERT_LT(atomic_load(&self->life->version),
				  got.record.version);
		version = got.record.version;
		if (i % 16 == 1)
			expect_told_anew(_metadata, self->fd, i);
		ASSERT_EQ(version, slot_version(self->fd, ID));
	}
	EXPECT_LT(DEATHS / 2, lives);
	EXPECT_EQ(0, slot_put(self->fd, ID, "free", 4));
	printf("# info: %u deaths, %u wills\n", DEATHS, lives);
}

/* Two who claim the same in turn: one's end lets the other in, and no third. */
static int claim_in_turn(int node)
{
	int fd = -1;

	for (unsigned int i = 0; i < scaled(5000); i++) {
		unsigned int mine = getpid(), got = 0;

		fd = fd < 0 ? slot_open(node, O_RDWR) : fd;
		if (slot_claim_will(fd, ID, "left", 4))
			continue;
		if (slot_pwrite(fd, &mine, 4, ID) != 4 ||
		    slot_pread(fd, &got, 4, ID) != 4 || got != mine)
			return 1;
		if (i % 2 && slot_release(fd, ID))
			return 2;
		if (i % 2 == 0) {
			close(fd);
			fd = -1;
		}
	}
	return 0;
}

TEST_F(claim, is_held_by_one_at_a_time)
{
	pid_t children[4];
	struct got got;

	for (unsigned int i = 0; i < ARRAY_SIZE(children); i++) {
		children[i] = fork();
		if (!children[i])
			_exit(claim_in_turn(self->node));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(children); i++)
		EXPECT_EQ(0, child_end(children[i]));
	EXPECT_EQ(0, slot_get(self->fd, ID, &got));
	EXPECT_EQ(0, memcmp(got.message, "left", 4));
	EXPECT_EQ(got.record.version, last_told(self->watch));
	EXPECT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

TEST_HARNESS_MAIN
