/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages that can be told apart, and notes: messages that say who wrote them
 * and when in the writer's order, and of which every other byte and the length
 * follow from that, so that a reader can tell a torn one.
 */
#ifndef TESTS_MESSAGE_H
#define TESTS_MESSAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "message_slot.h"

struct note {
	unsigned long long count;
	unsigned int writer;
};

#define NOTE_BYTES (offsetof(struct note, writer) + sizeof(unsigned int))

static inline unsigned long long mix(unsigned long long x)
{
	x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 29)) * 0xd6e8feb86659fd93ull;
	return x ^ (x >> 32);
}

static inline void message_fill(void *buf, size_t n, unsigned long long seed)
{
	char *to = buf;
	unsigned long long word;
	size_t i;

	for (i = 0; i < n; i += sizeof(word)) {
		word = mix(seed * 31 + i + 1);
		memcpy(to + i, &word,
		       n - i < sizeof(word) ? n - i : sizeof(word));
	}
}

static inline bool message_is(const void *buf, size_t n,
			      unsigned long long seed)
{
	char wanted[MSG_SLOT_MAX_MESSAGE];

	message_fill(wanted, n, seed);
	return !memcmp(buf, wanted, n);
}

static inline size_t note_make(void *buf, struct note note)
{
	unsigned long long seed = mix(note.count * 64 + note.writer);
	size_t n = NOTE_BYTES + seed % (MSG_SLOT_MAX_MESSAGE - NOTE_BYTES + 1);

	message_fill(buf, n, seed);
	memcpy(buf, &note, NOTE_BYTES);
	return n;
}

static inline bool note_parse(const void *buf, long n, struct note *note)
{
	char wanted[MSG_SLOT_MAX_MESSAGE];

	if (n < (long)NOTE_BYTES)
		return false;
	memcpy(note, buf, NOTE_BYTES);
	return note_make(wanted, *note) == (size_t)n && !memcmp(buf, wanted, n);
}

#endif
