/* SPDX-License-Identifier: GPL-2.0 */
/* The form in which messages are printed: --json and --format. */
#ifndef MSGSLOT_OUTPUT_H
#define MSGSLOT_OUTPUT_H

#include <stdbool.h>

#include "slot.h"

/**
 * struct output - the form that was asked for, if any
 * @json: JSON
 * @format: text with fields in it, {channel}, checked; or NULL
 */
struct output {
	bool json;
	const char *format;
};

/* For the table of options: { JSON_OPTION }, { FORMAT_OPTION }. */
#define JSON_OPTION "json", no_argument, NULL, 'j'
#define FORMAT_OPTION "format", required_argument, NULL, 'f'

/* Does nothing if @option is neither. Or the program ends with a usage error. */
void output_option(struct output *output, int option, const char *argument);

/* Prints it and a newline. Return: false if no form was asked for. */
bool output_print(const struct output *output, const struct slot *slot,
		  const struct message *message);

#endif /* MSGSLOT_OUTPUT_H */
