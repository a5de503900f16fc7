/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's test harness with what nearly every test here begins with: a
 * virgin slot, open once. Each TEST_F runs in a process of its own.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

/* What the harness's own macros would be warned of in every test; clang has not all. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wclobbered"
#endif
#pragma GCC diagnostic ignored "-Wunused-parameter"

#include "kselftest_harness.h"
#include "message.h"
#include "slot.h"

/* An emulated machine with a debug kernel is a hundred times slower. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

FIXTURE(slot)
{
	int node;
	int fd;
};

FIXTURE_SETUP(slot)
{
	self->node = slot_fresh();
	ASSERT_LE(0, self->node);
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(slot)
{
	close(self->fd);
	close(self->node);
}

#define EXPECT_MESSAGE(fd, id, buf, n)                                      \
	do {                                                                \
		char __got[MSG_SLOT_MAX_MESSAGE];                           \
		long __n = (n);                                             \
		EXPECT_EQ(__n, slot_receive(fd, id, __got, sizeof(__got))); \
		EXPECT_EQ(0, memcmp(buf, __got, __n));                      \
	} while (0)

#define EXPECT_EMPTY(fd, id)                                           \
	do {                                                           \
		char __got[MSG_SLOT_MAX_MESSAGE];                      \
		EXPECT_EQ(-EWOULDBLOCK,                                \
			  slot_receive(fd, id, __got, sizeof(__got))); \
	} while (0)

#endif
