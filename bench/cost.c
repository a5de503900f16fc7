// SPDX-License-Identifier: GPL-2.0
/*
 * cost [-s | -f] SIZE...: what a write, a read, and the two of them cost in message
 * slots and in every other means of the kernel, for messages of each SIZE. With -s
 * only slots, the floor and what a bare copy costs; with -f only the first way of
 * each: a slot, mapped and not, a bare copy, and a memfd.
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

/* Large messages: what the copy costs hides how a channel was found. */
static void measure_first(size_t of_size)
{
	make_message(of_size);
	measure(&slots[0]);
	measure(&mappeds[0]);
	measure(&seqlocks[0]);
	measure(&files[0]);
}

static void measure_slots(size_t of_size)
{
	make_message(of_size);
	measure_group(floors);
	measure_group(slots);
	measure_group(nameds);
	measure_group(mappeds);
	measure_group(lanes);
	measure_group(seqlocks);
}

static void measure_all(size_t of_size)
{
	measure_slots(of_size);
	measure_group(queues);
	measure_group(files);
	measure_group(memories);
}

int main(int argc, char *argv[])
{
	int option = getopt(argc, argv, "sf");
	void (*measure_size)(size_t of_size) = option == 's' ? measure_slots :
					       option == 'f' ? measure_first :
							       measure_all;

	for (; optind < argc; optind++)
		measure_size(strtoul(argv[optind], NULL, 10));
	return EXIT_SUCCESS;
}
