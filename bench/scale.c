// SPDX-License-Identifier: GPL-2.0
/*
 * scale CHANNELS...: what a read and a write cost, and how much memory a channel
 * takes, in a slot with so many channels in use. The ids are random, and so are
 * those that are read and written.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "means/slot.h"
#include "table.h"

/* Counters of processors are added up only now and then, or when asked to. */
static void refresh_counters(void)
{
	int fd = must(open("/proc/sys/vm/stat_refresh", O_WRONLY), "vm");

	must(write(fd, "1", 1), "stat_refresh");
	close(fd);
}

/* Return: the bytes that the kernel has in slabs and in vmalloc'ed memory. */
static double kernel_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	double kilobytes, sum = 0;
	char name[64];

	refresh_counters();
	if (!file)
		fail("/proc/meminfo");
	while (fscanf(file, "%63s %lf kB ", name, &kilobytes) >= 1)
		if (!strcmp(name, "SUnreclaim:") ||
		    !strcmp(name, "VmallocUsed:"))
			sum += kilobytes;
	fclose(file);
	return sum * 1024;
}

/* Tables that have grown are rebuilt, and the old ones freed, behind our back. */
static void let_settle(void)
{
	sleep(2);
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

static void measure_channels(unsigned int channels)
{
	char name[32];

	snprintf(name, sizeof(name), "channels-%u", channels);
	measure_memory(name, channels);
	take_turns(channels);
	print_way(name, "write", "read", count(slot_write, slot_read, FEW));
	print_way(name, "select-write", "select-read",
		  count(select_write, select_read, MANY));
	if (!try_positional(NULL))
		print_way(name, "pwrite", "pread",
			  count(positional_write, positional_read, MANY));
	close(slot_fd);
}

int main(int argc, char *argv[])
{
	int i;

	make_message(128);
	for (i = 1; i < argc; i++)
		measure_channels(strtoul(argv[i], NULL, 10));
	return EXIT_SUCCESS;
}
