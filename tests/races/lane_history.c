// SPDX-License-Identifier: GPL-2.0
/*
 * Histories of a channel that has a lane at times: its owners write there and by call, clear
 * there and by call, with times to live, and their claims end and begin again; others try to
 * write, and read by call, mapped cells and mapped lanes. TEST_SECONDS: for so long.
 */
#include "owner.h"
#include "histories.h"
#include "kernel_bits.h"
#include "scale.h"

#include <pthread.h>

#define THREADS 4u
#define OWNERS 2u
#define EACH scaled(15000)
#define ID 5
#define TTL_MOST 1000000u
/* So many acts of an owner between the beginning of a claim and its end, at most. */
#define CLAIM_MOST 100u

struct actor {
	pthread_t thread;
	unsigned int index;
	int fd;
	const char *base;
	const struct msg_slot_cell *cell;
	/* Of an owner, while it has one; and how many acts are left until the end. */
	struct lane lane;
	unsigned int left;
	/* How many messages were got from a lane without a call. */
	unsigned int mapped;
	struct log *log;
};

static struct actor actors[THREADS];
static struct log logs[THREADS];
static bool expiring;
static struct history history = { .logs = logs, .actors = THREADS };
/* Of all histories: how many messages were read of a mapped lane. */
static unsigned long long mapped_reads;

static unsigned long long ttl_of(const struct act *act)
{
	return 1 + mix(act->value) % TTL_MOST;
}

static void claim(struct actor *actor, struct act *act)
{
	unsigned long long random = mix(act->value);

	act->kind = CLAIM;
	act->ending = random & 1 ? KEEPS : CLEARS;
	act->done = !slot_claim(actor->fd, ID,
				random & 1 ? MSG_SLOT_END_KEEP :
					     MSG_SLOT_END_CLEAR);
	act->refused = !act->done;
	if (!act->done)
		return;
	if (lane_take(&actor->lane, actor->fd, ID))
		abort();
	actor->left = 1 + (random >> 8) % CLAIM_MOST;
}

static void release(struct actor *actor, struct act *act, unsigned char ending)
{
	act->kind = RELEASE;
	act->ending = ending;
	act->done = !slot_release(actor->fd, ID);
	lane_unmap(&actor->lane);
}

static void write_in_lane(struct actor *actor, struct act *act)
{
	act->kind = WRITE;
	act->in_lane = true;
	act->done = true;
	lane_put(&actor->lane, &act->value, sizeof(act->value));
}

/* What expires the kernel takes from the lane while its owner goes on. */
static void write_in_lane_for(struct actor *actor, struct act *act)
{
	if (!expiring) {
		write_in_lane(actor, act);
		return;
	}
	act->kind = PUT_FOR;
	act->in_lane = true;
	act->done = true;
	lane_put_for(&actor->lane, &act->value, sizeof(act->value),
		     ttl_of(act));
}

static void clear_in_lane(struct actor *actor, struct act *act)
{
	act->kind = CLEAR;
	act->in_lane = true;
	act->done = true;
	lane_put(&actor->lane, "", 0);
}

static void put_by_call(struct actor *actor, struct act *act)
{
	long ret = slot_put_told(actor->fd, ID, &act->value, sizeof(act->value),
				 0, &act->version);

	act->kind = PUT;
	act->done = !ret;
	act->refused = ret == -EBUSY;
}

static void clear_by_call(struct actor *actor, struct act *act)
{
	long long version = slot_take_away(actor->fd, ID);

	act->kind = CLEAR;
	act->refused = version == -EBUSY;
	act->version = act->refused ? 0 : version;
	act->done = act->version;
}

static void get_by_call(struct actor *actor, struct act *act)
{
	struct got got;

	act->kind = GET;
	act->done = !slot_get(actor->fd, ID, &got);
	act->version = got.record.version;
	act->value = 0;
	if (act->done)
		memcpy(&act->value, got.message, sizeof(act->value));
}

static void read_by_call(struct actor *actor, struct act *act)
{
	act->kind = READ;
	act->value = 0;
	act->done = slot_pread(actor->fd, &act->value, sizeof(act->value), ID) >
		    0;
}

/* Returns as mapped_get(); -EREMOTE where a call is to tell. */
static long try_mapped_lane(struct actor *actor, struct mapped *mapped)
{
	struct lane_place place = lane_place_of(actor->cell, ID);
	const struct msg_slot_cell *lane;
	long n;

	if (!place.offset)
		return -EREMOTE;
	lane = lane_map(actor->fd, place.offset, PROT_READ);
	if (lane == MAP_FAILED)
		return -EREMOTE;
	n = lane_try(actor->cell, ID, &place, lane, mapped);
	munmap((void *)lane, PAGE);
	if (n < 0)
		return -EREMOTE;
	actor->mapped++;
	return mapped->over || !n ? -EWOULDBLOCK : n;
}

