// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "input.h"

/**
 * input_from_bytes() - the input that bytes mean
 * @input: where to
 * @bytes: any bytes; what is too much for an input, or for a last act, is ignored
 * @n: how many
 */
void input_from_bytes(struct input *input, const uint8_t *bytes, size_t n)
{
	memset(input, 0, sizeof(*input));
	input->threads = 1;
	if (!n)
		return;
	/* Most are of one thread: then every result can be foretold. */
	if (bytes[0] >= 0xc0)
		input->threads = bytes[0] >= 0xe0 ? 3 : 2;
	input->count = (n - 1) / sizeof(struct act);
	if (input->count > INPUT_ACTS)
		input->count = INPUT_ACTS;
	memcpy(input->acts, bytes + 1, input->count * sizeof(struct act));
	for (unsigned int i = 0; i < input->count; i++)
		input->acts[i].kind %= act_kinds_count;
}

/**
 * input_to_bytes() - undo input_from_bytes()
 * @input: the input
 * @bytes: where to; INPUT_BYTES suffice
 *
 * Return: how many.
 */
size_t input_to_bytes(const struct input *input, uint8_t *bytes)
{
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0 };

	bytes[0] = first[input->threads];
	memcpy(bytes + 1, input->acts, input->count * sizeof(struct act));
	return 1 + input->count * sizeof(struct act);
}

static const char blanks[] = "\n ";

static int kind_of(const char *name)
{
	for (unsigned int i = 0; i < act_kinds_count; i++) {
		if (!strcmp(name, act_kinds[i].name))
			return i;
	}
	return -1;
}

/* The field that a letter is of, or NULL. */
static uint8_t *field(struct act *act, char letter)
{
	switch (letter) {
	case 'f':
		return &act->file;
	case 'c':
		return &act->channel;
	case 'n':
		return &act->size;
	case 'm':
		return &act->memory;
	case 'h':
		return &act->how;
	case 'v':
		return &act->value;
	case 's':
		return &act->seed;
	default:
		return NULL;
	}
}

static void bad_text(const char *what)
{
	fprintf(stderr, "fuzz: %s: no such act or field, or too many\n", what);
	exit(2);
}

static void parse_act(struct input *input, char *name)
{
	struct act *act = &input->acts[input->count];
	int kind = kind_of(name);
	char *word;

	if (kind < 0 || input->count == INPUT_ACTS)
		bad_text(name);
	act->kind = kind;
	while ((word = strtok(NULL, blanks))) {
		uint8_t *to = field(act, word[0]);

		if (!to || sscanf(word + 1, "%hhx", to) != 1)
			bad_text(word);
	}
	input->count++;
}

static void add_line(struct input *input, char *line)
{
	char *word;

	if (sscanf(line, "threads %u", &input->threads) == 1) {
		if (!input->threads || input->threads > INPUT_THREADS)
			bad_text(line);
		return;
	}
	word = strtok(line, blanks);
	if (word)
		parse_act(input, word);
}

/**
 * input_read() - the next input of a text
 * @input: filled in
 * @from: the text: inputs with an empty line between them. What follows a # is a
 *	comment; fields that are not there are 0.
 *
 * Return: whether there was one.
 */
bool input_read(struct input *input, FILE *from)
{
	char line[200];

	memset(input, 0, sizeof(*input));
	input->threads = 1;
	while (fgets(line, sizeof(line), from)) {
		bool empty = line[0] == '\n';

		line[strcspn(line, "#")] = '\0';
		if (empty && input->count)
			return true;
		add_line(input, line);
	}
	return input->count;
}

static void write_act(const struct act *act, FILE *to)
{
	static const char letters[] = "fcnmhvs";
	struct act copy = *act;

	fputs(act_kinds[act->kind].name, to);
	for (const char *letter = letters; *letter; letter++) {
		unsigned int value = *field(&copy, *letter);

		if (value)
			fprintf(to, " %c%x", *letter, value);
	}
	fputc('\n', to);
}

/**
 * input_write() - an input as text
 * @input: the input
 * @to: where to
 */
void input_write(const struct input *input, FILE *to)
{
	if (input->threads > 1)
		fprintf(to, "threads %u\n", input->threads);
	for (unsigned int i = 0; i < input->count; i++)
		write_act(&input->acts[i], to);
	fputc('\n', to);
}
