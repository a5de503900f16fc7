// SPDX-License-Identifier: GPL-2.0
/*
 * How long it takes to publish a message and to copy one out, in the kernel and mapped,
 * beside a bare seqlock, in one run on one processor: ratios, for what has no system
 * call in it. The kernel's half is rounds.c.
 */
#include "native.h"
#include "pace.h"

#include <msgslot.h>

#define PACE_FILE "/sys/module/message_slot/parameters/pace"
#define ID 3
#define TRIES 200

/* As the kernel's seqlock is read, by a process. */
struct guarded {
	unsigned int seq;
	char bytes[PACE_BYTES];
};

static struct guarded guarded;
static struct msgslot_reader reader;
static char bytes[PACE_BYTES];

static void read_guarded(void)
{
	unsigned int seq;

	do {
		seq = __atomic_load_n(&guarded.seq, __ATOMIC_ACQUIRE);
		memcpy(bytes, guarded.bytes, PACE_BYTES);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (seq & 1 ||
		 __atomic_load_n(&guarded.seq, __ATOMIC_RELAXED) != seq);
}

static void read_mapped(void)
{
	if (msgslot_reader_get(&reader, bytes, PACE_BYTES, NULL) != PACE_BYTES)
		abort();
}

/* What was copied is used, or else the compiler would leave it out. */
static void use_bytes(void)
{
	asm volatile("" : : "r"(bytes) : "memory");
}

static unsigned long long time_rounds(void (*act)(void))
{
	unsigned long long shortest = ~0ull;

	for (unsigned int try = 0; try < TRIES; try++) {
		unsigned long long begin = ticks_before(), took;

		for (unsigned int i = 0; i < PACE_ROUNDS; i++) {
			act();
			use_bytes();
		}
		took = ticks_after() - begin;
		if (took < shortest)
			shortest = took;
	}
	return shortest;
}

static void tell(const char *what, unsigned long long ticks,
		 unsigned long long bare)
{
	printf("# info: %-42s %6.1f times a seqlock's %.0f ticks\n", what,
	       (double)ticks / bare, (double)bare / PACE_ROUNDS);
}

TEST(ratios_to_a_seqlock)
{
	struct pace pace = { .channel = ID, .buffer = (uintptr_t)bytes };
	unsigned long long bare, mapped;
	struct msgslot_view *view;
	int node, file;

	file = open(PACE_FILE, O_WRONLY);
	if (file < 0)
		SKIP(return, "needs tests/native/run");
	node = slot_fresh();
	pace.fd = slot_open(node, O_RDWR);
	ASSERT_EQ(PACE_BYTES, slot_send(pace.fd, ID, bytes, PACE_BYTES));
	kernel_ask(file, &pace);
	ASSERT_EQ(0, msgslot_view_open(pace.fd, &view));
	ASSERT_EQ(0, msgslot_reader_init(&reader, view, ID));
	bare = time_rounds(read_guarded);
	mapped = time_rounds(read_mapped);
	tell("a mapped get", mapped, bare);
	tell("copying out in the kernel", pace.ticks[PACE_COPY_OUT],
	     pace.ticks[PACE_SEQLOCK_READ]);
	tell("publishing in the kernel", pace.ticks[PACE_PUBLISH],
	     pace.ticks[PACE_SEQLOCK_WRITE]);
	tell("write(), but for the call and the memory", pace.ticks[PACE_WRITE],
	     pace.ticks[PACE_SEQLOCK_WRITE]);
	/* What can't be is a measurement that is none. */
	EXPECT_LT(bare, mapped);
	EXPECT_LT(pace.ticks[PACE_SEQLOCK_READ], pace.ticks[PACE_COPY_OUT]);
	EXPECT_LT(pace.ticks[PACE_SEQLOCK_WRITE], pace.ticks[PACE_PUBLISH]);
	msgslot_view_close(view);
	close(file);
}

TEST_HARNESS_MAIN
