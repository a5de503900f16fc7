// SPDX-License-Identifier: GPL-2.0
/*
 * What a stranger's commits without an end, of 64 channels each, cost who uses the same
 * slot on another processor: beside the same acts while it commits to another slot, in
 * one run. The kernel's half is commits.c.
 */
#include "native.h"
#include "neighbour.h"
#include "processor.h"

#define NEIGHBOUR_FILE "/sys/module/message_slot/parameters/neighbour"

static const char *const acts[VICTIMS] = {
	[VICTIM_PUBLISHES] = "publishing to a channel",
	[VICTIM_MAKES] = "making a channel and clearing it",
	[VICTIM_TAKES] = "a snapshot of 64 others",
	[VICTIM_TAKES_COMMITTED] = "a snapshot of 64 that are committed",
};

static void fill_channels(int fd, unsigned int first)
{
	static const char bytes[NEIGHBOUR_BYTES];

	for (unsigned int i = 0; i < MSG_SLOT_MAX_SNAPSHOT; i++) {
		if (slot_pwrite(fd, bytes, sizeof(bytes), first + i) < 0)
			abort();
	}
}

static double microseconds(const struct clocks *clocks,
			   unsigned long long ticks)
{
	return ticks / clocks_rate(clocks) / NEIGHBOUR_ROUNDS / 1000;
}

TEST(ratios_beside_commits)
{
	struct neighbour neighbour = {};
	int node, other, file;
	struct crowd crowd = {};
	struct clocks clocks;

	file = open(NEIGHBOUR_FILE, O_WRONLY);
	if (file < 0)
		SKIP(return, "needs tests/native/run");
	node = slot_fresh();
	other = slot_fresh();
	neighbour.victim = slot_open(node, O_RDWR);
	neighbour.same = slot_open(node, O_RDWR);
	neighbour.other = slot_open(other, O_RDWR);
	fill_channels(neighbour.victim, NEIGHBOUR_VICTIM);
	fill_channels(neighbour.victim, NEIGHBOUR_OTHER);
	ASSERT_TRUE(stay_on(0));
	clocks_begin(&clocks, &crowd);
	kernel_ask(file, &neighbour);
	for (unsigned int i = 0; i < VICTIMS; i++) {
		const unsigned long long *typical = neighbour.typical[i];
		const unsigned long long *slow = neighbour.slow[i];

		printf("# info: %-36s %5.2f times %.2f us; the slowest but 1 %%: %.2f, %.2f us\n",
		       acts[i],
		       (double)typical[BESIDE_SAME_SLOT] /
			       typical[BESIDE_OTHER_SLOT],
		       microseconds(&clocks, typical[BESIDE_OTHER_SLOT]),
		       microseconds(&clocks, slow[BESIDE_SAME_SLOT]),
		       microseconds(&clocks, slow[BESIDE_OTHER_SLOT]));
	}
	/* Without as many commits as acts it is no measurement. */
	for (unsigned int i = 0; i < BESIDES; i++)
		EXPECT_LT(1000ull, neighbour.commits[i]);
	printf("# info: beside %llu commits of 64 channels\n",
	       neighbour.commits[BESIDE_SAME_SLOT]);
	close(file);
}

TEST_HARNESS_MAIN
