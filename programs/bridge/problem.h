/* SPDX-License-Identifier: GPL-2.0 */
/* What is wrong with a configuration, and where. */
#ifndef BRIDGE_PROBLEM_H
#define BRIDGE_PROBLEM_H

#include <stddef.h>

/**
 * struct problems - what is wrong with a file
 * @file: its name
 * @count: how many were told
 */
struct problems {
	const char *file;
	size_t count;
};

/* Tells one, on standard error: FILE:LINE:COLUMN: and the text. Both count from 0. */
void __attribute__((format(printf, 4, 5)))
problem_tell(struct problems *problems, size_t line, size_t column,
	     const char *format, ...);

#endif /* BRIDGE_PROBLEM_H */
