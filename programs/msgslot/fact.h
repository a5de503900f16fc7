/* SPDX-License-Identifier: GPL-2.0 */
/* What small files of the kernel's say. */
#ifndef MSGSLOT_FACT_H
#define MSGSLOT_FACT_H

#include <stdbool.h>
#include <stddef.h>

/* The first line of a file, without its newline. Return: false if it can't be read. */
bool fact_read(const char *path, char *line, size_t size);

/* Return: whether a line of the file has @word in it. */
bool fact_has(const char *path, const char *word);

/* Return: the major number of the module that is loaded, or 0. */
unsigned int fact_major(void);

#endif /* MSGSLOT_FACT_H */
