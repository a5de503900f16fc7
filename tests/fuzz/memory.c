// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "pace.h"

#define PAGE 4096u
#define BLANK 0xa5
/* How far behind a message it is looked whether anything was touched. */
#define BEHIND 256u

/*
 * Of two texts of different sizes, no byte need be the same but the first. Byte i is
 * seed * 167 + size * 31 + i * 13 + i / 256: from its beginning on, a text is this
 * table from some row on, round and round. Twice round, so that a round is a piece.
 */
#define ROUND 65536u
static uint8_t rounds[2 * ROUND];

static void make_rounds(void)
{
	for (uint32_t i = 0; i < sizeof(rounds); i++)
		rounds[i] = i * 13u + (i >> 8);
}

/* Maps the file, and a page behind it where nothing is. Returns the end. */
static uint8_t *map_fenced(int file, size_t size, int rights)
{
	uint8_t *begin = mmap(NULL, size + PAGE, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (begin == MAP_FAILED ||
	    mmap(begin, size, rights, MAP_FIXED | MAP_SHARED, file, 0) != begin)
		abort();
	return begin + size;
}

static void make_area(struct area *area, size_t size)
{
	int file = memfd_create("fuzz", MFD_CLOEXEC);

	if (file < 0 || ftruncate(file, size))
		abort();
	area->end = map_fenced(file, size, PROT_READ | PROT_WRITE);
	area->sealed_end = map_fenced(file, size, PROT_READ);
	close(file);
}

/**
 * memory_set_up() - memory of a thread's own
 * @memory: filled in
 */
void memory_set_up(struct memory *memory)
{
	make_rounds();
	make_area(&memory->message, MEMORY_LARGEST);
	make_area(&memory->structure, MEMORY_STRUCT);
}

/* Whether the kernel can read a structure from there. */
bool can_be_read(unsigned int nibble)
{
	return nibble < PLACE_NULL || nibble == PLACE_READ_ONLY;
}

/* And write it. */
bool can_be_written(unsigned int nibble)
{
	return nibble < PLACE_NULL;
}

static uint8_t *bad_address(unsigned int nibble)
{
	switch (nibble) {
	case PLACE_KERNEL:
		return (uint8_t *)0xffff888000100000;
	case PLACE_UNMAPPED:
		return (uint8_t *)0x10000;
	case PLACE_NONCANONICAL:
		return (uint8_t *)0x0000800000000000;
	default:
		return NULL;
	}
}

/**
 * memory_for() - a buffer for a message
 * @memory: whose
 * @nibble: an &enum place
 * @size: of which size, as the call will be told
 *
 * Return: the buffer.
 */
struct buffer memory_for(const struct memory *memory, unsigned int nibble,
			 size_t size)
{
	size_t there = size < MEMORY_LARGEST ? size : MEMORY_LARGEST;
	struct buffer buffer = { .size = size };

	if (nibble == PLACE_CUT)
		there /= 2;
	if (nibble == PLACE_READ_ONLY) {
		buffer.at = memory->message.sealed_end - there;
		buffer.there = there;
	} else if (nibble < PLACE_NULL || nibble == PLACE_CUT) {
		buffer.at = memory->message.end - there;
		buffer.there = there;
		buffer.room = there;
	} else {
		buffer.at = bad_address(nibble);
		buffer.foreign = nibble == PLACE_KERNEL ||
				 nibble == PLACE_NONCANONICAL;
	}
	return buffer;
}

/**
 * memory_lend() - a structure for a call
 * @memory: whose
 * @nibble: an &enum place
 * @from: the structure
 * @size: its size
 *
 * Return: the address to pass, where it is afterwards if the memory is good.
 */
void *memory_lend(const struct memory *memory, unsigned int nibble,
		  const void *from, size_t size)
{
	if (nibble == PLACE_CUT) {
		size -= size / 2;
		return memcpy(memory->structure.end - size, from, size);
	}
	if (!can_be_read(nibble))
		return bad_address(nibble);
	memcpy(memory->structure.end - size, from, size);
	return (nibble == PLACE_READ_ONLY ? memory->structure.sealed_end :
					    memory->structure.end) -
	       size;
}

static const uint8_t *round_of(struct text text)
{
	return &rounds[(uint8_t)(text.seed * 167u + text.size * 31u) * 256u];
}

/* The first @n bytes, of which the very first is the seed. */
void text_write(uint8_t *bytes, struct text text, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += ROUND)
		memcpy(&bytes[i], round_of(text),
		       n - i < ROUND ? n - i : ROUND);
	if (n)
		bytes[0] = text.seed;
}

bool text_begins(const uint8_t *bytes, struct text text, uint32_t n)
{
	uint32_t piece;

	if (n && bytes[0] != text.seed)
		return false;
	for (uint32_t i = 1; i < n; i += piece) {
		uint32_t at = i % ROUND;

		piece = n - i < ROUND - at ? n - i : ROUND - at;
		if (memcmp(&bytes[i], &round_of(text)[at], piece))
			return false;
	}
	return true;
}

bool text_is(const uint8_t *bytes, struct text text)
{
	enum pace_part before = pace_enter(PACE_TEXT);
	bool is = text_begins(bytes, text, text.size);

	pace_leave(before);
	return is;
}

/* Whether these bytes are of one text: the first one tells of which. */
bool text_is_whole(const uint8_t *bytes, uint32_t size)
{
	return text_is(bytes, (struct text){ .size = size, .seed = bytes[0] });
}

/**
 * buffer_fill() - put a message where it is to be read from
 * @memory: whose the buffer is
 * @buffer: where
 * @seed: which message of that size
 */
void buffer_fill(const struct memory *memory, const struct buffer *buffer,
		 uint8_t seed)
{
	uint8_t *at = memory->message.end - buffer->there;
	struct text text = { .size = buffer->size, .seed = seed };

	enum pace_part before = pace_enter(PACE_TEXT);

	text_write(at, text, buffer->there);
	pace_leave(before);
}

/* What a call that has the buffer writes, if buffer_fill() has filled it. */
struct writing buffer_writing(const struct buffer *buffer, uint8_t seed)
{
	return (struct writing){
		.text = { .size = buffer->size, .seed = seed },
		.there = buffer->there,
	};
}

/* Before something is read into it. */
void buffer_blank(const struct buffer *buffer)
{
	enum pace_part before = pace_enter(PACE_TEXT);

	if (buffer->room)
		memset(buffer->at, BLANK, buffer->room);
	pace_leave(before);
}

/* Whether nothing behind @from bytes was touched, as far as it is looked. */
bool buffer_is_blank(const struct buffer *buffer, size_t from)
{
	for (size_t i = from; i < buffer->room && i < from + BEHIND; i++) {
		if (buffer->at[i] != BLANK)
			return false;
	}
	return true;
}
