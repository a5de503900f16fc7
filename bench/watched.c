// SPDX-License-Identifier: GPL-2.0
/*
 * watched NAME SLOT: what a write costs who writes, where another process watches SLOT, which
 * NAME stands for. It runs only when the writer is not measuring: that is of a higher
 * priority, on the only processor.
 */
#define _GNU_SOURCE
#include <sched.h>

#include "channels.h"
#include "table.h"

/* The watcher has read all by then. */
#define REST_US 3000

static long write_once(void)
{
	return write(slot_fd, sent.bytes, size);
}

/* Return: the median of writes of which each is the first since the watch was read. */
static double cost_of(operation of)
{
	const operation pair[] = { of, nothing };
	double values[ROUNDS];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		usleep(REST_US);
		values[i] = window(pair, 1);
	}
	return median(values, ROUNDS);
}

int main(int argc, char *argv[])
{
	struct sched_param first = { .sched_priority = 1 };
	double own;

	if (argc != 3)
		errx(EXIT_FAILURE, "usage: watched NAME SLOT");
	make_message(128);
	slot_fd = must(open(argv[2], O_RDWR), argv[2]);
	select_channel(slot_fd, 1);
	must(sched_setscheduler(0, SCHED_FIFO, &first), "sched_setscheduler");
	own = cost_of(nothing);
	print_figure(argv[1], "write-told", cost_of(write_once) - own);
	print_figure(argv[1], "write-unread",
		     count(write_once, NULL, MANY).write);
	return EXIT_SUCCESS;
}
