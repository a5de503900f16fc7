/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bases: what a slot and a store last had in common, channel by channel, as in a three-way
 * merge. They say of what differs who has changed it, also to another program of this
 * machine that comes after this one: they are in a file that lives as long as slots do.
 */
#ifndef BRIDGE_BASE_H
#define BRIDGE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASE_DIGEST 16

/**
 * struct base - what a channel was, when both had the same
 * @known: there is a base
 * @coming: what the store has is being written to the slot, and has the digest @next
 * @version: of the slot's message, or 0 for none
 * @term: of the store's value, and 0 for one that was erased
 * @sent: its version
 * @digest: of the message
 * @next: see there
 */
struct base {
	bool known;
	bool coming;
	uint64_t version;
	uint64_t term;
	uint64_t sent;
	uint8_t digest[BASE_DIGEST];
	uint8_t next[BASE_DIGEST];
};

struct bases;

/*
 * Those of a machine. Return: NULL, and one line in @words, if they can't be kept. @words is
 * good until the next call.
 */
struct bases *bases_open(const char *machine, const char **words);

/* NULL is none. */
void bases_close(struct bases *bases);

/* @where and @key: of which link, and channel. Return: not known, if there is none. */
struct base bases_find(struct bases *bases, const char *where, const char *key);

/* Return: NULL, or one line that says why it can't be kept. With no @bases it need not be. */
const char *bases_keep(struct bases *bases, const char *where, const char *key,
		       const struct base *base);

/* What the store has now is what the slot's message is a change of. */
void base_move(struct base *base, uint64_t term, uint64_t sent);

/* A message is being written to the slot; of 0 bytes: none. */
void base_begin(struct base *base, const void *bytes, size_t size);

/* It is there now, and both have it. */
void base_end(struct base *base, uint64_t version, uint64_t term,
	      uint64_t sent);

/* Whether the slot has what the base has, or what was being written. */
bool base_is(const struct base *base, uint64_t version, const void *bytes,
	     size_t size);

#endif /* BRIDGE_BASE_H */
