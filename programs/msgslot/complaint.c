// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"

static const char *speaker = "msgslot";

void complain_as(const char *name)
{
	speaker = name;
}

static void complain_with(const char *format, va_list arguments)
{
	char line[1024];

	vsnprintf(line, sizeof(line), format, arguments);
	fprintf(stderr, "%s: %s\n", speaker, line);
}

void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain_with(format, arguments);
	va_end(arguments);
}

void die(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain_with(format, arguments);
	va_end(arguments);
	exit(status);
}

void flush_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		die(STATUS_ERROR, "standard output: %s", strerror(errno));
}

void finish_output(void)
{
	flush_output();
	if (fclose(stdout))
		die(STATUS_ERROR, "standard output: %s", strerror(errno));
}

void *must_realloc(void *memory, size_t count, size_t size)
{
	memory = reallocarray(memory, count, size);
	if (!memory && count)
		die(STATUS_ERROR, "%s", strerror(ENOMEM));
	return memory;
}

char *must_copy(const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		die(STATUS_ERROR, "%s", strerror(ENOMEM));
	return copy;
}
