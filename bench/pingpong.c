// SPDX-License-Identifier: GPL-2.0
/*
 * pingpong ROUDI SIZE...: how long a message of SIZE bytes takes to another process and
 * back, both on a processor of their own and looking for it all the time: by two lanes,
 * by two bare seqlocks, and, unless ROUDI is empty, by iceoryx. In each game all meet the
 * same noise; told are the medians of the games' ratios.
 *
 * No system call is in any of it, and no module is needed: a lane here is a page of shared
 * memory, with the bytes that the kernel would have put there, and libmsgslot's own code
 * writes and reads it.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>

#include "clock.h"
#include "means/iceoryx.h"
#include "means/memory.h"
#include "median.h"
#include "msgslot.h"
#include "table.h"
#include "view_lane.h"
/* What a writer is made of. */
#include "writer.c"

#define GAMES 101
#define RALLIES 2000
#define SIDES 2
#define CHANNEL 7

/* Of each side: what it throws. */
static struct memory *balls;
static struct msg_slot_cell *lanes;
static int side;
static struct msgslot_writer *writer;
static struct msgslot_reader reader;

/* As msgslot_writer_open() and the first read leave it. */
static void open_lane(void)
{
	static struct msg_slot_cell cell = { .latch = 1 };
	static struct lane lane;

	writer = make();
	if (!writer)
		fail("a writer");
	writer->lane = &lanes[side];
	writer->most = MSG_SLOT_MAX_MESSAGE;
	writer->left = MSG_SLOT_LANE_PUTS;
	must(msgslot_reader_init(&reader, NULL, CHANNEL), "a reader");
	cell.id = CHANNEL;
	lane.head.size[0] = LANE_MARK;
	lane.place.latch = cell.latch;
	lane.place.id = CHANNEL;
	lane.cell = &cell;
	lane.page = &lanes[1 - side];
	reader.cell = &lane.head;
}

static long lane_throw(void)
{
	/* Nobody is there to be rung for. */
	msgslot_writer_put(writer, sent.bytes, size);
	return 0;
}

static long lane_catch(void)
{
	return msgslot_reader_get(&reader, got.bytes, size, NULL);
}

static long seqlock_throw(void)
{
	shared = &balls[side];
	return seqlock_write();
}

static long seqlock_catch(void)
{
	shared = &balls[1 - side];
	return seqlock_read();
}

static const struct game {
	const char *name;
	operation throw;
	operation receive;
} kinds[] = {
	{ "lane", lane_throw, lane_catch },
	{ "seqlock", seqlock_throw, seqlock_catch },
	{ "iceoryx", publish, take_chunk },
};

static void throw(const struct game *game, uint64_t count)
{
	memcpy(sent.bytes, &count, sizeof(count));
	must(game->throw(), game->name);
}

static void await(const struct game *game, uint64_t count)
{
	uint64_t seen;

	do {
		game->receive();
		memcpy(&seen, got.bytes, sizeof(seen));
	} while (seen != count);
}

/* Return: how long it took. */
static double play(const struct game *game)
{
	static uint64_t count;
	uint64_t start = now();
	int i;

	for (i = 0; i < RALLIES; i++) {
		count++;
		if (side)
			await(game, count);
		throw(game, count);
		if (!side)
			await(game, count);
	}
	return now() - start;
}

static void play_all(int n, double times[][GAMES])
{
	int i, kind;

	/* The first of each finds what there is to be found. */
	for (kind = 0; kind < n; kind++)
		play(&kinds[kind]);
	for (i = 0; i < GAMES; i++)
		for (kind = 0; kind < n; kind++)
			times[kind][i] = play(&kinds[kind]);
}

static void tell(int n, double times[][GAMES])
{
	double ratios[GAMES];
	char name[40];
	int i, kind;

	for (kind = 1; kind < n; kind++) {
		for (i = 0; i < GAMES; i++)
			ratios[i] = times[0][i] / times[kind][i];
		snprintf(name, sizeof(name), "lane-of-%s", kinds[kind].name);
		print_figure("pingpong", name, median(ratios, GAMES));
	}
}

static void take_a_side(int which, bool iceoryx)
{
	static const char *const names[SIDES] = { "ping", "pong" };
	cpu_set_t cpus;

	side = which;
	CPU_ZERO(&cpus);
	CPU_SET(which, &cpus);
	must(sched_setaffinity(0, sizeof(cpus), &cpus), "sched_setaffinity");
	open_lane();
	if (!iceoryx)
		return;
	open_ends(names[side], names[side], names[1 - side]);
	wait_until(is_subscribed, "iceoryx");
}

static void measure_size(size_t of_size, bool iceoryx)
{
	double times[sizeof(kinds) / sizeof(*kinds)][GAMES];
	int n = iceoryx ? 3 : 2;
	pid_t other;

	make_message(of_size);
	other = must(fork(), "fork");
	take_a_side(!other, iceoryx);
	play_all(n, times);
	/* As with bench/iceoryx.c: it would wait at exit. */
	if (!other)
		_exit(EXIT_SUCCESS);
	waitpid(other, NULL, 0);
	tell(n, times);
	fflush(stdout);
}

/* Each in a process of its own, for iceoryx has one runtime in each. */
static void measure_apart(size_t of_size, bool iceoryx)
{
	pid_t child = must(fork(), "fork");
	int status;

	if (!child) {
		measure_size(of_size, iceoryx);
		_exit(EXIT_SUCCESS);
	}
	waitpid(child, &status, 0);
	if (status)
		errx(EXIT_FAILURE, "a game ended early");
}

static void *share(size_t n)
{
	void *at = mmap(NULL, n, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

int main(int argc, char *argv[])
{
	pid_t daemon = 0;
	int i;

	if (argc < 3)
		errx(EXIT_FAILURE, "usage: pingpong ROUDI SIZE...");
	if (*argv[1])
		daemon = start_roudi(argv[1]);
	balls = share(SIDES * sizeof(*balls));
	lanes = share(SIDES * sizeof(*lanes));
	for (i = 2; i < argc; i++)
		measure_apart(strtoul(argv[i], NULL, 10), daemon);
	if (daemon) {
		kill(daemon, SIGKILL);
		waitpid(daemon, NULL, 0);
	}
	return EXIT_SUCCESS;
}
