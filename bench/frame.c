// SPDX-License-Identifier: GPL-2.0
/*
 * frame: what it costs to put a frame and to get it (with the close() of its
 * descriptor), and for as long as they may be copied, to write and read as many bytes.
 * The filling of the memfd, which is the sender's work in any case, is not counted, nor is
 * the mapping.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "means/slot.h"
#include "median.h"
#include "table.h"

static const size_t sizes[] = { 4096,  8192,   16384,	32768,
				65536, 262144, 64 << 20 };

static char copied[262144];
static int memfd;

static void make_frame(void)
{
	memfd = must(memfd_create("frame", MFD_ALLOW_SEALING), "memfd_create");
	must(ftruncate(memfd, size), "ftruncate");
	must(fallocate(memfd, 0, 0, size), "fallocate");
	must(fcntl(memfd, F_ADD_SEALS,
		   F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
	     "F_ADD_SEALS");
}

static long put(void)
{
	struct msg_slot_put frame = { .flags = MSG_SLOT_FRAME,
				      .buffer = memfd };

	return ioctl(slot_fd, MSG_SLOT_PUT, &frame);
}

static long get(void)
{
	struct msg_slot_frame frame = {};
	int fd = ioctl(slot_fd, MSG_SLOT_GET_FRAME, &frame);

	return fd < 0 || frame.record.size != size ? -1 : close(fd);
}

static long write_copy(void)
{
	return write(slot_fd, copied, size);
}

static long read_copy(void)
{
	return read(slot_fd, copied, size);
}

/*
 * What was put before is freed by a worker, which a put wakes, or finds awake, and then it
 * costs a third: the median of some measurements.
 */
#define TIMES 15

static void print_both(const char *name, operation in, operation out)
{
	double writes[TIMES], reads[TIMES], pairs[TIMES];
	struct cost cost;

	must(in(), name);
	must(out(), name);
	for (int i = 0; i < TIMES; i++) {
		cost = count(in, out, ONE);
		writes[i] = cost.write;
		reads[i] = cost.read;
		pairs[i] = cost.pair;
	}
	print_figure(name, "write", median(writes, TIMES));
	print_figure(name, "read", median(reads, TIMES));
	print_figure(name, "pair", median(pairs, TIMES));
}

static void measure_size(void)
{
	struct msg_slot_limits limits = { MSG_SLOT_LARGEST_MESSAGE,
					  MSG_SLOT_MAX_CHANNELS,
					  MSG_SLOT_NO_LIMIT };

	slot_fd = open_new_slot();
	must(ioctl(slot_fd, MSG_SLOT_SET_LIMITS, &limits), "set limits");
	select_channel(slot_fd, nth_id(1));
	make_frame();
	print_both("frame", put, get);
	if (size <= sizeof(copied))
		print_both("copy", write_copy, read_copy);
	close(memfd);
	close(slot_fd);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size = sizes[i];
		measure_size();
	}
	return EXIT_SUCCESS;
}
