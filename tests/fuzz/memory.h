/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory to pass to calls, good and bad. What is good ends where nothing is
 * mapped, so that a byte too many is a fault.
 */
#ifndef FUZZ_MEMORY_H
#define FUZZ_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

#define MEMORY_LARGEST (1024 * 1024 + 8192)
#define MEMORY_STRUCT (3 * 4096)

/* Where a buffer is; of the nibble of struct act: the first ones are good. */
enum place {
	PLACE_GOOD = 0,
	PLACE_NULL = 10,
	/* Half of it. */
	PLACE_CUT = 11,
	PLACE_READ_ONLY = 12,
	PLACE_KERNEL = 13,
	PLACE_UNMAPPED = 14,
	PLACE_NONCANONICAL = 15,
};

/* A piece of memory, seen twice: so that it may be written, and read only. */
struct area {
	uint8_t *end;
	uint8_t *sealed_end;
};

struct memory {
	struct area message;
	struct area structure;
};

/**
 * struct buffer - memory that is passed to a call
 * @at: its address
 * @size: its size, as the call is told
 * @there: how many bytes are there to be read by the kernel
 * @room: how many are there to be written
 * @foreign: the address is none of a user
 */
struct buffer {
	uint8_t *at;
	size_t size;
	size_t there;
	size_t room;
	bool foreign;
};

void memory_set_up(struct memory *memory);
struct buffer memory_for(const struct memory *memory, unsigned int nibble,
			 size_t size);
void *memory_lend(const struct memory *memory, unsigned int nibble,
		  const void *from, size_t size);
bool can_be_read(unsigned int nibble);
bool can_be_written(unsigned int nibble);

void text_write(uint8_t *bytes, struct text text, uint32_t n);
bool text_begins(const uint8_t *bytes, struct text text, uint32_t n);
bool text_is(const uint8_t *bytes, struct text text);
bool text_is_whole(const uint8_t *bytes, uint32_t size);
void buffer_fill(const struct memory *memory, const struct buffer *buffer,
		 uint8_t seed);
struct writing buffer_writing(const struct buffer *buffer, uint8_t seed);
void buffer_blank(const struct buffer *buffer);
bool buffer_is_blank(const struct buffer *buffer, size_t from);

#endif
