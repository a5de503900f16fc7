// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that share an open file claim and release one channel: a claim
 * succeeds whatever the others do, and a release finds that there is one or
 * that there is none. No errno comes that message_slot.h has not.
 */
#include "race.h"
#include "record.h"

#define ID 7

FIXTURE(claim)
{
	int node;
	int fd;
};

FIXTURE_VARIANT(claim)
{
	enum msg_slot_end end;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(claim, clear) {
	.end = MSG_SLOT_END_CLEAR,
};

FIXTURE_VARIANT_ADD(claim, keep) {
	.end = MSG_SLOT_END_KEEP,
};

FIXTURE_VARIANT_ADD(claim, will) {
	.end = MSG_SLOT_END_WILL,
};

/* clang-format on */

FIXTURE_SETUP(claim)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(claim)
{
	close(self->fd);
	close(self->node);
}

/* Of the test that runs. */
static enum msg_slot_end how;

static long claim(int fd)
{
	return how == MSG_SLOT_END_WILL ? slot_claim_will(fd, ID, "will", 4) :
					  slot_claim(fd, ID, how);
}

static void claim_and_release(struct racer *racer)
{
	long ret;

	while (racing(racer)) {
		ret = claim(racer->fd);
		racer_expect(racer, !ret, strerror(-ret));
		ret = slot_release(racer->fd, ID);
		racer_expect(racer, !ret || ret == -EINVAL, strerror(-ret));
	}
}

/* Nobody else may keep it out. */
static void write_through_it(struct racer *racer)
{
	while (racing(racer))
		racer_expect(racer,
			     slot_pwrite(racer->fd, "mine", 4, ID) == 4 &&
				     !slot_put(racer->fd, ID, "mine", 4),
			     "a write failed");
}

/* By another open file, which gets it now and then. */
static void write_beside_it(struct racer *racer)
{
	long ret;

	while (racing(racer)) {
		ret = slot_pwrite(racer->fd, "other", 5, ID);
		racer_expect(racer, ret == 5 || ret == -EBUSY, strerror(-ret));
		ret = slot_clear(racer->fd, ID);
		racer_expect(racer, !ret || ret == -EBUSY, strerror(-ret));
	}
}

static void claim_and_release_beside_it(struct racer *racer)
{
	long ret;
	bool held;

	while (racing(racer)) {
		ret = claim(racer->fd);
		held = !ret;
		racer_expect(racer, held || ret == -EBUSY, strerror(-ret));
		ret = slot_release(racer->fd, ID);
		racer_expect(racer, ret == (held ? 0 : -EINVAL),
			     "released what was not held, or not what was");
	}
}

static void share(struct race *race, int fd, unsigned int count,
		  void (*run)(struct racer *racer))
{
	struct racer *racer;

	while (count--) {
		racer = race_add(race, run);
		racer->shares_fd = true;
		racer->fd = fd;
	}
}

TEST_F(claim, by_threads_that_share_a_file)
{
	struct race *race = race_new(self->node, false);

	how = variant->end;
	share(race, self->fd, 4, claim_and_release);
	race_run(race, _metadata);
	EXPECT_EQ(-EINVAL, slot_release(self->fd, ID));
}

TEST_F(claim, while_it_is_written)
{
	struct race *race = race_new(self->node, false);

	how = variant->end;
	share(race, self->fd, 3, claim_and_release);
	share(race, self->fd, 1, write_through_it);
	race_add(race, write_beside_it);
	race_run(race, _metadata);
	EXPECT_EQ(-EINVAL, slot_release(self->fd, ID));
}

/* Two open files, each shared by two: one at a time has the claim. */
static void claim_or_find_busy(struct racer *racer)
{
	long ret;

	while (racing(racer)) {
		ret = claim(racer->fd);
		racer_expect(racer, !ret || ret == -EBUSY, strerror(-ret));
		ret = slot_release(racer->fd, ID);
		racer_expect(racer, !ret || ret == -EINVAL, strerror(-ret));
	}
}

TEST_F(claim, beside_another_file)
{
	struct race *race = race_new(self->node, false);

	how = variant->end;
	share(race, self->fd, 2, claim_or_find_busy);
	race_add(race, claim_and_release_beside_it);
	race_add(race, claim_and_release_beside_it);
	race_run(race, _metadata);
	EXPECT_EQ(-EINVAL, slot_release(self->fd, ID));
}

TEST_HARNESS_MAIN
