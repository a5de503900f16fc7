/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations with everything in them that may fail made to fail, one thing after
 * another: each allocation, and each copy from or to the caller. An operation
 * fails with an errno of the contract and has changed nothing, or succeeds all the
 * same; after a failure the same call works.
 *
 * A program names its operations with OPERATION(); each is one system call.
 */
#ifndef TESTS_FAIL_NTH_H
#define TESTS_FAIL_NTH_H

#include "world.h"

#include "failure.h"

#include <stdatomic.h>

#define MOST_FAILURES 200u

FIXTURE(failing)
{
	int fail_nth;
};

struct operation {
	long (*act)(struct world *world);
	bool (*done)(struct world *world);
	/* What is to be there first, or NULL. */
	void (*prepare)(struct world *world);
};

FIXTURE_VARIANT(failing)
{
	struct operation is;
};

#define OPERATION_AFTER(first, name, of, comes_to) \
	FIXTURE_VARIANT_ADD(failing, name)         \
	{                                          \
		.is = { of, comes_to, first },     \
	}

#define OPERATION(name, of, comes_to) OPERATION_AFTER(NULL, name, of, comes_to)

/* Of all operations, which run in processes of their own. */
static _Atomic unsigned int *sites;
static pid_t counting;

static void __attribute__((constructor)) count_sites(void)
{
	counting = getpid();
	sites = mmap(NULL, sizeof(*sites), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void __attribute__((destructor)) tell_sites(void)
{
	if (getpid() == counting && *sites)
		printf("# info: %u things were made to fail\n", *sites);
}

FIXTURE_SETUP(failing)
{
	if (!failure_possible())
		SKIP(return, "this kernel has no fault injection");
	self->fail_nth = failure_open();
	ASSERT_LE(0, self->fail_nth);
}

FIXTURE_TEARDOWN(failing)
{
	close(self->fail_nth);
}

TEST_F(failing, once)
{
	bool happened = true;
	unsigned int nth;

	for (nth = 1; happened && nth < MOST_FAILURES; nth++) {
		struct world *world = world_new();
		struct state *before, *after;
		long ret;

		if (variant->is.prepare)
			variant->is.prepare(world);
		before = state_take(world->fd, world->look);
		failure_order(self->fail_nth, nth);
		ret = variant->is.act(world);
		happened = failure_happened(self->fail_nth);
		*sites += happened;
		if (ret < 0) {
			EXPECT_TRUE(happened);
			EXPECT_TRUE(ret == -ENOMEM || ret == -EFAULT)
			{
				TH_LOG("failure %u gave %ld", nth, ret);
			}
			after = state_take(world->fd, world->look);
			EXPECT_TRUE(state_is(before, after))
			{
				TH_LOG("failure %u gave %ld", nth, ret);
			}
			free(after);
			EXPECT_LE(0, variant->is.act(world));
		}
		EXPECT_TRUE(variant->is.done(world))
		{
			TH_LOG("failure %u: %ld", nth, ret);
		}
		free(before);
		world_free(world);
	}
	EXPECT_FALSE(happened);
}

#endif
