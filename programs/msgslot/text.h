/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes of any value as text that a terminal can be given. */
#ifndef MSGSLOT_TEXT_H
#define MSGSLOT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/**
 * text_escape() - bytes as text
 * @columns: how many columns of a terminal it may take; what is cut ends in >
 *
 * A backslash becomes two; what can't be printed becomes \n, \t, \r or \xNN.
 *
 * Return: the text, for free().
 */
char *text_escape(const unsigned char *bytes, size_t size, size_t columns);

/*
 * What text_escape() made of bytes, as bytes again, in place. Return: false if a
 * backslash begins nothing that it writes.
 */
bool text_unescape(char *text, size_t *size);

/* How many columns a text takes that text_escape() made. */
size_t text_width(const char *text);

/* The width of standard output if that is a terminal, else no limit. */
size_t text_columns(void);

#endif /* MSGSLOT_TEXT_H */
