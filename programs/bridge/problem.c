// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

#include "../msgslot/complaint.h"
#include "problem.h"

void problem_tell(struct problems *problems, size_t line, size_t column,
		  const char *format, ...)
{
	va_list arguments;
	char text[512];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	problems->count++;
	complain("%s:%zu:%zu: %s", problems->file, line + 1, column + 1, text);
}
