// SPDX-License-Identifier: GPL-2.0
/*
 * What libFuzzer calls: an input is run, and mutated by whole acts. Before an input
 * is run it is written to memory that the host keeps.
 */
#include <stdlib.h>
#include <string.h>

#include "actor.h"
#include "acts.h"
#include "check.h"
#include "coverage.h"
#include "pace.h"
#include "record.h"
#include "run.h"

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t most);
int LLVMFuzzerInitialize(int *count, char ***words);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t most,
			       unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t an, const uint8_t *b,
				 size_t bn, uint8_t *to, size_t most,
				 unsigned int seed);

static void note_places(void)
{
	const char *path = getenv("TEST_FUZZ_PLACES");

	if (path)
		coverage_note(path);
	path = getenv("TEST_FUZZ_PACE");
	if (path)
		pace_note(path);
}

int LLVMFuzzerInitialize(int *count, char ***words)
{
	(void)count;
	(void)words;
	on_thread = coverage_begin;
	on_outcome = coverage_outcome;
	on_wrong = note_places;
	atexit(note_places);
	pace_start();
	return 0;
}

/* Each process that runs inputs has a record of its own. */
static void write_down(const struct input *input)
{
	static struct record *record;
	const char *path = getenv("TEST_FUZZ_RECORD");

	if (!record && path)
		record = record_open(path, stage_number());
	if (record)
		record_add(record, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	enum pace_part before;
	struct input input;

	input_from_bytes(&input, bytes, n);
	if (!input.count)
		return 0;
	before = pace_enter(PACE_RECORD);
	write_down(&input);
	pace_leave(before);
	run_input(&input);
	before = pace_enter(PACE_COVERAGE);
	coverage_collect();
	pace_leave(before);
	return 0;
}

/* An act of random bytes; half of the time with good memory. */
static void make_act(struct act *act)
{
	uint8_t *bytes = (uint8_t *)act;

	for (size_t i = 0; i < sizeof(*act); i++)
		bytes[i] = rand();
	if (rand() & 3)
		act->memory = 0;
	if (rand() & 1)
		act->file &= 0xc1;
	/* A child takes as long as two whole inputs. */
	if (act_kinds[act->kind % act_kinds_count].act == act_fork &&
	    rand() & 7)
		act->kind++;
}

static void insert(struct input *input, struct act act)
{
	unsigned int at = rand() % (input->count + 1);

	if (input->count == INPUT_ACTS)
		return;
	memmove(&input->acts[at + 1], &input->acts[at],
		(input->count - at) * sizeof(act));
	input->acts[at] = act;
	input->count++;
}

static void remove_act(struct input *input)
{
	unsigned int at = rand() % input->count;

	input->count--;
	memmove(&input->acts[at], &input->acts[at + 1],
		(input->count - at) * sizeof(input->acts[0]));
}

/* Acts meet when they are of the same channel or descriptor. */
static void liken(struct input *input)
{
	struct act *to = &input->acts[rand() % input->count];
	const struct act *from = &input->acts[rand() % input->count];

	if (rand() & 1)
		to->channel = from->channel;
	else
		to->file = from->file;
}

static void change(struct input *input)
{
	struct act *act = &input->acts[rand() % input->count];
	uint8_t *bytes = (uint8_t *)act;

	if (rand() & 3)
		bytes[rand() % sizeof(*act)] = rand();
	else
		LLVMFuzzerMutate(bytes, sizeof(*act), sizeof(*act));
}

static void mutate(struct input *input)
{
	struct act act;

	make_act(&act);
	if (!input->count) {
		insert(input, act);
		return;
	}
	switch (rand() % 10) {
	case 0:
	case 1:
		insert(input, act);
		break;
	case 2:
		insert(input, input->acts[rand() % input->count]);
		break;
	case 3:
		remove_act(input);
		break;
	case 4:
	case 5:
		liken(input);
		break;
	case 6:
		if (!(rand() & 3))
			input->threads = 1 + rand() % INPUT_THREADS;
		break;
	default:
		change(input);
	}
}

static size_t give(const struct input *input, uint8_t *to, size_t most)
{
	static uint8_t bytes[INPUT_BYTES];
	size_t n = input_to_bytes(input, bytes);

	if (n > most)
		n = most;
	memcpy(to, bytes, n);
	return n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t most,
			       unsigned int seed)
{
	struct input input;

	srand(seed);
	input_from_bytes(&input, bytes, n);
	for (unsigned int i = 1 + rand() % 4; i; i--)
		mutate(&input);
	return give(&input, bytes, most);
}

/* The beginning of one, and the end of the other behind it. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t an, const uint8_t *b,
				 size_t bn, uint8_t *to, size_t most,
				 unsigned int seed)
{
	struct input input, other;
	unsigned int from;

	srand(seed);
	input_from_bytes(&input, a, an);
	input_from_bytes(&other, b, bn);
	input.count = rand() % (input.count + 1);
	from = rand() % (other.count + 1);
	while (from < other.count && input.count < INPUT_ACTS)
		input.acts[input.count++] = other.acts[from++];
	return give(&input, to, most);
}
