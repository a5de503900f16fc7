// SPDX-License-Identifier: GPL-2.0
/*
 * A frame that a stranger has left in a channel, and let go of: who writes there next is
 * not the one to free its pages.
 */
#include "hostile.h"
#include "frame.h"

#define LARGE (16 * 1024 * 1024)
#define SMALL 4096
#define WRITER_LIMIT 1.5

/* The victim's own time for a write that replaces such a frame: the median of some. */
static double cost_of_replacing(int fd, int stranger, size_t size)
{
	double writes[BATCHES];

	for (unsigned int i = 0; i < BATCHES; i++) {
		int frame = frame_of(size, i);
		unsigned long long begin;

		if (slot_put_frame(stranger, VICTIM, frame))
			abort();
		close(frame);
		/* Nobody else has it any more. */
		usleep(1000);
		begin = own_time();
		victim_writes(fd);
		writes[i] = own_time() - begin;
	}
	qsort(writes, BATCHES, sizeof(*writes), by_size);
	return writes[BATCHES / 2];
}

TEST_F(hostile, frames_left_to_a_writer)
{
	int stranger = slot_open(self->node, O_RDWR);
	double small = cost_of_replacing(self->fd, stranger, SMALL);

	EXPECT_COST("write", cost_of_replacing(self->fd, stranger, LARGE),
		    small, WRITER_LIMIT);
	close(stranger);
}

TEST_HARNESS_MAIN
