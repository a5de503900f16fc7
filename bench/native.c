// SPDX-License-Identifier: GPL-2.0
/*
 * native: what a mapped read takes, on this machine and by the clock, of a copy
 * under a seqlock in the same process. Both are of memory that is there, and no
 * system call is in either, so no module is needed: the cell that libmsgslot reads
 * is one that stands here, with the bytes that the kernel would have put there.
 */
#define _GNU_SOURCE
#include "clock.h"
#include "means/memory.h"
#include "median.h"
#include "msgslot.h"
#include "table.h"

#define ROUNDS 301
#define READS 20000
#define CHANNEL 7

static struct msg_slot_cell cell;
static struct msgslot_reader reader;

static long mapped_read(void)
{
	return msgslot_reader_get(&reader, got.bytes, sizeof(got.bytes), NULL);
}

static void make_cell(void)
{
	cell = (struct msg_slot_cell){ .latch = 1, .id = CHANNEL };
	cell.size[1] = size;
	memcpy(cell.bytes[1], sent.bytes, size);
	must(msgslot_reader_init(&reader, NULL, CHANNEL), "a reader");
	/* As the first read would have left it. */
	reader.cell = &cell;
	if (mapped_read() != (long)size || memcmp(got.bytes, sent.bytes, size))
		errx(EXIT_FAILURE, "another message came out of the cell");
}

static double time_of(operation read)
{
	uint64_t start = now();
	int i;

	for (i = 0; i < READS; i++)
		must(read(), "a read");
	return now() - start;
}

/* In each round both meet the same noise. */
static void compare(const char *name, operation write, operation read)
{
	double ratios[ROUNDS];
	double of_rival;
	int i;

	memory_set_up();
	write();
	for (i = 0; i < ROUNDS; i++) {
		of_rival = time_of(read);
		ratios[i] = time_of(mapped_read) / of_rival;
	}
	memory_tear_down();
	print_figure("native", name, median(ratios, ROUNDS));
}

int main(int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc; i++) {
		make_message(strtoul(argv[i], NULL, 10));
		make_cell();
		compare("bare-seqlock", seqlock_write, seqlock_read);
		compare("sized-seqlock", sized_write, sized_read);
	}
	return EXIT_SUCCESS;
}
