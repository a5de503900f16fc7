// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "complaint.h"

static size_t room_left(struct bytes *bytes, size_t limit)
{
	size_t room = bytes->room ? 2 * bytes->room : 4096;

	if (bytes->size == bytes->room) {
		bytes->room = room < limit ? room : limit;
		bytes->data = must_realloc(bytes->data, bytes->room, 1);
	}
	return bytes->room - bytes->size;
}

void bytes_read(struct bytes *bytes, size_t limit)
{
	ssize_t size;

	while (bytes->size < limit) {
		size_t room = room_left(bytes, limit);

		size = read(STDIN_FILENO, bytes->data + bytes->size, room);
		if (size < 0)
			die(STATUS_ERROR, "standard input: %s",
			    strerror(errno));
		if (!size)
			break;
		bytes->size += size;
	}
}

void bytes_add(struct bytes *bytes, const void *data, size_t size)
{
	if (size > bytes->room - bytes->size) {
		bytes->room = 2 * bytes->room + size;
		bytes->data = must_realloc(bytes->data, bytes->room, 1);
	}
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}
