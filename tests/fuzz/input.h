/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An input: acts, one after the other, and over how many threads they are split.
 * To the fuzzer it is bytes, of which every sequence is an input; in the
 * repository it is text, a line for an act.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define INPUT_ACTS 48u
#define INPUT_THREADS 3u
#define INPUT_BYTES (1 + INPUT_ACTS * sizeof(struct act))

/**
 * struct act - a call, or some that belong together
 * @kind: which: an index into act_kinds[], once it is taken modulo their number
 * @file: which descriptor, watch or view; the upper two bits: which thread
 * @channel: which channel
 * @size: which size
 * @memory: where the message is, lower half, and the structure, upper half
 * @how: flags and variants
 * @value: a version, a time, an offset
 * @seed: which bytes the message has
 */
struct act {
	uint8_t kind;
	uint8_t file;
	uint8_t channel;
	uint8_t size;
	uint8_t memory;
	uint8_t how;
	uint8_t value;
	uint8_t seed;
};

struct input {
	unsigned int threads;
	unsigned int count;
	struct act acts[INPUT_ACTS];
};

void input_from_bytes(struct input *input, const uint8_t *bytes, size_t n);
size_t input_to_bytes(const struct input *input, uint8_t *bytes);
bool input_read(struct input *input, FILE *from);
void input_write(const struct input *input, FILE *to);

#endif
