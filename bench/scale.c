// SPDX-License-Identifier: GPL-2.0
/*
 * scale CHANNELS...: what a read and a write cost, and how much memory a channel
 * takes, with and without a mapping, in a slot with so many channels in use. The
 * ids are random, and so are those that are read and written.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "means/mapped.h"
#include "memory.h"
#include "table.h"

/* Tables that have grown are rebuilt, and the old ones freed, behind our back. */
static void let_settle(void)
{
	sleep(2);
}

/* What it takes more when a process has looked at all of them. */
static void measure_mapping(const char *name, unsigned int channels)
{
	double before = kernel_memory();
	struct msgslot_reader any;
	unsigned int i;

	open_view();
	for (i = 1; i <= channels; i++)
		visit(&any, nth_id(i));
	print_figure(name, "mapping-bytes-a-channel",
		     (kernel_memory() - before) / channels);
}

/* A single channel takes less than a page of a slab: make some slots of them. */
static void measure_memory(const char *name, unsigned int channels)
{
	unsigned int i, n = channels < 64 ? 64 : 1;
	double before = kernel_memory();

	for (i = 0; i < n; i++) {
		slot_fd = open_new_slot();
		make_channels(1, 1 + channels);
	}
	let_settle();
	print_figure(name, "bytes-a-channel",
		     (kernel_memory() - before) / n / channels);
}

static void print_way(const char *name, const char *write, const char *read,
		      struct cost cost)
{
	print_figure(name, write, cost.write);
	print_figure(name, read, cost.read);
}

static void measure_mapped(const char *name)
{
	init_readers();
	print_figure(name, "mapped-read",
		     count(NULL, mapped_read_in_turn, FEW).read);
	print_figure(name, "mapped-find", count(NULL, mapped_find, MANY).read);
	print_figure(name, "locate", count(NULL, locate, MANY).read);
}

static void measure_channels(unsigned int channels)
{
	char name[32];

	snprintf(name, sizeof(name), "channels-%u", channels);
	measure_memory(name, channels);
	measure_mapping(name, channels);
	take_turns(channels);
	print_way(name, "write", "read", count(slot_write, slot_read, FEW));
	print_way(name, "select-write", "select-read",
		  count(select_write, select_read, MANY));
	if (!try_positional(NULL))
		print_way(name, "pwrite", "pread",
			  count(positional_write, positional_read, MANY));
	measure_mapped(name);
	mapped_tear_down();
}

int main(int argc, char *argv[])
{
	int i;

	make_message(128);
	for (i = 1; i < argc; i++)
		measure_channels(strtoul(argv[i], NULL, 10));
	return EXIT_SUCCESS;
}
