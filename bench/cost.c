// SPDX-License-Identifier: GPL-2.0
/*
 * cost [-s] SIZE...: what a write, a read, and the two of them cost in message
 * slots and in every other means of the kernel, for messages of each SIZE.
 * With -s only slots, the floor and what a bare copy costs.
 */
#define _GNU_SOURCE
#include <getopt.h>

#include "means/file.h"
#include "means/floor.h"
#include "means/lane.h"
#include "means/mapped.h"
#include "means/memory.h"
#include "means/named.h"
#include "means/queue.h"
#include "means/slot.h"
#include "table.h"

static void measure_group(const struct means *m)
{
	for (; m->name; m++)
		measure(m);
}

static void measure_size(size_t of_size, int slots_only)
{
	make_message(of_size);
	measure_group(floors);
	measure_group(slots);
	measure_group(nameds);
	measure_group(mappeds);
	measure_group(lanes);
	measure_group(seqlocks);
	if (slots_only)
		return;
	measure_group(queues);
	measure_group(files);
	measure_group(memories);
}

int main(int argc, char *argv[])
{
	int slots_only = getopt(argc, argv, "s") == 's';

	for (; optind < argc; optind++)
		measure_size(strtoul(argv[optind], NULL, 10), slots_only);
	return EXIT_SUCCESS;
}
