/* SPDX-License-Identifier: GPL-2.0 */
/* Frames to pass to calls: memfds, sealed enough and not. */
#ifndef FUZZ_FRAME_H
#define FUZZ_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "actor.h"

/* What it is; of the nibble of struct act: the others are good. */
enum frame_kind {
	/* The one that the actor got last. */
	FRAME_GOT = 9,
	FRAME_UNSEALED = 10,
	/* But for one seal. */
	FRAME_HALF_SEALED = 11,
	FRAME_READ_ONLY = 12,
	FRAME_WRITE_ONLY = 13,
	FRAME_CLOSED = 14,
	FRAME_SLOT = 15,
};

/**
 * struct frame - a descriptor that is passed as a frame
 * @fd: the descriptor
 * @lent: it is somebody else's
 * @text: what the memfd has, at least in its beginning
 * @refused: 0, or what the call fails with
 */
struct frame {
	int fd;
	bool lent;
	struct text text;
	long refused;
};

struct frame frame_for(const struct actor *actor, unsigned int nibble,
		       uint32_t size, uint8_t seed);
void frame_close(const struct frame *frame);
void frame_keep(struct actor *actor, int fd, struct text text);
void frame_forget(struct actor *actor);
void frame_check(const struct actor *actor, int fd, struct text text);

#endif
