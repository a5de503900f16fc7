/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last inputs, in memory that outlives the machine: the one that ends it is the
 * one that is wanted.
 */
#ifndef FUZZ_RECORD_H
#define FUZZ_RECORD_H

#include "input.h"

#define RECORD_INPUTS 8u
/* As much as is mapped. */
#define RECORD_BYTES 4096u
/* How many there are, one behind the other: each for who runs inputs by himself. */
#define RECORDS 8u

/**
 * struct record - inputs, one after the other, round and round
 * @count: how many there were; those numbered below, RECORD_INPUTS at most, are there
 * @inputs: number n is [n % RECORD_INPUTS], in bytes, with their number before them
 */
struct record {
	uint32_t count;
	struct {
		uint16_t size;
		uint8_t bytes[INPUT_BYTES];
	} inputs[RECORD_INPUTS];
};

_Static_assert(sizeof(struct record) <= RECORD_BYTES, "a record is a page");

struct record *record_open(const char *path, unsigned int which);
void record_add(struct record *record, const struct input *input);
bool record_read(const struct record *record, uint32_t number,
		 struct input *input);

#endif
