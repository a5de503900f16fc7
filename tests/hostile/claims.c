// SPDX-License-Identifier: GPL-2.0
/*
 * Claims in thousands: a user who may write other channels claims them beside watches of
 * one that has nothing to do with them, and closes the file: all of them end in one
 * call. Claims are found without a search through all of them, their ends are no dearer
 * for watches of other channels, and the call gives way.
 */
#include "held_processor.h"

#define CLAIMS 2000u
#define WATCHES 500u
#define UNRELATED 0x7fffffffu
#define CLAIM_LIMIT 1.5
/*
 * A search through all of them would make it 4. What is freed after grace periods that
 * end in the call makes it 0.8 to 2.3.
 */
#define END_LIMIT 3

/* How many watches there are beside, and how many open files share the claims. */
struct setting {
	unsigned int watches;
	unsigned int files;
};

static struct setting setting;

static void watch_unrelated(int node)
{
	unsigned int id = UNRELATED;
	int fd = stranger_open(node, O_RDONLY);

	for (unsigned int i = 0; i < setting.watches; i++) {
		if (slot_watch(fd, &id, 1) < 0)
			abort();
	}
}

static void claim_and_close(struct attacker *attacker, int node,
			    unsigned int number)
{
	unsigned int each = number / setting.files;
	unsigned long long begin;
	int fds[8];

	watch_unrelated(node);
	for (unsigned int i = 0; i < setting.files; i++)
		fds[i] = stranger_open(node, O_RDWR);
	begin = own_time();
	for (unsigned int i = 0; i < number; i++) {
		if (slot_claim(fds[i / each], i + VICTIM + 1,
			       MSG_SLOT_END_CLEAR))
			abort();
	}
	attacker->made = own_time() - begin;
	attack_stands(attacker);
	attack_await(&attacker->ends);
	begin = own_time();
	for (unsigned int i = 0; i < setting.files; i++)
		close(fds[i]);
	attacker->ended = own_time() - begin;
	_exit(0);
}

struct claiming {
	double make;
	double end;
	/* The longest time that nobody else could run. */
	unsigned long long held;
};

/* For one claim of so many. */
static struct claiming claim_cost(int node, unsigned int claims,
				  struct setting beside)
{
	struct attacker *attacker;
	struct held_processor held;
	struct claiming cost;

	setting = beside;
	attacker = attack(node, WRITER, claim_and_close, claims);
	held_processor_begin(&held);
	attack_finish(attacker);
	cost.held = held_processor_end(&held);
	cost.make = (double)attacker->made / claims;
	cost.end = (double)attacker->ended / claims;
	munmap(attacker, sizeof(*attacker));
	/* What it left to be freed is no cost of the next one's. */
	usleep(200000);
	return cost;
}

/* As many in all, for what is freed by the way depends on that. */
TEST_F(hostile, claims_of_one_file_or_of_four)
{
	struct claiming four = claim_cost(self->node, 4 * many(CLAIMS),
					  (struct setting){ .files = 4 });
	struct claiming one = claim_cost(self->node, 4 * many(CLAIMS),
					 (struct setting){ .files = 1 });

	EXPECT_COST("to make one", one.make, four.make, CLAIM_LIMIT);
	EXPECT_COST("to end one", one.end, four.end, END_LIMIT);
}

TEST_F(hostile, claims_beside_watches)
{
	struct claiming without = claim_cost(self->node, many(CLAIMS),
					     (struct setting){ .files = 1 });
	struct claiming with =
		claim_cost(self->node, many(CLAIMS),
			   (struct setting){ .files = 1, .watches = WATCHES });

	EXPECT_COST("to make one", with.make, without.make, CLAIM_LIMIT);
	EXPECT_COST("to end one", with.end, without.end, CLAIM_LIMIT);
}

TEST_F(hostile, close_gives_way)
{
	struct claiming cost =
		claim_cost(self->node, 4 * many(CLAIMS),
			   (struct setting){ .files = 1, .watches = WATCHES });

	EXPECT_HELD_BRIEFLY(cost.held);
}

TEST_HARNESS_MAIN
