// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "complaint.h"
#include "text.h"

/**
 * struct piece - what one character, or one byte that is none, becomes
 * @text: its text, which has an end
 * @taken: the number of bytes it was
 * @columns: the number of columns it takes
 */
struct piece {
	char text[MB_LEN_MAX + 1];
	size_t taken;
	size_t columns;
};

/* What is escaped by a letter of its own, and the letters. */
static const char plain[] = "\n\t\r\\";
static const char letters[] = "ntr\\";

static void escape_byte(unsigned char byte, struct piece *piece)
{
	const char *found = byte ? strchr(plain, byte) : NULL;

	if (found)
		piece->columns =
			sprintf(piece->text, "\\%c", letters[found - plain]);
	else
		piece->columns = sprintf(piece->text, "\\x%02x", byte);
	piece->taken = 1;
}

/*
 * What takes no column of its own is escaped too: it could change how the text
 * around it looks.
 */
static void take_piece(const unsigned char *bytes, size_t size,
		       struct piece *piece)
{
	mbstate_t state = { 0 };
	wchar_t character;
	size_t length = mbrtowc(&character, (const char *)bytes, size, &state);
	int columns;

	/* The errors are the two largest values. */
	columns = length && length <= size ? wcwidth(character) : -1;
	if (columns <= 0 || character == L'\\')
		return escape_byte(*bytes, piece);
	memcpy(piece->text, bytes, length);
	piece->text[length] = '\0';
	piece->taken = length;
	piece->columns = columns;
}

static char *cut(char *text, size_t length, size_t columns)
{
	stpcpy(text + length, columns ? ">" : "");
	return text;
}

char *text_escape(const unsigned char *bytes, size_t size, size_t columns)
{
	char *text = must_realloc(NULL, 1, 4 * size + 2);
	size_t length = 0;
	size_t used = 0;
	size_t cut_at = 0;
	struct piece piece;
	size_t at;

	for (at = 0; at < size; at += piece.taken) {
		take_piece(bytes + at, size - at, &piece);
		if (piece.columns > columns - used)
			return cut(text, cut_at, columns);
		length = stpcpy(text + length, piece.text) - text;
		used += piece.columns;
		if (used < columns)
			cut_at = length;
	}
	text[length] = '\0';
	return text;
}

size_t text_width(const char *text)
{
	size_t left = strlen(text);
	size_t columns = 0;
	struct piece piece;

	for (; left; text += piece.taken, left -= piece.taken) {
		take_piece((const unsigned char *)text, left, &piece);
		/* Its backslashes are to be seen as they are. */
		columns += *text == '\\' ? 1 : piece.columns;
	}
	return columns;
}

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit ? strchr(digits, tolower(digit)) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* Return: how many characters behind the backslash it took, or 0. */
static size_t unescape(const char *text, char *byte)
{
	const char *found = *text ? strchr(letters, *text) : NULL;
	int high, low;

	if (found) {
		*byte = plain[found - letters];
		return 1;
	}
	if (*text != 'x')
		return 0;
	high = hex_digit(text[1]);
	low = high < 0 ? -1 : hex_digit(text[2]);
	if (low < 0)
		return 0;
	*byte = (char)(16 * high + low);
	return 3;
}

bool text_unescape(char *text, size_t *size)
{
	char *from = text, *to = text;
	size_t taken;

	for (; *from; from += taken, to++) {
		taken = 1;
		*to = *from;
		if (*from != '\\')
			continue;
		taken = unescape(from + 1, to);
		if (!taken++)
			return false;
	}
	*size = to - text;
	return true;
}

size_t text_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return SIZE_MAX;
	return size.ws_col ? size.ws_col : 80;
}
