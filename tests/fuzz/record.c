// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record.h"

/**
 * record_open() - a record, to be written and read
 * @path: a file, or the memory of a PCI device
 * @which: which of those there
 *
 * Return: the record; without one the program ends.
 */
struct record *record_open(const char *path, unsigned int which)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct record *record;

	if (fd < 0) {
		perror(path);
		exit(2);
	}
	record = mmap(NULL, RECORD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, which % RECORDS * RECORD_BYTES);
	if (record == MAP_FAILED) {
		perror(path);
		exit(2);
	}
	close(fd);
	return record;
}

/**
 * record_add() - write an input down
 * @record: where to
 * @input: the input: the last one, once this has returned
 */
void record_add(struct record *record, const struct input *input)
{
	uint32_t at = record->count % RECORD_INPUTS;

	record->inputs[at].size =
		input_to_bytes(input, record->inputs[at].bytes);
	__atomic_store_n(&record->count, record->count + 1, __ATOMIC_RELEASE);
}

/**
 * record_read() - an input that was written down
 * @record: where
 * @number: which, from 0 on
 * @input: filled in
 *
 * Return: whether it is there, and sound.
 */
bool record_read(const struct record *record, uint32_t number,
		 struct input *input)
{
	uint32_t at = number % RECORD_INPUTS;

	if (number >= record->count || record->count - number > RECORD_INPUTS ||
	    record->inputs[at].size > INPUT_BYTES)
		return false;
	input_from_bytes(input, record->inputs[at].bytes,
			 record->inputs[at].size);
	return input->count;
}
