// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "../msgslot/complaint.h"
#include "copy.h"

char *copy_text(const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;

	return text ? memcpy(must_realloc(NULL, size, 1), text, size) : NULL;
}