static void get_mapped(struct actor *actor, struct act *act)
{
	struct mapped mapped;
	long n;

	actor->cell = slot_cell(actor->fd, actor->base, ID);
	n = actor->cell ? mapped_get(actor->cell, ID, 0, &mapped) : -EREMOTE;
	if (n == -EREMOTE && actor->cell)
		n = try_mapped_lane(actor, &mapped);
	if (n < 0 && n != -EWOULDBLOCK) {
		get_by_call(actor, act);
		return;
	}
	act->kind = MAPPED;
	act->done = n > 0;
	act->version = act->done ? mapped.version : 0;
	act->value = 0;
	if (n == sizeof(act->value))
		memcpy(&act->value, mapped.message, sizeof(act->value));
}

static void (*const owning[])(struct actor *actor, struct act *act) = {
	write_in_lane,	   write_in_lane, write_in_lane, write_in_lane,
	write_in_lane_for, clear_in_lane, put_by_call,	 clear_by_call,
};

static void (*const reading[])(struct actor *actor, struct act *act) = {
	get_by_call, read_by_call, get_mapped,	get_mapped,
	get_mapped,  read_by_call, put_by_call, clear_by_call,
};

static void own(struct actor *actor, struct act *act, unsigned long long random,
		unsigned char *ending)
{
	if (actor->left > 1) {
		owning[random % ARRAY_SIZE(owning)](actor, act);
		actor->left--;
	} else if (actor->left) {
		release(actor, act, *ending);
		actor->left = 0;
	} else if (random % 4) {
		reading[random % ARRAY_SIZE(reading)](actor, act);
	} else {
		claim(actor, act);
		*ending = act->ending;
	}
}

/* A claim does not outlive its owner's last act. */
static void *act_all(void *arg)
{
	struct actor *actor = arg;
	unsigned char ending = KEEPS;

	for (unsigned int i = 0; i < EACH; i++) {
		unsigned long long random = mix(i * THREADS + actor->index);
		struct act *act = &actor->log->acts[i];

		act->actor = actor->index + 1;
		act->value = value_of(history.number, actor->index, i);
		act->start = clock_now(CLOCK_BOOTTIME);
		if (actor->index < OWNERS)
			own(actor, act, random, &ending);
		else
			reading[random % ARRAY_SIZE(reading)](actor, act);
		act->end = clock_now(CLOCK_BOOTTIME);
		if (act->kind == PUT_FOR)
			log_expiry(actor->log, act, ttl_of(act), 0);
	}
	return NULL;
}

static void begin(int node)
{
	history_make(&history, THREADS * EACH);
	for (unsigned int i = 0; i < THREADS; i++) {
		actors[i] = (struct actor){ .index = i, .log = &logs[i] };
		actors[i].fd = slot_open(node, O_RDWR);
		actors[i].base = slot_map(actors[i].fd);
		log_make(&logs[i], EACH);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		if (pthread_create(&actors[i].thread, NULL, act_all,
				   &actors[i]))
			abort();
	}
}

static void end(void)
{
	for (unsigned int i = 0; i < THREADS; i++) {
		if (actors[i].left)
			lane_unmap(&actors[i].lane);
		slot_unmap(actors[i].fd, actors[i].base);
		close(actors[i].fd);
		log_free(&logs[i]);
	}
	history_free(&history);
}

static bool one_history(int node)
{
	bool sound;

	begin(node);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(actors[i].thread, NULL);
	for (unsigned int i = 0; i < THREADS; i++)
		mapped_reads += actors[i].mapped;
	sound = history_is_sound(&history);
	end();
	return sound;
}

/* Whether the lane is read mapped is chance: where threads seldom meet it may take more. */
static bool enough(void)
{
	return mapped_reads > history.number * THREADS || history.number >= 20;
}

TEST_F_TIMEOUT(slot, history_with_lanes_is_one_of_one_thing_at_a_time, 100000)
{
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	expiring = owner_can_be_stopped();
	EXPECT_TRUE(histories_are_sound(&history, one_history, enough));
	EXPECT_LT(history.number * THREADS, mapped_reads);
	printf("# info: %llu histories of %u acts, %llu of them reads of a mapped lane\n",
	       history.number, THREADS * EACH, mapped_reads);
}

TEST_HARNESS_MAIN
